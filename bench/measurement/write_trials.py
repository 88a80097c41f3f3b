"""One write statement with some optimizations taken away, in one transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from bench.errors import DatasetError
from bench.measurement.execution import EXPLAIN
from bench.measurement.write_statements import WriteStatement
from bench.model import Json, Optimization
from bench.plans.parse import blocks, fingerprint, number, walk
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.postgres.failures import explained, translated


@dataclass(frozen=True, slots=True)
class Trial:
    """What one execution was seen to do."""

    tables: tuple[str, ...]
    rows: int
    updated: int
    hot_updated: int
    buffers: int
    wal_bytes: int
    images: int
    """Images of whole pages in ``wal_bytes``."""
    ms: float
    modifies: bool
    """Whether the plan has a node that writes; a statement may also write through a function."""
    finding: tuple[str, ...]
    """Fingerprints of the plans by which the rows were found."""
    pending: tuple[str, ...]
    """GIN indexes that put entries off: their merge is still to be paid for."""


@contextmanager
def taken_away(connection: Connection, blocks_away: Sequence[Optimization]) -> Iterator[None]:
    """A transaction in which these blocks are undone, in the order given; rolled back at its end.

    Raises:
        PgproofError: an undo failed; the message names the block.
    """
    with connection.transaction(force_rollback=True):
        for block in blocks_away:
            with explained(f"undo of {block.name} ({block.file}:{block.line})"):
                for statement in block.undo:
                    connection.execute(statement)
        yield


def run_trial(connection: Connection, statement: WriteStatement, away: Sequence[Optimization] = ()) -> Trial:
    """Execute the statement without the blocks ``away``, and take everything back.

    Rolled back as it is, it leaves dead rows and cleared visibility bits: ``clean_up`` before the next one.

    Raises:
        PgproofError: an undo failed, or the statement did (file:line).
    """
    with taken_away(connection, away):
        prepare(connection, statement)
        # After an undo the session has to read the catalog again: planned once, no clock sees that on one side alone.
        _explain(connection, statement, "EXPLAIN (FORMAT JSON) ")
        before = rows_written(connection)
        document = _explain(connection, statement)
        after = rows_written(connection)
        tables = tuple(sorted(name for name, seen in after.items() if seen != before.get(name)))
        pending = tuple(row["name"] for row in rows(connection, "list_gin_with_pending_lists", list(tables)))
    plan = document["Plan"]
    nodes = [node for node in walk(plan) if node["Node Type"] == "ModifyTable"]
    parts = [(node, _outer(node)) for node in nodes] or [(plan, [])]
    done = [sum(after[t][i] - before.get(t, (0, 0, 0))[i] for t in tables) for i in range(3)]
    return Trial(
        tables=tables,
        rows=done[0],
        updated=done[1],
        hot_updated=done[2],
        buffers=sum(blocks(node) - sum(map(blocks, found)) for node, found in parts),
        wal_bytes=sum(_own(node, found, "WAL Bytes") for node, found in parts),
        images=sum(_own(node, found, "WAL FPI") for node, found in parts),
        ms=number(document, "Execution Time"),
        modifies=bool(nodes),
        finding=tuple(fingerprint(child) for _, found in parts for child in found),
        pending=pending,
    )


def prepare(connection: Connection, statement: WriteStatement) -> None:
    """Run what comes before the statement in its transaction."""
    with explained(statement.where):
        for preparation in statement.prepare:
            connection.execute(preparation)


def run_here(connection: Connection, statement: WriteStatement, round_no: int = 0) -> None:
    """Execute the statement in the transaction that is open."""
    prepare(connection, statement)
    try:
        psycopg.RawCursor(connection).execute(statement.text, statement.values(round_no))
    except psycopg.errors.UniqueViolation as error:
        hint = "keys must not come twice: make them from :round, which is another number each time" if round_no else ""
        raise DatasetError(translated(error, statement.where).message.rstrip("."), hint=hint) from error
    except psycopg.Error as error:
        raise translated(error, statement.where) from error


def _explain(connection: Connection, statement: WriteStatement, how: str = EXPLAIN) -> Json:
    try:
        cursor: psycopg.RawCursor[Json] = psycopg.RawCursor(connection)
        return cursor.execute(how + statement.text, statement.values(0)).fetchall()[0][0][0]
    except psycopg.Error as error:
        raise translated(error, statement.where) from error


def clean_up(connection: Connection, tables: Sequence[str]) -> None:
    """Take out what rolled back trials left, in every index: otherwise each of them meets another table.

    INDEX_CLEANUP, because VACUUM by itself leaves a few dead rows in place; no truncation, because the next trial
    would have to extend the table again.
    """
    with explained("cleaning up after a write"):
        for table in tables:
            connection.execute(sql.SQL("VACUUM (INDEX_CLEANUP ON, TRUNCATE OFF) {}").format(sql.SQL(table)))


def rows_written(connection: Connection) -> Mapping[str, tuple[int, int, int]]:
    """Rows written, updated, and updated heap-only, by table; only the difference of two calls has a meaning."""
    found = rows(connection, "count_rows_written")
    return {row["name"]: (row["rows"], row["updated"], row["hot_updated"]) for row in found}


def _outer(node: Json) -> list[Json]:
    """The plan that finds the rows for a node that writes them."""
    return [child for child in node.get("Plans", ()) if child.get("Parent Relationship") == "Outer"]


def _own(node: Json, found: Sequence[Json], key: str) -> int:
    return round(number(node, key) - sum(number(child, key) for child in found))
