"""What is tried beside a set: indexes that could go, statements in another way, parents that are deleted."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bench.advice.blocks import block_of
from bench.attribution import executing
from bench.experiments.advise.dropping import find_drops, try_drops
from bench.experiments.advise.proving import rewritten
from bench.experiments.advise.record import AdviseRun, Proposal
from bench.experiments.advise.whatif import ignored
from bench.experiments.setup import Setup, prepared
from bench.measurement import Cell, Sides, cells_of
from bench.measurement.execution import explain
from bench.model.advice import Candidate
from bench.model.schema import Index
from bench.postgres.servers import ServerHandle, ServerOptions, open_server
from bench.progress import silent
from bench.workload import read
from tests import SHOP
from tests.builders.shops import setup_of
from tests.experiments.advise.test_run import OPTIONS, ORDERS


@pytest.fixture(scope="module")
def setup(server: ServerHandle, _templates_go: None) -> Iterator[Setup]:
    with prepared(setup_of(read(SHOP), ORDERS), server) as made:
        yield made


@pytest.fixture(scope="module")
def cells(setup: Setup) -> list[Cell]:
    queries = [query for query in setup.workload.queries if not query.writes]
    return cells_of(queries, setup.bindings(queries))


def drop(name: str) -> Proposal:
    index = Index(name, "btree", ("status",), ("status",))
    made = Candidate(name, "drop", "duplicate", ("public.orders",), f"DROP INDEX public.{name}", index=index)
    return Proposal(made, block_of(made, name, ()))


def test_of_twins_one_can_go_and_the_other_then_stays(setup: Setup, cells: list[Cell]) -> None:
    with setup.passing_copy(setup.template, "twins") as name:
        with setup.target.connect(name) as connection:
            for twin in ("one", "two"):
                connection.execute(f"CREATE INDEX {twin} ON orders (status) INCLUDE (total_cents)")
        one, two = try_drops(setup, name, [drop("one"), drop("two")], cells, 5.0)
    assert (one.taken, two.taken) == (True, False)
    assert list(two.slower) == ["open_orders[all]"]
    assert one.size_bytes > 0


def test_what_the_set_made_superfluous_is_found_once_it_is_there(setup: Setup, cells: list[Cell]) -> None:
    """The newest orders of a customer were read by the index on time, until there was one for that."""
    seen = AdviseRun(**setup.facts(), options=OPTIONS, queries=setup.workload.queries)
    with setup.passing_copy(setup.template, "set") as name:
        before = find_drops(setup, name, seen, cells, 5.0)
        with setup.target.connect(name) as connection:
            connection.execute("CREATE INDEX ON orders (customer_id, created_at DESC, order_id DESC)")
        after = find_drops(setup, name, seen, cells, 5.0)
    assert "drop_orders_created_at_idx" not in {one.block.name for one in before}
    assert "drop_orders_created_at_idx" in {one.block.name for one in after}


def test_what_cannot_go_says_why(setup: Setup, cells: list[Cell]) -> None:
    with setup.passing_copy(setup.template, "key") as name:
        (key,) = try_drops(setup, name, [drop("orders_pkey")], cells, 5.0)
    assert not key.taken
    assert "constraint" in key.error


@pytest.mark.parametrize(
    ("sql", "equal", "error"),
    [
        ("SELECT count(*) AS orders, sum(total_cents) AS cents FROM orders WHERE status IN ('open')", True, ""),
        ("SELECT count(*) AS orders, sum(total_cents) AS cents FROM orders WHERE status <> 'open'", False, ""),
        ("SELECT count(*) FROM nowhere", None, "nowhere"),
    ],
)
def test_a_rewrite_is_proved_equal_or_not(
    setup: Setup, cells: list[Cell], sql: str, equal: bool | None, error: str
) -> None:
    cell = next(cell for cell in cells if cell.query.name == "open_orders")
    made = Candidate("open_orders: other", "rewrite", "other", (), sql, queries=("open_orders",))
    sides = Sides(setup.target, {"before": setup.template, "after": setup.template}, 5.0)
    pair = rewritten(sides, cell, Proposal(made, block_of(made, "other", ())), replace(OPTIONS, target_ms=0.0))
    assert (pair.equality.equal if pair.equality else None) == equal
    assert error in pair.after.error
    assert bool(pair.after.samples) == bool(equal)


def test_what_the_planner_ignores_is_not_built_where_hypopg_is_there(dsn15: str) -> None:
    made = {
        keys: Candidate(
            f"orders_{keys}_idx", "index", "equality", ("public.orders",), f"CREATE INDEX ON public.orders ({keys})",
            index=Index(f"orders_{keys}_idx", "btree", (keys,), (keys,)),
        )
        for keys in ("customer_id", "total_cents")
    }  # fmt: skip
    proposals = [Proposal(one, block_of(one, one.name, ())) for one in made.values()]
    with (
        open_server("dsn", ServerOptions(dsn=dsn15)) as handle,
        prepared(setup_of(read(SHOP), ORDERS), handle) as setup,
    ):
        with setup.target.connect_as_ourselves(setup.template) as ours:
            if not ours.execute("SELECT FROM pg_available_extensions WHERE name = 'hypopg'").fetchall():
                pytest.skip("PostgreSQL 15 has no hypopg here (Debian: postgresql-15-hypopg)")
        queries = [query for query in setup.workload.queries if query.name == "latest_orders"]
        cells = cells_of(queries, setup.bindings(queries))
        with setup.passing_copy(setup.template, "whatif") as name:
            found = ignored(setup.target, name, proposals, {one.block.name: cells for one in proposals}, silent)
    assert found == ("orders_total_cents_idx",)


def test_without_hypopg_everything_is_built(setup: Setup, cells: list[Cell]) -> None:
    assert ignored(setup.target, setup.template, [drop("one")], {"one": cells}, silent) == ()


@pytest.mark.parametrize(
    ("enough_ms", "short_ms", "noise", "times"),
    [(math.inf, math.inf, 1.1, 3), (math.inf, 0.0, math.inf, 1), (math.inf, 0.0, 0.0, 3), (0.0, 0.0, 0.0, 0)],
)
def test_a_plan_is_executed_as_often_as_it_may_matter(
    setup: Setup, cells: list[Cell], monkeypatch: pytest.MonkeyPatch,
    enough_ms: float, short_ms: float, noise: float, times: int,
) -> None:  # fmt: skip
    """Explained alone where another takes half as long; else once on the clock, more where that is short or noisy."""
    monkeypatch.setattr(executing, "SPARING_MS", short_ms)
    monkeypatch.setattr(executing, "SPARING_NOISE", noise)
    with Sides(setup.target, {"after": setup.template}, 5.0).connect("after", writes=False) as connection:
        explain(connection, cells[0], "after", 0)  # the disk is asked once
        seen, samples = executing.sparingly(3, enough_ms)(connection, cells[0], "after")
    assert samples.wall_ms.count(seen.planning_ms + seen.execution_ms) == (times == 0)
    assert len(samples.wall_ms) == max(times, 1)
