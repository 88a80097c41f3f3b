"""What came of the statements written in another way. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bench.cells.cell import summarize_pair
from bench.cells.records import CellSummary
from bench.experiments.advise.record import AdviseRun, Proposal
from bench.report import numbers
from bench.statistics.quantiles import Ratio

LESS_TIMES, LESS_BLOCKS = 2.0, 50
"""How many blocks less count as less work where the interval of its times says nothing."""
OTHER_PARAMETERS = "It takes {} of the row before the page, so it stands beside the statement and cannot replace it"


@dataclass(frozen=True, slots=True)
class RewriteSummary:
    """One rewrite: proved equal or not, and in which class it is fastest."""

    proposal: Proposal
    cells: tuple[CellSummary, ...]
    says: str
    """In a word: ``faster``, ``less work``, ``no faster``, ``other rows``, ``failed``."""
    sentence: str
    ratio: Ratio | None

    @property
    def proposed(self) -> bool:
        """Whether it is worth a look: equal answers, and faster in some class, or far fewer blocks."""
        return self.says in ("faster", "less work")


def rewrites(run: AdviseRun) -> tuple[RewriteSummary, ...]:
    """Those that were executed, the fastest first."""
    found = []
    for one in run.proposals:
        pairs = [pair for pair in run.rewrites if pair.query == one.block.name]
        own = [pair for pair in pairs if not pair.skipped]
        if pairs and not own:
            found.append(RewriteSummary(one, (), "cannot tell", f"Not executed: {pairs[0].skipped}.", None))
        elif own:
            found.append(_summary(one, tuple(summarize_pair(pair, run.options.target_ms) for pair in own)))
    return tuple(sorted(found, key=lambda one: (not one.proposed, -(one.ratio.value if one.ratio else 0.0))))


def _summary(one: Proposal, cells: tuple[CellSummary, ...]) -> RewriteSummary:
    if failed := [cell for cell in cells if cell.after.error or cell.before.error]:
        why = failed[0].after.error or failed[0].before.error
        return RewriteSummary(one, cells, "failed", f"It cannot be executed: {why}", None)
    if other := [cell for cell in cells if cell.differs]:
        return RewriteSummary(
            one, cells, other[0].effect, f"In class {other[0].parameter_class} {other[0].differs}.", None
        )
    known = [cell for cell in cells if cell.ratio]
    best = max(known, key=lambda cell: cell.ratio.value if cell.ratio else 0.0, default=None)
    if best is None:
        return RewriteSummary(one, cells, "cannot tell", "It was not executed to the end.", None)
    faster, slower = (sum(cell.effect == word for cell in cells) for word in ("faster", "slower"))
    ends = f"{numbers.figure(best.before.p50)} → {numbers.figure(best.after.p50)}"
    classes = numbers.plural(len(cells), "class", "classes")
    equal = "The same rows in the same order" if one.candidate.cursor else "Equal answers"
    said = f"{equal} in {classes}; {best.parameter_class}: {ends}, {buffers(best)} blocks"
    if slower:
        said += f"; slower in {slower}"
    if one.candidate.cursor:
        said += f". {OTHER_PARAMETERS.format(numbers.listed([p.name for p in one.candidate.cursor.parameters]))}"
    less = any(_less_work(cell) for cell in cells)
    says = "no faster" if slower else "faster" if faster else "less work" if less else "no faster"
    return RewriteSummary(one, cells, says, f"{said}.", best.ratio)


def _less_work(cell: CellSummary) -> bool:
    """Whether blocks tell what times on a busy machine do not: half as many, and so many less that it shows."""
    before, after = (side.counters.buffers if side.counters else 0 for side in (cell.before, cell.after))
    faster = cell.ratio is not None and cell.ratio.value >= 1
    return faster and before >= LESS_TIMES * after and before - after >= LESS_BLOCKS


def buffers(cell: CellSummary) -> str:
    """What it touches as it is, and rewritten."""
    return numbers.change(*(side.counters.buffers if side.counters else None for side in (cell.before, cell.after)))
