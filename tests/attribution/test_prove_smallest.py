"""The smallest set, proved by execution on a real server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import pytest

from bench.attribution.cells import Found
from bench.attribution.prove_smallest import Proof, executed_before
from bench.attribution.subsets import Sets, find_needs
from bench.measurement import Sides
from bench.model import CellSide, Pair, Sample, SetTried, State
from bench.postgres.connection import Connection
from bench.progress import silent
from bench.statistics.looks import FIRST_MEETS
from bench.statistics.verdicts import verdict
from tests.attribution.test_measure_gains import cells, made
from tests.builders.treated import block, treated

TARGET_MS = 100.0
"""By an index the queries take a hundredth of it; without one they wait in each of 200 rows, on any machine."""
SCHEMA = """CREATE TABLE t (id bigint PRIMARY KEY, a bigint NOT NULL, b bigint NOT NULL, status text NOT NULL);
CREATE FUNCTION slow(x bigint) RETURNS bigint IMMUTABLE LANGUAGE plpgsql
AS $$BEGIN PERFORM pg_sleep(0.001); RETURN x; END$$;"""
FILL = "INSERT INTO t SELECT n, n, n, 'old' FROM generate_series(1, 200) AS n"
BLOCKS = "".join(
    block(name, f"CREATE INDEX {name} ON t ({column});")
    for name, column in (("a_idx", "slow(a)"), ("b_idx", "slow(b)"), ("id_idx", "id, status"))
)
QUERIES = {
    "by_a": "SELECT count(*) FROM t WHERE slow(a) = 11;",
    "by_b": "SELECT count(*) FROM t WHERE slow(b) = 11;",
    "touch": "UPDATE t SET status = 'seen' WHERE slow(a) = 11;",
}
ALL = ("a_idx", "b_idx", "id_idx")
ENOUGH = ("a_idx", "b_idx")


@pytest.fixture
def proof(admin, target, tmp_path):
    """A proof on a database with three indexes, of which the queries need two."""

    @contextmanager
    def begin(blocks: str = BLOCKS, queries: Mapping[str, str] = QUERIES, **more: float) -> Iterator[Proof]:
        workload = made(tmp_path, blocks, queries, SCHEMA)
        with (
            treated(admin, target, "pgproof_proof", workload, FILL) as (_, applied),
            Sides(target, {"after": "pgproof_proof"}, 30.0).connect("after", writes=True) as connection,
        ):
            connection.prepared_max = None
            sets = Sets(connection, {b.name: b for b in workload.optimizations}, {a.name: a.creates for a in applied})
            find_needs(sets)
            found = [Found(cell, concerned=set(sets.blocks)) for cell in cells(connection, workload)]
            yield Proof(sets, found, TARGET_MS, silent, **more)

    return begin


def always(*names: str):
    return lambda _refuted: names


def judged(times: Sequence[float]) -> str:
    return verdict([Sample(ms, 0.0) for ms in times], TARGET_MS)


def broken(found: SetTried) -> dict[str, set[str]]:
    """Member to the cells that miss without it."""
    return {
        one.name: {label for label, times in one.samples_ms.items() if judged(times) == "misses"}
        for one in found.members
    }


def test_a_set_is_executed_in_every_cell_until_a_look_decides(proof):
    with proof() as begun:
        found = begun.prove(always(*ENOUGH))
    assert found.kept == ENOUGH
    assert set(found.samples_ms) == {"by_a[all]", "by_b[all]", "touch[all]"}
    assert all(len(times) >= FIRST_MEETS for times in found.samples_ms.values())
    assert {judged(times) for times in found.samples_ms.values()} == {"meets"}


def test_what_a_run_executed_counts_where_the_plans_are_the_same(proof):
    """But not of statements that write, among whose rows were those that other executions left dead."""
    quick, slow = (CellSide(samples=(Sample(ms, 0.0),) * n) for ms, n in ((1.25, FIRST_MEETS), (500.0, 2)))
    with proof() as begun:
        connection, every = begun.sets.connection, begun.sets.closed(ALL)
        both: Mapping[State, Connection] = {"before": connection, "after": connection}
        after = [Pair(*one.key, after=quick) for one in begun.found]
        before = [Pair(*one.key, before=slow) for one in begun.found]
        seen = executed_before(begun.found, after, both, every)
        with begun.sets.without(every):
            begun.samples = seen | executed_before(begun.found, before, both, every)
        found = begun.prove(always(*ENOUGH))
    assert found.samples_ms["by_a[all]"] == found.samples_ms["by_b[all]"] == (1.25,) * FIRST_MEETS
    assert found.samples_ms["touch[all]"][0] != 1.25
    assert next(one.samples_ms["by_b[all]"] for one in found.members if one.name == "b_idx") == (500.0, 500.0)


def test_without_any_one_of_its_members_a_cell_misses(proof):
    with proof() as begun:
        found = begun.prove(always(*ENOUGH))
    missing = broken(found)
    assert missing["b_idx"] == {"by_b[all]"}
    assert missing["a_idx"]
    assert missing["a_idx"] <= {"by_a[all]", "touch[all]"}


def test_a_member_that_nothing_misses_leaves_the_set_and_the_proof_goes_on(proof):
    with proof() as begun:
        found = begun.prove(always(*ALL))
    assert found.kept == ENOUGH
    assert found.dropped == ("id_idx",)
    assert [one.name for one in found.members] == list(ENOUGH)
    assert all(broken(found).values())


def test_a_set_that_its_execution_refutes_is_replaced(proof):
    asked: list[Sequence[tuple[str, frozenset[str]]]] = []

    def choose(refuted):
        asked.append(list(refuted))
        return ENOUGH if refuted else ("b_idx",)

    with proof() as begun:
        found = begun.prove(choose)
    assert found.kept == ENOUGH
    assert {label for label, _ in asked[1]} == {"by_a[all]", "touch[all]"}
    assert {kept for _, kept in asked[1]} == {frozenset(("b_idx",))}


def test_where_no_set_is_enough_the_one_that_fewest_cells_refute_is_shown(proof):
    def choose(refuted):
        return ("id_idx",) if refuted else ("a_idx",)

    with proof() as begun:
        found = begun.prove(choose)
    assert found.kept == ("a_idx",)
    assert judged(found.samples_ms["by_b[all]"]) == "misses"
    assert judged(found.all_ms["by_b[all]"]) == "meets"


def test_a_cell_that_misses_with_all_of_them_is_executed_so_and_refutes_no_set(proof):
    slow = "SELECT count(*) FROM t WHERE slow(id) = 11;"
    with proof(queries={"by_b": QUERIES["by_b"], "slow": slow}) as begun:
        found = begun.prove(always("b_idx"))
    assert found.kept == ("b_idx",)
    assert judged(found.all_ms["slow[all]"]) == judged(found.samples_ms["slow[all]"]) == "misses"
    assert broken(found) == {"b_idx": {"by_b[all]"}}


def test_without_budget_nothing_is_proved_and_the_reason_is_kept(proof):
    with proof(budget_s=0.0) as begun:
        found = begun.prove(always(*ENOUGH))
    assert found.kept == ENOUGH
    assert found.samples_ms == {}
    assert "budget" in found.note


def test_what_cannot_be_taken_out_stays_untried(proof):
    fixed = block("a_idx", "CREATE INDEX a_idx ON t (slow(a));", undo="SELECT 1;")
    with proof(blocks=fixed, queries={"by_a": QUERIES["by_a"]}) as begun:
        found = begun.prove(always("a_idx"))
    assert found.kept == ("a_idx",)
    assert found.members == ()


def test_a_database_ends_with_all_its_optimizations_and_no_dead_rows(proof):
    with proof() as begun:
        begun.prove(always(*ENOUGH))
        connection = begun.sets.connection
        there = connection.execute("SELECT count(*) FROM pg_indexes WHERE tablename = 't'").fetchall()[0][0]
        assert there == 1 + len(ALL)
        connection.execute("SELECT pg_stat_force_next_flush()")
        dead = connection.execute("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 't'").fetchall()
        assert dead == [(0,)]
