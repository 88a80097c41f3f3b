"""A load from end to end on the shop: records, invariants, interruption, what is left behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench import storage
from bench.errors import LoadError, ServerError
from bench.experiments.load import run as loading
from bench.experiments.load.command import mixed
from bench.experiments.load.record import LOAD, LoadOptions, LoadRun
from bench.experiments.load.run import states_of
from bench.experiments.load.summary import summarize
from bench.pgbench import programs
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.postgres.databases import own_databases
from bench.postgres.servers import ServerHandle, ServerOptions, open_server
from bench.workload import Workload, read
from tests.builders.shops import SHOP, changed, setup_of
from tests.pgbench.test_pgbench import ours_running

pytestmark = pytest.mark.usefixtures("_templates_go")


def options(clients: tuple[int, ...] = (2,), rates_tps: tuple[float, ...] = ()) -> LoadOptions:
    return LoadOptions(clients, rates_tps, False, 1, 0, 1000.0, 50.0)


def seen(workload: Workload, server: ServerHandle, clients: tuple[int, ...] = (2,)) -> tuple[LoadRun, list[LoadRun]]:
    kept: list[LoadRun] = []
    return loading.run(setup_of(workload), options(clients), server, kept.append), kept


def untreated(shop: Path) -> Workload:
    """The shop without optimizations: one state, half of the time."""
    (shop / "optimizations.sql").unlink()
    for file in (shop / "queries").iterdir():
        lines = file.read_text().splitlines(keepends=True)
        file.write_text("".join(line for line in lines if not line.startswith("-- expects")))
    return read(shop)


@pytest.fixture
def nothing_left(admin: Connection) -> Iterator[None]:
    before = {one.name for one in own_databases(admin) if one.kind != "template"}
    yield
    assert {one.name for one in own_databases(admin) if one.kind != "template"} == before
    assert not ours_running()


@pytest.mark.alone
def test_both_states_are_loaded_a_rate_held_and_an_interruption_keeps_what_is_done(
    server: ServerHandle, nothing_left: None, tmp_path: Path
) -> None:
    def interrupt(phase: str, done: float, total: float, unit: str = "") -> None:
        if phase.startswith("before") and phase.endswith("/s"):  # the last of four steps
            raise KeyboardInterrupt

    kept: list[LoadRun] = []
    with pytest.raises(KeyboardInterrupt):
        loading.run(setup_of(read(SHOP), progress=interrupt), options(rates_tps=(20.0,)), server, kept.append)
    assert [(step.state, step.purpose) for step in kept[-1].steps] == [
        ("before", "closed"), ("after", "closed"), ("after", "rate"),
    ]  # fmt: skip
    summary = summarize(kept[-1])
    assert all(one.tps > 20 for one in summary.closed)
    assert all(query.transactions > 2 for one in summary.closed for query in one.queries)
    assert [one.saturated for one in summary.open] == [False]
    assert all(step.samples > 5 for step in kept[-1].steps)
    storage.save(kept[-1], LOAD, tmp_path / "load.json")
    assert storage.load(LOAD, tmp_path / "load.json") == kept[-1]


def test_an_invariant_that_the_load_breaks_is_found_and_one_that_holds_is_not(
    server: ServerHandle, shop: Path, nothing_left: None
) -> None:
    untreated(shop)
    workload = changed(
        shop, "queries/cancel_order.sql", "-- writes: yes\n",
        "-- writes: yes\n-- invariant no order is lost: SELECT count(*) FROM orders\n"
        "-- invariant nothing is returned: SELECT count(*) FROM orders WHERE status = 'returned'\n",
    )  # fmt: skip
    run, kept = seen(mixed(workload, "cancel_order=1"), server)
    assert [(one.status, len(one.steps)) for one in kept] == [("running", 0), ("running", 1), ("complete", 1)]
    held = {one.name: one.held for one in run.steps[0].invariants}
    assert held == {"no order is lost": True, "nothing is returned": False}
    assert run.steps[0].invariants[1].detail == "before (158); after (160)"


def test_a_server_that_dies_is_one_error_and_the_steps_before_are_kept(used_home: Path) -> None:
    kept: list[LoadRun] = []
    with open_server("embedded", ServerOptions(home=used_home)) as server:
        pid = int((Path(str(server.data_dir)) / "postmaster.pid").read_text().split()[0])

        def kill(phase: str, done: float, total: float, unit: str = "") -> None:
            if phase.startswith("after") and 0.2 < done < total:
                os.kill(pid, signal.SIGQUIT)

        with pytest.raises(ServerError, match=r"after, 2 clients: the server went away"):
            loading.run(setup_of(read(SHOP), progress=kill), options(), server, kept.append)
    assert [step.state for step in kept[-1].steps] == ["before"]
    assert not ours_running()


def test_a_statement_that_fails_under_load_ends_it_with_its_words(server: ServerHandle, shop: Path) -> None:
    untreated(shop)
    workload = changed(shop, "queries/open_orders.sql", "SELECT count(*) AS orders", "SELECT 1 / (random() < 0)::int")
    with pytest.raises(LoadError, match=r"a client of the load met an error: open_orders: .*division by zero"):
        seen(mixed(workload, "open_orders=1"), server)


def test_more_clients_than_the_server_takes_are_refused_before_anything_is_filled(server: ServerHandle) -> None:
    with pytest.raises(LoadError, match="900 clients are more than the"):
        seen(read(SHOP), server, clients=(1, 900))


def test_a_missing_pgbench_is_said_first(server: ServerHandle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "wheel_programs", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LoadError, match="there is no pgbench"):
        seen(read(SHOP), replace(server, bin_dir=None))


def test_without_optimizations_there_is_one_state(shop: Path) -> None:
    assert states_of(read(SHOP)) == ("before", "after")
    assert states_of(untreated(shop)) == ("before",)


def test_a_copy_is_in_memory_before_it_is_loaded(admin: Connection, target: Target) -> None:
    databases.create(admin, "pgproof_warm", "scratch")
    with target.connect("pgproof_warm") as connection:
        connection.execute("CREATE TABLE t AS SELECT generate_series(1, 50000) AS n")
        connection.execute("CREATE INDEX ON t (n)")
        blocks = connection.execute("SELECT pg_relation_size('t') / 8192 + pg_relation_size('t_n_idx') / 8192")
        assert (loading.warm_up(connection) or 0) >= blocks.fetchall()[0][0]
        assert connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_prewarm'").fetchone() is None
