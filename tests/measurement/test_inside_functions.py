"""The plans of what a function executes: part of the plan of the statement that calls it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.measurement import Cell, execution, inside_functions
from bench.measurement.execution import execute, explain, shape_of
from bench.model import Binding, Query
from bench.plans import index_names
from bench.postgres import databases
from bench.postgres.connection import Connection, Target

FUNCTION = """
CREATE FUNCTION found(low integer) RETURNS SETOF integer LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY SELECT n FROM t WHERE n BETWEEN low AND low + 2;
    RETURN QUERY SELECT n FROM t WHERE n BETWEEN low + 10 AND low + 12;
END
$$
"""


def cell(sql: str, *, writes: bool = False) -> Cell:
    query = Query("q", "T", "Q?", (), (), (), {}, (), writes, "", sql, 5, "queries/q.sql")
    return Cell(query, "hot", (Binding({}),))


@pytest.fixture(scope="module")
def connection(target: Target) -> Iterator[Connection]:
    """A table of 1,000 rows with an index, which only a function uses."""
    with target.connect() as admin:
        databases.create(admin, "pgproof_inside", "scratch")
        with target.connect("pgproof_inside") as opened:
            opened.execute("CREATE TABLE t AS SELECT n FROM generate_series(1, 1000) AS n")
            opened.execute("CREATE INDEX i ON t (n)")
            opened.execute("VACUUM (FREEZE, ANALYZE) t")
            opened.execute(FUNCTION)
            opened.execute("SET default_transaction_read_only = on; SET plan_cache_mode = force_custom_plan")
            yield opened
        databases.drop(admin, "pgproof_inside")


CALLS = cell("SELECT * FROM found(5)")


def test_an_index_that_a_function_uses_is_in_the_plan_with_its_work(connection: Connection) -> None:
    seen = explain(connection, CALLS, "before", 0)
    (scan,) = [seen.plan]
    assert scan["Node Type"] == "Function Scan"
    assert [child["Index Name"] for child in scan["Plans"]] == ["i", "i"]
    assert {child["Parent Relationship"] for child in scan["Plans"]} == {"Function"}
    assert sum(child["Shared Hit Blocks"] for child in scan["Plans"]) <= scan["Shared Hit Blocks"]
    assert seen.counters.rows == 6 + 6


def test_a_new_connection_counts_no_look_into_the_catalog(connection: Connection, target: Target) -> None:
    """To print the plans inside, the server looks names up, while the function's blocks are counted."""
    with target.connect("pgproof_inside", plan_cache_mode="force_custom_plan") as new:
        execution.execute(new, CALLS, "before", 0)
        seen = [explain(new, CALLS, "before", 0).counters.buffers for _ in range(3)]
    assert seen == [explain(connection, CALLS, "before", 0).counters.buffers] * 3


def test_the_plan_has_another_fingerprint_without_that_index(connection: Connection) -> None:
    there = explain(connection, CALLS, "before", 0), shape_of(connection, CALLS, "before", 0)
    connection.execute("SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off")
    away = explain(connection, CALLS, "before", 0), shape_of(connection, CALLS, "before", 0)
    connection.execute("RESET enable_indexscan; RESET enable_indexonlyscan; RESET enable_bitmapscan")
    assert there[0].fingerprint != away[0].fingerprint
    assert (index_names(there[1]), index_names(away[1])) == (("i",), ())
    assert shape_of(connection, CALLS, "before", 0) == there[1]


def test_what_runs_for_each_row_is_one_plan_with_the_work_of_all(connection: Connection) -> None:
    seen = explain(connection, cell("SELECT n, f FROM generate_series(1, 3) AS n, found(n) AS f"), "before", 0)
    first, second = (node for node in _nodes(seen.plan) if node.get("Index Name") == "i")
    assert (first["Actual Loops"], second["Actual Loops"]) == (3, 3)
    assert seen.counters.rows == 3 + 18 + 18 + 18


def test_a_function_that_is_called_too_often_is_not_looked_into(connection: Connection, monkeypatch) -> None:
    monkeypatch.setattr(inside_functions, "MOST", 20)
    monkeypatch.setattr(execution, "MOST", 20)
    often = cell("SELECT n, f FROM generate_series(1, 2000) AS n, found(n) AS f")
    seen = explain(connection, often, "before", 0)
    assert "i" not in index_names(seen.plan)
    assert seen.counters.rows > 2000
    assert "i" not in index_names(shape_of(connection, often, "before", 0))


def test_a_statement_that_writes_is_not_executed_to_learn_its_shape(connection: Connection) -> None:
    writes = cell("UPDATE t SET n = n WHERE n IN (SELECT found(5))", writes=True)
    assert "i" not in index_names(shape_of(connection, writes, "before", 0))


def test_no_other_statement_is_told_about(connection: Connection) -> None:
    told: list[object] = []
    connection.add_notice_handler(told.append)
    explain(connection, CALLS, "before", 0)
    execute(connection, CALLS, "before", 0)
    plain = explain(connection, cell("SELECT count(*) FROM t"), "before", 0)
    connection.remove_notice_handler(told.append)
    assert "Plans" in plain.plan
    assert len(told) == 2 * 3  # twice: the function's statements, and what was explained itself; nothing since


def _nodes(plan: dict[str, object]) -> Iterator[dict[str, object]]:
    yield plan
    for child in plan.get("Plans", ()):  # type: ignore[attr-defined]
        yield from _nodes(child)
