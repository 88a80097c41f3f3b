"""Carry one quantity of a plan node from the executions where it was counted to one where it was not. Pure.

Over two axes in logarithms, the rows of the tenant and all units. Few executions leave a slope open, so it is drawn
towards simple laws: stays, grows with the tenant, grows with everything, and what is read until enough of a tenant's
rows are found. That is ridge regression (Hoerl and Kennard, Technometrics 12, 1970) around the law that explains best,
with the scatter among the bindings of a step as the error. Executions count the more the closer they are, and the less
they scatter.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from bench.experiments.scale.executions import Execution

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Law:
    """Exponents over the tenant's rows and over all units, and how much better it has to explain than the others."""

    tenant: float
    units: float
    price: float = 0.0
    """In units of chi-square: 2 is what one parameter more costs by Akaike's criterion."""


COUNTS = (Law(0, 0), Law(1, 0), Law(0, 1, 2), Law(-1, 1, 2))
"""Rows and loops: a limit, all of the tenant, all there are, and a walk through all until a tenant's rows are found."""
LEAST_EXPECTED = 1.0
"""Rows that the planner says at least: so many say nothing (clamp_row_est in costsize.c)."""
RIGHT = math.log(2)
"""How far the planner may be off, as a logarithm, to be followed where there is but one step: twice or half."""
RATIOS = (Law(0, 0),)
"""Blocks for each row and the like."""
ODDS = (Law(0, 0), Law(0, 0.5))
"""Of the next row being on another block: they grow while a table does, and chances stay below one."""

FREE = 0.25
"""Standard deviation of an exponent around its law; ratios have less."""
FREE_RATIO = 0.1
SCATTER = 0.1
"""Relative scatter that anything has at least, whatever the bindings of a step say."""


LARGE = 100
"""Count from which on it is taken for what a statement reads rather than for a page of results."""

Habits = Mapping[tuple[bool, bool], Law]
"""The law that most counts follow, by whether the tenant is known and whether they are large."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """Rows that the planner expects: in each execution that is known, and at the target."""

    known: Sequence[float]
    target: float

    def of(self, seen: Array, like: Sequence[int]) -> float | None:
        """What counts are that were seen at one step, where the planner was nearly right about each; else None."""
        if self.target <= LEAST_EXPECTED:
            return None
        off = [math.log(value / self.known[n]) for value, n in zip(seen.tolist(), like, strict=True)
               if value > 0 and self.known[n] > LEAST_EXPECTED]  # fmt: skip
        return self.target * math.exp(fmean(off)) if off and max(map(abs, off)) <= RIGHT else None


@dataclass(frozen=True, slots=True)
class Carry:
    """From the executions ``known`` to ``target``: those of its own class, or all where none of them has the plan."""

    target: Execution
    known: Sequence[Execution]
    habits: Habits = field(default_factory=dict)
    """What counts follow that were seen at one step only."""

    def like(self) -> list[int]:
        """Positions of those that count."""
        unknown = self.target.tenant_rows is None
        sized = [n for n, one in enumerate(self.known) if (one.tenant_rows is None) == unknown]
        own = [n for n in sized if self.known[n].cell == self.target.cell]
        return own or sized or list(range(len(self.known)))

    def to(
        self, values: Sequence[float], laws: Sequence[Law] = COUNTS, *, counted: bool = True,
        weights: Sequence[float] | None = None, estimates: Estimates | None = None,
    ) -> float:  # fmt: skip
        """The value at the target.

        Args:
            values: one for each of ``known``.
            laws: what it may follow.
            counted: whether they are counts, which scatter by their square root.
            weights: how much each says, if not all say the same.
            estimates: what the planner expected, where it did.
        """
        like = self.like()
        y, said = np.array(values, float)[like], np.array(weights or [1.0] * len(values), float)[like]
        seen = (y > 0) & (said > 0)
        if not seen.any():
            return 0.0
        away = self._away(like)
        units = np.array([self.known[n].scale for n in like])
        if seen.all() and (y == y[0]).all() and (not counted or len(set(units.tolist())) > 1):
            return float(y[0])
        if counted and len(set(units[seen].tolist())) == 1:
            if estimates and (told := estimates.of(y, like)):
                return told
            usual = self.habits.get((self.target.tenant_rows is not None, bool(y.max() >= LARGE)), COUNTS[0])
            slope, variance = np.array([usual.tenant, usual.units]), np.full(int(seen.sum()), SCATTER**2)
        else:
            slope, variance, _ = self._slope(np.log(y[seen]), away[seen], units[seen], laws, counted=counted)
        spread = np.full(len(y), variance.max())
        spread[seen] = variance
        weight = said / (spread + FREE**2 * (away**2).sum(axis=1))
        return float((weight * y * np.exp(np.clip(-(away @ slope), -20, 20))).sum() / weight.sum())

    def law(self, values: Sequence[float]) -> Law | None:
        """The law that counts follow; None where they were seen at one step only."""
        like = self.like()
        y = np.array(values, float)[like]
        units = np.array([self.known[n].scale for n in like])
        seen = y > 0
        if len(set(units[seen].tolist())) < 2:
            return None
        return self._slope(np.log(y[seen]), self._away(like)[seen], units[seen], COUNTS, counted=True)[2]

    def _away(self, like: Sequence[int]) -> Array:
        """How far each is from the target, in logarithms of both axes; 0 of the tenant's where it has no size."""
        size, scale = _size(self.target), self.target.scale
        known = [self.known[n] for n in like]
        tenant = [math.log(found / size) if size and (found := _size(one)) else 0.0 for one in known]
        return np.array([tenant, [math.log(one.scale / scale) for one in known]]).T

    def _slope(
        self, logs: Array, away: Array, units: Array, laws: Sequence[Law], *, counted: bool
    ) -> tuple[Array, Array, Law]:
        """The exponents, the variance of each execution around them, and the law that they are near."""
        free = FREE_RATIO if laws is RATIOS else FREE
        least = SCATTER**2 + (np.exp(-logs) if counted else np.zeros(len(logs)))
        best: tuple[float, Array, Array, Law] | None = None
        for law in laws:
            if law.tenant and self.target.tenant_rows is None:
                continue
            exponents = np.array([law.tenant, law.units])
            left = logs - away @ exponents
            variance = least + _within(left, units)
            w = 1 / variance
            x = away - (w[:, None] * away).sum(axis=0) / w.sum()
            r = left - (w * left).sum() / w.sum()
            moved = np.linalg.solve((x * w[:, None]).T @ x + np.eye(2) / free**2, (x * w[:, None]).T @ r)
            price = 0.0 if self.target.tenant_rows is None else law.price
            cost = (w * (r - x @ moved) ** 2).sum() + (moved**2).sum() / free**2 + np.log(variance).sum() + price
            if best is None or cost < best[0] - 1e-9:
                best = float(cost), exponents + moved, variance, law
        assert best
        return best[1:]


def habits(known: Iterable[Execution]) -> Habits:
    """What most counts of ``known`` follow: the rows of each node of each plan of a cell, seen at several steps."""
    plans: dict[tuple[object, str], list[Execution]] = {}
    for one in known:
        plans.setdefault((one.cell, one.plan), []).append(one)
    votes: dict[tuple[bool, bool], Counter[Law]] = {}
    for those in plans.values():
        carry = Carry(those[-1], those)
        for place in range(len(those[-1].nodes)):
            read = [one.nodes[place].read for one in those]
            if law := carry.law(read):
                kind = those[-1].tenant_rows is not None, max(read) >= LARGE
                votes.setdefault(kind, Counter())[law] += 1
    return {kind: counted.most_common(1)[0][0] for kind, counted in votes.items()}


def _size(one: Execution) -> float | None:
    """Rows of the tenant; an empty one is as large as one of a single row."""
    return None if one.tenant_rows is None else max(1.0, one.tenant_rows)


def _within(left: Array, units: Array) -> float:
    """The variance among the bindings of a step, over all steps together."""
    squares, free = 0.0, 0
    for step in set(units.tolist()):
        mine = left[units == step]
        squares += float(((mine - mine.mean()) ** 2).sum())
        free += len(mine) - 1
    return squares / free if free else 0.0
