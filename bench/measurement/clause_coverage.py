"""Which clauses of a statement its bindings exercise: variants of it are executed until one answers otherwise."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import psycopg

from bench.measurement.answers import Answer, order_of, rows_of, with_contents
from bench.measurement.compare import columns_to_compare
from bench.measurement.contents import Columns, written_before
from bench.measurement.execution import Cell, Sides, undone
from bench.model import ClauseCoverage, ClauseSeen, Query, State
from bench.postgres.connection import Connection
from bench.progress import Progress
from bench.syntax.clauses import Variant, variants
from bench.syntax.tree import NotParsed
from bench.workload.sqlfile import numbered

TIMEOUT_S = 3.0
"""A variant may do much more than its statement (a join without its condition): it is not waited for longer."""

INVALID = ("42", "0A")
"""Classes of SQLSTATE that say that a text is no statement, or none that is supported: then it is no variant."""

Told = Literal["same", "other", "cut off", "invalid"]


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


def exercise(
    sides: Sides, state: State, cells: Sequence[Cell], progress: Progress, timeout_s: float = TIMEOUT_S,
    budget_s: float | None = None,
) -> ClauseCoverage:  # fmt: skip
    """Execute the variants of the statements of ``cells`` in ``state``, each with every binding until one tells.

    Of a query with a rewrite both statements are taken, in the state after. What is written is rolled back, and leaves
    dead rows: give it a copy for statements that write.
    """
    begin = time.perf_counter()
    quick = replace(sides, timeout_s=timeout_s)
    found: list[ClauseSeen] = []
    problems: dict[str, str] = {}
    by_query: dict[str, list[Cell]] = {}
    for cell in cells:
        by_query.setdefault(cell.query.name, []).append(cell)
    for number, (name, own) in enumerate(by_query.items()):
        progress("changing clauses", number, len(by_query), "queries")
        left_s = None if budget_s is None else budget_s - (time.perf_counter() - begin)
        with quick.connect(state, writes=own[0].query.writes) as connection:
            try:
                found += _of_query(connection, quick, state, own, left_s)
            except NotParsed as problem:
                problems[name] = str(problem)
    progress("changing clauses", len(by_query), len(by_query), "queries")
    return ClauseCoverage(tuple(found), quick.timeout_s, budget_s, time.perf_counter() - begin, problems)


def _of_query(
    connection: Connection, sides: Sides, state: State, cells: Sequence[Cell], left_s: float | None
) -> Iterator[ClauseSeen]:
    query, columns = cells[0].query, columns_to_compare(sides, cells[0])
    statements = [(query.sql, query.line)]
    if state == "after" and query.rewrite:
        statements.append((query.rewrite.sql, query.rewrite.line))
    end = None if left_s is None else time.perf_counter() + left_s
    for sql, line in statements:
        text, names = numbered(sql, {parameter.name: parameter.type for parameter in query.parameters})
        made = sorted(variants(text, names), key=lambda variant: variant.line)
        subject = _Subject(query, line, text, names, [], columns)
        subject.asked.extend(_originals(connection, subject, cells))
        if not subject.asked:
            raise NotParsed(f"no class answers within {sides.timeout_s:g} s")
        for variant in made:
            late = end is not None and time.perf_counter() >= end
            if seen := _nothing(subject, variant) if late else _tried(connection, subject, variant):
                yield seen


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
