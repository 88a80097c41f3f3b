"""The four sides from the command line to run.json, on a server of the tests' own."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import storage
from bench.attribution.gains import cell_gains
from bench.cli import main
from bench.experiments.attribution.moved import moved
from bench.experiments.attribution.verdicts import verdicts
from bench.model import Attribution, Run
from bench.postgres.connection import Target
from bench.postgres.databases import own_databases
from bench.postgres.servers import SESSION_SETTINGS, ServerOptions, open_server
from tests.builders.shops import SHOP


@pytest.fixture(scope="module")
def own_home(running_home: Path) -> Path:
    return running_home


def attributed(shop: Path, home: Path, output: Path, *arguments: str) -> Run:
    command = ["attribute", str(shop), "--leads", "5k", "--home", str(home), "--output", str(output), "--quiet"]
    assert main([*command, *arguments]) == 0
    return storage.load(storage.RUN, output / "latest" / "run.json")


@pytest.fixture(scope="module")
def shop_run(own_home: Path) -> Run:
    return attributed(SHOP, own_home, own_home.parent / "reports")


def sides(run: Run) -> Attribution:
    assert run.attribution is not None
    return run.attribution


def test_every_side_of_the_shop_is_measured(shop_run):
    found = sides(shop_run)
    assert {cell.query for cell in found.cells} == {"latest_orders", "open_orders", "cancel_order"}
    assert {cost.optimization for cost in found.write_costs} == {"", "orders_customer_idx", "orders_open_idx"}
    assert {one.name for one in found.stored} == {"public.orders_customer_idx", "public.orders_open_idx"}
    assert {(one.optimization, one.way) for one in found.shipped} == {
        (name, way) for name in ("orders_customer_idx", "orders_open_idx") for way in ("plain", "concurrent")
    }
    assert all(index.leaf_density for index in found.indexes if index.method == "btree")
    assert found.indexes
    assert found.smallest is not None


def test_the_shops_optimizations_get_the_words_that_they_deserve(shop_run):
    assert {found.name: found.outcome for found in verdicts(shop_run)} == {
        "orders_customer_idx": "keep, but it costs",
        "orders_open_idx": "keep",
    }


def test_shares_explain_the_whole_gain_of_every_cell(shop_run):
    assert all(abs(gain.buffers.unexplained) < 1e-6 for gain in cell_gains(sides(shop_run)))


def test_an_attribution_times_no_pair_and_leaves_no_database(shop_run, own_home):
    assert shop_run.pairs == ()
    with (
        open_server("embedded", ServerOptions(home=own_home)) as handle,
        Target(handle.dsn, SESSION_SETTINGS).connect() as admin,
    ):
        assert {database.kind for database in own_databases(admin)} == {"template"}


def test_without_optimizations_there_is_nothing_to_attribute(shop, own_home, capsys):
    (shop / "optimizations.sql").unlink()
    for file in (shop / "queries").iterdir():
        file.write_text("\n".join(line for line in file.read_text().splitlines() if "-- expects" not in line))
    assert main(["attribute", str(shop), "--home", str(own_home)]) == 2
    assert "there is no optimization to measure" in capsys.readouterr().err


BROKEN_UNDO = """
-- optimization: totals_idx
-- category: index
-- undo: DROP INDEX nonesuch
CREATE INDEX totals_idx ON orders (total_cents, order_id);
"""


def test_what_cannot_be_undone_is_measured_in_databases_built_without_it(shop, own_home, tmp_path):
    with (shop / "optimizations.sql").open("a") as file:
        file.write(BROKEN_UNDO)
    (shop / "queries" / "dear.sql").write_text(
        "-- title: Dear\n-- asks: Q?\nSELECT order_id FROM orders ORDER BY total_cents DESC, order_id DESC LIMIT 5;\n"
    )
    run = attributed(shop, own_home, tmp_path)
    found = sides(run)
    assert "nonesuch" in found.not_tried["totals_idx"]
    cell = next(cell for cell in found.cells if cell.query == "dear")
    assert cell.without == {"totals_idx": cell.before}
    assert cell.tried[cell.before].counters.buffers > 5 * cell.tried[cell.after].counters.buffers
    word = next(one for one in verdicts(run) if one.name == "totals_idx")
    assert word.outcome.startswith("keep")


def test_an_optimization_that_runs_outside_of_a_transaction_is_measured_too(shop, own_home, tmp_path):
    text = (shop / "optimizations.sql").read_text()
    (shop / "optimizations.sql").write_text(text.replace("CREATE INDEX orders", "CREATE INDEX CONCURRENTLY orders"))
    found = sides(attributed(shop, own_home, tmp_path))
    assert not found.not_tried
    assert any(cell.without for cell in found.cells)


FIRST_OPEN = """-- title: First open
-- asks: Which order waits longest?
SELECT order_id FROM orders WHERE status = 'open' ORDER BY order_id LIMIT 1;
"""
ANALYZES = """
-- optimization: analyzed
-- category: statistics
-- why: test
-- undo: SELECT 1
ANALYZE orders;
"""
CRUDE = """
-- optimization: crude
-- category: statistics
-- why: its undo takes the settings back, but not what ANALYZE wrote: open orders seem to be one in five thousand
-- undo: ALTER TABLE orders ALTER COLUMN status RESET (n_distinct), ALTER COLUMN status SET STATISTICS -1
ALTER TABLE orders ALTER COLUMN status SET (n_distinct = -1), ALTER COLUMN status SET STATISTICS 1;
ANALYZE orders;
"""


@pytest.mark.parametrize(("block", "cells"), [(ANALYZES, []), (CRUDE, ["first_open[all]"])], ids=["same", "other"])
def test_it_begins_from_the_plans_of_the_run_or_says_that_a_cell_moved(block, cells, shop, own_home, tmp_path):
    (shop / "queries" / "first_open.sql").write_text(FIRST_OPEN)
    with (shop / "optimizations.sql").open("a") as file:
        file.write(block)
    command = ["run", str(shop), "--leads", "5k", "--home", str(own_home), "--output", str(tmp_path), "--quiet"]
    assert main([*command, "--rounds", "1", "--budget", "0", "--proof-budget", "0", "--query", "first_open"]) == 0
    run = storage.load(storage.RUN, tmp_path / "latest" / "run.json")
    assert run.attribution.smallest.note == "the 0 s of --proof-budget were used up"
    assert [one.cell for one in moved(run)] == cells
    words = {one.name: one for one in verdicts(run)}
    if cells:
        assert not any(one.gain.missed or one.gain.alone for one in words.values())
