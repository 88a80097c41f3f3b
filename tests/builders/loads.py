"""Loads made by hand for tests of decisions and reports."""

from __future__ import annotations

from collections.abc import Mapping

from bench.experiments.load.record import LoadOptions, LoadRun, LoadStep, MixPart, QueryLoad
from bench.model import RunStatus, State
from tests.builders import runs


def step(state: State, clients: int, times_us: Mapping[int, int], query: str = "q") -> LoadStep:
    """A step of ten seconds in which each client asked when it was free."""
    counted = {str(us): number for us, number in times_us.items()}
    doing = {"running": 60, "idle": 30, "Lock: transactionid": 10}
    return LoadStep(state, "closed", clients, None, 10.0, (QueryLoad(query, counted),), doing=doing, samples=25)


def load_run(*steps: LoadStep, status: RunStatus = "complete", text: str = "q") -> LoadRun:
    """A load of these steps; ``text`` is everything that comes from a workload."""
    whole = runs.run()
    return LoadRun(
        id="20261123t080000z", started_at="2026-11-23T08:00:00+00:00", status=status, pgproof="0.1.0", workload=text,
        workload_hash="9a4c0f17", options=LoadOptions((1, 4), (), False, 10, 1, 1000.0, 100.0),
        machine=whole.machine, server=whole.server, dataset=whole.dataset,
        mix=(MixPart(text, text, 1, 3, writes=False),), steps=steps,
    )  # fmt: skip
