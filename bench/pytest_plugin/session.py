"""Server, dataset and databases of one pytest run: each made when first needed, all ended with the run."""

from __future__ import annotations

import os
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from bench.dataset.template import template_name
from bench.errors import PgproofError, WorkloadError
from bench.experiments.setup import Setup, SetupOptions, prepared, with_queries
from bench.measurement import Answers, Bindings, Cell, Sides, Timeout, execute, look, result_rows
from bench.model import STATES, CellSide, Sample, State
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.postgres.extensions import named
from bench.postgres.servers import SESSION_SETTINGS, ServerOptions, open_server
from bench.postgres.servers.choice import choose
from bench.pytest_plugin.seen import CellSeen
from bench.pytest_plugin.settings import Settings
from bench.workload import Workload, read

CACHE_LIMIT_BYTES = 20 * 1024**3
"""Filled databases to keep for later runs: what ``pgproof run`` keeps unless told otherwise."""

LONG_S = 1.0
"""Phases from here on are worth a line: a user who waits a second wonders why."""

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Filled:
    """The filled database on a server that answers, and what its queries are asked with."""

    setup: Setup
    bindings: Bindings


class Session:
    """What the items and fixtures of one pytest run share. ``say`` is told, a line at a time, what takes long.

    An expected failure is remembered, so that the next item that needs the same is told at once.
    """

    def __init__(self, settings: Settings, say: Callable[[str], None], *, quiet: bool) -> None:
        self.settings = settings
        self.workload: Workload = read(settings.workload)
        self.scale = self._parsed(settings.scale)
        self._say, self._quiet = say, quiet
        self._stack = ExitStack()
        self._made: dict[object, object] = {}
        self._begun: dict[str, float] = {}

    def _parsed(self, scale: str) -> int:
        try:
            return self.workload.scale.parse(scale or self.workload.scale.default)
        except WorkloadError as error:
            reason = error.message.partition(": ")[2]
            raise WorkloadError(f"pgproof_scale = {scale}: {reason}", hint=error.hint) from None

    def close(self) -> None:
        """Drop the databases of this run and end the server, whatever happened."""
        try:
            self._stack.close()
        except PgproofError as error:
            self._say(f"could not tidy up: {error}")

    def _once(self, key: object, make: Callable[[], Made]) -> Made:
        if key not in self._made:
            try:
                self._made[key] = make()
            except PgproofError as error:
                self._made[key] = error
        found = self._made[key]
        if isinstance(found, PgproofError):
            raise found.with_traceback(None)
        return cast(Made, found)

    def _progress(self, phase: str, done: float, total: float, unit: str = "") -> None:
        begin = self._begun.setdefault(phase, time.monotonic())
        if done >= total:
            del self._begun[phase]
            if time.monotonic() - begin >= LONG_S:
                self._say(f"{phase}: {time.monotonic() - begin:.1f} s")

    # ------------------------------------------------------------------------------------------- databases
    @property
    def filled(self) -> Filled:
        """The server and the filled template; started and filled here where they are not yet."""
        return self._once("filled", self._open)

    def _open(self) -> Filled:
        asked = ServerOptions(dsn=self.settings.dsn, home=self.settings.home, progress=self._say)
        kind, options, reason = choose(named(self.workload.schema), asked, self.settings.server)
        if reason:
            self._say(reason)
        server = self._stack.enter_context(open_server(kind, options))
        major, minor = divmod(server.version_num, 10000)
        setup_options = SetupOptions(
            self.workload, self.scale, self.settings.seed, "default", os.cpu_count() or 1, CACHE_LIMIT_BYTES,
            progress=self._progress,
        )  # fmt: skip
        with Target(server.dsn, SESSION_SETTINGS).connect() as admin:
            spread = server.capabilities.spreads_tables
            name = template_name(self.workload, setup_options.recipe, major, admin, spread=spread)
            cached = databases.find(admin, name)
        what = f"{self.workload.name}, {self.scale:,} {self.workload.scale.unit}"
        if not (cached and cached.complete):
            self._say(f"{what}: filling the dataset, which later runs start from")
        elif not self._quiet:
            self._say(f"{what}, PostgreSQL {major}.{minor} ({server.kind})")
        self.workload = with_queries(setup_options, server)
        setup = self._stack.enter_context(prepared(replace(setup_options, workload=self.workload), server))
        return Filled(setup, setup.bindings(self.workload.queries))

    def sides(self, *, writes: bool = False) -> Sides:
        """The databases before and after; for statements that write, copies of them: what is rolled back leaves traces.

        Nobody may be connected to the former while the latter are made.
        """
        make = self._clone_for_writes if writes else self._clone
        return Sides(self.filled.setup.target, self._once(f"clones {writes}", make), self.settings.timeout_s)

    def _clone(self) -> dict[State, str]:
        setup = self.filled.setup
        names: dict[State, str] = {state: setup.name(state) for state in STATES}
        with setup.server.bulk():
            setup.clone(names["before"], "before")
            setup.after(names["after"])
        return names

    def _clone_for_writes(self) -> dict[State, str]:
        clean, setup = self.sides().databases, self.filled.setup
        with setup.server.bulk():
            return {state: setup.copy(name, f"{state}_writes") for state, name in clean.items()}

    @contextmanager
    def scratch(self) -> Iterator[Connection]:
        """A connection to a new copy of the after state, dropped afterwards."""
        after = self.sides().databases["after"]
        setup = self.filled.setup
        copied = setup.passing_copy(after, f"scratch_{secrets.token_hex(4)}")
        with copied as name, setup.target.connect(name) as connection:
            yield connection

    # ----------------------------------------------------------------------------------------------- cells
    def cell(self, query: str, parameter_class: str) -> Cell:
        """The query and its bindings of that class.

        Raises:
            PgproofError: there is no such query, or the data has no such class of it.
        """
        queries = {known.name: known for known in self.workload.queries}
        if query not in queries:
            raise PgproofError(f"no query {query!r} in {self.workload.name}", hint=f"there are {', '.join(queries)}")
        classes = self.filled.bindings[query]
        if parameter_class not in classes:
            known = ", ".join(classes) or "none"
            raise PgproofError(f"{query} has no parameter class {parameter_class!r} in this dataset: there are {known}")
        return Cell(queries[query], parameter_class, classes[parameter_class])

    def look(self, cell: Cell, state: State) -> tuple[CellSide, Answers]:
        """First execution, plan, and what it answers; looked at once in a run."""
        sides = self.sides(writes=cell.query.writes)
        return self._once((cell.query.name, cell.parameter_class, state), lambda: look(sides, cell, state))

    def see(self, query: str, parameter_class: str, state: str, rounds: int) -> CellSeen:
        """Look at one cell and time it ``rounds`` times; one that ran into the timeout is not timed again.

        Raises:
            PgproofError: there is no such query, class or state.
        """
        if state not in STATES:
            raise PgproofError(f"no state {state!r}", hint=f"there are {' and '.join(STATES)}")
        known, cell = state, self.cell(query, parameter_class)
        side, answers = self.look(cell, known)
        return CellSeen(
            query=query,
            parameter_class=parameter_class,
            state=known,
            plan=side.plan,
            samples=side.samples or self._time(cell, known, rounds),
            first_ms=side.first_ms,
            hashes=[(one.hash, one.rows) for one in answers],
            complete=not side.samples,
            target_ms=self.workload.target_ms,
            known_indexes=self._once(("indexes", state), lambda: self._indexes(known)),
            more=lambda more: self._time(cell, known, more),
            fetch=lambda: self._fetch(cell, known),
        )

    def _indexes(self, state: State) -> tuple[str, ...]:
        with self.filled.setup.target.connect(self.sides().databases[state]) as connection:
            # as EXPLAIN names them: without their schema
            return tuple(row[0] for row in connection.execute("SELECT indexrelid::regclass::text FROM pg_index"))

    def _time(self, cell: Cell, state: State, rounds: int) -> tuple[Sample, ...]:
        samples: list[Sample] = []
        with self.sides(writes=cell.query.writes).connect(state, writes=cell.query.writes) as connection:
            begin = time.perf_counter()
            try:
                execute(connection, cell, state, 0)  # prepares, and fills the connection's catalog caches
                for number in range(rounds):
                    binding = number % len(cell.bindings)
                    at_s = time.perf_counter() - begin
                    ms, _ = execute(connection, cell, state, binding)
                    samples.append(Sample(ms, at_s, binding))
            except Timeout as timeout:
                samples.append(Sample(timeout.ms, time.perf_counter() - begin, censored=True))
        return tuple(samples)

    def _fetch(self, cell: Cell, state: State) -> Counter[tuple[str, ...]]:
        rows: Counter[tuple[str, ...]] = Counter()
        with self.sides(writes=cell.query.writes).connect(state, writes=cell.query.writes) as connection:
            for binding in range(len(cell.bindings)):
                _, cursor = execute(connection, cell, state, binding)
                rows.update(tuple(value.decode(errors="replace") for value in row) for row in result_rows(cursor))
        return rows
