"""Tables and indexes of a database on disk, with what two extensions of PostgreSQL know of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from bench.experiments.maintain.record import IndexStored, TableStored
from bench.experiments.room import OPTIMIZED_SHARE
from bench.postgres import extensions, ledger
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.postgres.failures import explained

EXTENSIONS = {"pg_visibility": "pg_visibility_map_summary", "pgstattuple": "pgstatginindex"}
"""Extension to the function that is asked: pages that are all-visible, pages of a GIN index's pending list."""

COPIES = 3
"""Databases beside the filled one at the most: the aged one, its untouched copy, and the one of a procedure."""
VERSIONS = 2.0
"""Bytes that a written row adds, in those of the row with its index entries: a new version, and what splits of pages
leave empty."""
SPARE = 1.15
"""Factor on top: write-ahead log, the new index that REINDEX CONCURRENTLY builds beside the old one."""


@dataclass(frozen=True, slots=True)
class Probes:
    """The functions that this role may call, as the catalog quotes them; None for one that it cannot have."""

    visibility: str | None
    pending: str | None
    notes: tuple[str, ...] = ()


def install(connection: Connection) -> Probes:
    """Make the extensions' functions available in a database of ours, where the role may; its copies have them too."""
    found: dict[str, str | None] = {}
    for extension, function in EXTENSIONS.items():
        with suppress(psycopg.Error):  # not installed, not ours to create, or there already
            extensions.create(connection, extension, ledger.SCHEMA)
        with explained(f"looking for {function}"):
            known = rows(connection, "find_function", function)
        found[extension] = known[0]["function"] if known else None
    missing = [name for name, function in found.items() if function is None]
    what = {"pg_visibility": "the all-visible share of tables", "pgstattuple": "pending lists of GIN indexes"}
    notes = tuple(f"Not measured, for want of the extension {name}: {what[name]}." for name in missing)
    return Probes(found["pg_visibility"], found["pgstattuple"], notes)


def tables(connection: Connection, probes: Probes) -> tuple[TableStored, ...]:
    """The workload's tables, by name."""
    with explained("sizes of tables"):
        found = rows(connection, "measure_tables")
        visible = _asked(connection, probes.visibility, "all_visible", [row["name"] for row in found])
    return tuple(
        TableStored(
            row["name"], row["rows"], row["size_bytes"], row["index_bytes"], row["pages"], visible.get(row["name"])
        )
        for row in found
    )


def indexes(connection: Connection, probes: Probes) -> tuple[IndexStored, ...]:
    """The indexes of the workload's tables, by name."""
    with explained("sizes of indexes"):
        found = rows(connection, "measure_indexes")
        lists = [row["name"] for row in found if row["method"] == "gin"]
        pending = _asked(connection, probes.pending, "pending_pages", lists)
    return tuple(
        IndexStored(row["name"], row["table_name"], row["method"], row["size_bytes"], pending.get(row["name"]))
        for row in found
    )


def _asked(connection: Connection, function: str | None, column: str, names: Sequence[str]) -> dict[str, int]:
    """Call ``function`` for each relation and return one column of what it says."""
    if function is None or not names:
        return {}
    query = sql.SQL("SELECT name, ({}(name::regclass)).{}::bigint FROM unnest(%s::text[]) AS wanted (name)").format(
        sql.SQL(function), sql.Identifier(column)
    )
    answered: list[tuple[Any, ...]] = connection.execute(query, [list(names)]).fetchall()
    return {str(name): int(value) for name, value in answered}


def needed_bytes(template_bytes: int, share: float) -> int:
    """Bytes that the copies take at their peak, beside a filled database of ``template_bytes``."""
    return round(template_bytes * (1 + OPTIMIZED_SHARE) * (1 + VERSIONS * share) * COPIES * SPARE)
