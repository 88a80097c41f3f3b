"""A selftest as a document, which a terminal alone shows."""

from __future__ import annotations

from bench import __version__
from bench.experiments.selftest.summary import AttemptsSummary, SeriesSummary
from bench.report.document import Cell, Column, Document, Section, Sentences, Table, columns

BLINDEST = 12
"""Cells shown of those that can see least."""


def series(summary: SeriesSummary) -> Document:
    """Place what an A/A series says: false alarms, other rules on the same runs, what each cell can see."""
    rules = Table(
        "Table: Other rules",
        (Column("rule"), *columns("red", "of", number=True)),
        tuple((Cell(one.name), Cell(str(one.red)), Cell(str(one.of))) for one in summary.rules),
    )
    blindest = Table(
        "Table: What a cell can see",
        (Column("cell"), *columns("noise of a pair", "cannot see less than", number=True)),
        tuple(
            (Cell(one.cell), Cell(f"{one.spread:.0%}"), Cell(f"{one.detectable:.0%}"))
            for one in summary.sights[:BLINDEST]
        ),
    )
    seen = f"what a cell can see: {summary.median_sight:.0%} in the median; the blindest"
    return _document(
        f"{summary.red} of {summary.runs} runs on identical files were red: the rate of false alarms is at most "
        f"{summary.bound:.2%} (95 % confidence). {summary.inconclusive} were inconclusive.",
        Section("rules", "the same runs, judged by other rules", (rules,)),
        Section("sights", seen, (blindest,)),
    )


def attempts(summary: AttemptsSummary) -> Document:
    """Place what was put in on purpose: by kind and size how much was found, then what was not."""
    kinds = Table(
        "Table: Regressions put in on purpose",
        (Column("kind"), *columns("found", "of", "share", number=True), Column("by")),
        tuple(
            (
                Cell(one.name), Cell(str(one.found)), Cell(str(one.of)), Cell(f"{one.share:.0%}"),
                Cell(", ".join(one.witnesses)),
            )
            for one in summary.kinds
        ),
    )  # fmt: skip
    missed = Sentences(
        tuple(f"{one.name} ({one.kind}): {one.detail}" for one in summary.missed), mark="not seen: ", gap=True
    )
    return _document("regressions put in on purpose", Section("kinds", "", (kinds, missed), headed=frozenset()))


def _document(headline: str, *sections: Section) -> Document:
    return Document(
        "selftest", "selftest", "The gate tested on itself", headline, (), (), (), sections, __version__, ""
    )
