"""Whose doing it is: what a set saves of each query, split among its members. Pure.

The split is the attribution's (Shapley value, ``bench.attribution.shapley``), over the plans that were measured of each
query and class: what a member saves, averaged over all orders in which the set could have been built.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random

from bench.advice.choosing import Chooser
from bench.advice.menus import BLOCK_MS, NOTHING, Menu, Names
from bench.attribution.shapley import shapley_values
from bench.model import GainCell, Tried
from bench.model.advised import PlanMeasured

EXACT_MOST = 8
"""Members that matter to one class at most for which all sets are looked at (256); beyond, orders are drawn."""
ORDERS = 64
"""Orders that are drawn, each with its reverse: no set has to be executed for one, the known plans say it."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What the set saves of one query, over all its classes, each executed once."""

    query: str
    before_ms: float
    """Its work without the set: time, and what blocks cost (``BLOCK_MS``)."""
    saved_ms: float
    by_name: Mapping[str, float]
    """Member to its part of ``saved_ms``, the largest first; they add up to it. Negative where it costs work."""
    weight: float
    """What one class of it counts among all."""

    def share(self, name: str) -> float:
        """The part of a member in what is saved; zero where nothing is."""
        return self.by_name.get(name, 0.0) / self.saved_ms if self.saved_ms > 0 else 0.0


def saved_by(chooser: Chooser, chosen: Names) -> tuple[Saved, ...]:
    """Split what ``chosen`` saves of each query; the query that it saves most of first."""
    found: dict[str, Saved] = {}
    for menu, weight in zip(chooser.menus, chooser.weights, strict=True):
        split = shapley_values(_game(menu, chosen), _work_ms)
        known = found.get(menu.cell.query, Saved(menu.cell.query, 0.0, 0.0, {}, weight))
        names = dict.fromkeys((*known.by_name, *split.by_name))
        by_name = {one: known.by_name.get(one, 0.0) + split.by_name.get(one, 0.0) for one in names}
        found[menu.cell.query] = Saved(
            query=menu.cell.query,
            before_ms=known.before_ms + menu.work_ms(NOTHING),
            saved_ms=known.saved_ms + split.whole,
            by_name=dict(sorted(by_name.items(), key=lambda one: (-one[1], one[0]))),
            weight=weight,
        )
    return tuple(sorted(found.values(), key=lambda one: (-one.weight * one.saved_ms, one.query)))


def share_of_all(saved: Sequence[Saved], name: str) -> float:
    """The part of a member in what the set saves of the workload, each query as often as its weight says."""
    whole = sum(one.weight * one.saved_ms for one in saved)
    return sum(one.weight * one.by_name.get(name, 0.0) for one in saved) / whole if whole > 0 else 0.0


def _game(menu: Menu, chosen: Names) -> GainCell:
    """One class under every set of the members that matter to it."""
    matter = _matter(menu, chosen)
    orders = () if len(matter) <= EXACT_MOST else tuple(_orders(matter, menu.cell.label))
    if orders:
        sets = {frozenset(order[:number]) for order in orders for number in range(len(order) + 1)}
    else:
        bits = product((False, True), repeat=len(matter))
        sets = {frozenset(name for name, there in zip(matter, one, strict=True) if there) for one in bits}
    return GainCell(
        query=menu.cell.query,
        parameter_class=menu.cell.parameter_class,
        tried=tuple(map(_tried, menu.cell.plans)),
        after=menu.number(chosen),
        before=menu.number(NOTHING),
        matter=matter,
        subsets={"".join("01"[name in names] for name in matter): menu.number(names) for names in sets},
        orders=orders,
    )


def _matter(menu: Menu, chosen: Names) -> tuple[str, ...]:
    """Those that a known plan needs; all that concern it where the server takes another plan for the others, too."""
    here = chosen & menu.concerns
    needed = NOTHING.union(*(needs for needs in menu.needs if needs <= here))
    return tuple(sorted(needed if menu.number(needed) == menu.number(here) else here))


def _orders(matter: Sequence[str], label: str) -> Iterator[tuple[str, ...]]:
    rng = Random(label)  # noqa: S311
    for _ in range(ORDERS):
        order = tuple(rng.sample(list(matter), len(matter)))
        yield from (order, order[::-1])


def _tried(plan: PlanMeasured) -> Tried:
    return Tried((), plan.fingerprint, plan.cost, plan.counters, plan.samples_ms, {}, plan.censored, plan.processor_ms)


def _work_ms(tried: Tried) -> float:
    """As ``menus.work_ms``: a timeout counts as twice what was waited for."""
    return (2 if tried.censored else 1) * tried.least_ms + BLOCK_MS * tried.counters.buffers
