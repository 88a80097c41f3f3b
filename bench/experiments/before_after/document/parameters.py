"""The values that a query was asked with, and why those."""

from __future__ import annotations

from collections.abc import Iterator

from bench.experiments.before_after.details import CellDetails, QueryDetails
from bench.experiments.before_after.document import words
from bench.model import Parameter, Run
from bench.report.document import (
    PAGE,
    Block,
    Cell,
    Code,
    Custom,
    Fold,
    Line,
    Sentences,
    Span,
    Table,
    columns,
)


def parameters(one: QueryDetails, run: Run) -> Iterator[Fold]:
    """Give them, folded away, where the query has any."""
    query = one.query
    if not query.parameters:
        return
    asked = [cell for cell in one.cells if cell.pair.bindings]
    blocks: list[Block] = [_asked(one, asked, run)] if asked else [words.none("The dataset had no values to ask with.")]
    blocks.append(_sources(one))
    measured = {cell.summary.parameter_class for cell in asked}
    for name, sql in query.extra_classes.items():
        blocks.append(Code(f"{name}, a class of this query alone, is chosen by", sql))
        if name not in measured:
            nothing = "It has no cell here: the data has nothing of it, or another class has the same values."
            blocks.append(Sentences((nothing,), "paragraph", tone="quiet"))
    many = Span(f"{len(query.parameters)}, chosen from the data", small=True)
    yield Fold(("Parameters ", many), tuple(blocks), lazy=True)


def _asked(one: QueryDetails, asked: list[CellDetails], run: Run) -> Custom:
    """Values open by a click where they are long, and so do all but the first bindings: no table of a document can."""
    reasons = run.class_reasons | {name: why for name, why in one.query.class_reasons.items() if why}
    values = {
        "title": one.summary.title,
        "parameters": one.query.parameters,
        "cells": [(cell.summary.parameter_class, cell.pair) for cell in asked],
        "reasons": reasons,
    }
    return Custom("asked.html", values, formats=PAGE)


def _sources(one: QueryDetails) -> Table:
    rows = tuple(
        (Cell(Span(f":{found.name}", code=True)), Cell(found.type), Cell(_source(found)))
        for found in one.query.parameters
    )
    label = f"Where the parameters of {one.summary.title} come from"
    caption = "Where each value comes from, unless a class of this query gives it."
    return Table(label, columns("Parameter", "Type", "From"), rows, caption)


def _source(found: Parameter) -> Line:
    if found.source == "class":
        return ("the class, chosen by ", Span("dataset/classes.sql", code=True))
    return "the frozen clock of the dataset" if found.source == "clock" else Span(found.source, code=True)
