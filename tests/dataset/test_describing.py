"""Bare queries of a workload: described on its filled database, once, and never at its cost."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.dataset.bindings import choose_bindings
from bench.dataset.describing import described
from bench.dataset.template import Build, ensure
from bench.dataset.worker import Recipe
from bench.errors import WorkloadError
from bench.model import Query
from bench.postgres.connection import Connection, Target
from bench.postgres.databases import own_databases
from bench.postgres.servers import ServerHandle
from bench.progress import silent
from bench.workload import Workload, read
from tests import EXAMPLE, SHOP

ROWS = 2_000
SELECTED = ("hot", "p90", "median", "tiny", "empty")


@pytest.fixture(scope="module")
def how(target: Target, server: ServerHandle) -> Build:
    return Build(target, server.version_num // 10000, server.bulk, 1, silent)


@pytest.fixture
def describe(
    admin: Connection, how: Build, monkeypatch: pytest.MonkeyPatch, _templates_go: None
) -> Callable[[Path], dict[str, Query]]:
    """The queries of a workload by name, described; as long as that takes on a busy machine."""
    monkeypatch.setattr("bench.inference.queries.SECONDS", 60.0)
    monkeypatch.setattr("bench.dataset.describing.CHOOSING_S", 600.0)

    def describe_it(folder: Path) -> dict[str, Query]:
        return {query.name: query for query in described(read(folder), recipe_of(read(folder)), how, admin).queries}

    return describe_it


def recipe_of(workload: Workload) -> Recipe:
    return Recipe(workload.dataset, ROWS, 1, "default", clock=workload.clock)


@pytest.fixture
def example(tmp_path: Path) -> Iterator[Path]:
    """A copy of the bare shop, to change."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "shop"))


def test_the_example_says_nothing_that_can_be_inferred(describe) -> None:
    assert len(read(EXAMPLE).bare) == len(read(EXAMPLE).queries) == 3
    found = describe(EXAMPLE)
    assert {name: tuple(query.extra_classes) for name, query in found.items()} == {
        "cancel_order": SELECTED, "latest_orders": SELECTED, "open_orders": (),
    }  # fmt: skip
    assert all(query.class_reasons.keys() == query.extra_classes.keys() for query in found.values())
    latest = found["latest_orders"]
    assert (latest.title, latest.asks) == ("Latest orders", "What did this customer buy last?")
    assert [(one.name, one.type, one.source) for one in latest.parameters] == [("customer_id", "bigint", "class")]
    assert (latest.file, latest.line) == ("queries/latest_orders.sql", 2)
    assert [query.name for query in found.values() if query.writes] == ["cancel_order"]


def test_its_rows_are_those_that_its_optimizations_are_for(describe, admin, how) -> None:
    """Few orders are open, and customers differ: else neither index would earn its place."""
    queries, workload = describe(EXAMPLE), read(EXAMPLE)
    template, _ = ensure(admin, workload, recipe_of(workload), how)
    with how.target.connect(template) as connection:
        few = connection.execute("SELECT avg((status = 'open')::int)::float, count(*) FROM orders").fetchall()
        found = choose_bindings(connection, list(queries.values()), workload.dataset / "none", workload.clock, silent)
    ((share, orders),) = few
    assert share == pytest.approx(0.02, abs=0.01)
    assert orders > ROWS / 2
    rows = {
        name: int(one.about.split()[0].replace(",", "")) for name, (one,) in found["latest_orders"].items() if one.about
    }
    assert rows["hot"] > 5 * rows["p90"] > 5 * rows["median"] >= 5 * rows["tiny"]


def test_what_was_found_is_kept_with_the_rows(describe, monkeypatch) -> None:
    first = describe(EXAMPLE)
    monkeypatch.setattr("bench.dataset.describing._described", lambda *_: pytest.fail("described once more"))
    assert describe(EXAMPLE) == first


def test_another_text_is_described_anew(describe, example) -> None:
    describe(example)
    file = example / "queries" / "latest_orders.sql"
    text = file.read_text().replace(":customer_id", "%(customer)s").replace("LIMIT 10", "LIMIT %(rows)s")
    file.write_text(f"-- weight: 3\n{text}")
    found = describe(example)["latest_orders"]
    assert [(one.name, one.source) for one in found.parameters] == [("customer", "class"), ("rows", "20")]
    assert (tuple(found.extra_classes), found.weight) == (SELECTED, 3)


def test_nothing_is_executed_where_it_is_measured(describe, admin, how, example) -> None:
    """A statement that was rolled back leaves its mark on the rows, and pages that are no longer all visible."""
    (example / "queries" / "latest_orders.sql").write_text("UPDATE orders SET status = 'paid' WHERE customer_id = $1;")
    known = {one.name for one in own_databases(admin)}
    describe(example)
    assert {one.name for one in own_databases(admin) if one.kind != "template"} <= known
    workload = read(example)
    template, _ = ensure(admin, workload, recipe_of(workload), how)
    with how.target.connect(template) as connection:
        touched = connection.execute("SELECT count(*) FROM orders WHERE xmax <> '0'").fetchall()
    assert touched == [(0,)]


def test_one_that_cannot_be_prepared_says_where_and_why(describe, example) -> None:
    (example / "queries" / "latest_orders.sql").write_text("-- What?\n\nSELECT nothing FROM orders;")
    with pytest.raises(WorkloadError, match=r'^queries/latest_orders\.sql:3: column "nothing" does not exist'):
        describe(example)


def test_a_header_beside_it_stays_as_it_is(describe, example) -> None:
    whole = (SHOP / "queries" / "open_orders.sql").read_text()
    (example / "queries" / "open_orders.sql").write_text(whole)
    assert describe(example)["open_orders"] == next(one for one in read(SHOP).queries if one.name == "open_orders")


def test_classes_written_by_hand_win(describe, tmp_path) -> None:
    shop = Path(shutil.copytree(SHOP, tmp_path / "shop"))
    shutil.copy(EXAMPLE / "queries" / "latest_orders.sql", shop / "queries")
    found = describe(shop)["latest_orders"]
    assert (found.extra_classes, [one.source for one in found.parameters]) == ({}, ["class"])


@pytest.mark.usefixtures("_templates_go")
def test_rows_are_inferred_where_nothing_says_how_they_are_made(admin, how, example) -> None:
    (example / "dataset.toml").unlink()
    (example / "pgproof.toml").unlink()
    workload = read(example)
    _, dataset = ensure(admin, workload, recipe_of(workload), how)
    assert sum(table.rows for table in dataset.tables) == ROWS
