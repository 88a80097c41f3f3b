"""Plan traps from end to end: a workload made of them on a real server, and a query of it without any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench import storage
from bench.errors import WorkloadError
from bench.experiments.traps import run as traps
from bench.experiments.traps.answers import compared
from bench.experiments.traps.fresh import add_tenant, class_for
from bench.experiments.traps.hazards import QueryTraps
from bench.experiments.traps.record import TRAPS, TrapCell, TrapsOptions, TrapsRun
from bench.experiments.traps.summary import summarize
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.postgres.databases import own_databases
from bench.postgres.servers import ServerHandle, ServerOptions, open_server
from bench.workload import read
from tests import ROOT
from tests.builders.shops import setup_of
from tests.builders.trapped import FRESH, ROWS, trapped

DRAWS = 6


def options(analyzes: int = DRAWS) -> TrapsOptions:
    return TrapsOptions("before", analyzes, 100, 0.7, "")


@pytest.fixture(scope="module")
def seen(server: ServerHandle, target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrapsRun]:
    """One look at everything; the filled database goes with the module."""
    with target.connect() as admin:
        before = {one.name for one in own_databases(admin)}
        workload = trapped(tmp_path_factory.mktemp("trapped"))
        yield traps.run(setup_of(workload, ROWS), options(), server, lambda _: None)
        for one in own_databases(admin):
            if one.name not in before:
                databases.drop(admin, one.name)


def of(seen: TrapsRun, query: str) -> QueryTraps:
    return next(one for one in summarize(seen).queries if one.query.name == query)


def cell(seen: TrapsRun, query: str, parameter_class: str) -> TrapCell:
    return next(one for one in seen.cells if (one.query, one.parameter_class) == (query, parameter_class))


# --------------------------------------------------------------------------------------------------- what it finds
def test_a_generic_plan_that_hurts_the_tiny_tenant_is_found_with_the_server_s_own_choice(seen: TrapsRun) -> None:
    found = next(one for one in of(seen, "oldest").hazards if one.kind == "generic plan hurts")
    assert (found.trap, found.parameter_class) == (True, "tiny")
    assert found.price
    assert found.price.extra_blocks > 500
    assert "the server goes over to it once a statement was prepared and executed five times" in found.sentence


def test_the_server_goes_over_at_the_sixth_execution_and_stays(seen: TrapsRun) -> None:
    own, mixed = cell(seen, "oldest", "tiny").choices
    assert (own.first, own.switched_at, own.generic, own.custom) == ("tiny", 6, 3, 5)
    assert (mixed.first, mixed.switched_at) == ("hot", 6)
    assert len(own.ms) == 8
    assert own.then
    assert own.then.path == cell(seen, "oldest", "tiny").generic.path  # type: ignore[union-attr]


def test_the_plan_of_another_class_is_executed_and_known_for_the_generic_one(seen: TrapsRun) -> None:
    found = next(one for one in of(seen, "oldest").hazards if one.kind == "borrowed plan hurts")
    assert not found.trap
    assert found.sentence.startswith("the plan of class hot (the generic plan too) costs class tiny ")


def test_a_plan_is_borrowed_by_a_planner_setting(seen: TrapsRun) -> None:
    (found,) = cell(seen, "joined", "tiny").borrowed
    assert found.lender == "hot"
    assert set(found.settings.values()) == {"off"}
    assert found.lent
    assert found.lent.path == cell(seen, "joined", "hot").custom.path  # type: ignore[union-attr]


def test_statistics_of_a_sample_toss_a_coin_and_both_plans_are_executed(seen: TrapsRun) -> None:
    found = of(seen, "of_kind").hazards[0]
    assert (found.kind, found.trap) == ("coin toss", True)
    assert f"of {DRAWS} samples of the same rows" in found.sentence
    stability = cell(seen, "of_kind", found.parameter_class).stability
    assert stability
    assert len({one.path for one in stability.plans}) == len(set(stability.draws)) == 2
    assert seen.sampled == {"public.events": ROWS}


def test_a_new_tenant_pays_until_analyze(seen: TrapsRun) -> None:
    found = next(one for one in of(seen, "joined").hazards if one.kind == "fresh tenant hurts")
    assert found.trap
    assert found.price
    assert found.price.cut_off or found.price.extra_blocks > 1_000
    assert seen.fresh
    assert (seen.fresh.values, seen.fresh.rows) == ({"tenant": "99"}, 2_000)


def test_columns_that_say_the_same_make_an_estimate_that_is_off_by_a_hundred(seen: TrapsRun) -> None:
    worst = of(seen, "correlated").estimate
    assert worst
    assert (worst.found.q, worst.found.above) == (100.0, "Sort")  # 4 rows expected, 400 came
    assert of(seen, "correlated").verdict == "estimates off"
    assert not of(seen, "correlated").trap


def test_a_query_without_a_trap_has_none(seen: TrapsRun) -> None:
    found = of(seen, "calm")
    assert (found.verdict, found.hazards) == ("no trap found", ())
    kept = f"one plan in {DRAWS} of {DRAWS} samples"
    assert found.sentence == f"in 2 classes the generic plan costs no more; {kept}; a new tenant pays no more"


def test_the_headline_counts_queries_with_a_trap(seen: TrapsRun) -> None:
    summary = summarize(seen)
    assert summary.headline == "3 of 9 queries have a plan trap, 1 more has a risk, of 3 it cannot be told"
    assert [one.trap for one in summary.queries] == sorted((one.trap for one in summary.queries), reverse=True)


# ------------------------------------------------------------------------------------------------ what it cannot do
def test_a_statement_without_a_plan_says_so_and_stops_nothing(seen: TrapsRun) -> None:
    found = of(seen, "called")
    assert found.verdict == "cannot tell"
    assert found.sentence.startswith("it cannot be prepared, so it has no plan to look at: syntax error")


def test_a_query_that_runs_into_the_timeout_cannot_be_told(seen: TrapsRun) -> None:
    found = of(seen, "slow")
    assert (found.verdict, found.sentence) == (
        "cannot tell", "class all: its own plan ran into the timeout of 0.7 s",
    )  # fmt: skip
    assert [sample.censored for sample in cell(seen, "slow", "all").custom.samples] == [True]  # type: ignore[union-attr]


def test_a_query_that_fails_for_one_class_says_which_and_why(seen: TrapsRun) -> None:
    assert of(seen, "broken").sentence == "class tiny: queries/broken.sql:4: division by zero"


def test_a_query_that_fails_for_the_new_tenant_alone_is_told_and_stops_nothing(seen: TrapsRun) -> None:
    (note,) = seen.notes
    assert note == "new_fails could not be asked for the new tenant: queries/new_fails.sql:4 (before): division by zero"
    assert of(seen, "new_fails").fresh is None


def test_plans_for_the_same_values_are_asked_for_the_same_answer(seen: TrapsRun) -> None:
    found = compared(seen)
    assert {(one.plan, one.same) for one in found} >= {
        ("the generic plan", True), ("the plan of class hot", True), ("the plan before ANALYZE", True),
        ("a plan by another sample of statistics", True),
    }  # fmt: skip
    assert all(one.same for one in found)
    assert f"Answers were compared {len(found)} times, of two plans each: all the same." in summarize(seen).notes


@pytest.mark.usefixtures("_templates_go")
def test_an_answer_that_hangs_on_the_plan_is_an_alarm_and_one_that_always_differs_is_none(
    server: ServerHandle, tmp_path: Path
) -> None:
    trapped(tmp_path, "calm")
    for name, text in (("mode", "current_setting('plan_cache_mode')"), ("dice", "random()")):
        header = f"-- title: {name}\n-- asks: Q?\n-- param tenant bigint: class\n"
        (tmp_path / "queries" / f"{name}.sql").write_text(f"{header}SELECT {text}, :tenant AS tenant;")
    found = traps.run(setup_of(read(tmp_path), ROWS), options(analyzes=1), server, lambda _: None)
    assert {one.query for one in compared(found)} == {"calm", "mode"}
    assert [text for text in summarize(found).alarms if "another answer" in text] == [
        f"mode, class {name}: the generic plan gives another answer than its own, on the same rows."
        for name in dict.fromkeys(one.parameter_class for one in found.cells)
    ]


def test_what_was_seen_is_stored_and_read_again(seen: TrapsRun, tmp_path: Path) -> None:
    storage.save(seen, TRAPS, tmp_path / "traps.json")
    assert storage.load(TRAPS, tmp_path / "traps.json") == seen


# -------------------------------------------------------------------------------------------------- what it leaves
@pytest.mark.usefixtures("_templates_go")
def test_an_interruption_keeps_what_was_seen_and_leaves_no_copy(
    server: ServerHandle, admin: Connection, tmp_path: Path
) -> None:
    def interrupt(phase: str, done: float, total: float, unit: str = "") -> None:
        if phase == "statistics anew" and done > 1:
            raise KeyboardInterrupt

    kept: list[TrapsRun] = []
    with pytest.raises(KeyboardInterrupt):
        traps.run(setup_of(trapped(tmp_path, "calm"), ROWS, progress=interrupt), options(), server, kept.append)
    assert {one.kind for one in own_databases(admin)} == {"template"}
    assert [len(one.stability.draws) for one in kept[-1].cells if one.stability] == [1, 1]
    found = of(replace(kept[-1], status="interrupted"), "calm")
    assert (found.verdict, found.sentence[:10]) == ("cannot tell", "class hot:")


@pytest.mark.usefixtures("_templates_go")
def test_what_writes_is_rolled_back_in_the_copies_too(server: ServerHandle, admin: Connection, tmp_path: Path) -> None:
    trapped(tmp_path, "calm")
    write = "-- title: W\n-- asks: W?\n-- writes: yes\nINSERT INTO parts VALUES (1, 0, 0);"
    (tmp_path / "queries" / "calm.sql").write_text(write)
    found = traps.run(setup_of(read(tmp_path), ROWS), options(analyzes=1), server, lambda _: None)
    assert [one.error for one in found.cells] == [""]  # the key is taken for the second execution, were it not
    assert found.cells[0].generic.seen.counters.wal_bytes > 0  # type: ignore[union-attr]


@pytest.mark.usefixtures("_templates_go")
def test_upkeep_that_has_a_clock_is_carried_out_once_the_new_tenant_is_there(
    server: ServerHandle, tmp_path: Path
) -> None:
    """This one fails as soon as it finds the thousand parts of a tenant that is as large as the first."""
    trapped(tmp_path, "calm")
    (tmp_path / "optimizations.sql").write_text(
        "-- optimization: kept\n-- category: rollup\n-- undo: DROP TABLE kept\n"
        "-- upkeep every 1 s: SELECT 1 / (count(*) - 1000) FROM parts WHERE tenant = 99\n"
        "CREATE TABLE kept AS SELECT 1 AS n;"
    )
    with pytest.raises(WorkloadError, match="division by zero"):
        traps.run(setup_of(read(tmp_path), ROWS), replace(options(1), state="after"), server, lambda _: None)


def test_a_server_15_is_looked_at_too(dsn15: str, tmp_path: Path) -> None:
    with open_server("dsn", ServerOptions(dsn=dsn15)) as server:
        found = traps.run(setup_of(trapped(tmp_path, "oldest"), ROWS), options(analyzes=1), server, lambda _: None)
        with Target(server.dsn).connect() as admin:
            for one in own_databases(admin):
                databases.drop(admin, one.name)
    assert of(found, "oldest").verdict == "generic plan hurts"


# ------------------------------------------------------------------------------------------------------- new tenant
@pytest.fixture
def connection(admin: Connection, target: Target) -> Iterator[Connection]:
    databases.create(admin, "pgproof_fresh", "scratch")
    with target.connect("pgproof_fresh") as connection:
        connection.execute("CREATE TABLE parts (tenant int, id int, n int); CREATE TABLE orders (LIKE parts)")
        connection.execute("ALTER TABLE orders RENAME n TO part; INSERT INTO parts VALUES (7, 1, 1), (8, 1, 1)")
        yield connection


def test_a_new_tenant_gets_the_rows_of_the_one_that_it_is_like(connection: Connection, tmp_path: Path) -> None:
    (tmp_path / "f.sql").write_text(FRESH)
    row = {"class": "hot", "tenant": "7", "about": "x"}
    assert add_tenant(connection, tmp_path / "f.sql", row, "") == ({"tenant": "99"}, 1)
    assert connection.execute("SELECT count(*) FROM parts WHERE tenant = 99").fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("SELECT 1 AS tenant;\nINSERT INTO nobody VALUES (1);", r"fresh_tenant.sql:2: relation \"nobody\""),
        ("SELECT 1 AS tenant;\nSELECT 1 AS customer;", "fresh_tenant.sql:2: the last statement does not return"),
        ("INSERT INTO parts VALUES (1, 1, 1);", "end with a SELECT of one row with tenant"),
        ("SELECT 1 AS tenant UNION ALL SELECT 2;", "does not return the new tenant"),
        ("", "fresh_tenant.sql:1: the last statement"),
    ],
)
def test_a_wrong_file_adds_nothing_and_says_where(connection: Connection, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "f.sql").write_text(text)
    with pytest.raises(WorkloadError, match=says):
        add_tenant(connection, tmp_path / "f.sql", {"class": "hot", "tenant": "7"}, "")
    assert connection.execute("SELECT count(*) FROM parts").fetchall() == [(2,)]


def test_the_class_asked_for_is_taken_else_the_largest() -> None:
    found = [{"class": name, "tenant": str(n)} for n, name in enumerate(["tiny", "p90", "p90", "hot"])]
    assert class_for(found, "p90") == found[1]
    assert class_for(found, "") == found[3]
    assert class_for(found[:1], "") == found[0]
    assert class_for([{"class": "all"}], "") is None
    with pytest.raises(WorkloadError, match="--fresh huge: no such class: there are hot, p90, tiny"):
        class_for(found, "huge")


def test_the_crm_copies_every_table_that_belongs_to_a_tenant() -> None:
    text = (ROOT / "dataset" / "fresh_tenant.sql").read_text()
    tables = {s.sql.split()[2] for s in read(ROOT).schema if s.sql.startswith("CREATE TABLE")}
    assert len(tables) == 14
    assert [table for table in tables if f"INSERT INTO {table}\n" not in text] == []
