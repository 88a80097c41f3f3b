"""What stands beside the set: candidates that are not in it, rewrites, and queries that nothing can help."""

from __future__ import annotations

from collections.abc import Iterator

from bench.experiments.advise.changes import without_name
from bench.experiments.advise.losers import Loser
from bench.experiments.advise.record import AdviseRun
from bench.experiments.advise.rewrites import RewriteSummary
from bench.experiments.advise.summary import AdviseSummary
from bench.report import numbers
from bench.report.document import PAGE, Block, Cell, Code, Column, Fold, Row, Sentences, Span, Table, Tone

TERMINAL_MOST = 8


def losers(summary: AdviseSummary) -> Iterator[Block]:
    """A row for each, what was nearest first."""
    if not summary.losers:
        yield Sentences(("Every candidate that was tried is in the set.",), "none")
        return
    shown = (
        Column("Candidate"), Column("Why it is not in the set"), Column("Expected", number=True, rank=2),
        Column("Measured", number=True, rank=1), Column("Disk", number=True, rank=3),
    )  # fmt: skip
    misled = sum(one.misled for one in summary.losers)
    caption = (
        "Expected: how many times cheaper the planner thought its best case with it alone; measured: how many times as "
        "fast it was."
    )
    if misled:
        makes = "makes" if misled == 1 else "make"
        caption += f" {misled} looked better to the planner and {makes} the query slower."
    rows = tuple(_loser(one) for one in summary.losers)
    yield Table("Candidates not in the set", shown, rows, caption, sortable=True, filter_label="Filter the candidates",
                most=TERMINAL_MOST, kind="advice", cards=True)  # fmt: skip


def _loser(one: Loser) -> Row:
    name = Span(one.proposal.block.name, code=True)
    ddl = (Span(without_name(one.proposal.candidate), code=True, small=True),)
    return (
        Cell(name, below=ddl), Cell(one.reason, kind="wide"), Cell(_times(one.expected), value=one.expected or 0),
        Cell(_times(one.measured), "worse" if one.misled else "", value=one.measured or 0),
        Cell(numbers.size(one.size_bytes), value=one.size_bytes),
    )  # fmt: skip


def _times(value: float | None) -> str:
    return numbers.NOTHING if value is None else f"{numbers.digits(value)} ×"


def rewrites(summary: AdviseSummary) -> Iterator[Block]:
    """A row for each, and its statement to copy."""
    if not summary.rewrites:
        return
    rows = tuple(_rewrite(one) for one in summary.rewrites)
    shown = (Column("Rewrite"), Column("Says"), Column("Faster", number=True), Column("Proof", rank=1))
    yield Table(
        "Statements written in another way",
        shown,
        rows,
        "Executed with the set; never applied by pgproof itself.",
        kind="advice",
        cards=True,
    )
    for one in summary.rewrites:
        if one.proposed:
            found = one.proposal.candidate
            said = (Sentences((found.reason,), "paragraph"),) if found.cursor else ()
            yield Fold(Span(found.name, code=True), (*said, Code("Rewritten", found.ddl)), formats=PAGE)


def _rewrite(one: RewriteSummary) -> Row:
    tone: Tone = "better" if one.proposed else "over" if one.says not in ("no faster", "cannot tell") else "quiet"
    return (
        Cell(Span(one.proposal.candidate.name, code=True), hint=one.proposal.candidate.reason), Cell(one.says, tone),
        Cell(numbers.times(one.ratio) if one.ratio else numbers.NOTHING), Cell(one.sentence, kind="wide"),
    )  # fmt: skip


def hopeless(run: AdviseRun, summary: AdviseSummary) -> Iterator[Block]:
    """A line for each query that nothing was found for, and each that could not be executed."""
    titles = {query.name: query.title or query.name for query in run.queries}
    said = [f"{titles.get(one.query, one.query)}: {one.reason}" for one in summary.hopeless]
    said += [f"{titles.get(name, name)}: not executed: {why}" for name, why in summary.broken]
    if said:
        yield Sentences(tuple(said), "list")
