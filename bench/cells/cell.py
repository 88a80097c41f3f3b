"""One pair of cells: figures, whether the rows agree, what changed, and whether that is a gain."""

from __future__ import annotations

from bench.cells.records import CellSummary, Effect, Outcome, SideSummary
from bench.model import STATES, CellSide, CopiesDiffer, Difference, EqualityWord, Pair, PlanSeen
from bench.plans import describe_change
from bench.statistics.copies import widened
from bench.statistics.quantiles import Figure, Ratio, longest, percentile, ratio
from bench.statistics.verdicts import judge

# Two copies of one database differ by up to 5 % on one query until they are made again (docs/method.md): a smaller
# change of time is no effect of the optimizations.
COPY_NOISE = 1.05
# What was not timed in turn has the drift of the machine in it, which is tens of percent from minute to minute (there).
DRIFT_NOISE = 1.5
# Nobody waits for less than 20 microseconds, and the client's own time varies by that much.
SMALL_MS = 0.02

WORDS: dict[Difference, str] = {
    "other rows": "the rows differ from those before",
    "other order": "the rows come in another order than before, and the query asks for one",
    "other content": "the tables hold other rows afterwards than before",
}
WRONG: dict[Difference, str] = {
    "other rows": "returns other rows",
    "other order": "returns its rows in another order than it asks for",
    "other content": "leaves other rows in the tables",
}
"""What is said of the query that does so."""


def summarize_pair(
    pair: Pair, target_ms: float, *, copies: CopiesDiffer | None = None, alone: bool = False, in_turn: bool = True
) -> CellSummary:
    """Compare the two cells of ``pair``; the interval of the ratio is widened by what two ``copies`` differ by.

    ``alone`` leaves out ratio and plan changes, which take most of the time. Sides that were not timed ``in_turn`` have
    an interval that draws each by itself, and no effect within what a machine drifts by.
    """
    differs = difference(pair)
    before = summarize_side(pair.before, target_ms)
    after = summarize_side(pair.after, target_ms, differs=differs)
    compared = None if alone else ratio(pair.before.samples, pair.after.samples, same_run=in_turn)
    compared = compared and widened(compared, copies)
    plans = [pair.side(state).plan for state in STATES]
    changed = another_plan(*plans) if all(plans) else None
    equality: EqualityWord = pair.equality.word if pair.equality else "not compared"
    return CellSummary(
        query=pair.query,
        parameter_class=pair.parameter_class,
        before=before,
        after=after,
        ratio=compared,
        effect=_effect(before, after, compared, pair, changed, COPY_NOISE if in_turn else DRIFT_NOISE),
        plan_changed=changed,
        changes=describe_change(plans[0].plan, plans[1].plan) if plans[0] and plans[1] and not alone else (),
        equality=equality,
        differs=said_of(pair),
        result_rows=next((b.result_rows for b in pair.bindings if b.result_rows is not None), None),
        skipped=pair.skipped,
        absent=bool(pair.skipped) and not pair.bindings,
    )


def another_plan(one: PlanSeen | None, other: PlanSeen | None) -> bool:
    """Whether both are known and have another shape."""
    return bool(one and other and one.fingerprint != other.fingerprint)


def difference(pair: Pair) -> Difference | None:
    """How the answer of one side differs from that of the other; None where it does not, or is not known."""
    return pair.equality.difference or "other rows" if pair.equality and not pair.equality.equal else None


def said_of(pair: Pair) -> str:
    """The difference in words, with the first binding that shows it; empty where there is none."""
    differs, detail = difference(pair), pair.equality.detail if pair.equality else ""
    return f"{WORDS[differs]}{f' ({detail})' if detail else ''}" if differs else ""


def rank(figure: Figure | None) -> tuple[bool, float]:
    """Order figures: nothing, then finished times, then timeouts."""
    return (figure.censored, figure.ms) if figure else (False, -1.0)


def beyond_noise(
    compared: Ratio, before: SideSummary, after: SideSummary, noise: float = COPY_NOISE
) -> tuple[bool, bool]:
    """Whether ``after`` is faster, and whether it is slower, by more than two copies of one database differ by."""
    if before.p50 and after.p50 and abs(before.p50.ms - after.p50.ms) < SMALL_MS:
        return False, False
    faster = compared.low is not None and compared.low > noise
    # A timeout before that took longer than the after side, by more than the noise.
    faster = faster or (compared.bound == "at least" and compared.value > noise)
    slower = compared.high is not None and compared.high < 1 / noise
    slower = slower or (compared.bound == "at most" and compared.value < 1 / noise)
    return faster, slower


def summarize_side(side: CellSide, target_ms: float, *, differs: Difference | None = None) -> SideSummary:
    """Compute the figures of one cell; ``differs`` says how its answer is not that of the before state."""
    judgement = judge(side.samples, target_ms)
    outcome: Outcome = judgement.verdict
    if side.error:
        outcome = "failed"
    elif differs:
        outcome = differs
    return SideSummary(
        n=len(side.samples),
        censored=sum(sample.censored for sample in side.samples),
        p50=percentile(side.samples, 0.5),
        p95=percentile(side.samples, 0.95),
        p99=percentile(side.samples, 0.99),
        longest=longest(side.samples),
        first_ms=side.first_ms,
        planning_ms=side.plan.planning_ms if side.plan else None,
        counters=side.plan.counters if side.plan else None,
        outcome=outcome,
        judgement=judgement,
        error=side.error,
    )


def _effect(
    before: SideSummary, after: SideSummary, compared: Ratio | None, pair: Pair, changed: bool | None,
    noise: float,
) -> Effect:  # fmt: skip
    """Say what the optimizations did to this cell.

    A gain is claimed only for equal answers, another plan, and an interval that lies beyond the ``noise``: at the least
    what two copies of the same database differ by. A loss needs no other plan: an index more to maintain slows a write
    whose plan stays.
    """
    if after.error or before.error:
        return "failed"
    if differs := difference(pair):
        return differs
    if compared is None:
        return "cannot tell"
    gained, lost = beyond_noise(compared, before, after, noise)
    if lost:
        return "slower"
    if changed is False:
        return "plan unchanged"
    if gained:
        return "faster" if pair.equality else "not compared"
    return "cannot tell" if compared.low is None or compared.high is None else "same"
