"""Autovacuum's thresholds, as the manual has them."""

from __future__ import annotations

import pytest

from bench.experiments.maintain.autovacuum import due, pace

SETTINGS = {
    "autovacuum_vacuum_threshold": "50", "autovacuum_vacuum_scale_factor": "0.2",
    "autovacuum_vacuum_insert_threshold": "1000", "autovacuum_vacuum_insert_scale_factor": "0.2",
    "autovacuum_analyze_threshold": "50", "autovacuum_analyze_scale_factor": "0.1",
    "autovacuum_vacuum_cost_delay": "2", "autovacuum_vacuum_cost_limit": "-1", "vacuum_cost_delay": "0",
    "vacuum_cost_limit": "200",
}  # fmt: skip


def seen(**more: object) -> dict[str, object]:
    return {
        "rows": 10_000, "pages": 100, "all_frozen_pages": None, "dead_rows": 0, "inserted_since_vacuum": 0,
        "changed_since_analyze": 0, "options": {},
    } | more  # fmt: skip


@pytest.mark.parametrize(
    ("table", "settings", "vacuum", "analyze"),
    [
        (seen(dead_rows=2050), {}, False, False),
        (seen(dead_rows=2051), {}, True, False),
        (seen(changed_since_analyze=1051), {}, False, True),
        (seen(inserted_since_vacuum=3001), {}, True, False),
        (seen(inserted_since_vacuum=2001, all_frozen_pages=50), {}, True, False),
        (seen(inserted_since_vacuum=9999), {"autovacuum_vacuum_insert_threshold": "-1"}, False, False),
        (seen(dead_rows=600), {"autovacuum_vacuum_max_threshold": "500"}, True, False),
        (seen(dead_rows=101, options={"autovacuum_vacuum_scale_factor": "0.005"}), {}, True, False),
        (seen(dead_rows=9999, options={"autovacuum_enabled": "false"}), {}, False, False),
    ],
)
def test_a_table_is_due_where_a_threshold_is_crossed(
    table: dict[str, object], settings: dict[str, str], vacuum: bool, analyze: bool
) -> None:
    found = due("t", table, SETTINGS | settings)
    assert (found.vacuum, found.analyze) == (vacuum, analyze)


def test_a_worker_is_as_slow_as_its_own_settings_say_or_those_of_vacuum() -> None:
    assert pace(SETTINGS) == {"vacuum_cost_delay": "2ms", "vacuum_cost_limit": "200"}
    assert pace(SETTINGS | {"autovacuum_vacuum_cost_delay": "-1"})["vacuum_cost_delay"] == "0ms"
