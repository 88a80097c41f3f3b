"""The gate on a real server: the shop, changed in one way at a time."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.cli import main
from bench.errors import ServerError, WorkloadError
from bench.experiments.gate import sentences
from bench.experiments.gate.arms import Arm
from bench.experiments.gate.databases import Databases
from bench.experiments.gate.record import GateResult
from bench.experiments.gate.run import make_baseline, run
from bench.experiments.setup import prepared
from bench.model import Injection
from bench.postgres.connection import Target
from bench.postgres.databases import own_databases
from bench.postgres.servers import SESSION_SETTINGS, ServerHandle, ServerOptions, open_server
from bench.workload import Workload, read
from tests.builders.gates import within_noise
from tests.builders.shops import SHOP, changed, gate_of, setup_of

pytestmark = pytest.mark.usefixtures("_templates_go")


def counted(server: ServerHandle, head: Workload, **more: object) -> GateResult:
    """The gate without times."""
    return run(gate_of(head, **({"base": None} | more)), server)


@pytest.fixture(autouse=True)
def _leaves_nothing_behind(server: ServerHandle, target: Target) -> Iterator[None]:
    yield
    with target.connect() as admin:
        left = [database.name for database in own_databases(admin) if database.kind != "template"]
    assert not left


def when_made(target: Target, database: str) -> list[float]:
    """What each optimization took when this database was made, or what it is a copy of."""
    with target.connect(database) as connection:
        asked = "SELECT duration_ms FROM bench_meta.version_ledger WHERE kind = 'optimization' ORDER BY name"
        return [row[0] for row in connection.execute(asked)]


def word(result: GateResult, query: str) -> str:
    """The worst verdict among the cells of a query."""
    return next(cell.word for cell in result.cells if cell.query == query)


# --------------------------------------------------------------------------------------------------- what it finds
def test_identical_files_pass(server, baseline):
    result = run(gate_of(read(SHOP), baseline=baseline, time_all=True), server)
    assert result.overall == "pass"
    assert result.count("pass") == len(result.cells) == 7
    assert all(cell.timed and len(cell.timed.stages[0].base_ms) >= 12 for cell in result.cells)


def test_only_what_can_differ_is_timed(server, baseline, shop):
    """Where schema and optimizations are the same, a cell of the same statement is one execution under two names."""
    head = changed(shop, "queries/open_orders.sql", "count(*)", "count(*) + 0")
    result = run(gate_of(head, baseline=baseline), server)
    timed = {cell.query for cell in result.cells if cell.timed}
    assert timed == {"open_orders"} == {cell.query for cell in result.cells if not cell.same}
    assert "6 cells ask the same of one database in both arms" in sentences.against(result)


def test_another_optimization_has_every_cell_timed(server, baseline, shop):
    head = changed(shop, "optimizations.sql", "(status)", "(status, created_at)")
    result = run(gate_of(head, baseline=baseline, only=("latest_orders",)), server)
    assert all(cell.timed and not cell.same for cell in result.cells)


def test_an_arm_that_was_made_before_is_a_copy_of_it(server, target, shop):
    """Until something looks worse: then both are made anew."""
    head = changed(shop, "optimizations.sql", "(status)", "(status, order_id)")
    with prepared(setup_of(head), server) as setup:
        databases = Databases(setup, {"head": Arm("head", "", head)}, {"head": setup}, 30.0)
        first, kept = databases.prepare(["head"], "one"), setup.kept_after()
        second, anew = databases.prepare(["head"], "two"), databases.prepare(["head"], "three", anew=True)
        made = [when_made(target, one["head"]) for one in (first, second, anew)]
    assert kept
    assert made[0] == made[1] == [one.build_ms for one in sorted(kept.applied, key=lambda one: one.name)]
    assert made[2] != made[0]


def test_two_baselines_of_the_same_files_count_the_same(server, baseline):
    """All but the verdict on the target, which is a matter of time: beside other work it may be open."""
    again = make_baseline(gate_of(read(SHOP), base=None), server)
    counts, before = ([replace(cell, target="meets") for cell in one.cells] for one in (again, baseline))
    assert counts == before
    assert again.fingerprint == baseline.fingerprint


def test_what_is_counted_does_not_hang_on_how_often_the_target_takes(server, shop):
    """80 executions of one class of a write, to hold it against the target, were in what the next one found."""
    changed(shop, "queries/cancel_order.sql", "RETURNING order_id", "RETURNING order_id, nextval('turns')")
    block = "-- optimization: turns\n-- category: composite\n-- why: it counts\nCREATE SEQUENCE turns;\n\n"
    last = "-- optimization: orders_open_idx"
    head = changed(shop, "optimizations.sql", last, f"{block}{last}")
    targets = (1e9, 4.0, 40.0)  # far from the time of an execution, and ten times as long as a quick and a slow one
    made = [make_baseline(gate_of(head, base=None, only=("cancel_order",), target_ms=ms), server) for ms in targets]
    assert len({tuple(cell.result_hash for cell in one.cells) for one in made}) == 1


def test_a_dropped_index_is_red_with_its_plan_and_its_name(server, baseline, shop):
    head = changed(
        shop,
        "optimizations.sql",
        "CREATE INDEX orders_open_idx",
        "CREATE INDEX other_idx ON customers (country);\nCREATE INDEX IF NOT EXISTS orders_status_idx",
    )
    result = counted(server, replace(head, optimizations=head.optimizations[:1]), baseline=baseline)
    cell = next(cell for cell in result.cells if cell.query == "open_orders")
    assert (result.overall, cell.word) == ("regression", "regression")
    assert "buffers" in cell.reasons[0]
    assert "orders_open_idx" in cell.plan_changes[0]
    assert cell.cause == "index public.orders_open_idx was dropped"
    assert cell.file == "queries/open_orders.sql"


def test_a_changed_predicate_points_at_the_block(server, baseline, shop):
    head = changed(shop, "optimizations.sql", "WHERE status = 'open'", "WHERE status = 'open' AND total_cents > 1")
    cell = next(c for c in counted(server, head, baseline=baseline).cells if c.query == "open_orders")
    assert cell.word == "regression"
    assert cell.cause.startswith("index public.orders_open_idx changed")
    assert (cell.file, cell.line) == ("optimizations.sql", 7)


def test_a_statement_that_reads_more_points_at_itself(server, baseline, shop):
    head = changed(shop, "queries/open_orders.sql", "WHERE status = 'open'", "WHERE status || '' = 'open'")
    cell = next(c for c in counted(server, head, baseline=baseline).cells if c.query == "open_orders")
    assert (cell.word, cell.cause) == ("regression", "its statement changed")


def test_other_rows_are_red(server, baseline, shop):
    head = changed(shop, "queries/open_orders.sql", "count(*)", "count(*) + 1")
    cell = next(c for c in counted(server, head, baseline=baseline).cells if c.query == "open_orders")
    assert cell.word == "regression"
    assert cell.reasons[0].startswith("returns other rows")


def test_less_work_is_an_improvement(server, baseline, shop):
    head = read(SHOP)
    without = replace(head, optimizations=head.optimizations[1:])
    worse = make_baseline(gate_of(without, base=None), server)
    result = counted(server, head, baseline=worse)
    assert result.overall == "improvement"
    assert word(result, "latest_orders") == "improvement"


def test_a_slower_cpu_is_red_by_time_alone(server, baseline):
    """By several times its 13 microseconds on a fast machine: what is less than FLOOR_MS is no regression."""
    cell = ("latest_orders", "hot")
    result = run(gate_of(read(SHOP), baseline=baseline, only=("latest_orders",), burn={cell: 3.0}), server)
    found = next(c for c in result.cells if (c.query, c.parameter_class) == cell)
    assert found.word == "regression"
    assert not found.differences
    assert found.change is not None
    assert found.timed is not None
    assert len(found.timed.stages) == 3
    assert within_noise(found.change.ratio, 4.0, found.change.spread)


def test_arms_that_differ_where_they_cannot_are_inconclusive(server, baseline):
    burn = {("control", "arithmetic"): 0.5}
    result = run(gate_of(read(SHOP), baseline=baseline, only=("latest_orders",), burn=burn), server)
    assert result.overall == "inconclusive"
    assert "sessions were repeated" in result.notes[0]


def test_a_lost_target_is_red(server, baseline, shop):
    head = changed(
        shop,
        "queries/open_orders.sql",
        "WHERE status = 'open'",
        "WHERE status = 'open'\n  AND (SELECT pg_sleep(0.07)) IS NOT NULL",
    )
    result = counted(server, head, baseline=baseline, only=("open_orders",))
    assert "met the target, now misses it" in result.cells[0].reasons


def test_an_arm_that_sleeps_is_timed_without_looping_its_sleep(server, baseline, shop):
    head = changed(
        shop,
        "queries/open_orders.sql",
        "WHERE status = 'open'",
        "WHERE status = 'open' AND (SELECT pg_sleep(0.02)) IS NOT NULL",
    )
    result = run(gate_of(head, baseline=baseline, only=("open_orders",)), server)
    assert result.cells[0].timed
    assert result.cells[0].timed.loops == 1


def test_a_statement_that_never_ends_is_red_after_the_timeout(server, baseline, shop):
    head = changed(
        shop,
        "queries/open_orders.sql",
        "WHERE status = 'open'",
        "WHERE status = 'open'\n  AND (SELECT pg_sleep(9)) IS NOT NULL",
    )
    result = counted(server, head, baseline=baseline, timeout_s=0.5)
    assert word(result, "open_orders") == "regression"
    assert "ran longer than 0.5 s" in result.cells[0].reasons[0]


def test_an_expected_regression_is_accepted_until_the_next_baseline(server, baseline, shop):
    changed(shop, "queries/open_orders.sql", "-- title:", "-- expected: until the status is an enum\n-- title:")
    head = changed(shop, "queries/open_orders.sql", "WHERE status = 'open'", "WHERE status || '' = 'open'")
    result = counted(server, head, baseline=baseline)
    assert (result.overall, word(result, "open_orders")) == ("pass", "accepted")
    assert result.cells[0].expected == "until the status is an enum"
    next_one = make_baseline(gate_of(head, base=None), server)
    worse = changed(
        shop,
        "queries/open_orders.sql",
        "WHERE status || ''",
        "WHERE (SELECT count(*) FROM orders) > 0 AND status || ''",
    )
    assert word(counted(server, worse, baseline=next_one), "open_orders") == "regression"


def test_a_renamed_query_is_said_and_fails_only_when_strict(server, baseline, shop):
    (shop / "queries" / "open_orders.sql").rename(shop / "queries" / "waiting_orders.sql")
    text = (shop / "optimizations.sql").read_text()
    (shop / "optimizations.sql").write_text(text.replace("serves: open_orders", "serves: waiting_orders"))
    result = counted(server, read(shop), baseline=baseline)
    assert (result.overall, word(result, "waiting_orders"), word(result, "open_orders")) == ("pass", "new", "gone")
    assert counted(server, read(shop), baseline=baseline, strict=True).overall == "regression"


def test_settings_of_an_injection_reach_the_head_arm(server, baseline):
    slow = Injection(
        "no_index_scans",
        "",
        "settings",
        (),
        "counters",
        "",
        settings={"enable_indexscan": "off", "enable_indexonlyscan": "off", "enable_bitmapscan": "off"},
    )
    plan = gate_of(read(SHOP), base=None, baseline=baseline)
    result = run(replace(plan, head=Arm("head", "x", read(SHOP), slow)), server)
    assert word(result, "latest_orders") == "regression"


@pytest.mark.alone
def test_a_server_by_dsn_is_timed_by_the_wall(dsn15):
    with open_server("dsn", ServerOptions(dsn=dsn15)) as handle:
        result = run(gate_of(read(SHOP), only=("latest_orders",), time_all=True), handle)
    assert result.overall in ("pass", "inconclusive"), "on a machine that others fill, wall times cannot tell"
    assert {cell.timed.clock for cell in result.cells if cell.timed} == {"wall"}


# --------------------------------------------------------------------------------------------------- fingerprints
def test_a_baseline_of_another_scale_cannot_be_compared(server, baseline):
    result = counted(server, read(SHOP), baseline=baseline, scale=1_000)
    assert result.overall == "incompatible"
    assert "scale (orders): 5000 in the baseline, 1000 now" in result.incompatible
    assert "pgproof baseline" in result.hint


def test_a_baseline_of_other_rows_cannot_be_compared(server, baseline, shop):
    head = changed(shop, "dataset/fill.sql", "7919", "7907")
    result = counted(server, head, baseline=baseline)
    assert result.overall == "incompatible"


def test_a_baseline_of_another_server_cannot_be_compared(server, baseline):
    other = replace(baseline, fingerprint=replace(baseline.fingerprint, server_version="17.2"))
    result = counted(server, read(SHOP), baseline=other)
    assert "PostgreSQL: 17.2 in the baseline" in result.incompatible[0]


def test_a_failing_arm_names_itself(server, baseline, shop):
    head = changed(shop, "optimizations.sql", "(status)", "(no_such_column)")
    with pytest.raises(WorkloadError, match=r"the working tree: optimizations.sql:11.*no_such_column"):
        counted(server, head, baseline=baseline)


# --------------------------------------------------------------------------------------------------- command line
@pytest.fixture(scope="module")
def own_home(running_home: Path) -> Path:
    return running_home


def pgproof(shop: Path, home: Path, *arguments: str) -> int:
    return main([arguments[0], str(shop), "--leads", "2k", "--home", str(home), "--quiet", *arguments[1:]])


def test_a_gate_without_baseline_and_ref_says_what_to_type(shop, own_home, capsys):
    assert pgproof(shop, own_home, "gate") == 3
    assert "pgproof baseline" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"), [("", "empty"), ('{"format": 1, "cells": [', "truncated"), ('{"format": 99}', "newer pgproof")]
)
def test_a_broken_baseline_has_its_own_exit_code(shop, own_home, capsys, content, said):
    (shop / "baseline.json").write_text(content)
    assert pgproof(shop, own_home, "gate") == 3
    assert said in capsys.readouterr().err


def test_a_query_that_neither_arm_has_is_refused(repository, own_home, capsys):
    """It compared nothing, and ended as inconclusive."""
    assert pgproof(repository, own_home, "gate", "--base", "HEAD", "--query", "nobody") == 2
    assert "--query nobody: no such query" in capsys.readouterr().err


def test_baseline_then_gate_then_a_regression(repository, own_home, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    assert pgproof(repository, own_home, "baseline") == 0
    assert pgproof(repository, own_home, "gate", "--counters-only") == 0
    changed(repository, "queries/open_orders.sql", "WHERE status = 'open'", "WHERE status || '' = 'open'")
    assert pgproof(repository, own_home, "gate", "--counters-only", "--github", "--output", "out") == 1
    said = capsys.readouterr().out
    assert "::error file=shop/queries/open_orders.sql,line=5" in said
    assert "its statement changed" in (tmp_path / "summary.md").read_text()
    files = {file.name for file in (tmp_path / "out" / "latest-gate").iterdir()}
    assert files == {"gate.json", "gate.html", "gate.md", "gate.junit.xml", "entry.json"}


def test_a_server_that_dies_in_the_middle_is_one_line_and_no_verdict(used_home):
    with pytest.raises(ServerError):
        _gate_on_a_server_that_is_killed(used_home)
    with open_server("embedded", ServerOptions(home=used_home)) as handle:
        run(gate_of(read(SHOP), base=None, baseline=make_baseline(gate_of(read(SHOP), base=None), handle)), handle)
        with Target(handle.dsn, SESSION_SETTINGS).connect() as admin:
            assert {database.kind for database in own_databases(admin)} == {"template"}


def _gate_on_a_server_that_is_killed(home: Path) -> None:
    with open_server("embedded", ServerOptions(home=home)) as handle:
        assert handle.data_dir
        pid = int((handle.data_dir / "postmaster.pid").read_text().splitlines()[0])

        def kill(phase: str, done: float, total: float, unit: str = "") -> None:
            if unit == "rounds" and done == 3:
                os.kill(pid, signal.SIGKILL)

        run(gate_of(read(SHOP), setup=setup_of(read(SHOP), progress=kill), time_all=True), handle)
