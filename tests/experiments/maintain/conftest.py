"""A small database with an index of each kind that maintenance is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from bench.experiments.maintain import procedures, storage
from bench.experiments.maintain.record import IndexStored, ProcedureSeen
from bench.measurement.churn import Churned, churn
from bench.plans.parse import counters
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import ServerHandle
from bench.progress import silent
from bench.workload import Workload
from tests.builders.treated import FILL, block, treated, workload_in

INDEXES = block("a_idx", "CREATE INDEX a_idx ON t (a);") + block(
    "doc_gin", "CREATE INDEX doc_gin ON t USING gin (doc);"
)
ONLY_INDEX = "SELECT count(*) FROM t WHERE a < 2000"


class Small:
    """The database, aged and maintained step by step."""

    def __init__(self, connection: Connection, watcher: Connection, workload: Workload) -> None:
        self.connection, self.watcher, self.workload = connection, watcher, workload
        self.probes = storage.install(connection)
        self.churned: Churned | None = None

    def age(self, share: float = 0.2) -> Churned:
        """Write to it."""
        self.churned = churn(self.connection, self.workload, share, silent)
        return self.churned

    def maintain(self, name: str) -> ProcedureSeen:
        """Carry out one procedure."""
        assert self.churned
        written = [table.name for table in self.churned.phase.tables]
        ground = procedures.look(self.connection, self.churned.writes, written)
        chosen = next(one for one in procedures.known(self.workload) if one.name == name)
        return procedures.carry_out(self.connection, self.watcher, chosen, ground)

    def heap_fetches(self) -> int:
        """Of an index-only scan."""
        found = self.connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {ONLY_INDEX}").fetchall()[0][0]
        return counters(found[0]["Plan"]).heap_fetches

    def index(self, name: str) -> IndexStored:
        """One index on disk."""
        return next(one for one in storage.indexes(self.connection, self.probes) if one.name == f"public.{name}")


Open = Callable[..., AbstractContextManager[Small]]


@pytest.fixture
def small(server: ServerHandle, admin: Connection, target: Target, tmp_path: Path) -> Open:
    """Open the database, with these blocks of optimizations and these statements in writes/ or churn.sql."""

    @contextmanager
    def opened(blocks: str = INDEXES, *, churn_sql: str = "", writes: dict[str, str] | None = None) -> Iterator[Small]:
        if churn_sql:
            (tmp_path / "churn.sql").write_text(churn_sql)
        workload = workload_in(tmp_path, blocks, writes)
        with (
            server.bulk(),  # nothing here is about waiting for the disk
            treated(admin, target, "pgproof_aged_test", workload, FILL) as (connection, _),
            target.connect("pgproof_aged_test") as watcher,
        ):
            with target.connect_as_ourselves("pgproof_aged_test") as ours:
                ours.execute("SELECT pg_stat_reset()")  # rows that came before VACUUM may be counted after it
            yield Small(connection, watcher, workload)

    return opened
