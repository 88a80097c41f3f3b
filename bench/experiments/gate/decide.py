"""From evidence to a verdict: one for each cell, and one for the gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bench.cells.work import Difference, less_work, more_work
from bench.experiments.gate import times
from bench.experiments.gate.cause import Blame
from bench.experiments.gate.record import CellResult, CellVerdict, Change, Counted, Overall, Timed
from bench.plans import describe_change

INCONCLUSIVE_SHARE = 0.10
"""From this share of cells on that were too noisy to judge, the whole gate is inconclusive."""

TIMES_FROM = 3.0
"""From this ratio on a slow-down reads better as "times as long" than in per cent."""

Target = Literal["", "missed", "slower machine"]
"""Whether a cell that met the target now misses it; and whether the old arm, timed beside it, misses it too."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of one cell when it is judged."""

    base: Counted
    head: Counted | None
    """None where the head arm ran into the timeout."""
    writes: bool
    expected: str
    """The header's reason, unless the baseline has it already: then it has expired."""
    again: tuple[Difference, ...] | None = None
    """What a second, rebuilt pair of databases said about its work; None where there was no need."""
    timed: Timed | None = None
    unclear: bool = False
    """The screen could not exclude the promised slow-down."""
    target: Target = ""
    timeout_s: float = 0.0


def worse(base: Counted, head: Counted, *, writes: bool) -> tuple[Difference, ...]:
    """The counters of a cell that grew beyond their limit."""
    return more_work(base.counters, head.counters, writes=writes)


def decide_cell(seen: Evidence, blame: Blame) -> CellResult:
    """Weigh the evidence on one cell."""
    base, head = seen.base, seen.head
    changes = describe_change(base.plan, head.plan) if head and base.fingerprint != head.fingerprint else ()
    differences = _differences(seen)
    bad = _regressions(seen, differences)
    verdict: CellVerdict
    if bad:
        verdict, reasons = ("accepted" if seen.expected else "regression"), bad
    elif head and (good := _improvements(seen)):
        verdict, reasons = "improvement", good
    elif seen.unclear and seen.timed:
        least = times.describe(seen.timed.stages).detectable
        verdict, reasons = "inconclusive", [f"too noisy: a slow-down of less than {least:.0%} cannot be seen"]
    elif changes:
        verdict, reasons = "plan changed", ["another plan, without more work"]
    else:
        verdict, reasons = "pass", _remarks(seen)
    return CellResult(
        query=base.query, parameter_class=base.parameter_class, word=verdict, reasons=tuple(reasons),
        plan_changes=changes, cause=blame.cause if verdict != "pass" else "", file=blame.file, line=blame.line,
        differences=differences, base=base, head=head, timed=seen.timed,
        change=times.describe(seen.timed.stages) if seen.timed else None, expected=seen.expected,
    )  # fmt: skip


def _differences(seen: Evidence) -> tuple[Difference, ...]:
    if seen.head is None:
        return ()
    first = worse(seen.base, seen.head, writes=seen.writes)
    if seen.again is None:
        return first
    confirmed = {difference.counter for difference in seen.again}
    return tuple(difference for difference in first if difference.counter in confirmed)


def _regressions(seen: Evidence, differences: Sequence[Difference]) -> list[str]:
    base, head = seen.base, seen.head
    if head is None:
        return [f"ran longer than {seen.timeout_s:g} s, before: {base.counters.buffers:,} buffers"]
    found = []
    if head.result_hash != base.result_hash:
        found.append(f"returns other rows ({base.result_rows:,} before, {head.result_rows:,} now)")
    found += [f"{d.base:,} → {d.head:,} {d.counter}" for d in differences]
    if _timed(seen, slower=True) and seen.timed:
        found.append(_slower(times.describe(seen.timed.stages)))
    if seen.target == "missed":
        found.append("met the target, now misses it")
    return found


def _slower(change: Change) -> str:
    where = "in three independent sessions"
    if change.ratio < TIMES_FROM:
        return f"{change.ratio - 1:+.0%} time {where} (at least {change.lower - 1:+.0%})"
    digits = 0 if change.ratio >= 10 else 1
    return f"{change.ratio:.{digits}f} times as long {where} (at least {change.lower:.{digits}f} times)"


def _timed(seen: Evidence, *, slower: bool) -> bool:
    return bool(
        seen.timed and times.confirmed(seen.timed.stages, slower=slower) and times.worth_a_verdict(seen.timed.stages)
    )


def _remarks(seen: Evidence) -> list[str]:
    """What is worth a word about a cell that passes."""
    found = []
    if seen.target == "slower machine":
        found.append("over the target, and so is the old arm beside it: this machine is slower")
    if seen.timed and times.confirmed(seen.timed.stages, slower=True):
        change = times.describe(seen.timed.stages)
        limit = f"{times.FLOOR_MS * 1000:.0f} µs"
        found.append(f"{change.ratio - 1:+.0%} time, which is less than {limit} an execution: no regression")
    return found


def _improvements(seen: Evidence) -> list[str]:
    assert seen.head is not None
    less = less_work(seen.base.counters, seen.head.counters, writes=seen.writes)
    found = [f"{d.base:,} → {d.head:,} {d.counter}" for d in less]
    if _timed(seen, slower=False) and seen.timed:
        found.append(f"{times.describe(seen.timed.stages).ratio - 1:+.0%} time in three independent sessions")
    return found


def overall(cells: Sequence[CellResult], *, controls_failed: bool, strict: bool) -> Overall:
    """The gate's verdict. A regression stays one on a noisy machine; silence there is not a pass."""
    verdicts = [cell.word for cell in cells]
    if "regression" in verdicts or (strict and ({"new", "gone", "not compared"} & set(verdicts))):
        return "regression"
    if controls_failed or verdicts.count("inconclusive") > INCONCLUSIVE_SHARE * len(verdicts):
        return "inconclusive"
    if not any(cell.head and cell.base for cell in cells):
        return "inconclusive"  # nothing was compared, which is not a pass
    return "improvement" if "improvement" in verdicts else "pass"
