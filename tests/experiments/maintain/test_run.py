"""Maintenance from end to end on the shop: stages, an interruption, what is refused, what is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.errors import DiskFull
from bench.experiments.maintain import run as maintain
from bench.experiments.maintain.cell_changes import cells_at, stage_of
from bench.experiments.maintain.effects import effects, wrong_rows
from bench.experiments.maintain.record import MaintenanceOptions, MaintenanceRun
from bench.postgres.connection import Connection
from bench.postgres.databases import own_databases
from bench.postgres.servers import ServerHandle, ServerOptions, open_server
from bench.workload import Workload, read
from tests.builders.shops import SHOP, setup_of

pytestmark = pytest.mark.usefixtures("_templates_go")
KEY = ("open_orders", "all")


def options(share: float = 0.2, only: tuple[str, ...] = ()) -> MaintenanceOptions:
    return MaintenanceOptions(share, only, 5, 30.0, 1)


def seen(
    workload: Workload, asked: MaintenanceOptions, server: ServerHandle
) -> tuple[MaintenanceRun, list[MaintenanceRun]]:
    kept: list[MaintenanceRun] = []
    return maintain.run(setup_of(workload), asked, server, kept.append), kept


@pytest.fixture
def nothing_left(admin: Connection) -> Iterator[None]:
    before = {one.name for one in own_databases(admin) if one.kind != "template"}
    yield
    assert {one.name for one in own_databases(admin) if one.kind != "template"} == before


def test_the_shop_ages_and_vacuum_mends_it(server: ServerHandle, nothing_left: None) -> None:
    run, kept = seen(read(SHOP), options(), server)
    assert tuple(stage.name for stage in run.stages) == run.planned
    assert run.planned == ("fresh", "churned", "gin", "autovacuum", "vacuum", "reindex", "analyze", "all")
    assert [len(one.stages) for one in kept] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 8]
    fetches = [cells_at(stage_of(run, name))[KEY].counters.heap_fetches for name in ("fresh", "churned", "vacuum")]  # type: ignore[union-attr]
    assert fetches == [0, 100, 0]
    assert effects(run).of("vacuum").mends == ("Open orders",)  # type: ignore[union-attr]
    assert [one.query for one in stage_of(run, "vacuum").timed] == ["open_orders"]  # type: ignore[union-attr]
    assert wrong_rows(run) == ()


def test_with_nothing_written_no_cell_changes(server: ServerHandle, nothing_left: None) -> None:
    run, _ = seen(read(SHOP), options(0.0, ("vacuum",)), server)
    assert run.planned == ("fresh", "churned", "vacuum")
    found = [{key: cell.counters.buffers for key, cell in cells_at(stage).items()} for stage in run.stages]  # type: ignore[union-attr]
    assert all(one == found[0] for one in found)
    assert effects(run).aged == ()


def test_an_interruption_keeps_the_stages_before_it(server: ServerHandle, nothing_left: None) -> None:
    def interrupt(phase: str, done: float, total: float, unit: str = "") -> None:
        if phase.startswith("reindex"):
            raise KeyboardInterrupt

    kept: list[MaintenanceRun] = []
    with pytest.raises(KeyboardInterrupt):
        maintain.run(setup_of(read(SHOP), progress=interrupt), options(0.1, ("vacuum", "reindex")), server, kept.append)
    assert [stage.name for stage in kept[-1].stages] == ["fresh", "churned", "vacuum"]


def test_copies_that_do_not_fit_are_refused_before_they_are_made(server: ServerHandle, nothing_left: None) -> None:
    kept: list[MaintenanceRun] = []
    with pytest.raises(DiskFull, match=r"three copies of the database need about 0\.\d GB, and 0\.0 GB are free"):
        maintain.run(setup_of(read(SHOP)), options(), server, kept.append, free_bytes=lambda server: 1000)
    assert kept == []


STALE = """
-- optimization: order_counts
-- category: rollup
-- why: test
-- undo: DROP TABLE counts;
-- upkeep: UPDATE counts SET orders = (SELECT count(*) FROM orders WHERE status = 'open')
-- staleness: SELECT orders || ' counted' FROM counts
CREATE TABLE counts AS SELECT count(*) AS orders FROM orders WHERE status = 'open';
"""


def test_a_rollup_tells_old_news_until_it_is_refreshed(server: ServerHandle, shop: Path, nothing_left: None) -> None:
    with open(shop / "optimizations.sql", "a") as file:
        file.write(STALE)
    (shop / "queries" / "waiting.sql").write_text(
        "-- title: Waiting\n-- asks: How many wait?\nSELECT count(*) AS orders FROM orders WHERE status = 'open';\n"
        "-- rewrite: order_counts\nSELECT orders FROM counts;\n"
    )
    (shop / "churn.sql").write_text("UPDATE orders SET status = 'paid' WHERE status = 'open' AND :share > 0;")
    run, _ = seen(read(shop), options(0.1, ("order_counts", "vacuum")), server)
    waiting = {stage.name: cells_at(stage)["waiting", "all"].agrees for stage in run.stages}
    assert waiting == {"fresh": True, "churned": False, "order_counts": True, "vacuum": False, "all": True}
    assert [stage.staleness["order_counts"] for stage in run.stages[1:3]] == ["100 counted", "0 counted"]
    assert wrong_rows(run) == ()


def test_it_works_on_postgresql_15_where_autovacuum_is_on(dsn15: str) -> None:
    with open_server("dsn", ServerOptions(dsn=dsn15)) as server:
        run, _ = seen(read(SHOP), options(only=("autovacuum", "vacuum", "gin")), server)
    assert [stage.name for stage in run.stages] == ["fresh", "churned", "gin", "autovacuum", "vacuum", "all"]
    assert cells_at(stage_of(run, "churned"))[KEY].counters.heap_fetches == 100  # type: ignore[union-attr]
    assert effects(run).of("vacuum").mends == ("Open orders",)  # type: ignore[union-attr]
    assert run.server.version_num // 10000 == 15
