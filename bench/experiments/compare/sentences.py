"""Comparisons and histories as text, the same in every format."""

from __future__ import annotations

from collections.abc import Mapping

from bench.cells.query import HOT
from bench.experiments.compare.comparability import Comparable
from bench.experiments.compare.drift import drift_words
from bench.experiments.compare.record import Change, Clock, Comparison, Line, OptimizationInRun, Presence, Seen, Versus
from bench.model import State
from bench.report import numbers

DRIFTS = (
    "Times of two runs were taken at different moments, and a machine drifts by tens of percent between them: "
    "pgproof gate --base runs both states side by side, and is what judges."
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


def telling(found: Comparison, position: int, state: State) -> list[Line]:
    """The cells of ``state`` worth a row: those that moved; where nothing compares, the hot class of each query."""
    if found.versus[position].comparable.level != "nothing":
        lines = [line for query in found.queries for line in query.of(state)]
        return [line for line in lines if (change := line.changes[position]) and change.moved]
    chosen = []
    for query in found.queries:
        of = query.of(state)
        chosen += [line for line in of if line.parameter_class == HOT][:1] or list(of[:1])
    return chosen


def when(started_at: str) -> str:
    """Write the moment at which a run began, to the minute."""
    return started_at[:16].replace("T", " ")


def remarks(found: Versus) -> list[str]:
    """Everything to know about one run against the reference, the reasons first."""
    said = [reason.sentence for reason in found.comparable.reasons]
    said += list(found.notes)
    if found.comparable.level == "times":
        said += [drift_words(found.drift)] if found.drift else []
        said.append(DRIFTS)
    return [*said, *found.comparable.remarks]


def buffers(seen: Seen | None) -> str:
    """Write the buffers of a cell."""
    return numbers.count(seen.summary.counters.buffers if seen and seen.summary.counters else None)


def percent(base: float | None, head: float | None) -> str:
    """Write by how much ``head`` is more than ``base``; empty where that is no figure, or nothing."""
    if not base or head is None or round(100 * (head / base - 1)) == 0:
        return ""
    share = 100 * (head / base - 1)
    if share >= 900:
        return f"{numbers.digits(head / base)}×"
    return f"{'+' if share > 0 else '−'}{abs(share):,.0f} %"


def work(change: Change | None, base: Seen | None, head: Seen | None) -> str:
    """Write what became of the work: more or less with the change of buffers, or why nothing is said."""
    if change is None:
        return ""
    if change.work == "not compared":
        return change.why_not
    if change.work == "same":
        return "same"
    moved = [one for one in change.differences if one.counter == "buffers"] or list(change.differences)
    share = percent(moved[0].base, moved[0].head) or f"from {moved[0].base:,}"
    named = "" if moved[0].counter == "buffers" else f" {moved[0].counter}"
    return f"{change.work}: {share}{named}"


def clock(change: Change | None) -> str:
    """Write what the clock says, with the ratio of medians and its interval where it says anything."""
    if change is None or change.clock == "not compared":
        return ""
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


def tail(change: Change | None, base: Seen | None, head: Seen | None) -> str:
    """Write by how much the p95 moved; only where the clock tells the runs apart and neither fell on a timeout."""
    if change is None or change.clock not in ("slower", "faster") or not base or not head:
        return ""
    ends = base.summary.p95, head.summary.p95
    if not (ends[0] and ends[1]) or ends[0].censored or ends[1].censored:
        return ""
    return percent(ends[0].ms, ends[1].ms)


def plan(change: Change | None) -> str:
    """Write whether the plan changed."""
    if change is None or change.plan_changed is None:
        return ""
    return "changed" if change.plan_changed else "same"


def moves(change: Change) -> str:
    """Say everything that moved in a cell, the rows apart."""
    said: list[str] = [change.goal] if change.goal else []
    said += [f"{change.work} work"] if change.work in ("more", "less") else []
    said += ["plan changed"] if change.plan_changed else []
    said += [clock(change)] if change.clock in ("slower", "faster") else []
    return ", ".join(said)


def optimization(found: OptimizationInRun) -> str:
    """Write size and build time of an optimization."""
    if found.size_bytes is None:
        return numbers.NOTHING
    return f"{numbers.size(found.size_bytes)}, {numbers.ms(found.build_ms)}"


def facts(found: Comparison) -> list[tuple[str, tuple[str, ...]]]:
    """What each run was measured on, a row for each field: its name and a text for each run."""
    rows: list[tuple[str, tuple[str, ...]]] = []
    for name, texts in (
        ("begun", [when(one.started_at) for one in found.facts]),
        ("run", [one.id for one in found.facts]),
        ("says", list(found.sentences)),
        ("status", [one.status for one in found.facts]),
        ("workload", [one.workload for one in found.facts]),
        ("files of the workload", [one.workload_hash[:12] for one in found.facts]),
        ("rows", [f"{one.scale:,} {one.unit}, seed {one.seed}, skew {one.skew}" for one in found.facts]),
        ("server", [f"PostgreSQL {one.server.version} ({one.server.kind})" for one in found.facts]),
        (
            "machine",
            [
                f"{one.machine.cpu}, {numbers.plural(one.machine.cores, 'core')}, "
                f"{numbers.size(one.machine.memory_bytes)}, {one.machine.system}"
                for one in found.facts
            ],
        ),
        ("target, timeout", [f"{o.target_ms:g} ms, {o.timeout_s:g} s" for o in (one.options for one in found.facts)]),
        ("pgproof", [one.pgproof for one in found.facts]),
    ):
        rows.append((name, tuple(texts)))
    rows.append(("against A", ("the reference", *(level(one.comparable) for one in found.versus))))
    return rows
