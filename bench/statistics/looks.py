"""At how many executions a verdict is taken, and how often it is then wrong: computed exactly, from no assumption about
times.

Whoever judges after every execution and stops at the first answer is wrong far more often than one time in twenty: each
look is another chance to be (Armitage, McPherson and Rowe 1969). So there are few looks, at counts that are fixed
beforehand, and what all of them together are wrong by is what is promised (group sequential tests: Jennison and
Turnbull, Group Sequential Methods, 2000, chapter 2).

An execution is over the target or it is not. With the 95th percentile at the target that is one chance in twenty, and
the number of those over is a walk whose every path can be added up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bench.model import Look, VerdictRule

OVER_CHANCE = 0.05
"""How often an execution takes longer than the 95th percentile."""

LOOKS = (
    Look(2, None, 2),
    Look(5, None, 3),
    Look(10, None, 4),
    Look(20, None, 5),
    Look(40, None, 7),
    Look(80, 0, 9),
    Look(160, 2, 15),
    Look(320, 8, 26),
)
"""About doubled each time. The early ones can only find a miss, which costs little (2 of 2: 0.25 %), so that what is
clearly too slow is not executed eighty times. Before 59 executions none over would prove nothing (0.95 ** 59 < 5 %); at
80 it leaves room for the two looks after it. Wrong "meets" and wrong "misses": 3.93 % each, and 0.5 % more for
bindings (tests/statistics/test_looks.py)."""

BINDINGS_ERROR = 0.005
"""What the bindings of a class by themselves may add to the wrong "misses" of the looks, all bindings and looks
together (Bonferroni): 3.93 % + 0.5 % < 5 %."""

FIRST_MEETS = next(look.n for look in LOOKS if look.meets_at_most is not None)
"""Executions below which no verdict "meets" is possible without an assumption."""
LAST = LOOKS[-1].n
"""Executions after which there is no further look."""
COUNTS = frozenset(look.n for look in LOOKS)


@dataclass(frozen=True, slots=True)
class Chances:
    """How a cell ends of which each execution is over the target with the same chance."""

    meets: float
    misses: float
    executions: float
    """On average."""


def chances(looks: Sequence[Look], over: float, *, meets: bool = True, misses: bool = True) -> Chances:
    """Add up all paths of the number of executions over the target, when each is with chance ``over``.

    Without ``meets`` or ``misses`` that answer is left out, which gives the chance of the other one by itself.
    """
    open_, done = [1.0], 0
    met = missed = executions = 0.0
    for look in looks:
        step = look.n - done
        chance = [math.comb(step, k) * over**k * (1 - over) ** (step - k) for k in range(step + 1)]
        walked = [0.0] * (look.n + 1)
        for count, weight in enumerate(open_):
            for more, share in enumerate(chance):
                walked[count + more] += weight * share
        low = look.meets_at_most if meets and look.meets_at_most is not None else -1
        high = look.misses_at_least if misses and look.misses_at_least is not None else look.n + 1
        met += (now_met := math.fsum(walked[: low + 1]))
        missed += (now_missed := math.fsum(walked[high:]))
        executions += look.n * (now_met + now_missed)
        open_ = [weight if low < count < high else 0.0 for count, weight in enumerate(walked)]
        done = look.n
    return Chances(met, missed, executions + done * math.fsum(open_))


@lru_cache(maxsize=1)
def rule() -> VerdictRule:
    """Give the looks with how often each answer is wrong at most, for a run to keep.

    Each answer is taken by itself, as if the other ended nothing. That is a little more than both together, and makes
    the bounds of p95 at the looks hold for every target at once.
    """
    wrong_meets = chances(LOOKS, OVER_CHANCE, misses=False).meets
    wrong_misses = chances(LOOKS, OVER_CHANCE, meets=False).misses + BINDINGS_ERROR
    return VerdictRule(LOOKS, round(wrong_meets, 6), round(wrong_misses, 6))


@lru_cache(maxsize=4096)
def tail(over: int, n: int) -> float:
    """P(X >= over) of n executions that are each over p95 one time in 20."""
    p = OVER_CHANCE
    return 1 - math.fsum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(over))


def next_look(n: int, over: int) -> Look | None:
    """Give the first look that can still decide after ``n`` executions with ``over`` of them over; None at the end."""
    later = (look for look in LOOKS if look.n > n)
    return next((look for look in later if look.meets(over) or look.misses(over + look.n - n)), None)
