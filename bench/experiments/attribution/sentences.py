"""The figures of an attribution as text, the same in every format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bench.attribution.costs import WritePrice
from bench.attribution.evidence import Effect
from bench.attribution.gains import Gain
from bench.experiments.attribution.heatmap import is_named
from bench.experiments.attribution.moved import Moved
from bench.model import Shipped, Stored
from bench.report import numbers

MOVED_MOST = 6
"""Cells that are named of those that moved."""


def moved(found: Sequence[Moved]) -> Iterator[str]:
    """Say of which cells no gain is attributed, and why."""
    named = [
        f"{one.cell} ({one.state}: {one.what}, {numbers.change(one.buffers_run, one.buffers_here)} buffers)"
        for one in found
    ]
    if named:
        it = "it" if len(named) == 1 else "them"
        yield (
            f"{numbers.plural(len(named), 'cell')} moved between the run and its attribution, so no gain of {it} is "
            f"attributed to anything: {numbers.listed(named, MOVED_MOST)}."
        )


def buffers(effect: Effect) -> str:
    """Write buffers without and with it: 16,902 → 5,480; what a timeout hides is not known."""
    sides = ((effect.buffers_without, effect.stopped_without), (effect.buffers_with, effect.stopped_with))
    return " → ".join("?" if stopped else numbers.count(value) for value, stopped in sides)


def times(effect: Effect) -> str:
    """Write times without and with it: 89.4 ms → 9.81 ms."""
    sides = ((effect.ms_without, effect.stopped_without), (effect.ms_with, effect.stopped_with))
    return " → ".join(f"{'> ' if stopped else ''}{numbers.ms(value)}" for value, stopped in sides)


def predicted(effect: Effect) -> str:
    """Write how many times less the planner promised."""
    return f"{numbers.digits(effect.predicted)}×"


def measured(effect: Effect) -> str:
    """Write how many times faster it was."""
    sign = "≥ " if effect.stopped_without else "≤ " if effect.stopped_with else ""
    return f"{sign}{numbers.digits(effect.measured)}×"


def share_buffers(gain: Gain) -> str:
    """Write its share of the whole gain."""
    return f"{numbers.count(round(gain.share_buffers))} buffers"


def signed(value: float, write: Callable[[float], str]) -> str:
    """Write a difference with its sign; one that rounds to nothing has none."""
    text = write(value)
    if not any(digit in text for digit in "123456789"):
        return write(0)
    return text if value < 0 else f"+{text}"


def wal(price: WritePrice) -> str:
    """Write what a row writes more of WAL."""
    return signed(price.wal_bytes, numbers.size)


def wal_share(price: WritePrice) -> str:
    """Write how much more WAL that is than without it."""
    return signed(100 * price.wal_share, lambda value: f"{value:,.0f} %")


def touched(price: WritePrice) -> str:
    """Write how many buffers more a row touches."""
    return signed(price.buffers, numbers.digits)


def micros(price: WritePrice) -> str:
    """Write how much longer a row takes, in microseconds."""
    return "time as without" if price.ms is None else f"{signed(1e3 * price.ms, numbers.digits)} µs"


def percent(value: float | None) -> str:
    """Write a share of one as a whole percentage; little is less than one, not nothing."""
    if value is None:
        return numbers.NOTHING
    return "< 1 %" if 0 < value < 0.005 else f"{100 * value:,.0f} %"


def hot(price: WritePrice) -> str:
    """Write the share of heap-only updates without and with it; empty where that is the same."""
    without, with_it = percent(price.hot_without), percent(price.hot_with)
    return f"{without} → {with_it}" if without != with_it else ""


def density(stored: Stored) -> str:
    """Write how full its leaf pages are, new and after the phase of writes."""
    if stored.leaf_density is None:
        return numbers.NOTHING
    after = "" if stored.churned_density is None else f" → {stored.churned_density:.0f}"
    return f"{stored.leaf_density:.0f}{after} %"


def share(value: float | None) -> str:
    """Write a share in percent of a query's gain as it stands in a table; empty where there is none."""
    if value is None:
        return ""
    if not is_named(value):
        return "< 1"
    return f"−{-value:,.0f}" if value < 0 else f"{value:,.0f}"


def stall(shipped: Shipped | None) -> str:
    """Write the longest stall of one way of shipping."""
    if shipped is None:
        return numbers.NOTHING
    return "failed" if shipped.error else numbers.ms(shipped.stall_ms)
