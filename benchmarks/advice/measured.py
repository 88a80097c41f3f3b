"""``pgproof advise`` as an adviser among others: run as a user runs it, and read from the file that it writes."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import storage
from bench.experiments.advise.document import EXPERIMENT
from bench.experiments.advise.record import ADVISE
from bench.model import Optimization
from bench.workload.optimizations import read_optimizations


@dataclass(frozen=True, slots=True)
class Advice:
    """What one invocation said."""

    blocks: tuple[Optimization, ...]
    seconds: float
    folder: Path
    """Where its report lies."""


def advise(workload: Path, home: Path, pg_bin: Path | None, output: Path, more: Sequence[str] = ()) -> Advice:
    """Run it on ``workload`` and read ``advised.sql``.

    Raises:
        RuntimeError: it failed; the message holds what it said.
    """
    server = ["--server", "local", "--pg-bin", str(pg_bin)] if pg_bin else ["--server", "embedded"]
    command = [sys.executable, "-m", "bench", "advise", str(workload), "--home", str(home), "--output", str(output),
               "--quiet", *server, *more]  # fmt: skip
    known = set(output.glob("*-advise")) if output.exists() else set()
    begin = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begin
    new = sorted(set(output.glob("*-advise")) - known)
    if done.returncode not in (0, 1) or not new:
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr[-2000:] or done.stdout[-2000:]}")
    return Advice(_blocks(new[-1]), seconds, new[-1])


def finished(folder: Path) -> Advice:
    """What an invocation said whose report lies in ``folder``."""
    seen = storage.load(ADVISE, folder / ADVISE.file)
    return Advice(_blocks(folder), sum(seen.phases_s.values()), folder)


def _blocks(folder: Path) -> tuple[Optimization, ...]:
    return read_optimizations(folder / "advised.sql", folder)


@contextmanager
def with_advice(workload: Path, advice: Advice) -> Iterator[Path]:
    """A copy of ``workload`` that has what was advised as its optimizations."""
    scratch = Path(tempfile.mkdtemp(prefix="advised-"))
    try:
        folder = scratch / workload.name
        shutil.copytree(workload, folder)
        shutil.copy(advice.folder / "advised.sql", folder / "optimizations.sql")
        yield folder
    finally:
        shutil.rmtree(scratch)


def warned(advice: Advice) -> tuple[str, ...]:
    """Cells that the advice itself says get slower."""
    summary = EXPERIMENT.summarize(storage.load(ADVISE, advice.folder / ADVISE.file))
    cells = (cell for one in summary.queries for cell in one.summary.cells if cell.effect == "slower")
    return tuple(f"{cell.query}[{cell.parameter_class}]" for cell in cells)
