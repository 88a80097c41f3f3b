"""Parameters are chosen over several connections at once: what is chosen, kept and said is as over one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from bench.dataset.bindings import choose_bindings
from bench.dataset.parallel import Job, opened, over, run_jobs
from bench.errors import WorkloadError
from bench.model import Binding, Parameter, Query
from bench.postgres import databases, ledger
from bench.postgres.connection import Connection, Target
from bench.progress import silent

SLOW = "SELECT 1 AS one FROM pg_sleep(0.2)"


@pytest.fixture
def two(admin: Connection, target: Target) -> Iterator[list[Connection]]:
    databases.create(admin, "pgproof_choosing", "scratch")
    with opened(target, "pgproof_choosing", 2) as connections:
        ledger.create(connections[0])
        yield connections


def asking(name: str, **classes: str) -> Query:
    return Query(name, "T", "Q?", (), (), (), classes, (), False, "", "SELECT 1", 5, f"queries/{name}.sql")


def test_two_connections_share_the_tasks_and_answers_keep_their_places(two: list[Connection]) -> None:
    tasks = [
        lambda c, n=n: (n, c.execute("SELECT pg_backend_pid() FROM pg_sleep(0.1)").fetchone()[0]) for n in range(4)
    ]
    found = over(two, tasks, lambda _: None)
    assert [place for place, _ in found] == [0, 1, 2, 3]
    assert {pid for _, pid in found} == {connection.info.backend_pid for connection in two}


def test_the_failure_that_comes_first_in_order_is_raised(two: list[Connection]) -> None:
    """The second fails at once, while the first still runs."""
    texts = ["SELECT 1 / (SELECT 0 FROM pg_sleep(0.3))", "SELECT nothing", "CREATE TABLE never_begun ()"]
    tasks = [lambda c, text=text: c.execute(text) for text in texts]
    with pytest.raises(psycopg.errors.DivisionByZero):
        over(two, tasks, lambda _: None)
    assert two[0].execute("SELECT to_regclass('never_begun')").fetchone() == (None,)


def test_of_two_classes_with_the_same_values_the_first_keeps_them(two: list[Connection], tmp_path: Path) -> None:
    """Though it is found last."""
    worst = {"late": SLOW, "soon": "SELECT 1 AS one", "other": "SELECT 2 AS one"}
    query = replace(asking("q", **worst), parameters=(Parameter("one", "int", "class"),))
    found = choose_bindings(two[0], [query], tmp_path / "none.sql", "", silent, beside=two[1:])
    assert found == {"q": {"late": (Binding({"one": "1"}),), "other": (Binding({"one": "2"}),)}}


def test_what_was_chosen_before_a_failure_is_kept(two: list[Connection], tmp_path: Path) -> None:
    queries = [asking("good", slow=SLOW), asking("bad", wrong="SELECT nothing")]
    with pytest.raises(WorkloadError, match=r"queries/bad\.sql:1 \(class wrong\)"):
        choose_bindings(two[0], queries, tmp_path / "none.sql", "", silent, beside=two[1:])
    kept = two[0].execute("SELECT DISTINCT query FROM bench_meta.query_params").fetchall()
    assert kept == [("good",)]


def test_the_end_is_told_once(two: list[Connection], target: Target, tmp_path: Path) -> None:
    """A console ends its line there."""
    told: list[tuple[str, float, float]] = []

    def tell(phase: str, done: float, total: float, unit: str = "") -> None:
        told.append((phase, done, total))

    choose_bindings(two[0], [asking("q", slow=SLOW)], tmp_path / "none.sql", "", tell, beside=two[1:])
    run_jobs(target, "pgproof_choosing", [Job("one", (SLOW,)), Job("two", (SLOW,))], 2, "jobs", tell)
    assert [phase for phase, done, total in told if done == total] == ["choosing parameters", "jobs"]
