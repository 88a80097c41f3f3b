"""What a GIN index puts off: merging its pending list, charged to the statement that filled it.

With ``fastupdate``, the default, a row's entries go on a list, and whoever fills it up or vacuums sorts them in.
Merging many rows at once is cheaper by row, so it is measured after as many rows as a list may hold.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.measurement.execution import EXPLAIN
from bench.measurement.write_statements import WriteStatement
from bench.measurement.write_trials import clean_up, run_here, taken_away
from bench.model import Json, Optimization
from bench.plans.parse import blocks, number
from bench.postgres.connection import Connection
from bench.postgres.failures import explained
from bench.workload.queries import ROUND

MERGE_ROWS = 1000
"""Rows whose entries are merged together: of the CRM's trigram index, some 4 kB of entries for each row fill a list of
4 MB (the default of gin_pending_list_limit). Smaller entries fill it later, and their merge is cheaper still."""

ATTEMPTS = 4
"""Merges at most until one touches no page for the first time since the last checkpoint."""


@dataclass(frozen=True, slots=True)
class Merge:
    """The merge of one index, by row of the statement."""

    buffers: float = 0.0
    wal_bytes: float = 0.0
    ms: float = 0.0


def total(merges: Iterable[Merge]) -> Merge:
    """Several merges as one."""
    parts = list(merges)
    return Merge(sum(m.buffers for m in parts), sum(m.wal_bytes for m in parts), sum(m.ms for m in parts))


def measure_merges(
    connection: Connection,
    statement: WriteStatement,
    rows: int,
    away: Sequence[Optimization],
    tables: Sequence[str],
    indexes: Sequence[str],
) -> dict[str, Merge]:
    """Execute the statement some rounds in one transaction, which is rolled back, and merge each of the indexes.

    A statement without rounds is executed once: its merges, of fewer rows, come out dearer than they would be.
    """
    rounds = math.ceil(MERGE_ROWS / rows) if ROUND in statement.names else 1
    found: dict[str, Merge] = {}
    for _ in range(ATTEMPTS):
        images = 0
        with taken_away(connection, away):
            connection.execute("SET LOCAL gin_pending_list_limit = '1GB'")
            for round_no in range(rounds):
                run_here(connection, statement, round_no)
            for index in indexes:
                merged = _merge(connection, index)
                plan, written = merged["Plan"], rounds * rows
                images += round(number(plan, "WAL FPI"))
                ms = number(merged, "Execution Time")
                found[index] = Merge(blocks(plan) / written, number(plan, "WAL Bytes") / written, ms / written)
        clean_up(connection, tables)
        if not images:
            break
    return found


def _merge(connection: Connection, index: str) -> Json:
    with explained(f"merging the pending list of {index}"):
        return connection.execute(f"{EXPLAIN} SELECT gin_clean_pending_list(%s::regclass)", [index]).fetchall()[0][0][0]
