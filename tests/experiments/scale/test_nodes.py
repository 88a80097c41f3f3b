"""More workers of a cluster: read from a record of a real one, and measured where PGPROOF_TEST_CITUS_DSN names one."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from click import UsageError

from bench import storage
from bench.cli import main
from bench.errors import ServerError
from bench.experiments.scale.command import node_counts
from bench.experiments.scale.document import EXPERIMENT
from bench.experiments.scale.nodes_run import insist_on_workers
from bench.experiments.scale.nodes_summary import on_paper
from bench.experiments.scale.record import SCALE, Scaling
from bench.experiments.scale.summary import summarize
from bench.model import Equality
from bench.model.plan import Spread, Way
from bench.postgres.cluster import Node, holders
from bench.postgres.connection import Target
from bench.postgres.databases import own_databases
from bench.report import markdown
from bench.results_folder import Checkpoint
from tests import SHOP
from tests.experiments.test_on_a_cluster import DISTRIBUTION, FORM

RECORDED = Path(__file__).parent / "citus" / SCALE.file
DSN = os.environ.get("PGPROOF_TEST_CITUS_DSN", "")
live = pytest.mark.skipif(not DSN, reason="PGPROOF_TEST_CITUS_DSN names no coordinator of a Citus cluster")
NODES = (Node("a", 1, True, True), Node("b", 2, False, True), Node("c", 3, False, False), Node("d", 4, False, True))


def recorded() -> Scaling:
    return storage.load(SCALE, RECORDED)


def test_shards_go_to_the_first_workers_that_hold_any() -> None:
    assert holders(NODES, 0) == {("a", 1), ("b", 2), ("d", 4)}
    assert (holders(NODES, 1), holders(NODES, 2)) == ({("b", 2)}, {("b", 2), ("d", 4)})


def test_more_workers_than_there_are_is_one_line() -> None:
    insist_on_workers((1, 2), NODES)
    with pytest.raises(
        ServerError, match=r"^--nodes 1,3: the cluster has 2 workers that shards go to: ask for no more"
    ):
        insist_on_workers((1, 3), NODES)


@pytest.mark.parametrize("text", ["0,2", "1,x", "2", "2,1", "1,1", "1,", "-1,2", "1.5,2", "²,3"])
def test_what_is_no_list_of_workers_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--nodes .*: give two or more whole numbers of workers, each larger: 1,2$"):
        node_counts(text)


@pytest.mark.parametrize(
    ("way", "tasks", "gained", "parts", "at"),
    [
        ("all shards", 32, True, (20, 80), {4: 40, 8: 30}),  # 100 = 20 + 80 / 1, 60 = 20 + 80 / 2
        ("all shards", 4, True, (20, 80), {4: 40, 8: 40}),  # no more workers than tasks
        ("coordinator", 32, True, (20, 80), {4: 40, 8: 30}),
        ("all shards", 32, False, (80, 0), {4: 80, 8: 80}),
        ("one shard", 1, True, (80, 0), {4: 80, 8: 80}),
    ],
)
def test_what_goes_to_all_shards_is_divided_and_the_rest_stays(
    way: Way, tasks: int, gained: bool, parts: tuple[float, float], at: dict[int, float]
) -> None:
    found = on_paper(Spread(way, tasks, 2, 0), [(1, 100.0), (2, 60.0)], (4, 8), gained=gained)
    assert (found.fixed_ms, found.shared_ms) == pytest.approx(parts)
    assert {nodes: ms for nodes, ms, _ in found.predicted} == pytest.approx(at)


def test_a_fit_through_three_numbers_of_workers_has_no_part_below_nothing() -> None:
    spread = Spread("all shards", 32, 2, 0)
    exact = on_paper(spread, [(1, 100.0), (2, 60.0), (4, 40.0)], (8,), gained=True)
    assert exact.predicted[0][2] == "20.0 + 80.0 ÷ 8 = 30.0 ms"
    steep = on_paper(spread, [(1, 100.0), (2, 10.0)], (4,), gained=True)
    assert steep.fixed_ms == 0


def test_a_record_of_a_real_cluster_says_how_each_query_is_answered() -> None:
    found = summarize(recorded()).on_nodes
    assert found is not None
    (table,) = found.tables
    assert (found.first, table.nodes, found.further) == (1, 2, (4, 8))
    seen = {cell.compared.query: (cell.way, cell.fewer and cell.fewer.nodes, cell.more and cell.more.nodes)
            for cell in table.cells}  # fmt: skip
    assert seen == {
        "latest_orders": ("all shards", 1, 2), "open_orders": ("all shards", 1, 2),
        "cancel_order": ("coordinator", 1, 2),
    }  # fmt: skip
    assert len(found.paper) == 7
    assert EXPERIMENT.look(recorded()) == ()


def test_its_report_has_the_table_and_marks_the_prediction() -> None:
    shown = markdown.render(EXPERIMENT.placed(recorded()))
    assert "Latest orders" in shown
    assert "More nodes, on paper" in shown
    assert "A prediction: nobody measured this." in shown


def test_an_interrupted_one_without_a_cell_is_shown() -> None:
    nothing = replace(recorded(), more_nodes=(), status="interrupted")
    assert EXPERIMENT.placed(nothing).headline == "Nothing was measured"


def test_other_answers_on_more_workers_are_an_alarm_and_a_failure() -> None:
    whole = recorded()
    (one,) = whole.more_nodes
    differs = Equality(equal=False, before_hash="a", after_hash="b", rows_before=1, rows_after=2)
    pairs = (replace(one.pairs[0], equality=differs), *one.pairs[1:])
    found = replace(whole, more_nodes=(replace(one, pairs=pairs),))
    assert [finding.severity for finding in EXPERIMENT.look(found)] == ["failure"]
    assert EXPERIMENT.placed(found).alarms == ("Latest orders (hot) answers otherwise with 2 workers",)


@pytest.fixture
def spread(shop: Path) -> Path:
    (shop / "distribution.sql").write_text(DISTRIBUTION)
    (shop / "citus").mkdir()
    (shop / "citus" / "cancel_order.sql").write_text(FORM)
    return shop


def test_a_server_that_leads_no_cluster_is_refused(spread: Path, running_home: Path, tmp_path, capsys) -> None:
    asked = ["--nodes", "1,2", "--from", "1k", "--home", str(running_home), "--output", str(tmp_path)]
    assert main(["scale", str(spread), *asked, "--quiet"]) == 2
    assert "--nodes needs a Citus cluster, and this server leads none" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "says"),
    [(["--to", "2k"], "--to cannot be used with --nodes"), (["--steps", "3"], "--steps cannot be used with --nodes")],
)
def test_options_that_do_not_go_with_it_are_refused(more: list[str], says: str, spread: Path, capsys) -> None:
    assert main(["scale", str(spread), "--nodes", "1,2", "--from", "1k", *more]) == 2
    assert says in capsys.readouterr().err


def test_a_workload_that_is_not_spread_is_refused(capsys) -> None:
    assert main(["scale", str(SHOP), "--nodes", "1,2"]) == 2
    assert "does not say how its tables are spread" in capsys.readouterr().err


@live
def test_two_workers_share_the_shards_that_one_held(spread: Path, tmp_path: Path) -> None:
    asked = ["--dsn", DSN, "--nodes", "1,2", "--from", "1k", "--rounds", "2", "--budget", "0", "--quiet"]
    assert main(["scale", str(spread), *asked, "--output", str(tmp_path)]) == 0
    found = storage.load(SCALE, tmp_path / "latest-scale" / SCALE.file)
    (one,) = found.more_nodes
    seen = [(pair.query, [side.plan for side in (pair.before, pair.after)]) for pair in one.pairs]
    ways = {(query, *(plan.spread.nodes for plan in plans if plan and plan.spread)) for query, plans in seen}
    assert ways == {("latest_orders", 1, 2), ("open_orders", 1, 2), ("cancel_order", 1, 2)}
    with Target(DSN).connect() as admin:
        assert {database.kind for database in own_databases(admin)} <= {"template"}


@live
def test_stopped_it_keeps_its_part_and_leaves_no_copy(
    spread: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = Checkpoint.keep

    def kept(self: Checkpoint[Scaling], record: Scaling) -> None:
        keep(self, record)
        raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoint, "keep", kept)
    asked = ["--dsn", DSN, "--nodes", "1,2", "--from", "1k", "--rounds", "2", "--budget", "0", "--quiet"]
    assert main(["scale", str(spread), *asked, "--output", str(tmp_path)]) == 130
    (file,) = (path for path in tmp_path.glob(f"2*/{SCALE.file}"))
    assert storage.load(SCALE, file).status == "interrupted"
    with Target(DSN).connect() as admin:
        assert {database.kind for database in own_databases(admin)} <= {"template"}


@live
def test_growth_is_measured_on_a_cluster_too(spread: Path, tmp_path: Path) -> None:
    asked = ["--from", "1k", "--to", "2k", "--steps", "2", "--rounds", "1", "--budget", "0", "--quiet"]
    assert main(["scale", str(spread), "--dsn", DSN, *asked, "--output", str(tmp_path)]) == 0
    found = storage.load(SCALE, tmp_path / "latest-scale" / SCALE.file)
    assert ([step.scale for step in found.steps], found.alarms) == ([1000, 2000], ())


@live
def test_more_than_the_cluster_has_is_refused_before_anything_is_made(spread: Path, tmp_path: Path, capsys) -> None:
    with Target(DSN).connect() as admin:
        before = {database.name for database in own_databases(admin)}
        assert main(["scale", str(spread), "--dsn", DSN, "--nodes", "1,99", "--output", str(tmp_path)]) == 2
        assert {database.name for database in own_databases(admin)} == before
    assert "--nodes 1,99: the cluster has" in capsys.readouterr().err
