"""What came of the statements written in another way. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bench.cells.cell import summarize_pair
from bench.cells.records import CellSummary
from bench.experiments.advise.record import AdviseRun, Proposal
from bench.report import numbers
from bench.statistics.quantiles import Ratio


@dataclass(frozen=True, slots=True)
class RewriteSummary:
    """One rewrite: proved equal or not, and in which class it is fastest."""

    proposal: Proposal
    cells: tuple[CellSummary, ...]
    says: str
    """In a word: ``faster``, ``no faster``, ``other rows``, ``failed``."""
    sentence: str
    ratio: Ratio | None

    @property
    def proposed(self) -> bool:
        """Whether it is worth a look: equal answers, and faster in some class."""
        return self.says == "faster"


def rewrites(run: AdviseRun) -> tuple[RewriteSummary, ...]:
    """Those that were executed, the fastest first."""
    found = []
    for one in run.proposals:
        own = [pair for pair in run.rewrites if pair.query == one.block.name]
        if own:
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
    said = f"Equal answers in {numbers.plural(len(cells), 'class', 'classes')}; {best.parameter_class}: {ends}"
    if slower:
        said += f"; slower in {slower}"
    return RewriteSummary(one, cells, "faster" if faster and not slower else "no faster", f"{said}.", best.ratio)
