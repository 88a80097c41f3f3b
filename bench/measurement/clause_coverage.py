"""Which clauses of a statement its bindings exercise: variants of it are executed until one answers otherwise."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import psycopg

from bench.dataset.parallel import over
from bench.measurement.answers import Answer, order_of, rows_of, with_contents
from bench.measurement.compare import columns_to_compare
from bench.measurement.contents import Columns, written_before
from bench.measurement.execution import Cell, Sides, undone
from bench.model import ClauseCoverage, ClauseSeen, Query, State
from bench.postgres import ledger
from bench.postgres.connection import Connection, Target
from bench.progress import Progress
from bench.syntax.clauses import Variant, variants
from bench.syntax.tree import NotParsed
from bench.workload.sqlfile import numbered

TIMEOUT_S = 3.0
"""A variant may do much more than its statement (a join without its condition): it is not waited for longer."""

INVALID = ("42", "0A")
"""Classes of SQLSTATE that say that a text is no statement, or none that is supported: then it is no variant."""

Told = Literal["same", "other", "cut off", "invalid"]


RULES = 1
"""Raised when a clause is changed, or an answer compared, otherwise: what was found by older rules is found anew."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Where is kept what was found, with the rows that it was found of: no row of it changes there."""

    target: Target
    database: str

    def read(self, query: str, text_hash: str) -> dict[str, ClauseSeen | None]:
        """What earlier commands found of the changed statements of ``query``, by their hashes."""
        with self.target.connect(self.database) as connection:
            return ledger.read_exercised(connection, query, text_hash)

    def write(self, query: str, text_hash: str, found: dict[str, ClauseSeen | None]) -> None:
        """Keep it for later ones."""
        with self.target.connect(self.database) as connection:
            ledger.write_exercised(connection, query, text_hash, found)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One binding of one class, and what the statement itself answers."""

    parameter_class: str
    values: Sequence[str | None]
    answer: Answer


@dataclass(frozen=True, slots=True)
class _Subject:
    """A statement with all that it is asked."""

    query: Query
    line: int
    text: str
    names: Sequence[str]
    asked: list[_Asked]
    columns: Columns


@dataclass(frozen=True, slots=True)
class _Exercised:
    """What is found of the variants of one query, and of how many it was known."""

    clauses: tuple[ClauseSeen, ...] = ()
    known: int = 0
    problem: str = ""


def exercise(
    sides: Sides, state: State, cells: Sequence[Cell], progress: Progress, timeout_s: float = TIMEOUT_S,
    budget_s: float | None = None, kept: Kept | None = None, connections: int = 1,
) -> ClauseCoverage:  # fmt: skip
    """Execute the variants of the statements of ``cells`` in ``state``, each with every binding until one tells.

    Of a query with a rewrite both statements are taken, in the state after. What is written is rolled back, and leaves
    dead rows: give it a copy for statements that write. What is ``kept`` of the same statements with the same values
    is not executed again; what there was no time for, is. Queries that read share ``connections``: no time is kept.
    """
    begin = time.perf_counter()
    quick = replace(sides, timeout_s=timeout_s)
    by_query: dict[str, list[Cell]] = {}
    for cell in cells:
        by_query.setdefault(cell.query.name, []).append(cell)
    end = None if budget_s is None else begin + budget_s
    tasks = [partial(_exercised, quick, state, own, end, kept) for own in by_query.values()]
    writes = any(cell.query.writes for cell in cells)  # they would wait for each other's locks

    def tell(done: Mapping[int, object]) -> None:
        progress("changing clauses", len(done), len(by_query), "queries")

    with ExitStack() as stack:
        several = range(1 if writes else min(connections, len(tasks)))
        found = over([stack.enter_context(quick.connect(state, writes=writes)) for _ in several], tasks, tell)
    progress("changing clauses", len(by_query), len(by_query), "queries")
    return ClauseCoverage(
        tuple(seen for one in found for seen in one.clauses), quick.timeout_s, budget_s, time.perf_counter() - begin,
        {name: one.problem for name, one in zip(by_query, found, strict=True) if one.problem},
        sum(one.known for one in found),
    )  # fmt: skip


def _exercised(
    sides: Sides, state: State, cells: Sequence[Cell], end: float | None, kept: Kept | None, connection: Connection
) -> _Exercised:  # fmt: skip
    """Execute the variants of one query that are not known; none begins after ``end``."""
    name, text_hash = cells[0].query.name, _hash(cells, state, sides.timeout_s)
    before = kept.read(name, text_hash) if kept else {}
    if end is None:  # with all the time that it takes, a timeout is worth another try
        before = {key: one for key, one in before.items() if not (one and one.cut_off and not one.told_by)}
    try:
        seen = _of_query(connection, sides, state, cells, end, before)
    except NotParsed as problem:
        return _Exercised(problem=str(problem))
    tried = {key: one for key, one in seen.items() if not one or one.tried}
    if kept and tried.keys() != before.keys():
        kept.write(name, text_hash, tried)
    known = sum(one is not None and key in before for key, one in seen.items())
    return _Exercised(tuple(one for one in seen.values() if one), known)


def _hash(cells: Sequence[Cell], state: State, timeout_s: float) -> str:
    """What decides what is found of a query, in given rows."""
    query = cells[0].query
    asked = [[cell.parameter_class, [binding.args for binding in cell.bindings]] for cell in cells]
    rewrite = query.rewrite.sql if query.rewrite else ""
    shaped = [RULES, query.sql, rewrite, repr(query.parameters), query.writes, state, timeout_s, asked]
    return ledger.checksum([json.dumps(shaped)])


def _of_query(
    connection: Connection, sides: Sides, state: State, cells: Sequence[Cell], end: float | None,
    known: Mapping[str, ClauseSeen | None],
) -> dict[str, ClauseSeen | None]:  # fmt: skip
    """What is found of each variant, by its hash; None of those that the server refuses."""
    query = cells[0].query
    statements = [(query.sql, query.line)]
    if state == "after" and query.rewrite:
        statements.append((query.rewrite.sql, query.rewrite.line))
    found: dict[str, ClauseSeen | None] = {}
    for sql, line in statements:
        text, names = numbered(sql, {parameter.name: parameter.type for parameter in query.parameters})
        made = sorted(variants(text, names), key=lambda variant: variant.line)
        subject = _Subject(query, line, text, names, [], {})
        keyed = [(ledger.checksum([sql, str(place), one.text]), one) for place, one in enumerate(made)]
        if not (keyed and all(key in known for key, _ in keyed)) and not _late(end):
            subject = replace(subject, columns=columns_to_compare(sides, cells[0]))
            subject.asked.extend(_originals(connection, subject, cells))
            if not subject.asked:
                raise NotParsed(f"no class answers within {sides.timeout_s:g} s")
        for key, variant in keyed:
            found[key] = nothing = _nothing(subject, variant)
            if key in known:
                one = known[key]
                found[key] = one and replace(one, line=nothing.line)
            elif subject.asked and not _late(end):
                found[key] = _tried(connection, subject, variant)
    return found


def _late(end: float | None) -> bool:
    return end is not None and time.perf_counter() >= end


def _originals(connection: Connection, subject: _Subject, cells: Sequence[Cell]) -> Iterator[_Asked]:
    """What the statement itself answers; a binding for which it takes too long tells nothing apart."""
    for cell in cells:
        for binding in cell.bindings:
            values = [binding.args[name] for name in subject.names]
            found = _answer(connection, subject, subject.text, values)
            if isinstance(found, Answer) and not found.contents.unknown:
                yield _Asked(cell.parameter_class, values, found)


def _nothing(subject: _Subject, variant: Variant) -> ClauseSeen:
    line = subject.line + variant.line - 1
    return ClauseSeen(subject.query.name, line, variant.clause, variant.change)


def _tried(connection: Connection, subject: _Subject, variant: Variant) -> ClauseSeen | None:
    """Execute ``variant`` with one binding after the other; None where the server says that it is no statement."""
    seen = _nothing(subject, variant)
    for number, asked in enumerate(subject.asked):
        told = _told(connection, subject, variant, asked)
        if told == "invalid":
            return None
        seen = replace(seen, tried=seen.tried + 1, cut_off=seen.cut_off + (told == "cut off"))
        if told == "other":
            # What told one clause will soon tell another one.
            subject.asked.insert(0, subject.asked.pop(number))
            return replace(seen, told_by=asked.parameter_class)
    return seen


def _told(connection: Connection, subject: _Subject, variant: Variant, asked: _Asked) -> Told:
    values = [asked.values[place] for place in variant.values]
    given = _answer(connection, subject, variant.text, values)
    if not isinstance(given, Answer):
        return given
    if given.contents.unknown:
        return "cut off"
    if given.hash != asked.answer.hash or given.contents != asked.answer.contents:
        return "other"
    writes = subject.query.writes
    order = order_of(connection, subject.text, asked.values, asked.answer, given, writes=writes)
    return "other" if order.order == "lost" else "same"


def _answer(connection: Connection, subject: _Subject, text: str, values: Sequence[str | None]) -> Answer | Told:
    """The answer, or why there is none; an error that only some rows raise is another answer."""
    try:
        with undone(connection, writes=subject.query.writes):
            before: Mapping[str, int] = written_before(connection) if subject.query.writes else {}
            found = rows_of(psycopg.RawCursor(connection).execute(text, values))
            return with_contents(connection, found, before, subject.columns) if subject.query.writes else found
    except psycopg.errors.QueryCanceled:
        return "cut off"
    except psycopg.Error as error:
        if error.sqlstate is None:
            raise
        return "invalid" if error.sqlstate.startswith(INVALID) else "other"
