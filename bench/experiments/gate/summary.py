"""What a gate says, cell by cell, in the order in which it is told: the verdicts themselves are in the record. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bench.experiments.gate import sentences
from bench.experiments.gate.alike import alike
from bench.experiments.gate.plans import CellPlans, cell_plans
from bench.experiments.gate.record import VERDICTS, CellResult, CellVerdict, GateResult
from bench.experiments.gate.sentences import Fact


@dataclass(frozen=True, slots=True)
class CellSummary:
    """One cell in words."""

    cell: CellResult
    name: str
    headline: str
    because: str
    """Why it is accepted, or the likely cause."""
    place: str
    facts: tuple[Fact, ...]
    """All that is known of it, the headline first."""
    plans: CellPlans | None
    """Those of both arms, where it did not simply pass."""
    told_by: str = ""
    """The cell that stands for this one, whose plan changed in the same way; empty where it stands for itself."""


@dataclass(frozen=True, slots=True)
class Noise:
    """How much the gate could see of a cell."""

    name: str
    spread: float
    """Of one pair, as a share."""
    detectable: float
    """The smallest slow-down that is seen 95 times in 100, as a share."""


@dataclass(frozen=True, slots=True)
class GateSummary:
    """What a report shows."""

    sentence: str
    tally: str
    against: str
    """What counters and times were compared with."""
    controls: str
    cells: tuple[CellSummary, ...]
    noise: tuple[Noise, ...]
    """Of the cells that were timed, those that can see least first."""

    def of(self, verdict: CellVerdict) -> tuple[CellSummary, ...]:
        """The cells of that verdict."""
        return tuple(one for one in self.cells if one.cell.word == verdict)

    def shown(self, verdict: CellVerdict) -> tuple[CellSummary, ...]:
        """The same without those for which another one stands."""
        return tuple(one for one in self.of(verdict) if not one.told_by)

    @property
    def failed(self) -> tuple[CellSummary, ...]:
        """The cells that did not simply pass, the worst first; of those that are alike the first."""
        return tuple(one for verdict in VERDICTS if verdict != "pass" for one in self.shown(verdict))


def summarize(result: GateResult) -> GateSummary:
    """Put ``result`` in words and in order."""
    timed = [(sentences.name(cell), cell.change) for cell in result.cells if cell.change]
    seen = [Noise(name, change.spread, change.detectable) for name, change in timed]
    return GateSummary(
        sentence=sentences.sentence(result),
        tally=sentences.tally(result) if result.cells else "",
        against=sentences.against(result) if result.cells else "",
        controls=sentences.controls(result),
        cells=tuple(one for group in alike(result.cells) for one in _cells(group)),
        noise=tuple(sorted(seen, key=lambda one: -one.detectable)),
    )


def _cells(group: Sequence[CellResult]) -> Iterator[CellSummary]:
    """The first, which stands for all that are alike, and the others."""
    first, *others = group
    yield _cell(first, others)
    yield from (replace(_cell(one), told_by=sentences.name(first)) for one in others)


def _cell(cell: CellResult, others: Sequence[CellResult] = ()) -> CellSummary:
    return CellSummary(
        cell=cell,
        name=sentences.name(cell),
        headline=sentences.headline(cell, len(others)),
        because=sentences.expected(cell) or cell.cause,
        place=sentences.place(cell),
        facts=sentences.facts(cell, others),
        plans=None if cell.word == "pass" else cell_plans(cell),
    )
