"""How often is a verdict wrong, and how often is it reached? Simulated, with the code that gives it.

    python benchmarks/coverage.py [--cells 10000] [--seed 1] [--write]

The true p95 lies at 80, 95, 100, 105 and 120 % of the target; times are log-normal, have a slow mode, take after each
other, or drift. Each cell is executed as a run would, up to the look that decides and at least 15 times. A verdict is
wrong where it says "meets" and p95 of the executions until then is at the target or over it, or "misses" and it is at
it or under. At 100 % both are wrong. With --write the table goes into docs/method.md and the figures into
benchmarks/coverage.json.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from bench.machine import facts
from bench.measurement.rounds import SAMPLES_LEAST
from bench.model import Sample
from bench.statistics.looks import LAST, LOOKS, OVER_CHANCE
from bench.statistics.verdicts import judge

Array = NDArray[np.float64]

HERE = Path(__file__).parent
EVIDENCE = HERE / "coverage.json"
PAGE = HERE.parent / "docs" / "method.md"
BEGIN, END = "<!-- begin: benchmarks/coverage.py -->", "<!-- end: benchmarks/coverage.py -->"

SHARES = (0.80, 0.95, 1.00, 1.05, 1.20)
"""Of the target at which the true p95 lies."""
TARGET_MS = 100.0
SLOW_TIMES = 3.0
"""How much longer an execution of the slow mode takes."""
BURST = 10
"""Executions that a slow spell lasts on average."""
ROLL = 40
"""Executions in which the machine becomes slower and faster again once."""


@dataclass(frozen=True, slots=True)
class Times:
    """Times of executions: the natural logarithm of a factor, drawn for ``cells`` cells of 320 executions."""

    name: str
    spread: float
    """Standard deviation of the logarithm in one mode."""
    slow: float = 0.0
    """Share of executions in the slow mode."""
    carry: float = 0.0
    """Correlation of an execution with the one before it (AR(1) of the logarithm)."""
    shift: Callable[[Array], Array] = np.zeros_like
    """What the machine adds to the logarithm, by the number of the execution."""
    bursts: bool = False
    """Whether the slow mode comes in spells."""
    promised: bool = True
    """False where nobody could see in the times what makes a verdict wrong."""

    def draw(self, rng: np.random.Generator, cells: int) -> Array:
        """Draw a row for each cell."""
        noise = rng.standard_normal((cells, LAST))
        if self.carry:
            for number in range(1, LAST):
                noise[:, number] = self.carry * noise[:, number - 1] + math.sqrt(1 - self.carry**2) * noise[:, number]
        slow = self._spells(rng, cells) if self.bursts else rng.random((cells, LAST)) < self.slow
        return self.spread * noise + math.log(SLOW_TIMES) * slow + self.shift(np.arange(LAST, dtype=float))

    def _spells(self, rng: np.random.Generator, cells: int) -> NDArray[np.bool_]:
        found = np.empty((cells, LAST), dtype=bool)
        found[:, 0] = rng.random(cells) < self.slow
        begins = self.slow / (1 - self.slow) / BURST
        for number in range(1, LAST):
            draw = rng.random(cells)
            found[:, number] = np.where(found[:, number - 1], draw >= 1 / BURST, draw < begins)
        return found

    def over(self, limit: float) -> Array:
        """How likely each execution is to be over ``limit``, a logarithm."""
        normal, away = NormalDist(0, self.spread), limit - self.shift(np.arange(LAST, dtype=float))
        quick = np.array([1 - normal.cdf(float(one)) for one in away])
        slow = np.array([1 - normal.cdf(float(one) - math.log(SLOW_TIMES)) for one in away])
        return (1 - self.slow) * quick + self.slow * slow

    def p95(self) -> float:
        """The logarithm that one in twenty of all executions is over, by bisection."""
        low, high = -10.0, 10.0
        while high - low > 1e-12:
            middle = (low + high) / 2
            low, high = (middle, high) if float(self.over(middle).mean()) > OVER_CHANCE else (low, middle)
        return high


MACHINE = math.log(1.25)
"""How far the machine strays from its middle, to both sides."""

KINDS = (
    Times("log-normal", 0.3),
    *(Times(f"slow mode: {100 * one:.0f} % take three times as long", 0.15, slow=one) for one in (0.03, 0.05, 0.1)),
    *(Times(f"autocorrelated, {carry:g} from one to the next", 0.3, carry=carry) for carry in (0.3, 0.6, 0.9)),
    Times("drifting, from 1.25 times faster than the middle to 1.25 times slower", 0.15,
          shift=lambda number: MACHINE * (2 * number / (LAST - 1) - 1)),
    Times("rolling, the same up and down within 40 executions", 0.15,
          shift=lambda number: MACHINE * np.sin(2 * np.pi * number / ROLL)),
    Times("not promised: a slow mode of 5 % in spells of ten", 0.15, slow=0.05, bursts=True, promised=False),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """What became of the cells of one kind of times, at one share of the target; as shares of all cells."""

    times: str
    share: float
    meets: float
    misses: float
    wrong_meets: float
    wrong_misses: float
    unassumed_meets: float
    """Wrong ones that assume nothing."""
    unassumed_misses: float
    executions: float
    """Until the verdict, on average."""
    promised: bool


def simulate(times: Times, cells: int, seed: int) -> Iterator[Found]:
    """Decide ``cells`` cells of ``times`` at each share of the target."""
    logs = times.draw(np.random.default_rng(seed), cells)
    middle = times.p95()
    for share in SHARES:
        limit = middle - math.log(share)
        yield _found(times, share, logs - limit, times.over(limit))


def _found(times: Times, share: float, beside: Array, chance: Array) -> Found:
    verdicts, looks = decide(beside > 0)
    so_far = np.cumsum(chance)[looks - 1] / looks
    wrong = {
        1: (verdicts == 1) & (so_far >= OVER_CHANCE - 1e-6), -1: (verdicts == -1) & (so_far <= OVER_CHANCE + 1e-6)
    }  # fmt: skip
    unassumed = {kind: sum(not _assumes(beside[row], looks[row], kind) for row in np.flatnonzero(which))
                 for kind, which in wrong.items()}  # fmt: skip
    cells = len(beside)
    return Found(
        times.name, share, float((verdicts == 1).mean()), float((verdicts == -1).mean()), float(wrong[1].mean()),
        float(wrong[-1].mean()), unassumed[1] / cells, unassumed[-1] / cells, float(looks.mean()), times.promised,
    )  # fmt: skip


def decide(over: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the verdict of each row (1 meets, -1 misses, 0 cannot tell) and the executions until then."""
    counts = np.cumsum(over, axis=1)
    verdicts, looks = np.zeros(len(over), dtype=np.int64), np.full(len(over), LAST, dtype=np.int64)
    for look in reversed(LOOKS):  # an earlier one overrules
        count = counts[:, look.n - 1]
        meets = count <= (-1 if look.meets_at_most is None else look.meets_at_most)
        misses = count >= (look.n + 1 if look.misses_at_least is None else look.misses_at_least)
        for which, said in ((meets, 1), (misses, -1)):
            verdicts[which], looks[which] = said, look.n
    return verdicts, looks


def _assumes(beside: Array, look: int, kind: int) -> str:
    """What the code that judges says of this cell's executions; it must come to the same verdict."""
    taken = TARGET_MS * np.exp(beside[: max(int(look), SAMPLES_LEAST)])
    found = judge([Sample(float(ms), 0.0) for ms in taken], TARGET_MS)
    assert (found.verdict, found.look and found.look.n) == ({1: "meets", -1: "misses"}[kind], look)
    return found.assumes


# ---------------------------------------------------------------------------------------------------------- words
def table(found: Sequence[Found], about: str) -> str:
    """Write the figures as a Markdown table."""
    heads = "".join(f" {share:.0%} |" for share in SHARES)
    lines = [
        f"| times; true p95, of the target, at |{heads} wrong, nothing assumed |", "|---|" + "---:|" * (len(SHARES) + 1)
    ]  # fmt: skip
    for name in dict.fromkeys(one.times for one in found):
        own = [one for one in found if one.times == name]
        wrong = max(one.unassumed_meets for one in own), max(one.unassumed_misses for one in own)
        shown = "".join(f" {_percent(one.meets)} · {_percent(one.misses)} |" for one in own)
        lines.append(f"| {name} |{shown} {_percent(wrong[0])} · {_percent(wrong[1])} |")
    return "\n".join([
        *lines, "", "Percent of cells that meet · that miss; at 100 % both are wrong. The last column has the largest",
        f"share of wrong ones that state no assumption, over the five. {about}",
    ])  # fmt: skip


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _write(found: Sequence[Found], cells: int, seed: int) -> None:
    machine, day = facts(), time.strftime("%Y-%m-%d", time.gmtime())
    evidence = {
        "machine": asdict(machine), "date": day, "cells": cells, "seed": seed, "found": [asdict(one) for one in found]
    }  # fmt: skip
    EVIDENCE.write_text(json.dumps(evidence, indent=1) + "\n")
    about = f"{cells:,} cells each; `benchmarks/coverage.py`, {day}."
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table(found, about)}\n{END}{rest.partition(END)[2]}")


def main() -> None:
    """Simulate, and print or write what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    found: list[Found] = []
    for times in KINDS:
        found += simulate(times, chosen.cells, chosen.seed)
        print(table(found[-len(SHARES) :], "").splitlines()[2], flush=True)
    if chosen.write:
        _write(found, chosen.cells, chosen.seed)


if __name__ == "__main__":
    main()
