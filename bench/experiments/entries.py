"""What every record says of itself for the page of all results, whichever experiment it is of."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence

from bench.cells.records import SideSummary
from bench.model import Dataset, Machine, Server
from bench.overview.record import Answer, Answers, Entry, Figure

TIME = "median of all cells (geometric mean), ms"
WORK = "work of all cells, buffers"


def of(record: object) -> Entry:
    """When ``record`` was begun, of what and how large: the fields that the records share, as far as it has them."""
    asked, data = getattr(record, "asked", record), getattr(record, "dataset", None)
    return Entry(
        experiment="", command="", headline="",
        started_at=str(getattr(record, "started_at", "")),
        status=str(getattr(record, "status", "complete")),
        workload=str(getattr(asked, "workload", "")),
        workload_hash=str(getattr(asked, "workload_hash", "")),
        size=_size(data) if isinstance(data, Dataset) else _sizes(asked),
    )  # fmt: skip


def _size(data: Dataset) -> str:
    return f"{data.scale:,} {data.unit}"


def _sizes(record: object) -> str:
    """Of a record without a dataset: of one size, or of several steps."""
    scales = getattr(record, "scales", None) or (getattr(record, "scale", 0),)
    shown = f"{scales[0]:,}" + (f" to {scales[-1]:,}" if len(scales) > 1 else "")
    return f"{shown} {getattr(record, 'unit', '')}" if scales[0] else ""


def firm(answers: Answers, status: str) -> Answers:
    """``answers`` of a result: one that was stopped has not seen enough for a yes."""
    if status == "complete":
        return answers
    return {question: "cannot tell" if answer == "yes" else answer for question, answer in answers.items()}


def void(alarms: Sequence[object], status: str) -> bool:
    """Whether a result claims nothing; an alarm that it was stopped is none of these."""
    return bool(alarms) and status == "complete"


def judged(*, no: object, unknown: object) -> Answer:
    """No where something says so, else what cannot be told, else yes."""
    return "no" if no else "cannot tell" if unknown else "yes"


def figures_of(
    sides: Iterable[tuple[str, SideSummary]], data: Dataset, server: Server, machine: Machine, noise_percent: float
) -> tuple[Figure, ...]:
    """The time and the work of all cells together, in a state; ``sides`` are named by query and class.

    Time is the geometric mean of medians, so that each cell counts alike; work repeats exactly.
    """
    seen = [(name, side) for name, side in sides if side.p50 and side.counters and not side.p50.censored]
    if not seen:
        return ()
    rows = [data.key, data.scale, data.seed, data.skew, server.version_num // 10000, *sorted(name for name, _ in seen)]
    times = math.exp(sum(math.log(max(side.p50.ms, 1e-3)) for _, side in seen if side.p50) / len(seen))
    work = sum(side.counters.buffers for _, side in seen if side.counters)
    return (
        Figure(TIME, times, _alike(*rows, machine.cpu, machine.cores), noise_percent),
        Figure(WORK, float(work), _alike(*rows)),
    )  # fmt: skip


def _alike(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
