"""What each optimization gains, for whom, and what could stand in for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bench.experiments.attribution.shapley import ShapleyValues, buffers, fastest_ms, nothing, shapley_values
from bench.model import Attribution, Counters, GainCell, Tried

ROWS_PER_BUFFER = 10
"""Rows that count as much as one buffer in the sum that decides which of two plans does less work. Fitted on 565 plans
of the CRM at 100,000 leads, all in memory: 0.42 µs a buffer, 0.063 µs a row (docs/attribution.md)."""
MEANT = 1.1
MEANT_BUFFERS = 8.0
"""A plan does less work when it does by both: a tenth, and more than the depth of two B-trees."""
TIME_DECIDES = 2.0
TIME_DECIDES_MS = 1.0
"""Where the fastest executions differ by both, time decides against the counters: a buffer in the right order costs
less than one out of order, and a function can cost any time. The fastest, because noise only ever adds."""
LOUD, LOUD_MS = 1.5, 1.0
"""A cell has to take longer by both before the planner is said to have promised the opposite."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One cell with and without an optimization."""

    query: str
    parameter_class: str
    buffers_without: int
    buffers_with: int
    ms_without: float
    ms_with: float
    predicted: float
    """Planner's cost without over with: above 1 it promised a gain."""
    measured: float
    """Time without over with: above 1 it is one."""
    stopped_without: bool = False
    stopped_with: bool = False
    """It ran into the statement timeout: its buffers are not known, and its time is longer than the one here."""

    @property
    def cell(self) -> str:
        """``query[class]``."""
        return f"{self.query}[{self.parameter_class}]"


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
    """Cells that do less work when it alone is left out."""
    alone: tuple[Effect, ...]
    """Cells that it alone makes do less work."""
    substitutes: tuple[str, ...]
    """Those that do the work of ``alone`` where it is not missed."""
    share_buffers: float
    share_ms: float
    """Sums of its shares over all cells."""
    queries: tuple[str, ...]
    """Queries with a share, the largest first."""
    best: Effect | None
    """The cell with its largest effect, left out or alone."""


def work(counters: Counters) -> float:
    """One number for the work of a plan, in buffers."""
    return counters.buffers + counters.temp_blocks + counters.rows / ROWS_PER_BUFFER


def better(one: Tried, other: Tried) -> int:
    """1 where ``one`` does less work than ``other``, -1 where it does more, 0 where it is about the same."""
    if one.censored or other.censored:
        return int(other.censored) - int(one.censored)
    return faster(one, other) or by_work(one, other)


def by_work(one: Tried, other: Tried) -> int:
    """The same by counters alone."""
    few, many = sorted((work(one.counters), work(other.counters)))
    if many - few < MEANT_BUFFERS or many < MEANT * few:
        return 0
    return 1 if work(one.counters) == few else -1


def faster(one: Tried, other: Tried) -> int:
    """1 where ``one`` is so much faster that no counter can say otherwise, -1 where it is so much slower, else 0."""
    left, right = min(one.samples_ms), min(other.samples_ms)
    if abs(left - right) < TIME_DECIDES_MS or max(left, right) < TIME_DECIDES * min(left, right):
        return 0
    return 1 if left < right else -1


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
    missed, harmed, alone = [], [], []
    for cell in attribution.cells:
        if name in cell.without:
            verdict = better(cell.tried[cell.after], cell.tried[cell.without[name]])
            effect = _effect(cell, cell.without[name], cell.after)
            missed += [effect] if verdict > 0 else []
            harmed += [effect] if verdict < 0 else []
        if name in cell.alone and better(cell.tried[cell.alone[name]], cell.tried[cell.before]) > 0:
            alone.append(_effect(cell, cell.before, cell.alone[name]))
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
    left, right = cell.tried[without], cell.tried[with_it]
    return Effect(
        query=cell.query,
        parameter_class=cell.parameter_class,
        buffers_without=left.counters.buffers,
        buffers_with=right.counters.buffers,
        ms_without=fastest_ms(left),
        ms_with=fastest_ms(right),
        predicted=left.cost / right.cost if right.cost else 1.0,
        measured=fastest_ms(left) / (fastest_ms(right) or fastest_ms(left) or 1.0),
        stopped_without=left.censored,
        stopped_with=right.censored,
    )


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


def disagreements(found: Mapping[str, Gain]) -> tuple[str, ...]:
    """Where the planner promised less work and execution took longer, in sentences."""
    return tuple(
        f"{gain.name}: the planner promised {effect.cell} {effect.predicted:,.1f} times less cost, by execution it "
        f"takes {1 / effect.measured:,.1f} times as long ({effect.ms_without:,.2f} → {effect.ms_with:,.2f} ms, "
        f"{effect.buffers_without:,} → {effect.buffers_with:,} buffers)."
        for gain in found.values()
        for effect in gain.harmed
        if effect.predicted > 1 and effect.measured <= 1 / LOUD and effect.ms_with - effect.ms_without >= LOUD_MS
    )
