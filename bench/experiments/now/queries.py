"""Queries of a run of one state: the worst ones, a row for each, and each with its classes, plan and statement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bench.experiments.now.record import NowRun
from bench.experiments.now.summary import NowCell, NowQuery, NowSummary
from bench.experiments.parts import Places, query_parts
from bench.report import numbers
from bench.report.document import (
    EVERYWHERE,
    PAGE,
    Block,
    Cell,
    Code,
    Column,
    Custom,
    Fold,
    Format,
    Line,
    Plans,
    Row,
    Section,
    Sentences,
    Span,
    Table,
    columns,
    marked,
    verdict,
)
from bench.report.html.sql import filled

WORST_MOST = 10
"""Queries on the first screen."""


def worst(summary: NowSummary, places: Places, formats: frozenset[Format]) -> Table:
    """The queries that a reader must know first."""
    shown = (
        Column("Query"), Column("Verdict"), Column("Class", rank=2), Column("p95", number=True),
        Column("Rows read", number=True, rank=1), Column("Returned", number=True, rank=3),
    )  # fmt: skip
    rows = tuple(_worst(one, places, linked=formats == PAGE) for one in summary.queries[:WORST_MOST])
    more = len(summary.queries) - len(rows)
    caption = f"The worst {len(rows)}, each in its worst class; {more} more are below." if more > 0 else ""
    return Table("Worst queries", shown, rows, caption, kind="worst", formats=formats)


def _worst(one: NowQuery, places: Places, *, linked: bool) -> Row:
    title = Span(one.summary.title, href=f"#{places[one.query.name]}" if linked else "")
    if one.worst is None:
        return (Cell(title), Cell(_says(one)), *(Cell(numbers.NOTHING) for _ in range(4)))
    return (
        Cell(title),
        Cell(_says(one), hint=one.summary.reason),
        *_figures(one.worst),
    )


def _figures(cell: NowCell) -> Row:
    return (
        Cell(cell.summary.parameter_class, "quiet"),
        Cell(_p95(cell), "over" if cell.side.outcome == "misses" else "", hint=cell.side.judgement.reason),
        Cell(numbers.count(cell.rows_read), "open" if cell.wasteful else "", value=cell.rows_read or 0),
        Cell(numbers.count(cell.summary.result_rows), value=cell.summary.result_rows or 0),
    )


def _p95(cell: NowCell) -> str:
    """The figure alone: of how many it is the longest stands with the query."""
    found = cell.side.p95
    return numbers.figure(replace(found, longest_of=0)) if found else numbers.NOTHING


def _says(one: NowQuery) -> Line:
    return verdict(one.summary.outcome)


def overview(summary: NowSummary, places: Places) -> Section:
    """A row for each query."""
    shown = (
        *columns("Query", "Verdict", "Worst class"),
        *columns("p95", "Rows read", "Returned", "Read for each", "Buffers", number=True),
    )  # fmt: skip
    caption = marked(
        "Each query in its worst class. *Rows read* counts rows that plan nodes passed on or threw away in one "
        "execution; *read for each* divides it by the rows returned."
    )
    table = Table(
        "Queries, a row each", shown, tuple(_row(one, places) for one in summary.queries), caption, sortable=True,
        filter_label="Filter the queries", filters_parts=True, kind="glance", cards=True, formats=PAGE,
    )  # fmt: skip
    none = Sentences(("There is no query.",), "none")
    return Section("summary", "Queries at a glance", (table if summary.queries else none,), formats=PAGE)


def _row(one: NowQuery, places: Places) -> Row:
    title = Cell(Span(one.summary.title, href=f"#{places[one.query.name]}"))
    if one.worst is None:
        return (title, Cell(_says(one)), Cell(one.summary.reason, "quiet", span=6))
    each = one.worst.for_each
    buffers = one.worst.side.counters.buffers if one.worst.side.counters else None
    return (
        title, Cell(_says(one), hint=one.summary.reason), *_figures(one.worst),
        Cell(numbers.NOTHING if each is None else numbers.digits(each), value=each or 0), Cell(numbers.count(buffers)),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------ each of them
def parts(run: NowRun, summary: NowSummary, places: Places) -> Iterator[Block]:
    """Each query."""
    return query_parts(summary.queries, places, lambda one: _query(one, run))


def _query(one: NowQuery, run: NowRun) -> Iterator[Block]:
    if one.query.asks:
        yield Sentences((one.query.asks,), "paragraph", kind="asks")
    reason = f"{one.summary.reason}."
    assumed = f" Assumes {one.summary.assumption}." if one.summary.assumption else ""
    writes = " Each execution writes, in a transaction that is rolled back." if one.query.writes else ""
    yield Sentences((reason + assumed + writes,), "reason")
    if one.cells:
        yield _classes(one)
    if one.plans and one.worst:
        label = one.worst.summary.parameter_class
        text = tuple(Code(f"{label}, as EXPLAIN writes it", text, sql=False) for text in one.plans.texts.values())
        plan = Plans(f"Plan, {one.summary.title}, {label}", f"Plan, {label}", one.plans)
        yield Fold((f"Plan, {label} ", Span("the worst class", small=True)), (plan, *text))
    yield Fold(("SQL ", Span(f"{one.query.file}:{one.query.line}", small=True)), tuple(_statements(one)))
    asked = [(cell.summary.parameter_class, cell.pair) for cell in one.cells if cell.pair.bindings]
    if one.query.parameters and asked:
        values = {
            "title": one.summary.title, "parameters": one.query.parameters, "cells": asked,
            "reasons": run.class_reasons | {name: why for name, why in one.query.class_reasons.items() if why},
        }  # fmt: skip
        known = Custom("asked.html", values, formats=PAGE)
        yield Fold(("Parameters ", Span("chosen from the rows", small=True)), (known, *_chosen_by(one)))


def _chosen_by(one: NowQuery) -> Iterator[Code]:
    for name, sql in one.query.extra_classes.items():
        yield Code(f"{name} is chosen by", sql)


def _statements(one: NowQuery) -> Iterator[Code]:
    yield Code("As written", one.query.sql)
    asked = next((cell.pair for cell in one.cells if cell.pair.bindings), None)
    if asked and one.query.parameters:
        yield Code(f"With the values of {asked.parameter_class}, for psql", filled(
            one.query.sql, one.query.parameters, asked.bindings[0]))  # fmt: skip


def _classes(one: NowQuery) -> Table:
    shown = (
        Column("Class"), *columns("p50", "p95", "Max", "n", "Rows read", "Returned", "Buffers", "Planning", "First",
        number=True), Column("Verdict"),
    )  # fmt: skip
    rows = tuple(_class(cell) for cell in one.cells)
    caption = "Times in the client, planning included; below p95 is its 95 % bound, which the verdict rests on."
    return Table(f"Figures of {one.summary.title}", shown, rows, caption, sortable=True, formats=EVERYWHERE)


def _class(cell: NowCell) -> Row:
    side, name = cell.side, cell.summary.parameter_class
    if problem := side.error or cell.summary.skipped:
        return (Cell(name), Cell(problem, "over" if side.error else "quiet", span=10))
    bound = numbers.bound(side.judgement)
    p95: Line = (numbers.figure(side.p95), " ", Span(bound, small=True)) if bound else numbers.figure(side.p95)
    cut_off = (" ", Span(f"({side.censored} cut off)", small=True)) if side.censored else ()
    buffers = side.counters.buffers if side.counters else None
    return (
        Cell(name), Cell(numbers.figure(side.p50)), Cell(p95), Cell(numbers.figure(side.longest)),
        Cell((str(side.n), *cut_off)), Cell(numbers.count(cell.rows_read), "open" if cell.wasteful else ""),
        Cell(numbers.count(cell.summary.result_rows)), Cell(numbers.count(buffers)), Cell(numbers.ms(side.planning_ms)),
        Cell(numbers.ms(side.first_ms)), Cell(verdict(side.outcome), hint=side.judgement.reason),
    )  # fmt: skip
