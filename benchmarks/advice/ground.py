"""A filled workload on a server: changes built on a copy of it, and its statements executed there."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.errors import PgproofError
from bench.experiments.setup import Setup, SetupOptions, prepared
from bench.measurement import Bindings, Cell, Sides, cells_of
from bench.measurement.execution import Timeout, execute, explain, undone
from bench.measurement.write_statements import statements_of
from bench.measurement.write_trials import clean_up, run_trial
from bench.model import Applied, Optimization, State, Statement
from bench.plans import index_names
from bench.postgres.connection import Connection
from bench.postgres.optimizations import apply_all
from bench.postgres.servers import ServerHandle, ServerOptions, open_server
from bench.workload import read
from benchmarks.advice.judge import Seen

EXECUTIONS = 5
"""Of each cell, after one that is not counted."""

LONG_MS = 200.0
"""A statement that takes longer is executed twice only."""

TIMEOUT_S = 30.0

SETTLED_S = 0.002
"""After an answer, until the process that gave it has left the processor and is accounted for."""

READ_ROWS = "SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint FROM pg_stat_xact_user_tables"
"""Rows that the transaction has read so far, by whatever means."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the parts of the comparison share."""

    setup: Setup
    bindings: Bindings

    @property
    def cells(self) -> list[Cell]:
        """All cells, reads first."""
        return cells_of(self.setup.options.queries, self.bindings)

    @contextmanager
    def with_changes(self, changes: Sequence[str | Optimization]) -> Iterator[tuple[str, tuple[Applied, ...]]]:
        """A copy in which ``changes`` were carried out, one after the other: its name, and what each took."""
        with self.setup.passing_copy(self.setup.template, "advice") as database:
            with self.setup.target.connect(database) as connection:
                applied = apply_all(connection, blocks(changes), self.setup.progress)
            yield database, applied

    def look(self, database: str, queries: Sequence[str] = (), state: State = "before") -> dict[str, Seen]:
        """Execute the cells (those of ``queries`` where any are named) in ``database``; ``after``: their rewrites."""
        sides = Sides(self.setup.target, {state: database}, TIMEOUT_S)
        chosen = [cell for cell in self.cells if not queries or cell.query.name in queries]
        found: dict[str, Seen] = {}
        for writes in (False, True):
            with sides.connect(state, writes=writes) as connection:
                found |= {cell.label: look(connection, cell, state) for cell in chosen if cell.query.writes is writes}
        return found

    def price(self, database: str) -> dict[str, float]:
        """WAL bytes a row of each write statement, page images left out as far as a warm page does."""
        found = {}
        with self.setup.target.connect(database) as connection:
            for statement in statements_of(connection, self.setup.workload, ())[0]:
                for _ in range(2):  # the first execution after a checkpoint writes whole pages
                    trial = run_trial(connection, statement)
                    clean_up(connection, trial.tables)
                found[statement.write.name] = trial.wal_bytes / max(1, trial.rows)
        return found


def look(connection: Connection, cell: Cell, state: State) -> Seen:
    """The binding of ``cell`` that works most."""
    try:
        seen = [_executed(connection, cell, state, number) for number in range(len(cell.bindings))]
        return max(seen, key=lambda one: one.work)
    except Timeout as timeout:
        return Seen(0, timeout.ms, "", error=f"longer than {TIMEOUT_S:g} s")
    except PgproofError as error:
        return Seen(0, 0.0, "", error=error.message)


def _executed(connection: Connection, cell: Cell, state: State, binding: int) -> Seen:
    warm_ms = execute(connection, cell, state, binding)[0]
    times = EXECUTIONS if warm_ms < LONG_MS else 2
    begin = processor_ms(connection)
    for _ in range(times):
        execute(connection, cell, state, binding)
    ms = (processor_ms(connection) - begin) / times
    plan = explain(connection, cell, state, binding)
    work = _rows_read(connection, cell, state, binding) if cell.query.writes else plan.counters.buffers
    return Seen(work, round(ms, 3), plan.fingerprint, index_names(plan.plan))


def processor_ms(connection: Connection) -> float:
    """How long the server's process was on a processor so far: the same whatever else the machine does.

    Linux, and a server on this machine. Everything is cached and nothing runs in parallel, so it is the time that a
    statement takes where nothing else is at work.
    """
    time.sleep(SETTLED_S)
    return int(Path(f"/proc/{connection.info.backend_pid}/schedstat").read_text().split()[0]) / 1e6


def _rows_read(connection: Connection, cell: Cell, state: State, binding: int) -> int:
    text, values = cell.statement(state, binding)
    with undone(connection, writes=True):
        before = connection.execute(READ_ROWS).fetchall()[0][0]
        psycopg.RawCursor(connection).execute(text, values)
        return int(connection.execute(READ_ROWS).fetchall()[0][0] - before)


def blocks(changes: Sequence[str | Optimization]) -> list[Optimization]:
    """Statements as optimizations, each a block of its own; blocks as they are."""
    return [
        one if isinstance(one, Optimization) else _block(one.rstrip("; \n"), number)
        for number, one in enumerate(changes, 1)
    ]


def _block(ddl: str, number: int) -> Optimization:
    return Optimization(f"change_{number}", "index", "", (), (Statement(ddl, 1),), (), "advice", number)


@contextmanager
def grounds(folder: Path, server: ServerHandle, *, rows: str = "") -> Iterator[Ground]:
    """``folder``'s workload on ``server``, filled."""
    workload = read(folder)
    scale = workload.scale.parse(rows or workload.scale.default)
    options = SetupOptions(workload, scale, seed=1, skew="default", workers=2, cache_limit_bytes=20 << 30)
    with prepared(options, server) as setup:
        yield Ground(setup, setup.bindings(options.queries))


@contextmanager
def server_of(home: Path, pg_bin: Path | None) -> Iterator[ServerHandle]:
    """The server that everything is measured on: PostgreSQL as installed in ``pg_bin``, else the one of the wheel."""
    kind = "local" if pg_bin else "embedded"
    with open_server(kind, ServerOptions(home=home, pg_bin=pg_bin)) as server:
        yield server
