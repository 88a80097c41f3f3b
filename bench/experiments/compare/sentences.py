"""What became of a cell between two runs, and of what they were measured on, in words: the same in every format."""

from __future__ import annotations

from collections.abc import Mapping

from bench.experiments.compare.comparability import Comparable
from bench.experiments.compare.record import Change, Clock, Drift, MeasuredCell, Presence
from bench.report import numbers

DRIFTS = (
    "Times of two runs were taken at different moments, and a machine drifts by tens of percent between them: "
    "pgproof gate --base runs both states side by side, and is what judges."
)
DRIFTS_APART = (
    "Times of two runs were taken at different moments, and a machine drifts by tens of percent between them: run both "
    "again, one after the other, before a ratio near 1 is believed."
)
CLOCKS: Mapping[Clock, str] = {
    "slower": "slower", "faster": "faster", "same": "same", "drift": "within drift", "cannot tell": "cannot tell",
    "not compared": "",
}  # fmt: skip
PRESENCES: Mapping[Presence, str] = {
    "same": "the same", "changed": "another text", "new": "new", "gone": "gone", "not applied": "not applied",
    "absent": numbers.NOTHING,
}  # fmt: skip


def level(found: Comparable) -> str:
    """Say what may be compared, in a line."""
    if found.level == "times":
        return "work and times compare"
    short = numbers.listed([reason.short for reason in found.reasons])
    return f"work compares, times do not ({short})" if found.level == "counters" else f"nothing compares ({short})"


def percent(base: float | None, head: float | None) -> str:
    """Write by how much ``head`` is more than ``base``; empty where that is no figure, or nothing."""
    if not base or head is None or round(100 * (head / base - 1)) == 0:
        return ""
    share = 100 * (head / base - 1)
    if share >= 900:
        return f"{numbers.digits(head / base)}×"
    return f"{'+' if share > 0 else '−'}{abs(share):,.0f} %"


def work(change: Change) -> str:
    """Write what became of the work: more or less with the change of buffers, or why nothing is said."""
    if change.work == "not compared":
        return change.why_not
    if change.work == "same":
        return "same"
    moved = [one for one in change.differences if one.counter == "buffers"] or list(change.differences)
    share = percent(moved[0].base, moved[0].head) or f"from {moved[0].base:,}"
    named = "" if moved[0].counter == "buffers" else f" {moved[0].counter}"
    return f"{change.work}: {share}{named}"


def clock(change: Change) -> str:
    """Write what the clock says, with the ratio of medians and its interval where it says anything."""
    if change.clock not in ("slower", "faster") or change.ratio is None:
        return CLOCKS[change.clock]
    found = change.ratio
    if change.clock == "faster":
        between = numbers.interval(found)
        sign = "≥ " if found.bound == "at least" else ""
        return f"{sign}{numbers.digits(found.value)}× faster{f' ({between})' if between else ''}"
    between = ""
    if found.low and found.high:
        between = f" ({numbers.digits(1 / found.high)}–{numbers.digits(1 / found.low)})"
    return f"{'≥ ' if found.bound == 'at most' else ''}{numbers.digits(1 / found.value)}× slower{between}"


def p95_moved(change: Change, base: MeasuredCell | None, head: MeasuredCell | None) -> str:
    """Write by how much the p95 moved; only where the clock tells the runs apart and neither fell on a timeout."""
    if change.clock not in ("slower", "faster") or not base or not head:
        return ""
    ends = base.summary.p95, head.summary.p95
    if not (ends[0] and ends[1]) or ends[0].censored or ends[1].censored:
        return ""
    return percent(ends[0].ms, ends[1].ms)


def plan(change: Change) -> str:
    """Write whether the plan changed; empty where that is not known."""
    if change.plan_changed is None:
        return ""
    return "changed" if change.plan_changed else "same"


def moves(change: Change) -> str:
    """Say everything that moved in a cell, the rows apart."""
    said: list[str] = [change.goal] if change.goal else []
    said += [f"{change.work} work"] if change.work in ("more", "less") else []
    said += ["plan changed"] if change.plan_changed else []
    said += [clock(change)] if change.clock in ("slower", "faster") else []
    return ", ".join(said)


def drift(found: Drift) -> str:
    """Say what the machine did between two runs."""
    where = f"{numbers.plural(found.cells, 'cell')} with the same plan and the same work"
    low, high = numbers.digits(found.low), numbers.digits(found.high)
    return (
        f"{where} took {numbers.digits(found.factor)} times as long as in the reference in the median, nine of ten of "
        f"them {low} to {high} times: that is the machine, and a time within it is no change."
    )
