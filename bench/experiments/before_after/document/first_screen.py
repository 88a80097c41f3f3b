"""What a reader sees first: what was found, what to do now, figures at a glance, and the chart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bench.cells.records import CellSummary, QuerySummary
from bench.cells.sentences import effect
from bench.experiments.attribution.document import places as optimization_places
from bench.experiments.before_after import figures
from bench.experiments.before_after.document.places import Places
from bench.experiments.before_after.document.since import since
from bench.experiments.before_after.next_steps import NextStep
from bench.experiments.before_after.summary import RunSummary
from bench.experiments.parts import answer_in_text, tile
from bench.model import Run
from bench.model.vocabulary import mark
from bench.report import numbers
from bench.report.document import (
    PAGE,
    TERMINAL,
    Beside,
    Block,
    Cell,
    Code,
    Column,
    Facts,
    Figure,
    Fold,
    Line,
    Part,
    Row,
    Sentences,
    Span,
    Table,
    judged,
)
from bench.report.text import one_line

LONG_FROM = 25
"""Queries from which on the chart stands below what was found, not beside it."""
CARDS = 3
"""Steps that a page shows in full: more than three next things to do are none."""
CLASS_MOST = 18
"""Characters of a class on a terminal."""


def first_screen(run: Run, summary: RunSummary, found: Places) -> Iterator[Block]:
    """Give the blocks above all sections."""
    steps = [_in_a_line(one) for one in summary.next_steps]
    yield from answer_in_text([_table(summary)] if summary.queries else [], summary.paragraph, steps)
    kind = "first long" if len(summary.queries) >= LONG_FROM else "first"
    yield Beside((Beside(tuple(_cards(summary, found)), "steps"), _chart(summary)), kind, PAGE)
    yield from since(summary, found)
    yield Facts(tuple(_tiles(run, summary)), "tiles")
    yield Sentences(summary.paragraph, kind="found", formats=PAGE)


def _in_a_line(step: NextStep) -> Line:
    return f"{step.sentence} {step.command}".rstrip()


def _cards(summary: RunSummary, known: Places) -> Iterator[Block]:
    """What to do next: a card for each of the first steps, and the others in a sentence each."""
    steps, found = summary.next_steps, {name: place.ident for name, place in known.items()}
    if summary.attribution:
        found |= {f"optimization {name}": ident for name, ident in optimization_places(summary.attribution).items()}
    if steps:
        yield Part("What to do next", (Beside(tuple(_card(one, found) for one in steps[:CARDS]), "todo"),), kind="next",
                   level=2)  # fmt: skip
    if more := tuple(_in_a_line(one) for one in steps[CARDS:]):
        yield Fold((f"{len(more)} more ", Span("less urgent", small=True)), (Sentences(more, "prose"),))


def _card(step: NextStep, found: Mapping[str, str]) -> Beside:
    """A step with what it saves, what decided it, where that stands, and the command that does it."""
    where = step.evidence
    link = (" ", Span("The evidence", href=f"#{found.get(where, where)}")) if where else ()
    said = Sentences(((step.decided or step.sentence, *link),), "paragraph")
    command = (Code("In a shell", step.command, sql=False),) if step.command else ()
    return Beside((Part(step.title, (Facts(step.saving, "saving"), said, *command)),), "card")


def _tiles(run: Run, summary: RunSummary) -> Iterator[tuple[str, Line]]:
    target, queries = numbers.ms(summary.target_ms), f"of {len(summary.queries)}"
    for state, found in (("before", summary.before), ("after", summary.after)):
        if found and summary.queries:
            yield f"meet {target} {state}", tile(str(found.meets), f"{queries}{found.assumed}, {found.rest}")
    yield "pairs measured", tile(str(summary.pairs_measured), f"of {summary.pairs_total}")
    if summary.applied.number:
        applied = summary.applied
        yield "optimizations", tile(str(applied.number), f"{numbers.seconds(applied.build_ms / 1000)} to apply")
        yield "disk", tile(numbers.size(applied.size_bytes), f"{numbers.size(applied.wal_bytes)} WAL")
    yield "data", tile(f"{run.dataset.scale:,}", run.dataset.unit)


def _chart(summary: RunSummary) -> Figure:
    drawn = any(query.hot and query.worst for query in summary.queries)
    said = "Left is faster. The worst class is the one with the highest p95. The table below has the same figures."
    return Figure(
        draw=lambda: figures.dumbbells(summary, "overview"),
        narrow=lambda: figures.dumbbells(summary, "overview-narrow", narrow=True),
        words=figures.describe_dumbbells(summary),
        kind="chart",
        caption=said if drawn else Span("Nothing was measured, so there is nothing to draw.", "quiet"),
        ident="chart",
        label="p95 before and after",
    )


# -------------------------------------------------------------------------------------------------- on a terminal
def _table(summary: RunSummary) -> Table:
    columns = (
        Column("query"), Column("verdict"), Column("hot p95, ms", number=True), Column("worst class", rank=3),
        Column("worst p95, ms", number=True), Column("faster, hot", number=True, rank=1),
        Column("buffers, hot", number=True, rank=2),
    )  # fmt: skip
    rows = tuple(_row(query, summary) for query in summary.queries)
    return Table("Queries", columns, rows, name_width=CLASS_MOST, formats=TERMINAL)


def _row(query: QuerySummary, summary: RunSummary) -> Row:
    short = f"{mark(query.outcome).sign} {query.outcome} (assuming)" if query.assumption else ""
    known = (Cell(query.title), Cell(judged(query.outcome, query.assumption), short=short))
    if query.hot is None or query.worst is None:
        return (*known, *(Cell(numbers.NOTHING) for _ in range(5)))
    gain = effect(query.hot)
    claims = query.hot.effect in ("faster", "slower")
    return (
        *known,
        Cell(_p95(query.hot, summary)),
        Cell(one_line(query.worst.parameter_class, CLASS_MOST), "quiet"),
        Cell(_p95(query.worst, summary)),
        Cell(gain, "" if claims else "quiet", short=gain.split(" (")[0]),
        Cell(_buffers(query.hot, summary)),
    )


def _p95(cell: CellSummary, summary: RunSummary) -> str:
    before, after = cell.before.p95, cell.after.p95
    return numbers.ends(before, after, numbers.bare) if summary.has_after else numbers.bare(before)


def _buffers(cell: CellSummary, summary: RunSummary) -> str:
    before, after = (side.counters.buffers if side.counters else None for side in (cell.before, cell.after))
    return numbers.change(before, after) if summary.has_after else numbers.count(before)
