"""Optimizations whose undo is dear: undone once, in a copy, while the other sets come and go."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import pytest

from bench.attribution.changed_tables import changed_tables
from bench.attribution.committed import with_committed
from bench.attribution.copies import DEAR_S, Copies, copies_of, held_apart
from bench.attribution.effects import plan_effects
from bench.attribution.gains import cell_gains
from bench.attribution.measure_gains import Gains
from bench.attribution.prove_smallest import Proof
from bench.attribution.smallest_set import smallest
from bench.attribution.subsets import Sets, find_needs, find_rewrite_needs, set_apart
from bench.attribution.writes import write_costs
from bench.cli import main
from bench.measurement import Cell, Sides
from bench.model import Applied, Attribution, WriteCost
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import ServerOptions, open_server
from bench.progress import silent
from bench.workload import Workload
from tests import SHOP
from tests.attribution.test_measure_gains import FILL, buffers, cells, made
from tests.builders.treated import block, treated

SCHEMA = """CREATE TABLE t (id bigint PRIMARY KEY, a bigint NOT NULL, b bigint NOT NULL, status text NOT NULL);
CREATE SEQUENCE undone;
CREATE INDEX old_idx ON t (b, a);"""
SLEEP = f"SELECT pg_sleep({DEAR_S * 2})"
COUNTED = f"{SLEEP}, nextval('undone')"
"""A sequence counts what is rolled back, too."""
DEAR = (
    "-- optimization: old_idx_retired\n-- category: index\n-- why: test\n"
    f"-- undo: CREATE INDEX old_idx ON t (b, a);\n-- undo: {COUNTED};\nDROP INDEX old_idx;\n\n"
)
BLOCKS = (
    block("a_idx", "CREATE INDEX a_idx ON t (a);")
    + DEAR
    + block("a_b_idx", "CREATE INDEX a_b_idx ON t (a, b);")
    + block("b_idx", "CREATE INDEX b_idx ON t (b) INCLUDE (id);")
)
QUERIES = {
    "by_a": "SELECT id FROM t WHERE a = 4711 ORDER BY id;",
    "by_b": "SELECT count(a) FROM t WHERE b = 7;",
    "by_both": "SELECT count(*) FROM t WHERE a < 50 AND b = 7;",
    "touch": "UPDATE t SET status = 'seen' WHERE b = 7 AND a < 500;",
}
ALL = "pgproof_dear"


@dataclass
class Measured:
    """What was found, and how often the dear undo ran: where all are, and in each copy."""

    found: Attribution
    kept: tuple[str, ...]
    costs: dict[str, list[WriteCost]]
    here: int
    copies: list[int] = field(default_factory=list)


@pytest.fixture
def measured(admin, target, tmp_path):
    """Gains, a smallest set and write costs of the blocks, with so many copies at most."""

    @contextmanager
    def fresh(label: str) -> Iterator[Connection]:
        name = f"{ALL}_{label}"
        databases.clone(admin, ALL, name, "scratch")
        with databases.passing(admin, name), Sides(target, {"after": name}, 0.15).connect("after", writes=True) as one:
            one.prepared_max = None
            yield one

    def measure(most: int, blocks: str = BLOCKS, writes: str = "") -> Measured:
        workload = made(tmp_path, blocks, QUERIES, SCHEMA)
        with treated(admin, target, ALL, workload, FILL) as (connection, applied):
            connection.close()  # nobody may be connected to what is copied
            with fresh("gains") as connection, copies_of(_by_name(workload), fresh) as copies:
                sets = Sets(connection, _by_name(workload), {one.name: one.creates for one in applied})
                found, kept = _gains(sets, workload, applied, lambda: set_apart(sets, copies, most), fresh)
                costs: dict[str, list[WriteCost]] = {}
                if writes:
                    changed, _ = changed_tables(connection, workload.optimizations, sets.needs)
                    for one in write_costs(connection, workload, changed, sets.needs, copies=copies)[1]:
                        costs.setdefault(one.optimization, []).append(one)
                return Measured(found, kept, costs, _undone(connection), [_undone(c) for c in copies.opened.values()])

    return measure


def _by_name(workload: Workload):
    return {one.name: one for one in workload.optimizations}


def _undone(connection: Connection) -> int:
    count, called = connection.execute("SELECT last_value, is_called FROM undone").fetchall()[0]
    return count if called else 0


def _gains(sets: Sets, workload: Workload, applied: tuple[Applied, ...], apart, fresh):
    chosen: list[Cell] = cells(sets.connection, workload)
    find_needs(sets)
    apart()
    find_rewrite_needs(sets, chosen)
    changed, _ = changed_tables(sets.connection, workload.optimizations, sets.needs)
    trial = Gains(sets, plan_effects(sets.connection, workload.optimizations, applied, changed), silent)
    trial.explore(chosen)
    found = Attribution(needs=sets.needs, not_tried=sets.fixed, cells=with_committed(trial, fresh))
    proof = Proof(sets, trial.found, 100.0, silent, 2.0).prove(
        partial(smallest, found, list(sets.blocks), 100.0, dict.fromkeys(sets.blocks, 0))
    )
    return found, proof.kept


def test_as_many_are_held_apart_as_have_no_more_combinations_than_copies():
    seconds = {"quick": 0.001, "slow": 1.0, "slower": 2.0, "slowest": 3.0}
    assert held_apart(seconds, 7) == (["slowest", "slower", "slow"], [])
    assert held_apart(seconds, 3) == (["slowest", "slower"], ["slow"])
    assert held_apart(seconds, 2) == (["slowest"], ["slower", "slow"])
    assert held_apart(seconds, 0) == ([], ["slowest", "slower", "slow"])
    assert held_apart(seconds, -1) == held_apart(seconds, 0)


def test_a_dear_undo_is_carried_out_once_in_a_copy_and_shares_add_up(measured):
    seen = measured(7)
    assert seen.here == 3  # two to know that it is dear, one to know its tables
    assert seen.copies == [1]
    assert seen.found.not_tried == {}
    assert any("old_idx_retired" in cell.matter for cell in seen.found.cells)
    for cell, gain in zip(seen.found.cells, cell_gains(seen.found), strict=True):
        assert gain.buffers.exact
        assert gain.buffers.unexplained == pytest.approx(0)
        assert sum(gain.buffers.by_name.values()) == pytest.approx(
            buffers(cell, cell.before) - buffers(cell, cell.after)
        )


def test_a_copy_gives_the_plans_and_counters_that_a_transaction_gives(measured):
    apart, each_time = measured(7).found, measured(7, BLOCKS.replace(f"-- undo: {COUNTED};\n", "")).found

    def counted(found: Attribution) -> list[object]:
        return [
            (cell.label, sorted(cell.matter), {bits: cell.tried[plan].counters for bits, plan in cell.subsets.items()})
            for cell in found.cells
        ]

    assert counted(apart) == counted(each_time)


def test_without_room_for_a_copy_it_is_in_every_set_and_taken_away_by_itself(measured):
    seen = measured(0)
    assert seen.copies == []
    assert seen.here <= 6
    (reason,) = seen.found.not_tried.values()
    assert re.match(r"its undo takes \d\.\d s, and there is no room for copies without it", reason)
    assert seen.kept == ("old_idx_retired",)
    assert any("old_idx_retired" in cell.without for cell in seen.found.cells)
    assert all("old_idx_retired" not in cell.matter for cell in seen.found.cells)
    for cell, gain in zip(seen.found.cells, cell_gains(seen.found), strict=True):
        assert sum(gain.buffers.by_name.values()) + gain.buffers.unexplained == pytest.approx(
            buffers(cell, cell.before) - buffers(cell, cell.after)
        )


def test_what_a_row_costs_is_measured_in_a_copy_as_well(measured):
    seen = measured(7, writes="made up")
    assert seen.here == 4
    assert sorted(seen.copies) == [0, 1]  # one that lacks nothing, to be compared with
    (cost,) = seen.costs["old_idx_retired"]
    assert cost.without_it.wal_bytes > cost.with_it.wal_bytes  # without it there is one more index to write to


def test_nothing_dear_needs_no_copy(measured):
    seen = measured(7, BLOCKS.replace(DEAR, ""))
    assert (seen.here, seen.copies) == (0, [])


@pytest.mark.parametrize("stopped", [False, True])
def test_whether_it_ends_or_is_stopped_no_copy_is_left(stopped, running_home, tmp_path, monkeypatch):
    folder = shutil.copytree(SHOP, tmp_path / "shop")
    with (folder / "optimizations.sql").open("a") as file:
        file.write(
            f"\n-- optimization: analyzed\n-- category: statistics\n-- why: test\n-- undo: {SLEEP};\nSELECT 1;\n"
        )
    undo, made = Copies._undo, []

    def undone(self: Copies, connection: Connection, gone: frozenset[str]) -> None:
        undo(self, connection, gone)
        made.append(connection.info.dbname)
        if stopped:
            raise KeyboardInterrupt

    monkeypatch.setattr(Copies, "_undo", undone)
    asked = ["attribute", str(folder), "--scale", "1k", "--proof-budget", "1", "--home", str(running_home), "--quiet"]
    assert main([*asked, "--output", str(tmp_path / "reports")]) == (130 if stopped else 0)
    assert made
    with open_server("embedded", ServerOptions(home=running_home)) as server, Target(server.dsn).connect() as admin:
        assert {database.kind for database in databases.own_databases(admin)} == {"template"}
