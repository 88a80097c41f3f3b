"""The phase of writes that ages a database: the same on every machine, and as large as it was asked for.

Its statements are those of ``churn.sql``. Where a workload has none, they are those of ``writes/``, round after round
until a table has had its share, and for tables that these leave alone, statements made up from the catalog.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from bench.measurement.write_statements import WriteStatement, statements_of
from bench.measurement.write_trials import rows_written, run_here
from bench.model import ChurnPhase, Statement, TableChurned
from bench.postgres.capabilities import may_skip_triggers
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.postgres.failures import explained
from bench.postgres.statements import run_statement
from bench.progress import Progress
from bench.workload import Workload
from bench.workload.churn import CHURN_FILE, read_churn
from bench.workload.sqlfile import fill_in

ROUNDS = 10
"""Rounds of ``churn.sql`` and of made-up statements, each with a tenth of the share: what one round leaves dead, the
next one may already tidy up while it passes by, as in production."""

UPDATED, MOVED = 0.5, 0.25
"""What made-up statements do with their share of rows: half of it is updated, a quarter is deleted and inserted again,
and counts twice."""

BITS = 1 << 20
"""Rows are chosen by that many values of a hash over them."""

WAL = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"

_UPDATE = (
    "UPDATE {table} AS pgproof_row SET {column} = {column} "
    "WHERE (hashtextextended(pgproof_row::text, {round}) & {mask}) < {limit}"
)
_MOVE = (
    "WITH gone AS (DELETE FROM {table} AS pgproof_row "
    "WHERE (hashtextextended(pgproof_row::text, {round}) & {mask}) < {limit} RETURNING {columns}) "
    "INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM gone"
)

Writes = Mapping[str, Mapping[str, Any]]
"""Table to what ``list_table_writes`` says of it."""


@dataclass(frozen=True, slots=True)
class Churned:
    """The phase, what the statistics system says since, and what a reader must know."""

    phase: ChurnPhase
    writes: Writes
    notes: tuple[str, ...]


def churn(connection: Connection, workload: Workload, share: float, progress: Progress) -> Churned:
    """Write ``share`` of the rows of each table, committed; nothing where it is 0.

    Raises:
        PgproofError: a statement fails (file:line).
    """
    before = writes_so_far(connection)
    begin, position = time.perf_counter(), _wal(connection)
    notes: tuple[str, ...] = ()
    if not share:
        source = "nothing"
    elif statements := read_churn(workload.root):
        source = CHURN_FILE
        _by_file(connection, statements, workload.clock, share, progress)
    else:
        source, notes = _by_writes(connection, workload, share, before, progress)
    seconds, wal_bytes = time.perf_counter() - begin, _wal(connection) - position
    after = writes_so_far(connection)
    tables = tuple(_table(name, before.get(name), row) for name, row in after.items())
    phase = ChurnPhase(
        source, ROUNDS if share else 0, round(seconds, 3), wal_bytes, tuple(t for t in tables if t.written)
    )
    return Churned(phase, after, notes)


def switch_autovacuum_off(connection: Connection) -> None:
    """Nothing may tidy up between two looks; on a server that is not ours it is switched off by table."""
    if connection.execute("SHOW autovacuum").fetchall()[0][0] == "off":
        return
    with explained("switching autovacuum off in a copy"):
        for row in rows(connection, "list_tables"):
            options = "autovacuum_enabled = false, toast.autovacuum_enabled = false"
            connection.execute(f"ALTER TABLE {row['name']} SET ({options})".encode())


def writes_so_far(connection: Connection) -> Writes:
    """What was written to each table of this database so far, this session's part included."""
    with explained("counting rows written"):
        connection.execute("SELECT pg_stat_force_next_flush()")
        return {row["name"]: row for row in rows(connection, "list_table_writes")}


def _table(name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> TableChurned:
    kinds = ("inserted", "updated", "hot_updated", "deleted")
    inserted, updated, hot, deleted = (int(after[kind]) - int((before or {}).get(kind, 0)) for kind in kinds)
    return TableChurned(name, int((before or after)["rows"]), inserted, updated, hot, deleted, int(after["dead_rows"]))


def _wal(connection: Connection) -> int:
    return int(connection.execute(WAL).fetchall()[0][0])


# --------------------------------------------------------------------------------------------- of the workload
def _by_file(
    connection: Connection, statements: Sequence[Statement], clock: str, share: float, progress: Progress
) -> None:
    total = ROUNDS * len(statements)
    for number in range(total):
        progress("writing", number, total, "statements")
        turn, place = divmod(number, len(statements))
        values = {"share": f"{share / ROUNDS!r}::float8", "round": str(turn + 1), "clock": f"'{clock}'"}
        one = statements[place]
        run_statement(connection, Statement(fill_in(one.sql, values, CHURN_FILE), one.line), CHURN_FILE)
    progress("writing", total, total, "statements")


def _by_writes(
    connection: Connection, workload: Workload, share: float, before: Writes, progress: Progress
) -> tuple[str, tuple[str, ...]]:
    """The statements of ``writes/``, then made-up ones for what they left alone."""
    wanted = {name: row["rows"] * share for name, row in before.items() if row["rows"]}
    written: dict[str, float] = {}
    notes: list[str] = []
    if workload.writes:
        statements, found = statements_of(connection, workload, ())
        notes += found
        written = _in_rounds(connection, [one.in_churn or one for one in statements], wanted, progress)
        short = [name for name in written if written[name] < wanted.get(name, 0.0)]
        notes += [
            f"{name} had {written[name] / wanted[name] * share:.1%} of its rows written: the statements of writes/ "
            "found no more." for name in sorted(short)
        ]  # fmt: skip
    bare = sorted(set(wanted) - set(written))
    notes += _made_up(connection, bare, share, progress)
    sources = [name for name, used in (("writes/", written), ("made up", bare)) if used]
    return " and ".join(sources) or "nothing", tuple(notes)


def _in_rounds(
    connection: Connection, statements: Sequence[WriteStatement], wanted: Mapping[str, float], progress: Progress
) -> dict[str, float]:
    """Execute the statements in turn; one rests when its tables have had their share, or it finds no row any more."""
    written: dict[str, float] = {}
    resting: set[str] = set()
    round_no = 0
    while len(resting) < len(statements):
        for statement in statements:
            if statement.write.name in resting:
                continue
            with connection.transaction():
                before = rows_written(connection)
                run_here(connection, statement, round_no)
                after = rows_written(connection)
            now = {name: seen[0] - before.get(name, (0, 0, 0))[0] for name, seen in after.items()}
            now = {name: number for name, number in now.items() if number}
            for name, number in now.items():
                written[name] = written.get(name, 0.0) + number
            if all(written[name] >= wanted.get(name, 0.0) for name in now):
                resting.add(statement.write.name)
        round_no += 1
        done = sum(written.values())
        progress("writing", done, max(sum(wanted.get(name, 0.0) for name in written), done + 1), "rows")
    progress("writing", sum(written.values()), sum(written.values()), "rows")
    return written


# ----------------------------------------------------------------------------------------------------- made up
def _made_up(connection: Connection, tables: Sequence[str], share: float, progress: Progress) -> list[str]:
    """Update some rows to what they are, and delete and insert others again, without the triggers of foreign keys."""
    moves = may_skip_triggers(connection)
    found = rows(connection, "list_columns_to_fill", list(tables))
    shaped = [(row["name"], row["columns"], rows(connection, "find_column_to_set", row["name"])) for row in found]
    for number in range(1, ROUNDS + 1):
        progress("writing made-up statements", number - 1, ROUNDS, "rounds")
        for name, columns, to_set in shaped:
            if to_set:
                _committed(connection, _UPDATE, name, columns, to_set[0]["name"], number, share * UPDATED, moves)
            if moves:
                _committed(connection, _MOVE, name, columns, "", number + ROUNDS, share * MOVED, moves)
    progress("writing made-up statements", ROUNDS, ROUNDS, "rounds")
    if moves or not shaped:
        return []
    return [
        "No row was deleted and inserted again: the role may not set session_replication_role, which keeps foreign "
        "keys out of the statements that pgproof makes up."
    ]


def _committed(
    connection: Connection, text: str, table: str, columns: Sequence[str], column: str, salt: int, share: float,
    skip_triggers: bool,
) -> None:  # fmt: skip
    parts = {
        "table": sql.SQL(table), "columns": sql.SQL(", ").join(map(sql.Identifier, columns)),
        "column": sql.Identifier(column), "round": sql.Literal(salt), "mask": sql.Literal(BITS - 1),
        "limit": sql.Literal(round(share / ROUNDS * BITS)),
    }  # fmt: skip
    with explained(f"the writes made up for {table}"), connection.transaction():
        if skip_triggers:
            connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(sql.SQL(text).format(**parts))
