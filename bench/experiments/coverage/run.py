"""Change each clause of each query, in one database, and see which class answers otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bench.experiments.coverage.record import CoverageRun
from bench.experiments.setup import Setup, SetupOptions, complete, prepared
from bench.measurement import Sides, cells_of
from bench.measurement.clause_coverage import exercise
from bench.model import ClauseCoverage, State
from bench.postgres.servers import ServerHandle

Keep = Callable[[CoverageRun], None]
"""Called with everything seen so far, after the statements that read and after those that write."""


def run(chosen: SetupOptions, timeout_s: float, server: ServerHandle, keep: Keep) -> CoverageRun:
    """Execute the variants of all queries and return what was seen."""
    with prepared(chosen, server) as setup:
        state: State = "after" if setup.workload.optimizations else "before"
        titles = {query.name: query.title for query in chosen.queries}
        seen = CoverageRun(**setup.facts(), state=state, titles=titles)
        database = setup.optimized("coverage") if state == "after" else setup.copy(setup.template, "coverage")
        sides = Sides(setup.target, {state: database}, timeout_s)
        keep(seen := replace(seen, reads=_part(setup, sides, state, writes=False)))
        seen = replace(seen, writes=_part(setup, sides, state, writes=True))
    keep(seen := complete(seen))
    return seen


def _part(setup: Setup, sides: Sides, state: State, *, writes: bool) -> ClauseCoverage | None:
    """Those that write come last: what is rolled back leaves dead rows."""
    queries = [query for query in setup.options.queries if query.writes == writes]
    if not queries:
        return None
    cells, kept = cells_of(queries, setup.bindings(queries)), setup.kept_clauses()
    connections = setup.options.workers
    return exercise(sides, state, cells, setup.progress, sides.timeout_s, kept=kept, connections=connections)
