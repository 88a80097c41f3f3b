"""What each optimization gains, for whom, and what could stand in for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bench.attribution.evidence import (
    MEANT,
    MEANT_BUFFERS,
    Effect,
    better,
    enough,
    executions,
    is_harm,
    is_loud,
    relevance,
)
from bench.attribution.shapley import ShapleyValues, buffers, fastest_ms, nothing, shapley_values
from bench.model import Attribution, GainCell
from bench.statistics.quantiles import CLOCK_MS


@dataclass(frozen=True, slots=True)
class CellGain:
    """One cell: what all optimizations together gained, and whose doing it is."""

    query: str
    parameter_class: str
    buffers: ShapleyValues
    ms: ShapleyValues


@dataclass(frozen=True, slots=True)
class Gain:
    """One optimization over all cells."""

    name: str
    missed: tuple[Effect, ...]
    """Cells that do more work when it alone is left out."""
    harmed: tuple[Effect, ...]
    """Cells that do less work when it alone is left out, and that this harms."""
    alone: tuple[Effect, ...]
    """Cells that it alone makes do less work."""
    same: tuple[Effect, ...]
    """Cells whose plan changes with it, left out or alone, and that it neither helps nor harms."""
    substitutes: tuple[str, ...]
    """Those that do the work of ``alone`` where it is not missed."""
    share_buffers: float
    share_ms: float
    """Sums of its shares over all cells."""
    queries: tuple[str, ...]
    """Queries with a share, the largest first."""
    best: Effect | None
    """The cell with its largest effect, left out or alone."""

    @property
    def deciding(self) -> tuple[Effect, ...]:
        """The effects on which an advice to do without it would rest; empty where there is none to give."""
        if self.missed:
            return self.harmed
        found = self.alone or (() if self.harmed else self.same)
        return (*self.harmed, *([max(found, key=largest)] if found else ()))


def cell_gains(attribution: Attribution) -> tuple[CellGain, ...]:
    """Split the gain of every cell; one in which a plan was stopped has no buffers to split."""
    return tuple(
        CellGain(
            cell.query,
            cell.parameter_class,
            shapley_values(cell, nothing if was_stopped(cell) else buffers),
            shapley_values(cell, fastest_ms),
        )
        for cell in attribution.cells
    )


def was_stopped(cell: GainCell) -> bool:
    """Whether a plan that the shares rest on ran into the timeout: its counters are not known."""
    return any(cell.tried[plan].censored for plan in {cell.before, cell.after, *cell.subsets.values()})


def gains(attribution: Attribution, names: Sequence[str]) -> dict[str, Gain]:
    """What each of ``names`` gains."""
    split = cell_gains(attribution)
    return {name: _gain(name, attribution, split) for name in names}


def _gain(name: str, attribution: Attribution, split: Sequence[CellGain]) -> Gain:
    missed: list[Effect] = []
    harmed: list[Effect] = []
    alone: list[Effect] = []
    same: list[Effect] = []
    for cell in attribution.cells:
        if name in cell.without:
            effect = _effect(cell, cell.without[name], cell.after)
            helps = better(effect.with_it, effect.without) > 0
            (missed if helps else harmed if is_harm(effect) else same).append(effect)
        if name in cell.alone:
            effect = _effect(cell, cell.before, cell.alone[name])
            (alone if better(effect.with_it, effect.without) > 0 else same).append(effect)
    by_query: dict[str, float] = {}
    for one in split:
        by_query[one.query] = by_query.get(one.query, 0.0) + one.buffers.by_name.get(name, 0.0)
    effects = [*missed, *alone] or harmed
    hidden = {effect.query for effect in effects if effect.stopped_without}
    return Gain(
        name=name,
        missed=tuple(missed),
        harmed=tuple(harmed),
        alone=tuple(alone),
        same=tuple(same),
        substitutes=_substitutes(name, attribution, {effect.cell for effect in missed}, alone),
        share_buffers=sum(one.buffers.by_name.get(name, 0.0) for one in split),
        share_ms=sum(one.ms.by_name.get(name, 0.0) for one in split),
        queries=tuple(
            sorted((q for q in by_query if by_query[q] >= MEANT_BUFFERS or q in hidden), key=lambda q: -by_query[q])
        ),
        best=max(effects, key=lambda effect: _worth(effect, helps=bool(missed or alone)), default=None),
    )


def largest(effect: Effect) -> tuple[bool, float]:
    """Order effects by the buffers that they save or cost; what a timeout hides is more than any."""
    stopped = effect.stopped_without or effect.stopped_with
    return stopped, 0 if stopped else abs(effect.buffers_without - effect.buffers_with)


def _worth(effect: Effect, *, helps: bool) -> tuple[bool, float]:
    hidden, _ = largest(effect)
    saved = effect.buffers_without - effect.buffers_with
    return hidden, 0 if hidden else saved if helps else -saved


def _effect(cell: GainCell, without: int, with_it: int) -> Effect:
    return Effect(cell.query, cell.parameter_class, cell.tried[without], cell.tried[with_it])


def _substitutes(name: str, attribution: Attribution, missed: set[str], alone: Sequence[Effect]) -> tuple[str, ...]:
    """Who stands in for ``name`` where it would help alone and is not missed: those without whom it would be missed."""
    found: dict[str, int] = {}
    cells = {effect.cell for effect in alone} - missed
    for cell in attribution.cells:
        if f"{cell.query}[{cell.parameter_class}]" not in cells:
            continue
        for other in cell.matter:
            without_other = cell.subsets.get(_all_but(cell, {other}))
            without_both = cell.subsets.get(_all_but(cell, {other, name}))
            if other == name or without_other is None or without_both is None:
                continue
            if better(cell.tried[without_other], cell.tried[without_both]) > 0:
                found[other] = found.get(other, 0) + 1
    return tuple(sorted(found, key=lambda other: (-found[other], other)))


def _all_but(cell: GainCell, names: Collection[str]) -> str:
    return "".join("0" if name in names else "1" for name in cell.matter)


def disagreements(found: Mapping[str, Gain], target_ms: float) -> tuple[str, ...]:
    """Where the planner promised less work and execution took longer, in sentences; nothing of a few executions,
    nor of a promise of less than a tenth."""
    return tuple(
        _opposite(gain.name, effect, target_ms)
        for gain in found.values()
        for effect in gain.harmed
        if enough(effect) and effect.predicted >= MEANT and is_loud(effect)
    )


def _opposite(name: str, effect: Effect, target_ms: float) -> str:
    before, after = effect.median_without, effect.median_with
    return (
        f"{name}: the planner promised {effect.cell} {effect.predicted:,.1f} times less cost, by execution it takes "
        f"{after / max(before, CLOCK_MS):,.1f} times as long ({before:,.2f} → {after:,.2f} ms in the median of "
        f"{executions(effect)} executions a side, {effect.buffers_without:,} → {effect.buffers_with:,} buffers; "
        f"{relevance(effect, target_ms)})."
    )
