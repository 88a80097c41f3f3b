"""Which clauses of the queries their classes exercise, and which nothing tests."""

from __future__ import annotations

from collections.abc import Iterator

from bench.cells.coverage import clauses_table
from bench.experiments.before_after.summary import RunSummary
from bench.report.document import PAGE, Section, Sentences


def coverage(summary: RunSummary) -> Iterator[Section]:
    """Give the section, if that was asked for."""
    if found := summary.coverage:
        table = (clauses_table(found),) if found.holes else ()
        blocks = (Sentences(found.sentences, "prose"), *table)
        yield Section("coverage", "What the classes exercise", blocks, nav="Coverage", on_paper=False, formats=PAGE)
