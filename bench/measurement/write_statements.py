"""Write statements: those of the workload's ``writes/``, or one made up for each table that has more to maintain."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from psycopg import sql

from bench.dataset.bindings import choose_bindings
from bench.model import Write
from bench.postgres.capabilities import may_skip_triggers
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.postgres.failures import explained
from bench.progress import silent
from bench.workload import Workload
from bench.workload.queries import ROUND
from bench.workload.sqlfile import numbered

CHURN_PAGES = 8
"""Pages whose rows one round of a made-up statement deletes and inserts again when its writes are to add up."""

MADE_UP_ROWS = 200
"""Rows of a statement that is made up: so many that the clock sees them, so few that a trial stays short."""


@dataclass(frozen=True, slots=True)
class WriteStatement:
    """One write statement, ready to be executed."""

    write: Write
    where: str
    """``file:line``, or what it was made up for."""
    text: str
    """With ``$n``."""
    names: tuple[str, ...] = ()
    args: dict[str, str | None] | None = None
    prepare: tuple[sql.Composed, ...] = ()
    """Statements of the same transaction that run before it and are not measured."""
    session: tuple[sql.Composed, ...] = ()
    """Statements that every session runs once before it: the one of ``made_up`` has."""
    in_churn: WriteStatement | None = None
    """What is executed instead where rounds are committed and add up."""

    def values(self, round_no: int) -> list[str | None]:
        """The values of ``$1``…, of which the round is one."""
        args = {**(self.args or {}), ROUND: str(round_no)}
        return [args[name] for name in self.names]


def statements_of(
    connection: Connection, workload: Workload, tables: Collection[str]
) -> tuple[tuple[WriteStatement, ...], tuple[str, ...]]:
    """The write statements of the workload; where it has none, one for each of ``tables``. And what a reader must know.

    Raises:
        WorkloadError: a parameter of a file cannot be had (file:line).
    """
    if workload.writes:
        return _of_files(connection, workload)
    return made_up(connection, tables)


def _of_files(connection: Connection, workload: Workload) -> tuple[tuple[WriteStatement, ...], tuple[str, ...]]:
    classes = workload.dataset / "classes.sql"
    bindings = choose_bindings(connection, workload.writes, classes, workload.clock, silent)
    found, notes = [], []
    for query in workload.writes:
        chosen = next(iter(bindings[query.name].values()), None)
        if chosen is None:
            notes.append(f"{query.file}: not measured, the dataset has no value for its parameters.")
            continue
        types = {parameter.name: parameter.type for parameter in query.parameters}
        text, names = numbered(query.sql, types)
        write = Write(query.name, query.title, query.sql, query.file)
        where = f"{query.file}:{query.line}"
        found.append(WriteStatement(write, where, text, tuple(names), dict(chosen[0].args)))
    return tuple(found), tuple(notes)


# ----------------------------------------------------------------------------------------------------- made up
def made_up(connection: Connection, tables: Collection[str]) -> tuple[tuple[WriteStatement, ...], tuple[str, ...]]:
    """For each table: its newest rows once more, after deleting them, without the triggers of foreign keys."""
    if not tables:
        return (), ()
    if not may_skip_triggers(connection):
        names = ", ".join(sorted(tables))
        return (), (
            f"The write cost of {names} was not measured: the role may not set session_replication_role, which keeps "
            "foreign keys out of the statements that pgproof makes up. Statements in writes/ need no such right.",
        )
    found, notes = [], []
    for number, row in enumerate(rows(connection, "list_whole_tables", sorted(tables))):
        if made := _reinsert(connection, row["name"], row["columns"], number):
            found.append(made)
        else:
            notes.append(f"The write cost of {row['name']} was not measured: it has no rows.")
    return tuple(found), tuple(notes)


def _reinsert(connection: Connection, table: str, names: Sequence[str], number: int) -> WriteStatement | None:
    """Copy the rows aside, once for the session; each trial deletes them and measures how they come back."""
    parts = {
        "aside": sql.Identifier(f"pgproof_rows_{number}"), "table": sql.SQL(table), "most": sql.Literal(MADE_UP_ROWS),
        "columns": sql.SQL(", ").join(map(sql.Identifier, names)), "pages": sql.Literal(CHURN_PAGES),
    }  # fmt: skip

    def made(text: str) -> sql.Composed:
        return sql.SQL(text).format(**parts)

    aside = (made(_ASIDE), made("ANALYZE {aside}"))
    with explained(f"copying rows of {table}"):
        copied, _ = (connection.execute(statement).rowcount for statement in aside)
    if not copied:
        return None
    where, skip = f"the insert made up for {table}", sql.SQL("SET LOCAL session_replication_role = replica").format()
    text = made(_INSERT).as_string(connection)
    write = Write(f"insert_{table}", f"Insert {copied:,} rows into {table}", text)
    moved = WriteStatement(write, where, made(_MOVE).as_string(connection), (ROUND,), prepare=(skip,))
    return WriteStatement(write, where, text, prepare=(skip, made(_DELETE)), session=aside, in_churn=moved)


_ASIDE = (
    "CREATE TEMPORARY TABLE {aside} AS SELECT tableoid AS pgproof_part, ctid AS pgproof_place, {columns} FROM {table} "
    "ORDER BY tableoid DESC, ctid DESC LIMIT {most}"
)
"""The newest rows, as far as the table lies in the order of time: what an application writes next looks like them."""
_DELETE = "DELETE FROM {table} AS t USING {aside} AS r WHERE t.tableoid = r.pgproof_part AND t.ctid = r.pgproof_place"
_INSERT = "INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {aside}"
_MOVE = (
    "WITH gone AS (DELETE FROM {table} WHERE ctid >= format('(%s,0)', $1::bigint * {pages})::tid "
    "AND ctid < format('(%s,0)', ($1::bigint + 1) * {pages})::tid RETURNING {columns}) "
    "INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM gone"
)
