"""Queries on a schema as it is: look at each once, then time them, reads before writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bench.experiments.now.record import NowRun
from bench.experiments.origin import Origin
from bench.experiments.setup import Setup, SetupOptions, complete, prepared
from bench.measurement import Sides, cells_of, measure_within
from bench.model import Options, Pair, Query
from bench.postgres import databases
from bench.postgres.index_facts import foreign_keys, index_facts
from bench.postgres.servers import ServerHandle

Keep = Callable[[NowRun], None]
"""Called with everything seen so far, after every cell and round."""


@dataclass(slots=True)
class _Work:
    """What the parts share; ``seen`` grows."""

    setup: Setup
    sides: Sides
    keep: Keep
    seen: NowRun
    failed: dict[str, str] = field(default_factory=dict)
    """Queries for which no parameters could be chosen, and why."""

    def told(self, **more: object) -> None:
        """Add to what was seen, and hand it on."""
        self.seen = replace(self.seen, phases_s=dict(self.setup.watch.seconds), **more)  # type: ignore[arg-type]
        self.keep(self.seen)


def run(
    basis: SetupOptions, options: Options, origin: Origin, server: ServerHandle, keep: Keep, *,
    keep_database: bool = False,
) -> NowRun:  # fmt: skip
    """Measure every query of the workload on a copy of its filled database; ``keep`` gets every intermediate state.

    A query whose statement fails is told as such, and the others go on. With ``keep_database`` a copy stays behind, in
    which nothing was executed.
    """
    with prepared(basis, server) as setup:
        queries = setup.options.queries
        seen = NowRun(
            **setup.facts(), options=options, queries=queries, left_out=basis.left_out,
            class_reasons=setup.workload.class_reasons, notes=(*origin.notes, *setup.dataset.schema_notes),
            assumed=origin.assumed, plan_text=origin.plan_text, source=origin.source,
            inferred_queries=origin.inferred_queries,
        )  # fmt: skip
        database = setup.copy(setup.template, "now")
        work = _Work(setup, Sides(setup.target, {"before": database}, options.timeout_s), keep, seen)
        with setup.watch("parameters"):
            bindings, work.failed = setup.bindings_told(queries)
        with setup.watch("catalog"), setup.target.connect(database) as connection:
            work.told(indexes=index_facts(connection, {}), foreign_keys=foreign_keys(connection))
        skipped = tuple(
            _skipped(work, query) for query in queries if query.name in work.failed or not bindings[query.name]
        )
        work.seen = replace(work.seen, pairs=skipped)
        cells = cells_of([query for query in queries if query.name in bindings], bindings)
        measure_within(
            work.sides, cells, options, setup.watch, "plans", setup.progress,
            lambda pairs: work.told(pairs=(*skipped, *pairs)),
        )  # fmt: skip
        if keep_database:
            setup.clone(f"{databases.PREFIX}{seen.id}_before", "before", kept=True)
    work.seen = complete(work.seen)
    work.told()
    return work.seen


def _skipped(work: _Work, query: Query) -> Pair:
    if query.name in work.failed:
        return Pair(query.name, "all", skipped=f"no parameters could be chosen: {work.failed[query.name]}")
    return Pair(query.name, "all", skipped="the dataset has no value for any parameter class of this query")
