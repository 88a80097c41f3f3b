"""A workload under load from end to end: fill, optimize, then step by step on fresh copies of both states."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import psycopg

from bench.errors import LoadError
from bench.experiments.load.counting import count, window
from bench.experiments.load.record import InvariantSeen, LoadOptions, LoadRun, LoadStep, MixPart, Purpose
from bench.experiments.load.steps import Demand, drive
from bench.experiments.load.summary import holds, least_rate, next_rate, summarize_step
from bench.experiments.setup import Setup, SetupOptions, complete, prepared
from bench.measurement import Bindings
from bench.measurement.schedule import kept_up
from bench.model import STATES, Query, State
from bench.pgbench.programs import Pgbench, find_pgbench
from bench.pgbench.scripts import QueryMix, mix_queries
from bench.postgres import catalog, extensions, ledger
from bench.postgres.connection import Connection, Target
from bench.postgres.failures import explained, translated
from bench.postgres.servers import SESSION_SETTINGS, TIMED_SETTINGS, ServerHandle
from bench.report.numbers import plural
from bench.workload import Workload

Keep = Callable[[LoadRun], None]
"""Called with everything seen so far, after every step."""

OURS = 3
"""Connections that pgproof itself has open beside the clients of a step, and those of scheduled upkeep."""

CUT = 200
"""Characters of an invariant's rows that are kept."""

NO_WARMING = (
    psycopg.errors.FeatureNotSupported,
    psycopg.errors.UndefinedFile,
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.DuplicateObject,
)
"""Where the extension is not installed, not ours to create, or the workload's own."""


@dataclass(frozen=True, slots=True)
class _Stage:
    """What every step needs."""

    setup: Setup
    options: LoadOptions
    queries: Sequence[Query]
    pgbench: Pgbench
    sources: Mapping[State, str]
    mixes: Mapping[State, QueryMix]


def states_of(workload: Workload) -> tuple[State, ...]:
    """The states to load: without optimizations there is no after."""
    return STATES if workload.optimizations else STATES[:1]


def run(chosen: SetupOptions, options: LoadOptions, server: ServerHandle, keep: Keep) -> LoadRun:
    """Load both states on ``server`` and return what was seen; ``keep`` gets every intermediate state of it.

    Raises:
        LoadError: no pgbench fits, the server takes fewer connections, or a client met an error.
        ServerError: the server went away; what was seen by then is what ``keep`` got.
    """
    pgbench = find_pgbench(server)
    scheduled = sum(len(block.scheduled) for block in chosen.workload.optimizations)
    _insist_on_connections(server, max(options.clients), OURS + scheduled)
    with prepared(chosen, server) as setup:
        workload = setup.workload
        queries = tuple(query for query in workload.queries if query.weight)
        bindings = setup.bindings(queries)
        seen = LoadRun(**setup.facts(), options=options, mix=_mix(queries, bindings), notes=_notes(workload, bindings))
        keep(seen)
        sources, left_out = _sources(setup)
        if left_out:
            workload = workload.without(left_out)
            setup = replace(setup, options=replace(setup.options, workload=workload))
        asked = tuple(query for query in workload.queries if query.weight)
        mixes = {state: mix_queries(asked, bindings, state) for state in sources}
        for step in _steps(_Stage(setup, options, queries, pgbench, sources, mixes)):
            seen = replace(seen, steps=(*seen.steps, step))
            keep(seen)
            if step.errors:
                raise LoadError(f"a client of the load met an error: {step.errors[0]}")
    seen = complete(seen)
    keep(seen)
    return seen


def _sources(setup: Setup) -> tuple[dict[State, str], set[str]]:
    """The database of each state, and the optimizations that a cluster has no feature for."""
    sources: dict[State, str] = {"before": setup.template}
    if len(states_of(setup.workload)) == 1:
        return sources, set()
    sources["after"] = setup.name("after")
    applied, _ = setup.after(sources["after"])
    return sources, {block.name for block in setup.workload.optimizations} - {one.name for one in applied}


def _insist_on_connections(server: ServerHandle, clients: int, ours: int) -> None:
    asked = (
        "SELECT current_setting('max_connections')::integer"
        " - current_setting('superuser_reserved_connections')::integer"
        " - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::integer"
    )
    with Target(server.dsn, SESSION_SETTINGS).connect() as connection:
        free = int(connection.execute(asked).fetchall()[0][0]) - ours
    if clients > free:
        hint = f"ask for {max(free, 1)} at the most, or raise max_connections of a server of your own"
        raise LoadError(f"{clients} clients are more than the {max(free, 0)} connections that are free", hint=hint)


def _mix(queries: Sequence[Query], bindings: Bindings) -> tuple[MixPart, ...]:
    sizes = {query.name: sum(len(values) for values in bindings[query.name].values()) for query in queries}
    return tuple(MixPart(q.name, q.title, q.weight, sizes[q.name], q.writes) for q in queries if sizes[q.name])


def _notes(workload: Workload, bindings: Bindings) -> tuple[str, ...]:
    notes = [f"{name} takes no part: the dataset has no value for any of its classes."
             for name, classes in bindings.items() if not classes]  # fmt: skip
    if left_out := [query.name for query in workload.queries if not query.weight]:
        notes.append(f"{', '.join(left_out)}: of weight 0, so not in the mix.")
    for block in workload.optimizations:
        notes += [f"In the state after, upkeep of {block.name} ran every {one.every_s:g} s." for one in block.scheduled]
    return tuple(notes)


def _steps(stage: _Stage) -> Iterator[LoadStep]:
    """Every step, before and after in turn: clients that ask when they are free, then rates, then the search."""
    options, states = stage.options, tuple(stage.sources)
    most = max(options.clients)
    capacity: dict[State, float] = {}
    tried: dict[State, dict[float, bool]] = {state: {} for state in states}
    number = 0
    demands: list[tuple[int, float | None, Purpose]] = [(clients, None, "closed") for clients in options.clients]
    demands += [(most, rate, "rate") for rate in options.rates_tps]
    for turn, (clients, rate, purpose) in enumerate(demands):
        for state in states if turn % 2 == 0 else states[::-1]:  # in turn, so that a machine that drifts favours none
            number += 1
            step = _step(stage, number, state, clients, rate, purpose)
            if clients == most and rate is None:
                capacity[state] = summarize_step(step, options.late_ms).tps
            if rate is not None and (held := _held(step, options)) is not None:
                tried[state][rate] = held
            yield step
    if not options.find_rate:
        return
    open_ = list(states)
    while open_:
        for state in list(open_):
            rate = next_rate(tried[state], capacity[state], least_rate(options.seconds))
            if rate is None:
                open_.remove(state)
                continue
            number += 1
            step = _step(stage, number, state, most, rate, "search")
            yield step
            if (held := _held(step, options)) is None:
                open_.remove(state)
            else:
                tried[state][rate] = held


def _held(step: LoadStep, options: LoadOptions) -> bool | None:
    return holds(summarize_step(step, options.late_ms), options.target_ms)


def _step(stage: _Stage, number: int, state: State, clients: int, rate: float | None, purpose: Purpose) -> LoadStep:
    """One step on a copy of its own, which nothing else has written to."""
    options, setup, queries = stage.options, stage.setup, stage.queries
    label = f"{state}, {plural(clients, 'client')}" + (f", {rate:,.1f}/s" if rate else "")
    demand = Demand(clients, options.seconds + options.warm_up_s, rate, options.late_ms)
    with setup.passing_copy(stage.sources[state], f"load_{number}") as name:
        with setup.target.connect(name) as watcher, explained(label):
            warm_up(watcher)
            held = _invariants(watcher, queries)

            def tick(seconds: float) -> None:
                setup.progress(label, min(seconds, demand.seconds), demand.seconds + 1)

            blocks = setup.workload.optimizations if state == "after" else ()
            with kept_up(lambda: setup.target.connect(name), blocks, setup.workload.clock):
                driven = drive(
                    stage.pgbench, watcher, setup.server.dsn, TIMED_SETTINGS, stage.mixes[state], demand, tick
                )
            setup.progress(label, demand.seconds + 1, demand.seconds + 1)
            watcher.execute("SELECT 1")  # a server that is gone is not a client's error
            found = _invariants(watcher, queries)
        entries = window(driven.entries, options.warm_up_s, options.seconds)
        loads, skipped = count(entries, [script.query for script in stage.mixes[state].scripts])
        return LoadStep(
            state=state, purpose=purpose, clients=clients, rate_tps=rate, seconds=float(options.seconds),
            queries=loads, skipped=skipped, doing=dict(driven.doing), samples=driven.samples,
            invariants=_compared(held, found), errors=driven.errors,
        )  # fmt: skip


def warm_up(connection: Connection) -> int | None:
    """Read the database of ``connection`` into the server's memory; None where the server has nothing for that.

    The blocks of a new copy are nowhere, and a short step would measure how they come.
    """
    try:
        with connection.transaction():
            extensions.create(connection, "pg_prewarm", ledger.SCHEMA)
            blocks = int(catalog.rows(connection, "warm_up_relations")[0]["blocks"])
            connection.execute("DROP EXTENSION pg_prewarm")
    except NO_WARMING:
        return None
    return blocks


# --------------------------------------------------------------------------------------------------- invariants
Rows = dict[tuple[str, str], list[str]]
"""Query and name of an invariant to its rows as text, in order."""


def _invariants(connection: Connection, queries: Sequence[Query]) -> Rows:
    found: Rows = {}
    for query in queries:
        for name, text in query.invariants.items():
            try:
                with connection.transaction():
                    connection.execute("SET TRANSACTION READ ONLY")
                    rows = connection.execute(text.encode()).fetchall()
            except psycopg.Error as error:
                raise translated(error, f"{query.file}:1 (invariant {name})") from error
            found[query.name, name] = sorted(_text(row) for row in rows)
    return found


def _text(row: Sequence[object]) -> str:
    return f"({', '.join('NULL' if value is None else str(value) for value in row)})"


def _compared(before: Rows, after: Rows) -> tuple[InvariantSeen, ...]:
    return tuple(
        InvariantSeen(
            query,
            name,
            held=rows == after[query, name],
            detail="" if rows == after[query, name] else f"before {_some(rows)}; after {_some(after[query, name])}",
        )
        for (query, name), rows in before.items()
    )


def _some(rows: Sequence[str]) -> str:
    if not rows:
        return "no row"
    text = ", ".join(rows[:3])[:CUT]
    return text if len(rows) <= 3 else f"{text} and {len(rows) - 3:,} more rows"
