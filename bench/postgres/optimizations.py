"""Apply optimizations one by one under a stopwatch, and take them back.

Each block runs in a transaction of its own where its statements allow that, so a failure leaves nothing of it behind.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.errors import Refused, WorkloadError
from bench.model import Applied, Optimization, Upkeep
from bench.postgres import ledger
from bench.postgres.build_settings import MAINTENANCE_WORK_MEM, statistics_target
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.postgres.failures import explained
from bench.postgres.statements import run_file
from bench.progress import Progress
from bench.shipping import refuses_transaction
from bench.workload.sqlfile import fill_in


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A table that lacks statistics: of these columns alone, quoted, or of all that is in it."""

    name: str
    columns: tuple[str, ...] = ()


Settling = Callable[[Sequence[Unsettled]], object]
"""Settles these tables, each by ``settle_table``."""


def apply_all(
    connection: Connection, optimizations: Sequence[Optimization], progress: Progress,
    *, refused: list[str] | None = None, settling: Settling | None = None,
) -> tuple[Applied, ...]:  # fmt: skip
    """Apply what is not yet in the ledger, in order; then refresh the statistics of tables that need it.

    ``settling`` does the latter by other connections, for who waits for it.

    A block for which the server has no such feature is left out where ``refused`` is given to be told of it; what fails
    from then on is taken to stand on it, and left out as well.

    Raises:
        WorkloadError: a statement failed (file:line); what was applied before it stays, nothing of its block does.
        DriftError: a block of that name was applied with another text.
    """
    applied = []
    left_out = False
    ledger.create(connection)
    connection.execute(f"SET maintenance_work_mem = '{MAINTENANCE_WORK_MEM}'")
    analyzed = times_analyzed(connection)
    for number, optimization in enumerate(optimizations):
        progress("applying optimizations", number, len(optimizations), "")
        try:
            if done := apply_one(connection, optimization):
                applied.append(done)
        except WorkloadError as error:
            if refused is None or not (isinstance(error, Refused) or left_out):
                raise
            left_out = True
            refused.append(f"{optimization.name} ({error.message})")
    if settling:
        settling(unsettled(connection, analyzed))
    else:
        settle(connection, analyzed)
    progress("applying optimizations", len(optimizations), len(optimizations), "")
    return tuple(applied)


def block_checksum(optimization: Optimization) -> str:
    """The checksum of a block for the ledger."""
    return ledger.checksum(statement.sql for statement in optimization.statements)


def apply_one(connection: Connection, optimization: Optimization) -> Applied | None:
    """Apply one block; None when the ledger says that it is there already."""
    sum_now = block_checksum(optimization)
    if ledger.is_applied(connection, optimization.name, sum_now):
        return None
    before = _state(connection)
    outside = any(refuses_transaction(statement.sql) for statement in optimization.statements)
    begin = time.perf_counter()
    if outside:
        run_file(connection, optimization.statements, optimization.file)
        locks: tuple[str, ...] = ()
    else:
        with explained(f"{optimization.file}:{optimization.line}"), connection.transaction():
            run_file(connection, optimization.statements, optimization.file)
            build_ms = (time.perf_counter() - begin) * 1e3
            held = rows(connection, "list_locks_held", before["relations"])
            locks = tuple(dict.fromkeys(f"{lock['mode']} on {lock['relation']}" for lock in held))
    build_ms = (time.perf_counter() - begin) * 1e3 if outside else build_ms
    after = _state(connection)
    _insist_valid(connection, optimization)
    ledger.record_applied(connection, optimization.name, "optimization", sum_now, build_ms)
    ledger.refresh_index_catalog(connection, optimization)
    return Applied(
        name=optimization.name,
        build_ms=build_ms,
        size_bytes=after["size"] - before["size"],
        wal_bytes=after["wal"] - before["wal"],
        locks=locks,
        creates=tuple(name for name in after["names"] if name not in set(before["names"])),
    )


def _state(connection: Connection) -> dict[str, Any]:
    return rows(connection, "measure_size_and_wal")[0]


def _insist_valid(connection: Connection, optimization: Optimization) -> None:
    invalid = [row["name"] for row in rows(connection, "list_index_definitions") if not row["valid"]]
    if invalid:
        raise WorkloadError(f"{optimization.file}:{optimization.line}: {optimization.name} left {invalid[0]} invalid")


UPKEEP_EXECUTIONS = 3
"""Executions of an upkeep statement; the median is kept, so that one checkpoint or hiccup does not decide."""


def measure_upkeep(
    connection: Connection, optimization: Optimization, clock: str, for_good: Connection | None = None
) -> tuple[tuple[Upkeep, ...], str]:
    """Time the block's upkeep statements, each rolled back, and ask how late its data is.

    Statements that refuse a transaction (VACUUM) cannot be: they are carried out once over ``for_good``, after those
    above them, and left out where it is missing. Rolled-back executions leave dead rows behind: give it connections to
    copies.
    """
    found = []
    values = {"clock": f"'{clock}'"}
    keeps_outside = for_good is not None and outside(optimization)
    with explained(f"{optimization.file}:{optimization.line} (upkeep of {optimization.name})"):
        for statement in optimization.upkeep:
            text = fill_in(statement, values, optimization.file)
            once = _timed(for_good, text) if for_good is not None and keeps_outside else None
            if not refuses_transaction(text):
                runs = [_timed_and_undone(connection, text) for _ in range(UPKEEP_EXECUTIONS)]
                ms, wal = (median(column) for column in zip(*runs, strict=True))
                found.append(Upkeep(text, ms, round(wal), UPKEEP_EXECUTIONS))
            elif once:
                found.append(Upkeep(text, *once, 1))
        staleness = ""
        if optimization.staleness:
            row = connection.execute(fill_in(optimization.staleness, values, optimization.file)).fetchone()
            staleness = str(row[0]) if row and row[0] is not None else "unknown"
    return tuple(found), staleness


def outside(optimization: Optimization) -> bool:
    """Whether a statement of its upkeep refuses to run in a transaction."""
    return any(refuses_transaction(statement) for statement in optimization.upkeep)


def _timed_and_undone(connection: Connection, statement: str) -> tuple[float, int]:
    with connection.transaction(force_rollback=True):
        return _timed(connection, statement)


def _timed(connection: Connection, statement: str) -> tuple[float, int]:
    position = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
    before = connection.execute(position).fetchall()[0][0]
    begin = time.perf_counter()
    connection.execute(statement)
    ms = (time.perf_counter() - begin) * 1e3
    return ms, connection.execute(position).fetchall()[0][0] - before


def undo(connection: Connection, optimization: Optimization) -> None:
    """Take one block back and out of the ledger."""
    with explained(f"undo of {optimization.name} ({optimization.file}:{optimization.line})"), connection.transaction():
        for statement in optimization.undo:
            connection.execute(statement)
        ledger.forget_applied(connection, optimization.name)


def times_analyzed(connection: Connection) -> dict[str, int]:
    """How often each table was analyzed so far."""
    connection.execute("SELECT pg_stat_force_next_flush()")
    return {row["name"]: row["times"] for row in rows(connection, "list_tables_analyzed")}


def settle(connection: Connection, analyzed: Mapping[str, int]) -> None:
    """VACUUM and ANALYZE what the optimizations made: statistics of expressions, and tables that they filled.

    Also what they analyzed themselves, where ``analyzed`` counts fewer times: by default ANALYZE reads a random sample,
    and a plan that hangs on it is another one the next time.
    """
    for one in unsettled(connection, analyzed):
        settle_table(connection, one)


def unsettled(connection: Connection, analyzed: Mapping[str, int]) -> list[Unsettled]:
    """The tables that ``settle`` is about."""
    with explained("statistics of expressions"):
        found = {
            row["name"]: Unsettled(row["name"], tuple(row["columns"] or ()))
            for row in rows(connection, "list_tables_lacking_statistics")
        }
        connection.execute("SELECT pg_stat_force_next_flush()")
        again = [
            row["name"]
            for row in rows(connection, "list_tables_analyzed")
            if row["times"] > analyzed.get(row["name"], 0)
        ]
        found |= {name: Unsettled(name) for name in again}
        return [found[name] for name in sorted(found)]


def settle_table(connection: Connection, one: Unsettled) -> None:
    """VACUUM and ANALYZE the table, so that its statistics are the same whenever they are gathered."""
    with explained(f"statistics of {one.name}"):
        # First, and of every page: it tells the catalog how many rows there are, whatever a block made of that number.
        connection.execute(f"VACUUM (FREEZE, DISABLE_PAGE_SKIPPING) {one.name}")
        counted = connection.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [one.name])
        connection.execute(f"SET default_statistics_target = {statistics_target(counted.fetchall()[0][0])}")
        connection.execute(f"ANALYZE {one.name}" + (f" ({', '.join(one.columns)})" if one.columns else ""))
        connection.execute("RESET default_statistics_target")
