"""Which of two plans does less work, by which figure, and whether that is enough for an advice. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from bench.attribution.shapley import fastest_ms
from bench.cells.cell import COPY_NOISE
from bench.model import Counters, Tried
from bench.report import numbers

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
THRESHOLDS = f"a tenth and {MEANT_BUFFERS:g} buffers, or {TIME_DECIDES:g} times and {TIME_DECIDES_MS:g} ms"
"""Both in words."""
LOUD, LOUD_MS = 1.5, 1.0
"""A cell has to take longer by both before the planner is said to have promised the opposite, or more rows are called
harm that are read in as many buffers."""
ADVICE_EXECUTIONS = 15
"""Executions of each side below which nothing is advised: the 4th and the 12th of 15 enclose the median with 96 %
confidence, whatever the times are like (binomial; Hahn and Meeker, Statistical Intervals, 1991, section 5.2)."""

Deciding = Literal["timeout", "time", "work", "nothing"]


@dataclass(frozen=True, slots=True)
class Effect:
    """One cell with and without an optimization."""

    query: str
    parameter_class: str
    without: Tried
    with_it: Tried

    @property
    def cell(self) -> str:
        """``query[class]``."""
        return f"{self.query}[{self.parameter_class}]"

    @property
    def sides(self) -> tuple[Tried, Tried]:
        """Without it, and with it."""
        return self.without, self.with_it

    @property
    def by(self) -> Deciding:
        """The figure that decides which side does less work."""
        return compared(self.with_it, self.without)[1]

    @property
    def buffers_without(self) -> int:
        """Blocks touched without it."""
        return self.without.counters.buffers

    @property
    def buffers_with(self) -> int:
        """Blocks touched with it."""
        return self.with_it.counters.buffers

    @property
    def ms_without(self) -> float:
        """Fastest execution without it."""
        return fastest_ms(self.without)

    @property
    def ms_with(self) -> float:
        """Fastest execution with it."""
        return fastest_ms(self.with_it)

    @property
    def median_without(self) -> float:
        """Median execution without it, in milliseconds."""
        return median(self.without.samples_ms)

    @property
    def median_with(self) -> float:
        """Median execution with it, in milliseconds."""
        return median(self.with_it.samples_ms)

    @property
    def predicted(self) -> float:
        """Planner's cost without over with: above 1 it promised a gain."""
        return self.without.cost / self.with_it.cost if self.with_it.cost else 1.0

    @property
    def measured(self) -> float:
        """Time without over with: above 1 it is one."""
        return self.ms_without / (self.ms_with or self.ms_without or 1.0)

    @property
    def stopped_without(self) -> bool:
        """It ran into the statement timeout: its buffers are not known, and its time is longer than the one here."""
        return self.without.censored

    @property
    def stopped_with(self) -> bool:
        """The same with the optimization."""
        return self.with_it.censored


# ------------------------------------------------------------------------------------------------- which does less
def work(counters: Counters) -> float:
    """One number for the work of a plan, in buffers."""
    return _blocks(counters) + counters.rows / ROWS_PER_BUFFER


def compared(one: Tried, other: Tried) -> tuple[int, Deciding]:
    """1 where ``one`` does less work than ``other``, -1 where more, 0 where about the same; and what says so."""
    if one.censored or other.censored:
        return int(other.censored) - int(one.censored), "timeout"
    if found := faster(one, other):
        return found, "time"
    found = by_work(one, other)
    return found, "work" if found else "nothing"


def better(one: Tried, other: Tried) -> int:
    """1 where ``one`` does less work than ``other``, -1 where it does more, 0 where it is about the same."""
    return compared(one, other)[0]


def by_work(one: Tried, other: Tried) -> int:
    """The same by counters alone."""
    return _fewer(work(one.counters), work(other.counters))


def faster(one: Tried, other: Tried) -> int:
    """1 where ``one`` is so much faster that no counter can say otherwise, -1 where it is so much slower, else 0.

    By the clock and on the processor, where that is known of both: what waits for a processor beside other work is not
    slow.
    """
    said = {_less(fastest_ms(one), fastest_ms(other), TIME_DECIDES, TIME_DECIDES_MS)}
    if one.processor_ms and other.processor_ms:
        said.add(_less(one.least_ms, other.least_ms, TIME_DECIDES, TIME_DECIDES_MS))
    return said.pop() if len(said) == 1 else 0


def _fewer(one: float, other: float) -> int:
    return _less(one, other, MEANT, MEANT_BUFFERS)


def _less(one: float, other: float, times: float, least: float) -> int:
    """1 where ``one`` is less by both thresholds, -1 where it is more, else 0."""
    low, high = sorted((one, other))
    if high - low < least or high < times * low:
        return 0
    return 1 if one < other else -1


def _blocks(counters: Counters) -> int:
    return counters.buffers + counters.temp_blocks


# ------------------------------------------------------------------------------------------------------- is it harm
def is_harm(effect: Effect) -> bool:
    """Whether a cell that does more work with an optimization is harmed by it: never where buffers and time went down.

    Time has to say so in the median too, not in the fastest execution alone. More buffers are harm where the median
    did not fall by more than two copies of a database differ; more rows in as many buffers where it rose.
    """
    if better(effect.with_it, effect.without) >= 0:
        return False
    if effect.by == "timeout":
        return True
    before, after = effect.median_without, effect.median_with
    if effect.buffers_with <= effect.buffers_without and after <= before:
        return False
    if effect.by == "time":
        return _less(before, after, TIME_DECIDES, TIME_DECIDES_MS) > 0
    if _fewer(_blocks(effect.without.counters), _blocks(effect.with_it.counters)) > 0:
        return after * COPY_NOISE >= before
    return is_loud(effect)


def is_loud(effect: Effect) -> bool:
    """Whether a cell takes so much longer with an optimization, in the median, that nobody would miss it."""
    return _less(effect.median_without, effect.median_with, LOUD, LOUD_MS) > 0


def executions(effect: Effect) -> int:
    """Executions of the side that has fewer."""
    return min(len(effect.without.samples_ms), len(effect.with_it.samples_ms))


def enough(effect: Effect) -> bool:
    """Whether both sides were executed so often that something may be advised; a timeout needs no second one."""
    return effect.by == "timeout" or executions(effect) >= ADVICE_EXECUTIONS


# ------------------------------------------------------------------------------------------------------ in sentences
def because(effect: Effect, target_ms: float) -> str:
    """Say on what an advice rests: figure and threshold that decided, executions, and what it is to the target."""
    return f"Decided by {_deciding(effect)}. {_executed(effect)}, {relevance(effect, target_ms)}."


def relevance(effect: Effect, target_ms: float) -> str:
    """Say whether it matters to the target, by the executions that took longer."""
    target = f"{target_ms:g} ms"
    without, with_it = (_over(one, target_ms) for one in effect.sides)
    if not without and not with_it:
        return f"within {target} either way"
    counts = [(without, effect.without.samples_ms), (with_it, effect.with_it.samples_ms)]
    said = [f"{over} of {len(times)}" for over, times in counts]
    return f"over {target} in {said[0]} without it and in {said[1]} with it"


def _over(tried: Tried, target_ms: float) -> int:
    return sum(ms > target_ms for ms in tried.samples_ms)


def _deciding(effect: Effect) -> str:
    if effect.by == "timeout":
        return f"the statement timeout in {effect.cell}"
    if effect.by == "time":
        return f"the time of {effect.cell}, where {TIME_DECIDES:g} times and {TIME_DECIDES_MS:g} ms count"
    blocks = [_blocks(one.counters) for one in effect.sides]
    sums = [work(one.counters) for one in effect.sides]
    if effect.by == "work" and not _fewer(*blocks):
        named = f"the work of {effect.cell} ({numbers.change(*sums)}: buffers + rows / {ROWS_PER_BUFFER})"
    else:
        named = f"the buffers of {effect.cell} ({numbers.change(*blocks)})"
    return f"{named}, where a tenth and {MEANT_BUFFERS:g} count"


def _executed(effect: Effect) -> str:
    counts = sorted({len(one.samples_ms) for one in effect.sides})
    number = numbers.plural(counts[0], "execution") if len(counts) == 1 else f"{counts[0]} and {counts[1]} executions"
    medians = _arrow(effect.sides)
    return f"{number} a side, {medians} in the median"


def _arrow(sides: Sequence[Tried]) -> str:
    return " → ".join(f"{'> ' if one.censored else ''}{numbers.ms(median(one.samples_ms))}" for one in sides)
