"""Decide what can happen to one query: its hazards with their prices, and the verdict. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.experiments.traps.plan_costs import (
    BorrowedPlan,
    Draws,
    GenericPlan,
    Price,
    borrowed_plans,
    cost,
    draws,
    fresh_price,
    generic_plans,
)
from bench.experiments.traps.record import TrapCell, TrapQuery, TrapsRun
from bench.plans import Misestimate, describe_change, misestimates
from bench.report import numbers

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


@dataclass(frozen=True, slots=True)
class Hazard:
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
    def order(self) -> tuple[bool, bool, float, int]:
        """Traps first, then what ran into the timeout, then by the time lost, then by blocks."""
        cut_off, ms, blocks = self.price.weight if self.price else (False, 0.0, 0)
        return not self.trap, not cut_off, -ms, -blocks


@dataclass(frozen=True, slots=True)
class Estimate:
    """The node of a query whose rows were estimated worst, in any class."""

    parameter_class: str
    found: Misestimate
    off: bool
    """By so much, and where, that a plan may hang on it."""


@dataclass(frozen=True, slots=True)
class QueryTraps:
    """One query: the verdict, everything that was found, and what it rests on."""

    query: TrapQuery
    verdict: Verdict
    sentence: str
    hazards: tuple[Hazard, ...]
    """Traps first, the dearest first; none where no trap was found."""
    generic: tuple[GenericPlan, ...]
    fresh: Price | None
    draws: tuple[Draws, ...]
    borrowed: tuple[BorrowedPlan, ...]
    estimate: Estimate | None

    @property
    def trap(self) -> bool:
        """Whether it has a trap, not only a risk."""
        return any(hazard.trap for hazard in self.hazards)

    @property
    def unknown(self) -> bool:
        """Whether nothing can be claimed."""
        return self.verdict == "cannot tell"

    @property
    def risk(self) -> bool:
        """Whether it has a risk, and no trap."""
        return bool(self.hazards) and not self.trap and not self.unknown

    @property
    def said(self) -> str:
        """The verdict, and whether it is of a risk."""
        return f"{self.verdict} (risk)" if self.risk else self.verdict

    @property
    def first(self) -> Hazard | None:
        """The hazard that gave the verdict, where one did, or would have given it."""
        return self.hazards[0] if self.hazards else None

    @property
    def order(self) -> tuple[int, tuple[bool, bool, float, int], str]:
        """Traps first, then what cannot be told, then risks; in each the dearest first."""
        rank = 0 if self.trap else 1 if self.unknown else 2 if self.hazards else 3
        return rank, self.first.order if self.first else (False, False, 0.0, 0), self.query.name


def summarize_query(query: TrapQuery, run: TrapsRun) -> QueryTraps:
    """Put together what was found of one query."""
    cells = tuple(cell for cell in run.cells if cell.query == query.name)
    asked = next((one for one in run.fresh.queries if one.query == query.name), None) if run.fresh else None
    tenant = run.fresh.parameter_class if run.fresh else ""
    generic, fresh, drawn = generic_plans(cells), fresh_price(asked), draws(cells)
    borrowed, estimate = tuple(borrowed_plans(cells)), _estimate(cells)
    found = [
        *_generic(generic, cells), *_tosses(drawn), *_fresh(fresh, tenant), *_borrowed(borrowed),
        *_estimates(estimate),
    ]  # fmt: skip
    found.sort(key=lambda one: one.order)
    reason = _unknown(query, cells, run)
    verdict: Verdict = "no trap found"
    if found and (found[0].trap or not reason):
        verdict, sentence = found[0].kind, found[0].sentence
    elif reason:
        verdict, sentence = "cannot tell", reason
    else:
        sentence = _nothing(cells, drawn, new_tenant=asked is not None)
    return QueryTraps(query, verdict, sentence, tuple(found), generic, fresh, drawn, borrowed, estimate)


# ------------------------------------------------------------------------------------------------------ hazards
def _hazard(kind: Verdict, trap: bool, parameter_class: str, sentence: str, one: Price) -> Hazard:
    cheap, dear = (side.run.seen if side.run else None for side in (one.cheap, one.dear))
    changed = describe_change(cheap.plan, dear.plan) if cheap and dear and one.other_plan else ()
    return Hazard(kind, trap, parameter_class, sentence, one, changed[:CHANGES_MOST])


def _weight(one: GenericPlan | Draws | BorrowedPlan) -> tuple[tuple[bool, float, int], str]:
    return one.price.weight if one.price else (False, 0.0, 0), one.parameter_class


def _generic(found: Sequence[GenericPlan], cells: Sequence[TrapCell]) -> Iterator[Hazard]:
    hurt = [one for one in found if one.price.hurts]
    if not hurt:
        return
    one = max(hurt, key=_weight)
    # Classes after whose executions the server goes over to the generic plan: which plan others get is decided by
    # whose executions came first.
    starts = [choice.first for cell in cells for choice in cell.choices if choice.switched_at is not None]
    others = (
        f", and {numbers.plural(len(hurt) - 1, 'other class', 'other classes')} more than its own" if hurt[1:] else ""
    )
    when = (
        f"the server goes over to it once a statement was prepared and executed five times, for "
        f"{numbers.listed(list(dict.fromkeys(starts)))}"
        if starts
        else "the server keeps to custom plans by itself; a pool or driver that forces generic ones does not"
    )
    sentence = f"the generic plan costs class {one.parameter_class} {one.price.sentence}{others}; {when}"
    yield _hazard("generic plan hurts", bool(starts), one.parameter_class, sentence, one.price)


def _tosses(found: Sequence[Draws]) -> Iterator[Hazard]:
    hurt = [one for one in found if one.price and one.price.hurts]
    if hurt and (one := max(hurt, key=_weight)).price:
        sentence = (
            f"a coin toss for class {one.parameter_class}: {one.often} of {one.total} samples of the same rows gave "
            f"the plan that costs {one.price.sentence}"
        )
        yield _hazard("coin toss", True, one.parameter_class, sentence, one.price)


def _fresh(found: Price | None, parameter_class: str) -> Iterator[Hazard]:
    if found and found.hurts and found.other_plan:
        sentence = f"until the next ANALYZE a new tenant as large as class {parameter_class} pays {found.sentence}"
        yield _hazard("fresh tenant hurts", True, parameter_class, sentence, found)


def _borrowed(found: Sequence[BorrowedPlan]) -> Iterator[Hazard]:
    hurt = [one for one in found if one.price.hurts]
    if hurt:
        one = max(hurt, key=_weight)
        which = " (the generic plan too)" if one.is_generic else ""
        sentence = f"the plan of class {one.lender}{which} costs class {one.parameter_class} {one.price.sentence}"
        yield _hazard("borrowed plan hurts", False, one.parameter_class, sentence, one.price)


def _estimate(cells: Sequence[TrapCell]) -> Estimate | None:
    found = [
        Estimate(cell.parameter_class, one, _is_off(one))
        for cell in cells
        if cell.custom and cell.custom.seen
        for one in misestimates(cell.custom.seen.plan)
    ]
    # First of those that something hangs on.
    return max(found, key=lambda one: (one.off, bool(one.found.above), one.found.q), default=None)


def _is_off(one: Misestimate) -> bool:
    rows = abs(one.node.actual_rows - one.node.estimated_rows)
    return bool(one.above) and one.q >= Q_LEAST and rows >= ROWS_LEAST


def _estimates(worst: Estimate | None) -> Iterator[Hazard]:
    if worst and worst.off:
        one, name = worst.found, worst.parameter_class
        sentence = (
            f"estimates off by {numbers.digits(one.q)} at {one.node.label}, below a {one.above}: "
            f"{numbers.plural(round(one.node.estimated_rows), 'row')} expected, {one.node.actual_rows:,.0f} came, "
            f"class {name}"
        )
        yield Hazard("estimates off", False, name, sentence)


# --------------------------------------------------------------------------------------------- without a hazard
def _unknown(query: TrapQuery, cells: Sequence[TrapCell], run: TrapsRun) -> str:
    """Why nothing can be claimed; empty where everything that was asked for is there."""
    if query.note:
        return query.note
    if not cells:
        return "it was not reached"
    for cell in cells:
        if cell.error:
            return f"class {cell.parameter_class}: {cell.error}"
        if cost(cell.custom).cut_off:
            return f"class {cell.parameter_class}: its own plan ran into the timeout of {run.options.timeout_s:g} s"
        if cell.stability is None or len(cell.stability.draws) < run.options.analyzes:
            return f"class {cell.parameter_class}: its statistics were not gathered as often as asked"
    return ""


def _nothing(cells: Sequence[TrapCell], drawn: Sequence[Draws], *, new_tenant: bool) -> str:
    least = min((one.total for one in drawn), default=0)
    parts = [f"in {numbers.plural(len(cells), 'class', 'classes')} the generic plan costs no more"]
    if least:
        one_plan = all(len(one.plans) == 1 for one in drawn)
        parts.append(f"one plan in {least} of {least} samples" if one_plan else f"{least} samples, no plan dearer")
    if new_tenant:
        parts.append("a new tenant pays no more")
    return "; ".join(parts)
