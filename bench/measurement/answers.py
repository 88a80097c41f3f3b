"""What one execution answers: its rows in the order in which they came, and what it left in the tables."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import psycopg

from bench.measurement.contents import Columns, Contents, contents, written_before, written_since
from bench.measurement.execution import Cell, execute, execute_here, result_rows, undone
from bench.model import State
from bench.postgres.connection import Connection
from bench.postgres.failures import first_line
from bench.syntax.sort_keys import ranked
from bench.syntax.tree import NotParsed


@dataclass(frozen=True)
class Answer:
    """The rows of one execution as digests, and the content of the tables that it wrote."""

    rows: int
    """Rows returned; of a statement that returns none, rows touched."""
    digests: tuple[bytes, ...] = field(repr=False)
    """Of each row, in the order in which they came."""
    contents: Contents = field(default_factory=lambda: Contents({}))
    names: tuple[str, ...] = ()
    """Of the columns returned."""

    @cached_property
    def hash(self) -> str:
        """SHA-256 over the multiset of rows as the server printed them; order does not count."""
        if not self.names:
            return f"{self.rows} rows touched"
        return hashlib.sha256(b"".join(sorted(self.digests))).hexdigest()

    @property
    def empty(self) -> bool:
        """Whether it returned nothing and wrote nothing."""
        return not self.rows and not self.contents.tables


def answer(
    connection: Connection, cell: Cell, state: State, number: int, columns: Columns, *, fresh: bool = False
) -> tuple[float, Answer]:
    """Execute binding ``number``; return the wall time in ms and what it answers. What it wrote is rolled back.

    ``columns`` are those by which tables that were written are compared; ``fresh`` is a connection that has executed
    nothing yet, which is then asked nothing before the statement either.

    Raises:
        Timeout: the statement timeout struck.
    """
    if not cell.query.writes:
        ms, cursor = execute(connection, cell, state, number)
        return ms, rows_of(cursor)
    with undone(connection, writes=True):
        before = {} if fresh else written_before(connection)
        ms, cursor = execute_here(connection, cell, state, number)
        return ms, with_contents(connection, rows_of(cursor), before, columns)


def with_contents(connection: Connection, found: Answer, before: Mapping[str, int], columns: Columns) -> Answer:
    """``found``, with the content of the tables that the open transaction has written since ``before``."""
    return replace(found, contents=contents(connection, written_since(connection, before), columns))


def rows_of(cursor: psycopg.RawCursor[object]) -> Answer:
    """The rows that a cursor holds."""
    result = cursor.pgresult
    if result is None or result.nfields == 0:
        return Answer(max(cursor.rowcount, 0), ())
    names = tuple((result.fname(i) or b"").decode() for i in range(result.nfields))
    return Answer(result.ntuples, tuple(map(_digest, result_rows(cursor))), names=names)


def _digest(row: Sequence[bytes]) -> bytes:
    return hashlib.sha256(b"\x1f".join(row)).digest()


# ---------------------------------------------------------------------------------------------------------- order
Order = Literal["same", "lost", "unknown"]


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """Whether the same rows come in the order of the statement's ORDER BY; rows that tie may come in any."""

    order: Order
    row: int = 0
    """The first, from 1, that comes before one that it has to follow, where the order is lost."""
    why: str = ""


def order_of(
    connection: Connection, text: str, values: Sequence[str | None], asked: Answer, given: Answer, *, writes: bool
) -> OrderSeen:
    """Whether ``given``, the same rows as ``asked``, keeps the order that the statement ``text`` asks for.

    The server is asked only where the two come in another order: then the statement is executed once more, with a
    number for each row that its ORDER BY gives.
    """
    if asked.digests == given.digests:
        return OrderSeen("same")
    try:
        asking = ranked(text, asked.names)
    except NotParsed as error:
        return OrderSeen("unknown", why=str(error))
    if asking is None:
        return OrderSeen("same")
    try:
        with undone(connection, writes=writes):
            ranks = _ranks(psycopg.RawCursor(connection).execute(asking, values))
    except psycopg.errors.QueryCanceled:
        return OrderSeen("unknown", why="to ask for it took longer than the statement timeout")
    except (psycopg.ProgrammingError, psycopg.NotSupportedError, psycopg.DataError) as error:
        return OrderSeen("unknown", why=first_line(error))
    if sorted(asked.digests) != sorted(digest for digest, found in ranks.items() for _ in found):
        return OrderSeen("unknown", why="executed again, it returned other rows")
    if _first_too_early(asked.digests, ranks) is not None:
        return OrderSeen("unknown", why="executed again, it returned them in another order")
    row = _first_too_early(given.digests, ranks)
    return OrderSeen("same") if row is None else OrderSeen("lost", row + 1)


def _ranks(cursor: psycopg.RawCursor[object]) -> dict[bytes, list[int]]:
    """The ranks of each row; equal rows may have several where the keys are not among the columns."""
    found: dict[bytes, list[int]] = defaultdict(list)
    for *row, rank in result_rows(cursor):
        found[_digest(row)].append(int(rank))
    return {digest: sorted(ranks) for digest, ranks in found.items()}


def _first_too_early(digests: Sequence[bytes], ranks: dict[bytes, list[int]]) -> int | None:
    """The place of the first row whose rank is below that of one before it; equal rows take their ranks in turn."""
    left: dict[bytes, Iterator[int]] = {digest: iter(found) for digest, found in ranks.items()}
    reached = 0
    for place, digest in enumerate(digests):
        rank = next(left[digest])
        if rank < reached:
            return place
        reached = rank
    return None
