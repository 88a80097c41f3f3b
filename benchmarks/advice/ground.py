"""A filled workload on a server: changes built on a copy of it, and its statements executed there."""

from __future__ import annotations

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
from bench.model import Applied, Optimization, PlanSeen, Statement
from bench.plans import index_names
from bench.postgres.connection import Connection
from bench.postgres.optimizations import apply_all
from bench.postgres.servers import ServerHandle, ServerOptions, open_server
from bench.workload import read
from benchmarks.advice.judge import Seen

EXECUTIONS = 5
"""Of each cell; the least time counts, which other work on the machine lengthens least."""

LONG_MS = 200.0
"""A statement that takes longer is executed twice only."""

TIMEOUT_S = 30.0

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
    def with_changes(self, ddl: Sequence[str]) -> Iterator[tuple[str, tuple[Applied, ...]]]:
        """A copy in which ``ddl`` was carried out, one statement after the other: its name, and what each took."""
        with self.setup.passing_copy(self.setup.template, "advice") as database:
            with self.setup.target.connect(database) as connection:
                applied = apply_all(connection, blocks(ddl), self.setup.progress)
            yield database, applied

    def look(self, database: str, queries: Sequence[str] = ()) -> dict[str, Seen]:
        """Execute the cells (those of ``queries`` where any are named) in ``database``."""
        sides = Sides(self.setup.target, {"before": database}, TIMEOUT_S)
        chosen = [cell for cell in self.cells if not queries or cell.query.name in queries]
        found: dict[str, Seen] = {}
        for writes in (False, True):
            with sides.connect("before", writes=writes) as connection:
                found |= {cell.label: look(connection, cell) for cell in chosen if cell.query.writes is writes}
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


def look(connection: Connection, cell: Cell) -> Seen:
    """The binding of ``cell`` that works most."""
    try:
        return max((_executed(connection, cell, number) for number in range(len(cell.bindings))), key=lambda s: s.work)
    except Timeout as timeout:
        return Seen(0, timeout.ms, "", error=f"longer than {TIMEOUT_S:g} s")
    except PgproofError as error:
        return Seen(0, 0.0, "", error=error.message)


def _executed(connection: Connection, cell: Cell, binding: int) -> Seen:
    times = [execute(connection, cell, "before", binding)[0]]
    while len(times) < (EXECUTIONS if min(times) < LONG_MS else 2):
        times.append(execute(connection, cell, "before", binding)[0])
    plan = explain(connection, cell, "before", binding)
    work = _rows_read(connection, cell, binding) if cell.query.writes else plan.counters.buffers
    return _seen(plan, work, min(times))


def _rows_read(connection: Connection, cell: Cell, binding: int) -> int:
    text, values = cell.statement("before", binding)
    with undone(connection, writes=True):
        before = connection.execute(READ_ROWS).fetchall()[0][0]
        psycopg.RawCursor(connection).execute(text, values)
        return int(connection.execute(READ_ROWS).fetchall()[0][0] - before)


def _seen(plan: PlanSeen, work: int, ms: float) -> Seen:
    return Seen(work, ms, plan.fingerprint, index_names(plan.plan))


def blocks(ddl: Sequence[str]) -> list[Optimization]:
    """The statements as optimizations, each a block of its own."""
    return [
        Optimization(f"change_{number}", "index", "", (), (Statement(one.rstrip("; \n"), 1),), (), "advice", number)
        for number, one in enumerate(ddl, 1)
    ]


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
