"""The page of all results as a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from bench import __version__
from bench.model import KnownAnswer
from bench.model.vocabulary import Mark, Tone
from bench.overview import figure
from bench.overview.record import Answer, Answers
from bench.overview.summary import Listed, Overview, Ready, Trend, WorkloadSummary, known_answer
from bench.report.document import (
    Beside,
    Block,
    Cell,
    Document,
    Figure,
    Line,
    Part,
    Row,
    Section,
    Sentences,
    Span,
    Table,
    columns,
)
from bench.timestamps import when

FILE = "index"
"""The page, without its ending."""
MARKS: Mapping[Answer | None, tuple[str, Mark]] = {
    "yes": ("yes", Mark("✓", "✅", "good")),
    "no": ("no", Mark("✗", "❌", "over")),
    "cannot tell": ("cannot tell", Mark("?", "❔", "open")),
    None: ("not asked", Mark("·", "➖")),
}
BAND = (
    "Of results with the same rows, cells, server and machine, oldest first; of each figure less is better. The grey "
    "band is what equal executions of a cell differ by: within it a change is noise."
)
NONE = "–"


def document(found: Overview) -> Document:
    """Place what is known of everything that was run."""
    return Document(
        experiment="index",
        file=FILE,
        title="All results",
        headline=found.headline,
        facts=("all results", f"as of {found.written}"),
        alarms=(),
        lead=(Sentences(tuple(_lead(found))),),
        sections=tuple(_section(one, number) for number, one in enumerate(found.workloads)),
        pgproof=__version__,
        footer=f"Written by pgproof {__version__} after each command.",
        styles=("history.css", "advise.css"),
    )


def _lead(found: Overview) -> Iterator[Line]:
    """Pages that are no results of one command, and what is missing here."""
    others = [part for words, href in found.others for part in (", ", Span(words, href=href))]
    if others:
        yield "The latest ", *others[1:], "."
    if found.unread:
        yield f"Not read yet, which the next command goes on with: {', '.join(found.unread)}."


def _section(one: WorkloadSummary, number: int) -> Section:
    blocks: tuple[Block, ...] = (ready_table(one), *_trends(one, number), _results(one))
    return Section(f"workload-{number + 1}", one.name, blocks)


# --------------------------------------------------------------------------------------------------------- ready
def ready_table(one: WorkloadSummary) -> Table:
    """What is known of a workload, a row for each question."""
    heads = columns("Question", "Answer", "What was found", "Age")
    rows = tuple(_question(ready) for ready in one.ready)
    label, caption = f"What is known of {one.name}", "Asked before a release"
    return Table(label, heads, rows, caption, kind="advice", cards=True, name_width=48)


def _question(ready: Ready) -> Row:
    return answer_row(known_answer(ready), ready.age, ready.found.href if ready.found else "")


def answer_row(known: KnownAnswer, age: str, href: str) -> Row:
    """A question with its answer, and the result that gave it, of that ``age`` and at ``href``; or what finds out."""
    word, mark = MARKS[None if known.answer == "not asked" else known.answer]
    if not known.said:
        find = ("find out: ", Span(known.command, code=True))
        return Cell(known.asks), Cell(Span(word, tone="quiet")), Cell(find, kind="wide"), Cell(NONE)
    said: Line = (Span(known.said, href=href), Span(f" {known.by}", small=True))
    tone: Tone = mark.tone
    below = (Span(known.stale, tone="open"),) if known.stale else ()
    return (
        Cell(known.asks), Cell(Span(word, tone=tone, mark=mark)), Cell(said, below=below, kind="wide"),
        Cell(age, hint=known.begun_at),
    )  # fmt: skip


# -------------------------------------------------------------------------------------------------------- trends
def _trends(one: WorkloadSummary, number: int) -> Iterator[Block]:
    if one.trends:
        yield Sentences((BAND,), style="paragraph", tone="quiet")
        parts = (_trend(trend, f"trend-{number + 1}-{place}") for place, trend in enumerate(one.trends, start=1))
        yield Beside(tuple(parts), kind="trends")


def _trend(trend: Trend, ident: str) -> Part:
    drawn = Figure(partial(figure.draw, trend, ident), figure.describe(trend))
    return Part(trend.name, (drawn, Sentences((trend.sentence,), style="reason")), ident)


# ------------------------------------------------------------------------------------------------------- results
def _results(one: WorkloadSummary) -> Table:
    heads = columns("Begun", "Command", "Says", "Size", "Commit", "Status")
    caption = "Newest first; each leads to its page."
    rows = tuple(_result(result) for result in one.results)
    return Table(f"Results of {one.name}", heads, rows, caption, kind="advice", cards=True, sortable=True)


def _result(result: Listed) -> Row:
    entry = result.entry
    begun = Span(when(entry.started_at), href=result.href)
    alarms = (Span(f"{entry.alarms} alarm{'s' * (entry.alarms > 1)}", tone="over"),) if entry.alarms else ()
    return (
        Cell(begun), Cell(entry.command), Cell(_judged(entry.answers, entry.headline), below=alarms, kind="wide"),
        Cell(entry.size), Cell(Span(entry.commit, code=True) if entry.commit else NONE), Cell(entry.status),
    )  # fmt: skip


def _judged(answers: Answers, headline: str) -> Line:
    """The headline behind the sign of the worst answer."""
    order: tuple[Answer, ...] = ("no", "cannot tell", "yes")
    worst = next((one for one in order if one in answers.values()), None)
    if worst is None:
        return headline
    word, mark = MARKS[worst]
    return Span(mark.sign, tone=mark.tone), Span(f" ({word})", tone="unseen"), f" {headline}"
