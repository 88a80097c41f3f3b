"""What the ways of running the experiment share: what was chosen, what was seen so far, and steps of both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bench.attribution.prove_smallest import PROOF_S
from bench.cells.coverage import joined
from bench.errors import WorkloadError
from bench.experiments.setup import Setup
from bench.measurement import Bindings, Cell, Sides, cells_of
from bench.measurement.clause_coverage import exercise
from bench.model import Applied, Options, Pair, Query, Run
from bench.postgres import optimizations
from bench.postgres.connection import Connection

COVERAGE_S = 30.0
"""Seconds after which no more clauses are changed: a run is for times. ``pgproof coverage`` has no such limit."""

Keep = Callable[[Run], None]
"""Called with everything seen so far, after every step."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What to do with the databases before and after: everything else that the user chose."""

    options: Options
    keep_databases: bool = False
    measure: bool = True
    """Whether to time the cells before and after."""
    aa: bool = False
    """Whether to time a second copy of the database after in turn with the others."""
    as_set: bool = False
    """Whether to time the cells of reads under the server's own settings too, where they differ from those forced."""
    attribute: bool = False
    """Whether to measure the four sides of each optimization."""
    proof_s: float = PROOF_S
    """Seconds for executing the smallest set of them."""
    cold: int = 0
    """Executions of each cell of reads with emptied caches."""
    coverage: bool = False
    """Whether to find out which clauses of the queries their classes exercise."""
    plans: bool = False
    """Whether to keep the plan of every binding, and the sizes of tables and indexes: what a forecast rests on."""
    given: str = ""
    """The workload as the user named it; empty where that was left to pgproof."""
    one_copy: bool | None = False
    """Whether to measure before and after in one database, one after the other; None: where the disk has no room for
    the copies that measuring them in turn takes."""
    in_place: bool = False
    """Whether that one is the filled database itself, for which a run decides where a copy of it does not fit."""
    drop_caches: bool = False
    """Whether they may empty the cache of the whole machine, where the files of the database cannot be reached."""


@dataclass(slots=True)
class Work:
    """What the parts share; ``seen`` grows."""

    setup: Setup
    chosen: RunOptions
    bindings: Bindings
    sides: Sides
    keep: Keep
    seen: Run
    unaged: str = ""
    """A copy of the database after as it was made, for the four sides of the optimizations, where that one is aged."""

    @property
    def queries(self) -> tuple[Query, ...]:
        """Those that take part."""
        return self.seen.queries

    @property
    def reads(self) -> list[Cell]:
        """Their cells that write nothing."""
        return cells_of([query for query in self.queries if not query.writes], self.bindings)

    @property
    def writes(self) -> list[Cell]:
        """The others."""
        return cells_of([query for query in self.queries if query.writes], self.bindings)

    @property
    def skipped(self) -> tuple[Pair, ...]:
        """Queries that cannot be asked anything."""
        return tuple(
            Pair(query.name, "all", skipped="the dataset has no value for any parameter class of this query")
            for query in self.queries
            if not self.bindings[query.name]
        )

    def told(self, **more: object) -> None:
        """Add to what was seen, and hand it on."""
        self.seen = replace(self.seen, phases_s=dict(self.setup.watch.seconds), **more)  # type: ignore[arg-type]
        self.keep(self.seen)


def exercise_in(work: Work, sides: Sides, cells: Sequence[Cell]) -> None:
    """Find out which clauses of these statements their classes exercise, after all that is timed on ``sides``."""
    if not work.chosen.coverage or not cells:
        return
    left_s = max(0.0, COVERAGE_S - work.setup.watch.seconds.get("coverage", 0.0))
    with work.setup.watch("coverage"):
        kept = None if work.chosen.options.aged else work.setup.kept_clauses()  # of the rows as they were made
        found = exercise(
            sides, "after", cells, work.setup.progress, budget_s=left_s, kept=kept,
            connections=work.setup.options.workers,
        )  # fmt: skip
    work.told(coverage=joined(work.seen.coverage, found))


def with_upkeep(
    setup: Setup, connection: Connection, applied: Sequence[Applied], copy: Connection | None = None
) -> tuple[tuple[Applied, ...], list[str]]:
    """What was applied with what keeping it up takes, and what of that a cluster refuses, a line each."""
    refused: list[str] = []
    blocks = {block.name: block for block in setup.workload.optimizations if block.upkeep or block.staleness}
    found = []
    for number, one in enumerate(applied):
        setup.progress("measuring upkeep", number, len(applied))
        if block := blocks.get(one.name):
            try:
                upkeep, staleness = optimizations.measure_upkeep(connection, block, setup.workload.clock, copy)
                one = replace(one, upkeep=upkeep, staleness=staleness)
            except WorkloadError as error:
                if not setup.spread:
                    raise
                refused.append(f"The cluster refuses to keep {block.name} up: {error.message}.")
        found.append(one)
    setup.progress("measuring upkeep", len(applied), len(applied))
    return tuple(found), refused
