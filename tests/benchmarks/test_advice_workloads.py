"""The three workloads load, their rows can be planned, and every statement of theirs is one."""

from __future__ import annotations

import psycopg
import pytest

from bench.dataset.plans import planned
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.postgres.index_facts import index_facts
from bench.postgres.schema_loader import load_schema
from bench.workload import Workload, read
from bench.workload.sqlfile import numbered
from benchmarks.advice.planted import WORKLOADS, read_planted

NAMES = ("shop", "social", "wholesale")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_planted_can_be_made_and_every_statement_prepared(name: str, target: Target, admin: Connection) -> None:
    workload, (planted, traps) = read(WORKLOADS / name), read_planted(WORKLOADS / name)
    database = f"pgproof_advice_{name}"
    databases.create(admin, database, "scratch")
    load_schema(target, database, workload.schema)
    planned(target, database, workload.root, 2000, 1, workload.clock)
    with target.connect(database) as connection:
        for statement in statements(workload):
            connection.execute(f"PREPARE one AS {statement}")
            connection.execute("DEALLOCATE one")
        before = {index.name for index in index_facts(connection, {})}
        for one in planted:
            connection.execute(one.ddl.encode())
        made = [index for index in index_facts(connection, {}) if index.name not in before]
    assert len(planted) == 10
    assert {one.query for one in planted} <= {query.name for query in workload.queries}
    assert not [trap.name for trap in traps for index in made if trap.catches(index)]


def statements(workload: Workload) -> list[str]:
    """All of them, those that choose parameters included."""
    found = []
    for query in (*workload.queries, *workload.writes):
        types = {one.name: one.type for one in query.parameters}
        found += [numbered(query.sql, types)[0], *query.extra_classes.values()]
    return found


def test_a_statement_that_is_none_is_noticed(target: Target, admin: Connection) -> None:
    databases.create(admin, "pgproof_advice_none", "scratch")
    with target.connect("pgproof_advice_none") as connection, pytest.raises(psycopg.Error):
        connection.execute("PREPARE one AS SELECT nothing FROM nowhere")
