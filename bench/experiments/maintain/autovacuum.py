"""What autovacuum would do after the churn, by the server's own rules (PostgreSQL manual, 24.1.6). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

UNLIMITED = float("inf")


@dataclass(frozen=True, slots=True)
class Due:
    """What autovacuum would do with a table, and why."""

    table: str
    vacuum: bool
    analyze: bool


def due(table: str, seen: Mapping[str, Any], settings: Mapping[str, str]) -> Due:
    """Hold what was written to ``table`` against its thresholds.

    Args:
        table: its name.
        seen: its row of ``list_table_writes``; ``options`` are its storage parameters, which come before the server's.
        settings: of the server, by name.
    """

    def limit(name: str) -> float:
        return float(seen["options"].get(name, settings.get(name, -1)))

    if str(seen["options"].get("autovacuum_enabled", "true")).lower() in ("false", "off", "0", "no"):
        return Due(table, vacuum=False, analyze=False)
    rows = float(seen["rows"])
    dead = limit("autovacuum_vacuum_threshold") + limit("autovacuum_vacuum_scale_factor") * rows
    most = limit("autovacuum_vacuum_max_threshold")  # PostgreSQL 18 and later
    dead = min(dead, most if most >= 0 else UNLIMITED)
    inserted = limit("autovacuum_vacuum_insert_threshold")
    if inserted >= 0:
        inserted += limit("autovacuum_vacuum_insert_scale_factor") * rows * _unfrozen(seen)
    changed = limit("autovacuum_analyze_threshold") + limit("autovacuum_analyze_scale_factor") * rows
    return Due(
        table,
        vacuum=seen["dead_rows"] > dead or (inserted >= 0 and seen["inserted_since_vacuum"] > inserted),
        analyze=seen["changed_since_analyze"] > changed,
    )


def _unfrozen(seen: Mapping[str, Any]) -> float:
    """The share of the table that is not frozen, by which PostgreSQL 18 makes the threshold of inserts smaller."""
    if seen["all_frozen_pages"] is None or not seen["pages"]:
        return 1.0
    return 1.0 - float(min(seen["all_frozen_pages"], seen["pages"])) / float(seen["pages"])


def pace(settings: Mapping[str, str]) -> dict[str, str]:
    """The settings under which a session is as slow as an autovacuum worker that works alone."""
    delay, cost = settings.get("autovacuum_vacuum_cost_delay", "-1"), settings.get("autovacuum_vacuum_cost_limit", "-1")
    return {
        "vacuum_cost_delay": f"{settings['vacuum_cost_delay'] if float(delay) < 0 else delay}ms",
        "vacuum_cost_limit": settings["vacuum_cost_limit"] if float(cost) < 0 else cost,
    }
