"""Which clauses are told apart by the bindings, on a real server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.measurement import Cell, Sides
from bench.measurement.clause_coverage import Kept, exercise
from bench.model import ClauseSeen, State
from bench.postgres import databases
from bench.postgres.connection import Target
from bench.progress import silent
from tests.measurement.test_measure import cell

TABLES = """
    CREATE TABLE t AS SELECT n, n % 3 AS kind, n % 2 = 0 AS even FROM generate_series(1, 40) AS n;
    CREATE TABLE log (n int);
    CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO log VALUES (NEW.n); RETURN NULL; END $$;
    CREATE TRIGGER seen AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION seen();
"""


@pytest.fixture(scope="module")
def sides(_templates_go: None, target: Target) -> Sides:
    names: dict[State, str] = {"after": "pgproof_clauses_after"}
    with target.connect() as admin:
        databases.create(admin, names["after"], "scratch")
    with target.connect(names["after"]) as connection:
        connection.execute(TABLES)
    return Sides(target, names, 30)


def seen(sides: Sides, *cells: Cell, **more: float) -> dict[str, ClauseSeen]:
    found = exercise(sides, "after", cells, silent, **more)
    return {f"{one.clause}: {one.change}": one for one in found.clauses}


def told(sides: Sides, sql: str, *args: int, writes: bool = False) -> dict[str, bool]:
    found = seen(sides, cell(sql, *args, writes=writes))
    return {clause: bool(one.told_by) for clause, one in found.items()}


def test_a_limit_that_no_binding_reaches_is_told_by_none(sides: Sides) -> None:
    statement = "SELECT n FROM t WHERE n <= :n LIMIT 20"
    assert told(sides, statement, 5) == {
        "WHERE n <= :n: left out": True, "LIMIT 20: one row more": False, "LIMIT 20: halved": False,
    }  # fmt: skip
    assert all(told(sides, statement, 5, 30).values())
    assert told(sides, statement, 20)["LIMIT 20: one row more"] is False


def test_a_direction_is_told_by_the_order_alone_and_not_among_rows_that_tie(sides: Sides) -> None:
    assert told(sides, "SELECT n FROM t ORDER BY n") == {"ORDER BY n: turned": True}
    assert told(sides, "SELECT n FROM t ORDER BY kind - kind, n DESC") == {
        "ORDER BY kind - kind: turned": False, "ORDER BY n DESC: turned": True,
    }  # fmt: skip


def test_a_condition_that_the_rows_do_not_need_is_told_by_none(sides: Sides) -> None:
    assert told(sides, "SELECT count(*) FROM t WHERE even AND n > 0") == {
        "WHERE even: left out": True, "WHERE n > 0: left out": False,
    }  # fmt: skip


def test_an_error_that_some_rows_raise_is_another_answer(sides: Sides) -> None:
    assert told(sides, "SELECT (SELECT n FROM t WHERE n = :n)", 5) == {"WHERE n = :n: left out": True}


def test_a_statement_that_writes_is_told_by_what_it_leaves(sides: Sides) -> None:
    found = told(sides, "UPDATE t SET n = n WHERE n <= :n AND n < 99", 0, writes=True)
    assert found == {"WHERE n <= :n: left out": True, "WHERE n < 99: left out": False}


def test_the_class_that_told_it_is_named(sides: Sides) -> None:
    statement = "SELECT n FROM t WHERE n <= :n LIMIT 20"
    few, many = cell(statement, 5), cell(statement, 30)
    found = seen(sides, few, Cell(many.query, "many", many.bindings))
    assert found["LIMIT 20: one row more"].told_by == "many"


def test_queries_that_share_connections_are_told_in_their_order_as_over_one(sides: Sides) -> None:
    """The second fails to be answered in time, and is named, while the third is told."""
    texts = ["SELECT n FROM t WHERE n = 1 ORDER BY n", "SELECT pg_sleep(9) WHERE true", "SELECT n FROM t WHERE even"]
    asked = [cell(text) for text in texts]
    cells = [replace(one, query=replace(one.query, name=f"q{place}")) for place, one in enumerate(asked)]
    alone, shared = (exercise(sides, "after", cells, silent, 0.5, connections=number) for number in (1, 2))
    assert [one.query for one in shared.clauses] == ["q0", "q0", "q2"]
    assert (shared.clauses, shared.not_parsed) == (alone.clauses, alone.not_parsed)


def test_what_takes_too_long_is_left_open_and_what_there_is_no_time_for_untried(sides: Sides) -> None:
    slow = "SELECT count(pg_sleep(0.1)) FROM t WHERE n = 1"
    (one,) = seen(sides, cell(slow), timeout_s=0.5).values()
    assert (one.told_by, one.tried, one.cut_off) == ("", 1, 1)
    assert [one.tried for one in seen(sides, cell(slow), budget_s=0.0).values()] == [0]


def test_a_statement_that_is_not_executed_in_time_is_named(sides: Sides) -> None:
    found = exercise(sides, "after", [cell("SELECT pg_sleep(9) WHERE true")], silent, 0.1)
    assert found.not_parsed == {"q": "no class answers within 0.1 s"}


def test_what_was_found_in_the_same_rows_is_not_executed_again(sides: Sides) -> None:
    """But what there was no time for is, and what ran into the timeout is by a command that has no limit."""
    kept = Kept(sides.target, sides.databases["after"])
    asked = [cell("SELECT n FROM t WHERE n <= :n AND n > 0 LIMIT 20", 5)]
    hurried = exercise(sides, "after", asked, silent, budget_s=0.0, kept=kept)
    first, again = (exercise(sides, "after", asked, silent, budget_s=60.0, kept=kept) for _ in range(2))
    assert [one.tried for one in hurried.clauses] == [0] * len(first.clauses)
    assert (first.known, again.known) == (0, len(first.clauses))
    assert again.clauses == first.clauses
    assert exercise(sides, "after", [cell(asked[0].query.sql, 30)], silent, kept=kept).known == 0


def test_a_timeout_is_tried_again_without_a_limit(sides: Sides) -> None:
    kept = Kept(sides.target, sides.databases["after"])
    asked = [cell("SELECT n FROM t WHERE n <= :n AND (n < 9 OR pg_sleep(1) IS NULL)", 5)]
    limits = (60.0, 60.0, None)
    found = [exercise(sides, "after", asked, silent, 0.2, budget_s=limit, kept=kept) for limit in limits]
    assert any(one.cut_off for one in found[0].clauses)
    assert found[1].known == len(found[1].clauses) > found[2].known
