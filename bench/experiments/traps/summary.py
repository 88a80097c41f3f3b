"""Decide what plans that can turn mean: which query has a trap, what it costs, in which class. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.experiments.traps.plan_costs import Price, fresh_price, generic_price, is_cut_off, price, toss_price
from bench.experiments.traps.record import FreshQuery, Stability, TrapCell, TrapQuery, TrapsRun
from bench.plans import Misestimate, describe_change, misestimates
from bench.report import numbers
from bench.statistics.quantiles import CONFIDENCE

Q_LEAST, ROWS_LEAST = 10.0, 100
"""An estimate is off where it is by a factor of 10 and by 100 rows. The cost of the best plan found with estimates
within q of the truth is within q to the fourth of the best there is (Moerkotte et al., VLDB 2009), and errors of 10
and more are where bad plans were found in practice (Leis et al., How Good Are Query Optimizers, Really?, VLDB 2015)."""

CHANGES_MOST = 8
"""Sentences about two plans: more is for the plans themselves."""

Verdict = Literal[
    "generic plan hurts", "coin toss", "fresh tenant hurts", "borrowed plan hurts", "estimates off", "no trap found",
    "cannot tell",
]  # fmt: skip
RISKS: tuple[Verdict, ...] = ("borrowed plan hurts", "estimates off")
"""What needs something else to go wrong: no trap by itself, and counted apart."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that can happen to a query, in its worst class."""

    kind: Verdict
    trap: bool
    """False for a risk: it needs something else to go wrong."""
    parameter_class: str
    sentence: str
    price: Price | None = None
    """What it costs; None where an estimate is off, which costs nothing yet."""
    changes: tuple[str, ...] = ()
    """What the dear plan does differently."""

    @property
    def cut_off(self) -> bool:
        """The dear plan ran into the statement timeout."""
        return self.price is not None and self.price.cut_off


@dataclass(frozen=True, slots=True)
class QueryTraps:
    """One query: the verdict, and everything that was found."""

    query: TrapQuery
    verdict: Verdict
    sentence: str
    findings: tuple[Finding, ...]
    cells: tuple[TrapCell, ...]
    fresh: FreshQuery | None

    @property
    def trap(self) -> bool:
        """Whether it has a trap, not only a risk."""
        return any(finding.trap for finding in self.findings)


# ------------------------------------------------------------------------------------------------------ findings
def _finding(kind: Verdict, trap: bool, parameter_class: str, sentence: str, one: Price) -> Finding:
    plans = one.cheap.seen, one.dear.seen
    changed = describe_change(plans[0].plan, plans[1].plan) if plans[0] and plans[1] and one.other_plan else ()
    return Finding(kind, trap, parameter_class, sentence, one, changed[:CHANGES_MOST])


def _worst(prices: Sequence[tuple[str, Price]]) -> tuple[str, Price]:
    return max(prices, key=lambda item: (item[1].cut_off, item[1].extra_ms, item[1].extra_blocks, item[0]))


def switchers(cells: Sequence[TrapCell]) -> tuple[str, ...]:
    """Classes after whose executions the server itself goes over to the generic plan, which it then keeps for all."""
    first = [choice.first for cell in cells for choice in cell.choices if choice.switched_at is not None]
    return tuple(dict.fromkeys(first))


def _generic(cells: Sequence[TrapCell]) -> Iterator[Finding]:
    hurt = [(cell.parameter_class, one) for cell in cells if (one := generic_price(cell)) and one.hurts]
    if not hurt:
        return
    name, one = _worst(hurt)
    starts = switchers(cells)
    others = (
        f", and {numbers.plural(len(hurt) - 1, 'other class', 'other classes')} more than its own" if hurt[1:] else ""
    )
    # Which plan others get is decided by whose executions came first.
    when = (
        f"the server goes over to it once a statement was prepared and executed five times, for "
        f"{numbers.listed(starts)}"
        if starts
        else "the server keeps to custom plans by itself; a pool or driver that forces generic ones does not"
    )
    sentence = f"the generic plan costs class {name} {one.sentence}{others}; {when}"
    yield _finding("generic plan hurts", bool(starts), name, sentence, one)


def shares(found: Stability) -> tuple[tuple[str, int], ...]:
    """Path of each plan and how often it came, the most frequent first."""
    return tuple(Counter(found.draws).most_common())


def bound(draws: int) -> float:
    """How often another plan may come at most (95 %) that came in none of ``draws``: the rule of three, exactly."""
    return 1 - (1 - CONFIDENCE) ** (1 / draws) if draws else 1.0


def _tosses(cells: Sequence[TrapCell]) -> Iterator[Finding]:
    hurt = [(c.parameter_class, one) for c in cells if c.stability and (one := toss_price(c.stability)) and one.hurts]
    if not hurt:
        return
    name, one = _worst(hurt)
    found = next(c.stability for c in cells if c.parameter_class == name and c.stability)
    often = dict(shares(found))
    sentence = (
        f"a coin toss for class {name}: {often[one.dear.path]} of {len(found.draws)} samples of the same rows gave the "
        f"plan that costs {one.sentence}"
    )
    yield _finding("coin toss", True, name, sentence, one)


def _fresh(found: FreshQuery | None, parameter_class: str) -> Iterator[Finding]:
    one = fresh_price(found) if found else None
    if one and one.hurts and one.other_plan:
        sentence = f"until the next ANALYZE a new tenant as large as class {parameter_class} pays {one.sentence}"
        yield _finding("fresh tenant hurts", True, parameter_class, sentence, one)


def _borrowed(cells: Sequence[TrapCell]) -> Iterator[Finding]:
    hurt = [
        (cell.parameter_class, lent, one)
        for cell in cells
        for lent in cell.borrowed
        if lent.own and lent.lent and (one := price(lent.lent, lent.own, in_turn=True)).hurts
    ]
    if hurt:
        name, lent, one = max(hurt, key=lambda item: (item[2].cut_off, item[2].extra_ms, item[2].extra_blocks, item[0]))
        generic = next(cell.generic for cell in cells if cell.parameter_class == name)
        which = " (the generic plan too)" if generic and generic.path == lent.path else ""
        sentence = f"the plan of class {lent.lender}{which} costs class {name} {one.sentence}"
        yield _finding("borrowed plan hurts", False, name, sentence, one)


def worst_estimate(cells: Sequence[TrapCell]) -> tuple[str, Misestimate] | None:
    """The node of one query that was estimated worst, in any class; first of those that something hangs on."""
    found = [
        (cell.parameter_class, one)
        for cell in cells
        if cell.custom and cell.custom.seen
        for one in misestimates(cell.custom.seen.plan)
    ]
    return max(found, key=lambda item: (is_off(item[1]), bool(item[1].above), item[1].q), default=None)


def is_off(one: Misestimate) -> bool:
    """Whether an estimate is off by so much, and where, that a plan may hang on it."""
    rows = abs(one.node.actual_rows - one.node.estimated_rows)
    return bool(one.above) and one.q >= Q_LEAST and rows >= ROWS_LEAST


def _estimates(cells: Sequence[TrapCell]) -> Iterator[Finding]:
    worst = worst_estimate(cells)
    if worst and is_off(worst[1]):
        name, one = worst
        yield Finding("estimates off", False, name, f"{estimate_words(one)}, class {name}")


def estimate_words(one: Misestimate) -> str:
    """Say what was estimated, what came, and what hangs on it."""
    node = one.node
    below = f", below a {one.above}" if one.above else ""
    return (
        f"estimates off by {numbers.digits(one.q)} at {node.label}{below}: "
        f"{numbers.plural(round(node.estimated_rows), 'row')} expected, {node.actual_rows:,.0f} came"
    )


# ------------------------------------------------------------------------------------------------------ verdicts
def cost(one: Finding) -> tuple[bool, bool, float, int]:
    """Order findings: traps first, what ran into the timeout first, then by the time lost, then by blocks.

    By time, because a few blocks more can be a loop over rows in memory that takes seconds.
    """
    lost = (one.price.extra_ms, one.price.extra_blocks) if one.price else (0.0, 0)
    return not one.trap, not one.cut_off, -lost[0], -lost[1]


def judge_query(query: TrapQuery, run: TrapsRun) -> QueryTraps:
    """Put together what was found of one query; traps first, the dearest first."""
    cells = tuple(cell for cell in run.cells if cell.query == query.name)
    fresh = next((one for one in run.fresh.queries if one.query == query.name), None) if run.fresh else None
    found = [
        *_generic(cells), *_tosses(cells), *_fresh(fresh, run.fresh.parameter_class if run.fresh else ""),
        *_borrowed(cells), *_estimates(cells),
    ]  # fmt: skip
    found.sort(key=cost)
    if found and (found[0].trap or not _unknown(query, cells, run)):
        return QueryTraps(query, found[0].kind, found[0].sentence, tuple(found), cells, fresh)
    if reason := _unknown(query, cells, run):
        return QueryTraps(query, "cannot tell", reason, tuple(found), cells, fresh)
    return QueryTraps(query, "no trap found", _nothing(cells, fresh), (), cells, fresh)


def _unknown(query: TrapQuery, cells: Sequence[TrapCell], run: TrapsRun) -> str:
    """Why nothing can be claimed; empty where everything that was asked for is there."""
    if query.note:
        return query.note
    if not cells:
        return "it was not reached"
    for cell in cells:
        if cell.error:
            return f"class {cell.parameter_class}: {cell.error}"
        if cell.custom and is_cut_off(cell.custom):
            return f"class {cell.parameter_class}: its own plan ran into the timeout of {run.options.timeout_s:g} s"
        if cell.stability is None or len(cell.stability.draws) < run.options.analyzes:
            return f"class {cell.parameter_class}: its statistics were not gathered as often as asked"
    return ""


def _nothing(cells: Sequence[TrapCell], fresh: FreshQuery | None) -> str:
    draws = min((len(cell.stability.draws) for cell in cells if cell.stability), default=0)
    parts = [f"in {numbers.plural(len(cells), 'class', 'classes')} the generic plan costs no more"]
    one_plan = all(cell.stability is None or len(set(cell.stability.draws)) == 1 for cell in cells)
    if draws:
        kept = f"one plan in {draws} of {draws} samples" if one_plan else f"{draws} samples, no plan dearer"
        parts.append(kept)
    if fresh:
        parts.append("a new tenant pays no more")
    return "; ".join(parts)
