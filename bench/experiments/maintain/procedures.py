"""The maintenance procedures that there are for a workload, and what carrying one out costs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal

import psycopg
from psycopg import sql

from bench.errors import DiskFull, ServerError
from bench.experiments.maintain import autovacuum
from bench.experiments.maintain.record import ProcedureSeen
from bench.measurement.churn import WAL, Writes, writes_so_far
from bench.postgres.build_settings import statistics_target
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.postgres.failures import explained, translated
from bench.postgres.locks import Locks, sampled
from bench.workload import Workload
from bench.workload.sqlfile import fill_in

Kind = Literal["upkeep", "gin", "autovacuum", "vacuum", "reindex", "analyze"]

SERVERS: Mapping[Kind, str] = {
    "gin": "gin_clean_pending_list", "autovacuum": "What autovacuum would do", "vacuum": "VACUUM",
    "reindex": "REINDEX INDEX CONCURRENTLY", "analyze": "ANALYZE",
}  # fmt: skip
"""The server's own procedures, in the order in which all together run, after the workload's upkeep: what deletes rows
comes before what tidies up after them, and statistics last, of what is then there."""

NOT_IN_ALL = ("autovacuum",)
"""Does a part of what another one does."""

THROWN_AWAY = "_ccold"
"""How REINDEX CONCURRENTLY renames an index that it has replaced (PostgreSQL manual, REINDEX). It locks it strongly in
the end, when no plan can find it any more: that stops nobody."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """One procedure: ``name`` as ``--only`` takes it."""

    name: str
    title: str
    kind: Kind
    statement: str = ""
    """Of the workload's upkeep."""
    optimization: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Aged:
    """What the statements of a procedure are made from: the database after the churn."""

    tables: tuple[str, ...]
    """Those that were written, or all of them where none was."""
    writes: Writes
    pending: tuple[str, ...]
    """GIN indexes that put entries off."""
    indexes: tuple[str, ...]
    """Indexes of ``tables`` that can be rebuilt."""
    rows: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)


def known(workload: Workload) -> tuple[Procedure, ...]:
    """All procedures for ``workload``, in the order in which all together run."""
    found = []
    for block in workload.optimizations:
        for number, statement in enumerate(block.upkeep, start=1):
            name = block.name if len(block.upkeep) == 1 else f"{block.name}_{number}"
            text = fill_in(statement, {"clock": f"'{workload.clock}'"}, block.file)
            title = " ".join(statement.partition("(")[0].split())
            found.append(Procedure(name, title, "upkeep", text, block.name, f"{block.file}:{block.line}"))
    return (*found, *(Procedure(kind, title, kind) for kind, title in SERVERS.items()))


def chosen(workload: Workload, only: Sequence[str]) -> tuple[Procedure, ...]:
    """Those of ``only``, by name; all where it names none."""
    return tuple(one for one in known(workload) if not only or one.name in only)


def look(connection: Connection, writes: Writes, written: Sequence[str]) -> Aged:
    """See what the procedures have to do in the database of ``connection``; ``written`` are the tables of the churn."""
    with explained("looking for what needs maintenance"):
        found = rows(connection, "measure_indexes")
        settings = {row["name"]: row["setting"] for row in rows(connection, "list_settings_of_autovacuum")}
    tables = tuple(sorted(written)) or tuple(sorted(writes))
    return Aged(
        tables=tables,
        writes=writes,
        pending=tuple(row["name"] for row in found if row["has_pending_list"]),
        indexes=tuple(row["name"] for row in found if row["rebuildable"] and row["table_name"] in tables),
        rows={name: int(row["rows"]) for name, row in writes.items()},
        settings=settings,
    )


def statements(procedure: Procedure, aged: Aged) -> tuple[tuple[str, ...], str]:
    """The statements of ``procedure``, and why there are none where there are none."""
    if procedure.kind == "upkeep":
        return (procedure.statement,), ""
    if procedure.kind == "gin":
        made = [f"SELECT gin_clean_pending_list({_literal(name)}::regclass)" for name in aged.pending]
        return tuple(made), "" if made else "no GIN index has a pending list"
    if procedure.kind == "vacuum":
        return tuple(f"VACUUM {name}" for name in aged.tables), "" if aged.tables else "there is no table"
    if procedure.kind == "autovacuum":
        return _autovacuums(aged)
    if procedure.kind == "reindex":
        made = [f"REINDEX INDEX CONCURRENTLY {name}" for name in aged.indexes]
        return tuple(made), "" if made else "no table has an index that can be rebuilt so"
    return tuple(_analyzes(aged)), "" if aged.tables else "there is no table"


def _autovacuums(aged: Aged) -> tuple[tuple[str, ...], str]:
    made = []
    for name, seen in aged.writes.items():
        found = autovacuum.due(name, seen, aged.settings)
        if found.vacuum:
            made.append(f"VACUUM (ANALYZE) {name}" if found.analyze else f"VACUUM {name}")
        elif found.analyze:
            made.append(f"ANALYZE {name}")
    return tuple(made), "" if made else "no table has crossed a threshold of autovacuum"


def _analyzes(aged: Aged) -> Iterator[str]:
    for name in aged.tables:
        # As wherever pgproof analyzes: by a sample of the whole table, so that the plan does not hang on chance.
        yield f"SET default_statistics_target = {statistics_target(aged.rows.get(name, 0))}; ANALYZE {name}"


def _literal(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


# --------------------------------------------------------------------------------------------------- carry out
def carry_out(connection: Connection, watcher: Connection, procedure: Procedure, aged: Aged) -> ProcedureSeen:
    """Carry out ``procedure`` over ``connection`` while ``watcher`` looks at its locks; a failure is kept, not raised.

    Raises:
        ServerError, DiskFull: no procedure is to blame.
    """
    texts, nothing = statements(procedure, aged)
    plain = tuple(text.rpartition("; ")[2] if procedure.kind == "analyze" else text for text in texts)
    seen = ProcedureSeen(procedure.name, procedure.title, plain, optimization=procedure.optimization, skipped=nothing)
    if not texts:
        return seen
    before = writes_so_far(connection)
    locks = Locks(existing={row[0] for row in watcher.execute("SELECT oid FROM pg_class").fetchall()})
    position, begin, error = _position(connection), time.perf_counter(), ""
    with _pace(connection, procedure, aged):
        for text in texts:
            try:
                with sampled(locks, watcher, connection.info.backend_pid):
                    connection.execute(text.encode())
            except psycopg.Error as raised:
                failure = translated(raised, procedure.where or text)
                if connection.broken or isinstance(failure, ServerError | DiskFull):
                    raise failure from raised
                error = failure.message
                break
    seconds, wal_bytes = time.perf_counter() - begin, _position(connection) - position
    locks.held_s = {key: held for key, held in locks.held_s.items() if not key[0].endswith(THROWN_AWAY)}
    after = writes_so_far(connection)
    left = {} if error else _left(procedure, after, texts)
    return replace(
        seen, seconds=round(seconds, 3), wal_bytes=wal_bytes, locks=locks.strongest(),
        locked_ms=locks.hindering_ms(), written=_written(before, after), not_removable=left, error=error,
        held_back_by=_holders(watcher) if left else "",
    )  # fmt: skip


@contextmanager
def _pace(connection: Connection, procedure: Procedure, aged: Aged) -> Iterator[None]:
    """As slow as an autovacuum worker, where that is what is carried out."""
    chosen = autovacuum.pace(aged.settings) if procedure.kind == "autovacuum" else {}
    for name, value in chosen.items():
        connection.execute(sql.SQL("SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
    try:
        yield
    finally:
        if not connection.broken:
            for name in [*chosen, "default_statistics_target"]:
                connection.execute(sql.SQL("RESET {}").format(sql.Identifier(name)))


def _position(connection: Connection) -> int:
    return int(connection.execute(WAL).fetchall()[0][0])


def _written(before: Writes, after: Writes) -> dict[str, int]:
    def total(found: Writes, name: str) -> int:
        return sum(int(found[name][kind]) for kind in ("inserted", "updated", "deleted")) if name in found else 0

    changed = {name: total(after, name) - total(before, name) for name in after}
    return {name: number for name, number in changed.items() if number}


def _left(procedure: Procedure, after: Writes, texts: Sequence[str]) -> dict[str, int]:
    """Dead rows that VACUUM reports to have left: the server counts them anew for each table that it vacuums."""
    if procedure.kind not in ("vacuum", "autovacuum"):
        return {}
    vacuums = [text for text in texts if text.startswith("VACUUM")]
    vacuumed = {name for name in after if any(text.endswith(f" {name}") for text in vacuums)}
    return {name: int(after[name]["dead_rows"]) for name in sorted(vacuumed) if after[name]["dead_rows"]}


def _holders(watcher: Connection) -> str:
    with explained("looking for old snapshots"):
        return ", ".join(row["holder"] for row in rows(watcher, "list_snapshot_holders"))
