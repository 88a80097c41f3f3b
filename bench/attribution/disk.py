"""The disk side of every optimization: what it made, how large that is, and how large after a phase of writes.

An index that was just built is packed as tightly as it ever will be. So the write statements are executed for a while,
committed, each time on other rows; give it a connection to a copy that is dropped afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import psycopg
from psycopg import sql

from bench.measurement.write_statements import WriteStatement, statements_of
from bench.measurement.write_trials import rows_written, run_here
from bench.model import Applied, Churn, Stored
from bench.postgres import extensions
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.postgres.failures import explained
from bench.progress import Progress, silent
from bench.workload import Workload

CHURN_SHARE = 0.1
"""Rows of a table that are written before it is measured again: below the 20 % after which autovacuum would come by
itself (autovacuum_vacuum_scale_factor), so that the one VACUUM at the end is the one that production would see."""

CHURN_LIMIT_S = 12.0
"""Seconds of writing at most: a large dataset is then measured after fewer rows, and the note says after how many."""


def stored(
    connection: Connection,
    workload: Workload,
    applied: Sequence[Applied],
    changed: Mapping[str, Sequence[str]],
    progress: Progress = silent,
    limit_s: float = CHURN_LIMIT_S,
) -> tuple[tuple[Stored, ...], Churn, tuple[str, ...]]:
    """Measure what each optimization made, write for a while, VACUUM, and measure it again.

    Raises:
        PgproofError: a statement of ``writes/`` fails (file:line).
    """
    density, notes = _density_function(connection)
    before = _measured(connection, applied, density)
    touched = {table for names in changed.values() for table in names}
    statements, more = statements_of(connection, workload, touched)
    churn, written = _churn(connection, [s.in_churn or s for s in statements], progress, limit_s)
    after = {(one.optimization, one.name): one for one in (_measured(connection, applied, density) if written else ())}
    both = [_joined(one, after.get((one.optimization, one.name)), written) for one in before]
    return tuple(both), churn, (*notes, *more)


def _joined(new: Stored, churned: Stored | None, written: Mapping[str, int]) -> Stored:
    """Both sizes in one record; a table that was not written has no second one."""
    if churned is None or new.table not in written:
        return new
    return replace(new, churned_bytes=churned.size_bytes, churned_density=churned.leaf_density)


def _density_function(connection: Connection) -> tuple[sql.SQL | None, tuple[str, ...]]:
    """The function that reads an index page by page, if this role can have it."""
    try:
        extensions.create(connection, "pgstattuple", "public")
    except psycopg.Error as error:
        reason = str(error.diag.message_primary)
    else:
        reason = "the role may not execute its functions"
    if found := rows(connection, "find_pgstattuple"):
        return sql.SQL(found[0]["function"]), ()
    return None, (f"How full the pages of indexes are was not measured: no pgstattuple ({reason}).",)


def _measured(connection: Connection, applied: Sequence[Applied], density: sql.SQL | None) -> list[Stored]:
    found = []
    with explained("sizes of what the optimizations made"):
        for one in applied:
            for row in rows(connection, "measure_relations", list(one.creates)):
                full = None
                if density and row["method"] == "btree":
                    call = sql.SQL("SELECT avg_leaf_density FROM {}({}::regclass)").format(density, row["name"])
                    full = _percent(connection.execute(call).fetchall()[0][0])
                found.append(
                    Stored(
                        one.name, row["name"], row["table_name"], row["method"], row["size_bytes"], row["table_bytes"],
                        leaf_density=full,
                    )
                )  # fmt: skip
    return found


def _percent(value: float) -> float | None:
    """An empty index has no density."""
    return None if value != value else round(value, 1)


# ---------------------------------------------------------------------------------------------------------- churn
def _churn(
    connection: Connection, statements: Sequence[WriteStatement], progress: Progress, limit_s: float
) -> tuple[Churn, dict[str, int]]:
    """Execute the statements in turn, committed; a statement rests when its tables have had their share."""
    if not statements:
        return Churn(note="there is no write statement"), {}
    begin = time.perf_counter()
    by_statement: dict[str, int] = {}
    written: dict[str, int] = {}
    shares: dict[str, float] = {}
    resting: set[str] = set()
    round_no = 0
    while len(resting) < len(statements) and time.perf_counter() - begin < limit_s:
        for statement in statements:
            if statement.write.name in resting:
                continue
            now = _commit(connection, statement, round_no)
            by_statement[statement.write.name] = by_statement.get(statement.write.name, 0) + sum(now.values())
            for row in rows(connection, "estimate_rows", [table for table in now if table not in shares]):
                shares[row["name"]] = row["rows"] * CHURN_SHARE
            for table, number in now.items():
                written[table] = written.get(table, 0) + number
            if all(written[table] >= shares[table] for table in now):
                resting.add(statement.write.name)
        done = sum(written.values())
        progress("writing for a while", done, max(round(sum(shares.values())), done + 1), "rows")
        round_no += 1
    progress("writing for a while", sum(written.values()), sum(written.values()), "rows")
    short = sorted(table for table, share in shares.items() if written[table] < share)
    with explained("VACUUM after the writes"):
        for table in written:
            connection.execute(sql.SQL("VACUUM {}").format(sql.SQL(table)))
    seconds = time.perf_counter() - begin
    said = [f"{written[t] / shares[t] * CHURN_SHARE:.1%} of {t}" for t in short]
    note = f"stopped after {limit_s:g} s; written were {', '.join(said)}" if short else ""
    return Churn(by_statement, round(seconds, 1), note), written


def _commit(connection: Connection, statement: WriteStatement, round_no: int) -> dict[str, int]:
    """Execute one statement for good; return the rows written by table."""
    with connection.transaction():
        before = rows_written(connection)
        run_here(connection, statement, round_no)
        after = rows_written(connection)
    return {name: seen[0] - before.get(name, (0, 0, 0))[0] for name, seen in after.items() if seen != before.get(name)}
