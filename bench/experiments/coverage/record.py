"""What was seen of the clauses of a workload: variants, and which class told each, no derived figure."""

from __future__ import annotations

from dataclasses import dataclass

from bench.model import ClauseCoverage, Dataset, Machine, RunStatus, Server, State
from bench.storage import Kind


@dataclass(frozen=True, slots=True)
class CoverageRun:
    """Everything one ``pgproof coverage`` saw."""

    id: str
    started_at: str
    status: RunStatus
    pgproof: str
    workload: str
    workload_hash: str
    machine: Machine
    server: Server
    dataset: Dataset
    state: State
    """The state of the database that the statements were executed in."""
    titles: dict[str, str]
    """Title of each query by its name."""
    reads: ClauseCoverage | None = None
    writes: ClauseCoverage | None = None
    """Of the statements that write; None where there is none, or it was not reached."""
    finished_at: str = ""


COVERAGE = Kind(CoverageRun, "coverage.json", 1, "coverage of clauses", "coverage", "pgproof coverage writes one")
