"""What one plan costs beside another for the same values, and from when on that is a harm. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bench.experiments.traps.record import Borrowed, FreshQuery, PlanRun, Stability, TrapCell
from bench.report import numbers
from bench.statistics.quantiles import Figure, Ratio, median, ratio

BLOCKS_LEAST, FACTOR_LEAST = 8, 1.25
"""A plan does more work where it reads 8 blocks of 8 kB and a quarter more: fewer are the depth of an index or two,
and a quarter is beyond what dead rows of rolled-back writes and a first look at the catalog make (docs/traps.md)."""

TIME_FACTOR, TIME_LEAST_MS = 1.25, 0.5
"""By the clock a plan hurts where the 95 % interval of the ratio lies above 1.25 and half a millisecond was lost: two
copies of one database differ by 5 % (docs/method.md), two moments of one machine by more. Only between two plans: one
and the same plan differs by nothing but the clock. And where they were not timed in turn, only with ``ROWS_MORE``: an
interval knows nothing of what else the machine did in one of two moments."""

ROWS_MORE = 1_000
"""Rows that a plan emits or throws away, over all nodes, beyond a quarter more: the work that blocks do not show, of a
loop over rows in memory. A thousand take the server about a tenth of a millisecond."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a plan cost when it was executed; nothing is known where it was not."""

    run: PlanRun | None
    blocks: int | None
    """Blocks read, of tables and indexes and of temporary files; None where it was cut off."""
    time: Figure | None
    """The median."""
    cut_off: bool
    """It ran into the statement timeout."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one plan costs beside another for the same values; ``hurts`` where that is beyond doubt."""

    dear: Cost
    cheap: Cost
    ratio: Ratio | None
    """Median time of the dear plan over that of the cheap one."""
    hurts: bool = False

    @property
    def extra_blocks(self) -> int:
        """Blocks more; negative where they are fewer."""
        less, more = self.cheap.blocks, self.dear.blocks
        return more - less if less is not None and more is not None else 0

    @property
    def cut_off(self) -> bool:
        """The dear plan ran into the statement timeout, the cheap one did not."""
        return self.dear.cut_off and not self.cheap.cut_off

    @property
    def extra_ms(self) -> float:
        """Milliseconds lost in the median; negative where they were gained."""
        return self.dear.time.ms - self.cheap.time.ms if self.dear.time and self.cheap.time else 0.0

    @property
    def weight(self) -> tuple[bool, float, int]:
        """What makes one price worse than another.

        By time before blocks, because a few blocks more can be a loop over rows in memory that takes seconds.
        """
        return self.cut_off, self.extra_ms, self.extra_blocks

    @property
    def hurts_by_work(self) -> bool:
        """It hurts, and one sees it in the blocks."""
        return self.hurts and (self.extra_blocks > 0 or self.cut_off)

    @property
    def hurts_by_time(self) -> bool:
        """It hurts, and one sees it in the time alone."""
        return self.hurts and self.extra_blocks <= 0

    @property
    def other_plan(self) -> bool:
        """The two reach the rows in different ways."""
        return bool(self.dear.run and self.cheap.run and self.dear.run.path != self.cheap.run.path)

    @property
    def plan(self) -> str:
        """Whether the dear plan is another one; empty where one of the two is not there."""
        return ("another" if self.other_plan else "same") if self.dear.run and self.cheap.run else ""

    @property
    def sentence(self) -> str:
        """Say it: buffers first where there are more of them, else the time."""
        parts = []
        less, more = self.cheap.blocks, self.dear.blocks
        if less is not None and more is not None:
            parts.append(f"{more:,} buffers instead of {less:,} ({numbers.digits(more / max(less, 1))}×)")
        times = f"{numbers.figure(self.dear.time)} instead of {numbers.figure(self.cheap.time)}"
        if self.ratio:
            between = f", {numbers.interval(self.ratio)}" if numbers.interval(self.ratio) else ""
            parts.append(f"{times} ({numbers.times(self.ratio)}{between})")
        elif self.cut_off:
            parts.append(times)
        return "; ".join(parts if self.extra_blocks > 0 else parts[::-1])


def cost(run: PlanRun | None) -> Cost:
    """Compute what a plan cost."""
    if run is None:
        return Cost(None, None, None, cut_off=False)
    blocks = run.seen.counters.buffers + run.seen.counters.temp_blocks if run.seen else None
    return Cost(run, blocks, median(run.samples), run.seen is None and any(sample.censored for sample in run.samples))


def price(dear: PlanRun | None, cheap: PlanRun | None, *, in_turn: bool) -> Price:
    """Hold ``dear`` against ``cheap``; ``in_turn`` says that sample i of both was taken in the same round.

    Where one of them is missing nothing hurts.
    """
    found = Price(cost(dear), cost(cheap), None)
    if dear is None or cheap is None:
        return found
    if found.dear.cut_off or found.cheap.cut_off:
        return replace(found, hurts=found.cut_off)
    compared = ratio(dear.samples, cheap.samples, same_run=in_turn)
    found = replace(found, ratio=compared)
    less, more = found.cheap.blocks, found.dear.blocks
    by_work = less is not None and more is not None and more > less + BLOCKS_LEAST and more > FACTOR_LEAST * less
    # More blocks in less time is no harm: a generic plan saves the planning.
    by_work = by_work and not (compared and compared.high is not None and compared.high < 1)
    by_time = compared is not None and compared.low is not None and compared.low > TIME_FACTOR
    by_time = by_time and (in_turn or _works_through_more(dear, cheap))
    return replace(found, hurts=by_work or (by_time and found.extra_ms >= TIME_LEAST_MS and found.other_plan))


def _works_through_more(dear: PlanRun, cheap: PlanRun) -> bool:
    if dear.seen is None or cheap.seen is None:
        return False
    less, more = cheap.seen.counters.rows, dear.seen.counters.rows
    return more > less + ROWS_MORE and more > FACTOR_LEAST * less


# --------------------------------------------------------------------------------------------- of what was executed
@dataclass(frozen=True, slots=True)
class GenericPlan:
    """What the generic plan costs a class, beside one made for its values."""

    parameter_class: str
    price: Price
    goes_over: str
    """The execution from which the server itself took it, by the class of the first ones."""


@dataclass(frozen=True, slots=True)
class Draws:
    """The plans of a class as statistics were gathered anew, the most frequent first."""

    parameter_class: str
    total: int
    plans: tuple[tuple[int, Cost], ...]
    """How often each came, and its cost."""
    price: Price | None
    """Of the dearest plan beside the cheapest; None where fewer than two were executed."""

    @property
    def often(self) -> int:
        """How often the dearest plan came."""
        path = self.price.dear.run.path if self.price and self.price.dear.run else ""
        return next((times for times, one in self.plans if one.run and one.run.path == path), 0)


@dataclass(frozen=True, slots=True)
class BorrowedPlan:
    """What the plan of one class costs another."""

    parameter_class: str
    lender: str
    price: Price
    generic: str
    """Whose plan the generic one is, which a server that goes over to it gives to everybody."""
    is_generic: bool
    """The generic plan is this one."""
    by: str
    """The settings under which the planner took it, or that none did."""


def generic_plans(cells: Sequence[TrapCell]) -> tuple[GenericPlan, ...]:
    """Compute what the generic plan costs each class that has a plan of its own."""
    return tuple(
        GenericPlan(cell.parameter_class, price(cell.generic, cell.custom, in_turn=True), _goes_over(cell))
        for cell in cells
        if cell.custom
    )


def _goes_over(cell: TrapCell) -> str:
    parts = []
    for choice in cell.choices:
        after = "" if choice.first == cell.parameter_class else f" after {choice.first}"
        parts.append((f"at {choice.switched_at}" if choice.switched_at is not None else "never") + after)
    return ", ".join(parts)


def draws(cells: Sequence[TrapCell]) -> tuple[Draws, ...]:
    """Compute what became of the plan of each class for which statistics were gathered anew."""
    return tuple(_draws(cell.parameter_class, cell.stability) for cell in cells if cell.stability)


def _draws(parameter_class: str, found: Stability) -> Draws:
    by_path = {run.path: run for run in found.plans}
    often = Counter(found.draws).most_common()
    plans = tuple((times, cost(by_path.get(path))) for path, times in often)
    return Draws(parameter_class, len(found.draws), plans, _dearest(found))


def _dearest(found: Stability) -> Price | None:
    if len(found.plans) < 2:
        return None
    ordered = sorted(found.plans, key=lambda run: (cost(run).cut_off, cost(run).blocks or 0))
    # By work where it differs, else by the clock.
    pairs = [price(one, other, in_turn=False) for one in ordered for other in ordered if one is not other]
    return max(pairs, key=lambda one: (one.hurts, one.cut_off, one.extra_blocks, one.ratio.value if one.ratio else 0.0))


def fresh_price(found: FreshQuery | None) -> Price | None:
    """Compute what a query costs a new tenant before ANALYZE, beside after it; None where it was not asked twice."""
    return price(found.stale, found.analyzed, in_turn=True) if found and found.analyzed else None


def borrowed_plans(cells: Sequence[TrapCell]) -> Iterator[BorrowedPlan]:
    """Compute what the plans of other classes cost."""
    for cell in cells:
        for lent in cell.borrowed:
            found = price(lent.lent, lent.own, in_turn=True)
            if lent.own is None:  # nothing was timed, but what its own plan reads is known
                found = replace(found, cheap=replace(cost(cell.custom), time=None))
            is_generic = cell.generic is not None and cell.generic.path == lent.path
            generic = _whose_generic(cell, lent)
            yield BorrowedPlan(cell.parameter_class, lent.lender, found, generic, is_generic, _by(lent))


def _whose_generic(cell: TrapCell, lent: Borrowed) -> str:
    if cell.generic is None or cell.custom is None:
        return ""
    if cell.generic.path == lent.path:
        return f"that of {lent.lender}"
    return "its own" if cell.generic.path == cell.custom.path else "a third one"


def _by(lent: Borrowed) -> str:
    if "plan_cache_mode" in lent.settings:
        return "the generic plan itself"
    by = ", ".join(f"{name} {value}" for name, value in lent.settings.items())
    return by or f"none of {numbers.plural(lent.tried, 'setting')} and pairs gave it"
