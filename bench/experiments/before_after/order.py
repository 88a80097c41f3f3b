"""In which order the states of a run were measured, where that was not in turn: what it makes of every ratio. Pure."""

from __future__ import annotations

from bench.cells.cell import DRIFT_NOISE
from bench.model import Run

ONE_COPY = (
    "Before and after were measured one after the other in one database, not in turn: what the machine did in between "
    "is part of every ratio of theirs, and no interval knows of it. Faster and slower are said from a factor of "
    f"{DRIFT_NOISE:g} on."
)
HOW = (
    "One database cloned from a template: measured as it was, *before*; then the optimizations were applied to it, and "
    "it was measured again, *after*. Answers were held against each other by hashes kept of those of before."
)
INTERVAL = (
    "The ratio is median before over median after; its interval is a 95 % bootstrap that draws each side by itself, "
    "since no two executions belong to one second. Faster is claimed only for equal rows, another plan, and an "
    f"interval beyond {DRIFT_NOISE:g}: a shared machine drifts by tens of percent from minute to minute."
)


def order_sentences(run: Run) -> tuple[str, ...]:
    """Say that before and after were not measured in turn; nothing where they were."""
    return (ONE_COPY,) if run.options.one_copy else ()
