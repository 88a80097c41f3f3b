"""One cell of two runs: work by the gate's limits, time beyond interval and noise, plans, rows, target."""

from __future__ import annotations

from dataclasses import replace

from bench.cells.cell import beyond_noise, difference, summarize_side
from bench.cells.records import SideSummary
from bench.cells.work import less_work, more_work
from bench.experiments.compare.comparability import Level
from bench.experiments.compare.record import Change, Clock, Goal, MeasuredCell, Work
from bench.model import Counters, Pair, Query, Rewrite, State
from bench.plans import describe_change
from bench.statistics.quantiles import Ratio, ratio

ANOTHER_STATEMENT, OTHER_PARAMETERS = "another statement", "other parameters"
"""Why two cells of the same name are not the same question."""


CUT_OFF, NO_PLAN = "no plan in one run: it ran into the timeout", "no plan in one run"
"""Why the work of a cell is not compared. A cluster does not EXPLAIN everything that it executes."""


def measured_cell(pair: Pair, state: State, target_ms: float) -> MeasuredCell | None:
    """Sum up one cell; None where nothing of it was measured."""
    side, equality = pair.side(state), pair.equality
    if not (side.samples or side.plan or side.error):
        return None
    differs = difference(pair) if state == "after" else None
    hashes = {"before": equality.before_hash, "after": equality.after_hash} if equality else {}
    return MeasuredCell(
        summary=summarize_side(side, target_ms, differs=differs),
        result_hash=hashes.get(state, ""),
        empty=equality is not None and equality.word == "equal, but empty",
        spread=side.plan.spread if side.plan else None,
    )


def ordinary(one: Query | Rewrite) -> str:
    """The statement, or what it stands in for on a cluster."""
    return (one.ordinary or one.sql).strip()


def another_question(base: Query, head: Query, base_pair: Pair, head_pair: Pair) -> str:
    """Say why two cells of the same name are not the same question; empty where they are."""
    if ordinary(base) != ordinary(head):
        return ANOTHER_STATEMENT
    asked = [[binding.args for binding in pair.bindings] for pair in (base_pair, head_pair)]
    return "" if asked[0] == asked[1] else OTHER_PARAMETERS


def change(
    query: Query, state: State, pairs: tuple[Pair, Pair], seen: tuple[MeasuredCell | None, MeasuredCell | None],
    level: Level, *, same_target: bool,
) -> Change:  # fmt: skip
    """Hold a cell against the reference's; both are the same question, ``level`` says what may be compared."""
    base, head = seen
    if base is None or head is None:
        return Change(why_not="not measured in both runs")
    if level == "nothing":
        return Change(why_not="the runs do not compare")
    plans = [pair.side(state).plan for pair in pairs]
    made = Change(
        other_rows=bool(base.result_hash and head.result_hash and base.result_hash != head.result_hash),
        both_empty=base.empty and head.empty,
    )
    if base.summary.error or head.summary.error:
        return replace(
            made, why_not=f"failed in {'both runs' if base.summary.error and head.summary.error else 'one run'}"
        )
    if plans[0] and plans[1] and bool(plans[0].spread) != bool(plans[1].spread):
        made = _worked(made, query, plans[0].counters, plans[1].counters)  # a plan of tasks is no other plan of this
    elif plans[0] and plans[1]:
        made = _worked(made, query, plans[0].counters, plans[1].counters)
        changed = plans[0].fingerprint != plans[1].fingerprint
        told = describe_change(plans[0].plan, plans[1].plan) if changed or made.work in ("more", "less") else ()
        made = replace(made, plan_changed=changed, plan=told)
    else:
        made = replace(made, why_not=CUT_OFF if _cut_off(base) or _cut_off(head) else NO_PLAN)
    if level != "times":
        return made
    compared = ratio(pairs[0].side(state).samples, pairs[1].side(state).samples, same_run=False)
    clock = _clock(base.summary, head.summary, compared)
    return replace(made, clock=clock, ratio=compared, goal=_goal(base, head) if same_target else "")


def _cut_off(cell: MeasuredCell) -> bool:
    return cell.summary.censored > 0 or not cell.summary.n


def _worked(made: Change, query: Query, base: Counters, head: Counters) -> Change:
    # The first change of a page after a checkpoint writes the whole page: such WAL is chance, and not compared.
    writes = query.writes and not (base.wal_full_pages or head.wal_full_pages)
    more, less = more_work(base, head, writes=writes), less_work(base, head, writes=writes)
    work: Work = "more" if more else "less" if less else "same"
    return replace(made, work=work, differences=more or less)


def _clock(base: SideSummary, head: SideSummary, compared: Ratio | None) -> Clock:
    """Say whether the clock tells the two apart, by the rule that a report has for before and after."""
    if compared is None or (base.p50 and head.p50 and base.p50.censored and head.p50.censored):
        return "cannot tell"
    faster, slower = beyond_noise(compared, base, head)
    if faster or slower:
        return "faster" if faster else "slower"
    return "cannot tell" if compared.low is None or compared.high is None else "same"


def _goal(base: MeasuredCell, head: MeasuredCell) -> Goal:
    outcomes = base.summary.judgement.verdict, head.summary.judgement.verdict
    if outcomes == ("meets", "misses"):
        return "met, now misses"
    return "missed, now meets" if outcomes == ("misses", "meets") else ""
