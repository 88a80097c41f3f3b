"""A/A: the working tree against itself, complete gate runs, each with arms made anew."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace

from bench.experiments.gate.arms import Arm
from bench.experiments.gate.record import Baseline
from bench.experiments.gate.run import GateOptions, make_baseline
from bench.experiments.gate.run import run as run_gate
from bench.experiments.selftest.record import RunLine, line_of
from bench.postgres.servers import ServerHandle

Told = Callable[[RunLine], None]


def same_files(options: GateOptions) -> GateOptions:
    """What to compare, where the old arm is the working tree too, made from the same files a second time."""
    return replace(options, base=Arm("base", "the same files", options.head.workload), time_all=True)


def series(options: GateOptions, server: ServerHandle, runs: int, begin_at: int, told: Told) -> Baseline:
    """Run the gate ``runs`` times on identical arms; ``told`` hears of each. Return the baseline it was held against.

    The baseline is made once, at the beginning, as a committed one would be; arms, copies and the order of execution
    are new in each run. ``begin_at`` numbers the runs of a series that goes on.
    """
    baseline = make_baseline(replace(options, base=None), server)
    for number in range(begin_at, begin_at + runs):
        begin = time.perf_counter()
        result = run_gate(replace(same_files(options), baseline=baseline, order_seed=number), server)
        told(line_of(result, time.perf_counter() - begin, os.getloadavg()[0]))
    return baseline
