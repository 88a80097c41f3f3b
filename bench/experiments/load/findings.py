"""What a load found: invariants that did not hold, steps with errors, and rates that were not held."""

from __future__ import annotations

from collections.abc import Iterator

from bench.experiments.load.record import LoadRun
from bench.experiments.load.summary import InvariantSummary, LoadSummary, where
from bench.report import numbers
from bench.report.findings import Finding, unfinished


def findings(run: LoadRun, summary: LoadSummary) -> Iterator[Finding]:
    """A finding for each invariant, each rate that was tried, and each error."""
    yield from (_invariant(run, one) for one in summary.invariants)
    for one in summary.open:
        says, bad = summary.says(one)
        yield Finding("warning" if bad else "passed", says, f"{where(one.step)}: {says}", case=where(one.step))
    for step in run.steps:
        yield from (Finding("error", "failed", error, case=where(step), lines=(error,)) for error in step.errors)
    yield from unfinished("load", run.status)


def _invariant(run: LoadRun, one: InvariantSummary) -> Finding:
    if one.held == one.steps:
        return Finding("passed", "held", f"held after {numbers.plural(one.held, 'step')}", one.query, one.name)
    lines = tuple(
        f"{where(step)}: {seen.detail}"
        for step in run.steps
        for seen in step.invariants
        if (seen.query, seen.name) == (one.query, one.name) and not seen.held
    )
    message = f"violated in {one.steps - one.held} of {numbers.plural(one.steps, 'step')}"
    return Finding("failure", "violated", message, one.query, one.name, (message, *lines))
