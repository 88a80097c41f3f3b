"""Queries on a schema as it is: look at each once, then time them, reads before writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bench.errors import DatasetError, WorkloadError
from bench.experiments.now.record import NowRun
from bench.experiments.setup import Setup, SetupOptions, complete, prepared
from bench.measurement import Bindings, Cell, Sides, cells_of, see_all, time_pairs
from bench.model import Binding, Options, Pair, Query
from bench.model.assumed import Assumed
from bench.postgres.index_facts import foreign_keys, index_facts
from bench.postgres.servers import ServerHandle
from bench.statistics.looks import LOOKS

LEAST = LOOKS[1].n
"""Executions of a cell whose verdict is open, however little time there is: the least that can meet a target."""

TURN_MS = 0.4
"""What an execution costs the client beside the statement: shuffling, sending, keeping the sample."""

READS_SHARE = 0.75
"""Of the time to measure in, what reads may take where something writes, too."""

Keep = Callable[[NowRun], None]
"""Called with everything seen so far, after every cell and round."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an inferred workload comes from; all empty of one that was written by hand."""

    source: str = ""
    assumed: tuple[Assumed, ...] = ()
    plan_text: str = ""
    notes: tuple[str, ...] = ()
    inferred_queries: bool = False


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


def run(basis: SetupOptions, options: Options, origin: Origin, server: ServerHandle, keep: Keep) -> NowRun:
    """Measure every query of the workload on a copy of its filled database; ``keep`` gets every intermediate state.

    A query whose statement fails is told as such, and the others go on.
    """
    with prepared(basis, server) as setup:
        seen = NowRun(
            **setup.facts(), options=options, queries=basis.queries, left_out=basis.left_out,
            class_reasons=setup.workload.class_reasons, notes=(*origin.notes, *setup.dataset.schema_notes),
            assumed=origin.assumed, plan_text=origin.plan_text, source=origin.source,
            inferred_queries=origin.inferred_queries,
        )  # fmt: skip
        database = setup.copy(setup.template, "now")
        work = _Work(setup, Sides(setup.target, {"before": database}, options.timeout_s), keep, seen)
        with setup.watch("parameters"):
            bindings = _bindings(work)
        with setup.watch("catalog"), setup.target.connect(database) as connection:
            work.told(indexes=index_facts(connection, {}), foreign_keys=foreign_keys(connection))
        work.seen = replace(work.seen, pairs=tuple(_skipped(work, query) for query in basis.queries if query.name in
                                                   work.failed or not bindings[query.name]))  # fmt: skip
        reads, writes = (
            cells_of([q for q in basis.queries if q.writes is writing and q.name in bindings], bindings)
            for writing in (False, True)
        )
        _measure(work, reads, options.budget_s * (READS_SHARE if writes else 1.0))
        _measure(work, writes, options.budget_s - setup.watch.seconds.get("measure", 0.0))
    work.seen = complete(work.seen)
    work.told()
    return work.seen


def _bindings(work: _Work) -> Bindings:
    """The bindings of every query; the reason where those of one cannot be chosen."""
    found: dict[str, Mapping[str, tuple[Binding, ...]]] = {}
    queries = work.setup.options.queries
    try:
        return work.setup.bindings(queries)
    except (WorkloadError, DatasetError):
        for query in queries:
            try:
                found |= work.setup.bindings([query])
            except (WorkloadError, DatasetError) as error:
                work.failed[query.name] = error.message
    return found


def _skipped(work: _Work, query: Query) -> Pair:
    if query.name in work.failed:
        return Pair(query.name, "all", skipped=f"no parameters could be chosen: {work.failed[query.name]}")
    return Pair(query.name, "all", skipped="the dataset has no value for any parameter class of this query")


def _measure(work: _Work, cells: Sequence[Cell], budget_s: float) -> None:
    if not cells:
        return
    done, setup, options = work.seen.pairs, work.setup, work.seen.options

    def store(current: Sequence[Pair]) -> None:
        work.told(pairs=(*done, *current))

    with setup.watch("plans"):
        pairs = see_all(work.sides, cells, setup.progress, store)
    broken = [pair for pair in pairs if pair.before.error or pair.skipped]
    both = zip(cells, pairs, strict=True)
    going = [(cell, pair) for cell, pair in both if not (pair.before.error or pair.skipped)]
    done = (*done, *broken)
    with setup.watch("measure"):
        rounds = rounds_within(budget_s, [pair for _, pair in going], options)
        timed = time_pairs(
            work.sides, [cell for cell, _ in going], [pair for _, pair in going],
            replace(options, rounds=rounds, budget_s=budget_s), setup.progress, store,
        )  # fmt: skip
    work.told(pairs=(*done, *timed))


def rounds_within(budget_s: float, pairs: Sequence[Pair], options: Options) -> int:
    """How many executions each cell gets while its verdict is open, so that all of them fit into ``budget_s``.

    A cell that is over the target at its first execution is decided after a few, and counts as those.
    """
    if not options.target_ms or not pairs:
        return options.rounds
    short = [ms for pair in pairs if (ms := _ms(pair)) <= options.target_ms]
    long_s = (
        sum(min(_ms(pair), options.timeout_s * 1e3) * LEAST for pair in pairs if _ms(pair) > options.target_ms) / 1e3
    )
    each_s = sum(ms + TURN_MS for ms in short) / 1e3
    fit = int(max(0.0, budget_s - long_s) / each_s) if each_s else options.rounds
    return max(min(LEAST, options.rounds), min(options.rounds, fit))


def _ms(pair: Pair) -> float:
    """How long one execution takes: by the plan that was seen last, else the first."""
    if pair.before.plan:
        return pair.before.plan.planning_ms + pair.before.plan.execution_ms
    return pair.before.first_ms or (pair.before.samples[0].ms if pair.before.samples else 0.0)
