"""What one plan costs beside another for the same values, and from when on that is a harm. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bench.experiments.traps.record import FreshQuery, PlanRun, Stability, TrapCell
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
class Price:
    """What one plan costs beside another for the same values; ``hurts`` where that is beyond doubt."""

    dear: PlanRun
    cheap: PlanRun
    blocks: tuple[int, int] | None
    """Blocks read, temporary ones included, of the cheap and of the dear plan; None where one was cut off."""
    ratio: Ratio | None
    """Median time of the dear plan over that of the cheap one."""
    hurts: bool

    @property
    def extra_blocks(self) -> int:
        """Blocks more; negative where they are fewer."""
        return self.blocks[1] - self.blocks[0] if self.blocks else 0

    @property
    def cut_off(self) -> bool:
        """The dear plan ran into the statement timeout, the cheap one did not."""
        return is_cut_off(self.dear) and not is_cut_off(self.cheap)

    @property
    def extra_ms(self) -> float:
        """Milliseconds lost in the median; negative where they were gained."""
        mids = figure_of(self.dear), figure_of(self.cheap)
        return mids[0].ms - mids[1].ms if mids[0] and mids[1] else 0.0

    @property
    def other_plan(self) -> bool:
        """The two reach the rows in different ways."""
        return self.dear.path != self.cheap.path

    @property
    def sentence(self) -> str:
        """Say it: buffers first where there are more of them, else the time."""
        parts = []
        if self.blocks:
            less, more = self.blocks
            parts.append(f"{more:,} buffers instead of {less:,} ({numbers.digits(more / max(less, 1))}×)")
        if self.ratio:
            between = f", {numbers.interval(self.ratio)}" if numbers.interval(self.ratio) else ""
            times = [numbers.figure(figure_of(one)) for one in (self.dear, self.cheap)]
            parts.append(f"{times[0]} instead of {times[1]} ({numbers.times(self.ratio)}{between})")
        elif self.cut_off:
            parts.append(f"{numbers.figure(figure_of(self.dear))} instead of {numbers.figure(figure_of(self.cheap))}")
        return "; ".join(parts if self.extra_blocks > 0 else parts[::-1])


def is_cut_off(run: PlanRun) -> bool:
    """Whether the plan ran into the statement timeout."""
    return run.seen is None and any(sample.censored for sample in run.samples)


def blocks_of(run: PlanRun | None) -> int | None:
    """Blocks that a plan reads: of tables and indexes, and of temporary files."""
    return run.seen.counters.buffers + run.seen.counters.temp_blocks if run and run.seen else None


def figure_of(run: PlanRun | None) -> Figure | None:
    """The median time of a plan."""
    return median(run.samples) if run else None


def price(dear: PlanRun, cheap: PlanRun, *, in_turn: bool) -> Price:
    """Hold ``dear`` against ``cheap``; ``in_turn`` says that sample i of both was taken in the same round."""
    less, more = blocks_of(cheap), blocks_of(dear)
    blocks = (less, more) if less is not None and more is not None else None
    compared = ratio(dear.samples, cheap.samples, same_run=in_turn)
    if is_cut_off(dear) or is_cut_off(cheap):
        return Price(dear, cheap, blocks, None, is_cut_off(dear) and not is_cut_off(cheap))
    by_work = blocks is not None and blocks[1] > blocks[0] + BLOCKS_LEAST and blocks[1] > FACTOR_LEAST * blocks[0]
    # More blocks in less time is no harm: a generic plan saves the planning.
    by_work = by_work and not (compared and compared.high is not None and compared.high < 1)
    found = Price(dear, cheap, blocks, compared, by_work)
    by_time = compared is not None and compared.low is not None and compared.low > TIME_FACTOR
    by_time = by_time and (in_turn or _works_through_more(dear, cheap))
    return replace(found, hurts=by_work or (by_time and found.extra_ms >= TIME_LEAST_MS and found.other_plan))


def _works_through_more(dear: PlanRun, cheap: PlanRun) -> bool:
    if dear.seen is None or cheap.seen is None:
        return False
    less, more = cheap.seen.counters.rows, dear.seen.counters.rows
    return more > less + ROWS_MORE and more > FACTOR_LEAST * less


def generic_price(cell: TrapCell) -> Price | None:
    """What the generic plan costs a class."""
    if cell.custom is None or cell.generic is None:
        return None
    return price(cell.generic, cell.custom, in_turn=True)


def toss_price(found: Stability) -> Price | None:
    """The dearest plan of several beside the cheapest; None where there is one plan."""
    if len(found.plans) < 2:
        return None
    ordered = sorted(found.plans, key=lambda run: (is_cut_off(run), blocks_of(run) or 0))
    # By work where it differs, else by the clock.
    pairs = [price(one, other, in_turn=False) for one in ordered for other in ordered if one is not other]
    return max(pairs, key=lambda one: (one.hurts, one.cut_off, one.extra_blocks, one.ratio.value if one.ratio else 0.0))


def fresh_price(found: FreshQuery) -> Price | None:
    """What a query costs a new tenant before ANALYZE, beside after it."""
    return price(found.stale, found.analyzed, in_turn=True) if found.analyzed else None
