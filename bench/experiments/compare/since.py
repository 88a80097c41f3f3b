"""A run held against the last one before it that compares."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench import storage
from bench.errors import RunFileError
from bench.experiments.compare.run import compare
from bench.experiments.compare.summary import CellRow, summarize
from bench.model import MovedCell, Run, Since
from bench.results_folder import oldest_first
from bench.storage import RUN

LOOKED_AT_MOST = 5
"""Earlier runs that are read until one compares: each is some megabytes."""


def since_last(run: Run, output: Path) -> Since:
    """Hold ``run`` against the newest run in ``output`` that began before it and compares.

    Where none compares, the newest of the same workload says why. Files that cannot be read are passed over.
    """
    last: Since | None = None
    for folder, earlier in _earlier(run, output):
        found = since(run, earlier, folder)
        if found.level != "nothing":
            return found
        last = last or found
    return last or Since("nothing", f"There is no earlier run of {run.workload} beside this one.")


def since(run: Run, earlier: Run, folder: str) -> Since:
    """Hold ``run`` against ``earlier``, whose folder has the name ``folder``."""
    (versus,) = summarize(compare((earlier, run))).versus
    level = versus.comparable.level
    return Since(
        level=level,
        sentence=f"{versus.sentence}.",
        run=earlier.id,
        started_at=earlier.started_at,
        folder=folder,
        reasons=tuple(reason.sentence for reason in versus.comparable.reasons),
        moved=tuple(map(_moved, versus.told)) if level != "nothing" else (),
    )


def _moved(row: CellRow) -> MovedCell:
    change = row.change
    worse = change.other_rows or change.work == "more" or change.clock == "slower" or change.goal == "met, now misses"
    share = row.work.text.partition(": ")[2]
    work = f"{change.work} work"
    moves = row.moves.replace(work, f"{work} ({share})") if share else row.moves
    moves = ", ".join(text for text in ("other rows" if change.other_rows else "", moves) if text)
    return MovedCell(row.cell.query, row.cell.parameter_class, row.cell.state, moves, worse)


def _earlier(run: Run, output: Path) -> Iterator[tuple[str, Run]]:
    """The runs of the same workload that began before ``run``, the newest first."""
    read = 0
    for file in reversed(oldest_first(output, RUN)):
        try:
            found = storage.load(RUN, file)
        except RunFileError:
            continue
        if found.workload == run.workload and found.started_at < run.started_at and found.pairs:
            read += 1
            yield file.parent.name, found
        if read == LOOKED_AT_MOST:
            return
