"""What is known before a release: the answers of the run itself, and of the results beside it when it ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from bench.experiments.before_after import indexed
from bench.experiments.before_after.summary import RunSummary
from bench.experiments.entries import firm
from bench.model import KnownAnswer, Run
from bench.overview.document import NONE, answer_row
from bench.overview.record import Answer
from bench.report.document import PAGE, Section, Sentences, Span, Table, columns
from bench.timestamps import when

ABOUT = "As it was known when the run ended. ", Span("As it is known now", href="../index.html"), "."


def ready(run: Run, summary: RunSummary) -> Iterator[Section]:
    """Give the section, where the record says what was known."""
    if not run.known:
        return
    own: Mapping[str, Answer] = dict(firm(indexed.answers(run, summary), run.status).items())
    known = (_newest(one, own.get(one.question), run, summary) for one in run.known)
    rows = tuple(answer_row(one, when(one.begun_at) if one.begun_at else NONE, one.href) for one in known)
    heads = columns("Question", "Answer", "What was found", "Begun")
    table = Table("What is known before a release", heads, rows, kind="advice", cards=True, name_width=48)
    about = Sentences((ABOUT,), "paragraph", tone="quiet")
    yield Section("ready", "Before a release", (table, about), nav="Release", on_paper=False, formats=PAGE)


def _newest(known: KnownAnswer, own: Answer | None, run: Run, summary: RunSummary) -> KnownAnswer:
    """What the run answers itself is the newest answer."""
    if own is None:
        return known
    return replace(known, answer=own, said=summary.sentence, by="this run", begun_at=run.started_at, href="", stale="")
