"""Queries under the server's own settings, beside the figures under those that pgproof forces."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from psycopg.conninfo import make_conninfo
from rich.console import Console

from bench.experiments.before_after.document import EXPERIMENT
from bench.experiments.before_after.run import RunOptions, run
from bench.experiments.before_after.summary import summarize
from bench.experiments.setup import SetupOptions
from bench.model import ForcedSetting, Options, Run
from bench.postgres.servers import ServerHandle, ServerOptions, open_server
from bench.workload import read
from tests import SHOP
from tests.builders import runs
from tests.experiments.before_after.formats import FORMATS

pytestmark = pytest.mark.usefixtures("_templates_go")

FORCED = (
    ForcedSetting("jit", "off", "on"), ForcedSetting("work_mem", "16MB", "4MB"),
    ForcedSetting("seq_page_cost", "1", "1"),
    ForcedSetting("plan_cache_mode", "force_custom_plan", "auto", kept=True),
)  # fmt: skip
PLAIN = runs.run(runs.pair("queue", "hot"), runs.pair("board", "hot"), server=replace(
    runs.run().server, kind="dsn", forced=FORCED))  # fmt: skip
BESIDE = replace(
    PLAIN, as_set=(runs.pair("queue", "hot", after_ms=200, index=""), runs.pair("board", "hot", after_ms=4))
)


def terminal(run: Run) -> str:
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(EXPERIMENT.show(run))
    return " ".join(console.export_text().split())


@pytest.mark.parametrize("shown", [FORMATS["html"], FORMATS["md"], terminal], ids=["page", "Markdown", "terminal"])
def test_every_report_names_what_was_forced_with_both_values(shown) -> None:
    said = " ".join(shown(PLAIN).replace("&#39;", "'").replace("\\_", "_").split())
    assert "4 settings were forced on every timed connection. 3 differ from the server's own: jit off (the" in said
    assert "work_mem 16MB (the server's own: 4MB)" in said


def test_the_table_of_settings_has_a_column_for_the_servers_own() -> None:
    found = {one.name: (one.value, one.own) for one in summarize(PLAIN).settings}
    assert (found["jit"], found["work_mem"], found["seq_page_cost"]) == (("off", "on"), ("16 MB", "4 MB"), ("1", ""))


def test_what_was_not_measured_under_the_servers_own_settings_is_a_limit() -> None:
    told = " ".join(summarize(PLAIN).limitations)
    assert "settings that the server does not have by itself (jit and work_mem)" in told
    assert "the server does not have by itself" not in " ".join(summarize(BESIDE).limitations)


def test_a_verdict_that_the_servers_own_settings_turn_is_named_on_the_first_screen() -> None:
    said = " ".join(summarize(BESIDE).paragraph)
    assert (
        "As the server is set, of 2 queries that only read, with a target of 100 ms: before 0 meet, 2 miss, 0 "
        "cannot tell" in said
    )
    assert "Another verdict than as forced: Queue (" in said
    assert "Queue (" in terminal(BESIDE)


@pytest.mark.parametrize("name", ["html", "md"])
def test_both_figures_stand_beside_each_other(name: str) -> None:
    shown = FORMATS[name](BESIDE)
    assert "As the server is set" in shown
    assert summarize(BESIDE).beside[0].rows[0].another_plan
    assert "another" in shown


def test_queries_are_measured_under_the_settings_that_the_server_has(server: ServerHandle) -> None:
    """A server whose planner shuns indexes: plans differ, rows do not."""
    dsn = make_conninfo(server.dsn, options="-c random_page_cost=100000 -c jit=on")
    setup = SetupOptions(read(SHOP), 1000, 1, "default", 1, 10**10)
    options = RunOptions(Options(2, 0.0, 30.0, 1, 1, 100.0), as_set=True)
    with open_server("dsn", ServerOptions(dsn=dsn)) as theirs:
        seen = run(setup, options, theirs, lambda _: None)
    reads = {query.name for query in seen.queries if not query.writes}
    assert {pair.query for pair in seen.as_set} == reads
    assert {len(side.samples) for pair in seen.as_set for side in (pair.before, pair.after)} == {2}
    assert summarize(seen).beside[0].rows
    assert any(row.another_plan for row in summarize(seen).beside[0].rows)
    assert all(pair.equality and pair.equality.equal for pair in seen.as_set)


def test_a_server_with_the_same_settings_is_not_measured_twice(server: ServerHandle) -> None:
    setup = SetupOptions(read(SHOP), 1000, 2, "default", 1, 10**10, only=("open_orders",))
    seen = run(setup, RunOptions(Options(1, 0.0, 30.0, 1, 1, 100.0), as_set=True), server, lambda _: None)
    assert seen.as_set == ()
    assert [one.name for one in seen.server.differing] == ["plan_cache_mode"]
