"""One server and a cluster side by side: the same questions, what distribution gains and costs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench import storage
from bench.experiments.compare.distribution import inverse
from bench.experiments.compare.document import document
from bench.experiments.compare.run import compare
from bench.experiments.compare.summary import ComparisonSummary, summarize
from bench.model import CellSide, Equality, Run
from bench.model.plan import Spread
from bench.report.document import Sentences, Table
from bench.statistics.quantiles import Ratio
from bench.storage import RUN
from tests.builders import runs

HERE = Path(__file__).parent

ONE, ALL = Spread("one shard", 1, 1, 2048), Spread("all shards", 32, 2, 9216)
REFUSED = CellSide(error="queries/old.sql:1 (before): complex joins are only supported when colocated")


def side(ms: float, way: Spread | None = None) -> CellSide:
    made = runs.side(ms, runs.scan("leads"))
    return replace(made, plan=made.plan and replace(made.plan, spread=way))


def run_of(nodes: int = 0, digest: str = "aa", **queries: CellSide) -> Run:
    """Each query has this side before and after."""
    equality = Equality(equal=True, before_hash=digest, after_hash=digest, rows_before=3, rows_after=3)
    pairs = [replace(runs.pair(), query=name, before=one, after=one, equality=None if one.error else equality)
             for name, one in queries.items()]  # fmt: skip
    made = runs.run(*pairs, queries=tuple(runs.query(name) for name in queries))
    return replace(made, server=replace(made.server, nodes=nodes, citus="15.0" if nodes else ""))


SERVER = run_of(queue=side(5), total=side(40), old=side(9))
CLUSTER = run_of(3, queue=side(10, ONE), total=side(10, ALL), old=REFUSED)


def told(*both: Run) -> ComparisonSummary:
    return summarize(compare(both))


@pytest.mark.parametrize("both", [(SERVER, CLUSTER), (CLUSTER, SERVER)], ids=["server first", "cluster first"])
def test_each_cell_says_what_distribution_gains_and_costs(both: tuple[Run, Run]) -> None:
    (versus,) = told(*both).versus
    found = versus.distributed
    assert found is not None
    assert (found.one, found.cluster) == (("A", "B") if both[0] is SERVER else ("B", "A"))
    cells = {cell.query: cell for cell in found.cells if cell.state == "after"}
    assert {name: (cell.answers, cell.change.clock) for name, cell in cells.items()} == {
        "queue": ("equal", "slower"), "total": ("equal", "faster"), "old": ("not compared", "not compared"),
    }  # fmt: skip
    assert cells["queue"].factor == pytest.approx(2, rel=0.05)
    assert "colocated" in cells["old"].refused
    assert versus.sentence == (
        "One server beside a cluster of 3 nodes: 2 of 3 answers equal; on the cluster 1 faster, 1 slower"
    )
    assert found.sentences[1:5] == (
        "The same answers in 4 of 6 cells, before and after.",
        "One shard, after: 1 cell, 2.01 times one server's time in the median, 5.00 ms more.",
        "All shards, after: 1 cell, 0.25 times one server's time in the median, 30.1 ms less.",
        "The cluster refuses before: old.",
    )


def test_two_real_runs_say_what_a_cluster_of_three_nodes_on_one_machine_costs() -> None:
    """Five queries of the CRM at 5,000 leads, one after the other on one machine (Citus 15, PostgreSQL 18.6)."""
    both = [storage.load(RUN, HERE / "citus" / f"{name}.json") for name in ("one_server", "cluster")]
    (versus,) = told(*both).versus
    assert versus.distributed is not None
    after = {cell.query: cell for cell in versus.distributed.cells if cell.state == "after"}
    assert {name: (cell.answers, cell.cluster and cell.cluster.spread and cell.cluster.spread.way)
            for name, cell in after.items()} == {
        "lead_list_page": ("equal", "one shard"), "user_activity_tracking": ("equal", "one shard"),
        "automation_monitor": ("equal", "coordinator"), "provider_webhook": ("equal", "all shards"),
        "claim_next_lead": ("equal", None),
    }  # fmt: skip
    assert versus.distributed.sentences[0].endswith("the content of 14 tables has the same hash on both.")
    assert after["provider_webhook"].change.clock == "slower"


def test_two_servers_and_two_clusters_have_no_such_section() -> None:
    for both in ((SERVER, SERVER), (CLUSTER, CLUSTER)):
        (versus,) = told(*both).versus
        assert versus.distributed is None


def test_clusters_of_two_sizes_are_held_against_each_other_too() -> None:
    (versus,) = told(CLUSTER, run_of(5, queue=side(5, ONE), total=side(10, ALL))).versus
    assert versus.sentence == (
        "A cluster of 3 nodes beside one of 5 nodes: 2 of 3 answers equal; on the larger one 1 faster, 0 slower"
    )
    assert versus.distributed is not None
    assert (
        "One shard, after: 1 cell, 0.50 times run A's time in the median, 5.00 ms less." in versus.distributed.sentences
    )


def test_settings_that_shape_plans_forbid_no_more_than_times() -> None:
    other = replace(
        CLUSTER, server=replace(CLUSTER.server, settings={**CLUSTER.server.settings, "wal_level": "logical"})
    )
    (versus,) = told(SERVER, other).versus
    assert versus.comparable.level == "counters"
    assert versus.sentence.endswith("2 of 3 answers equal; times stand side by side (other settings)")


def test_other_rows_are_an_alarm() -> None:
    found = told(SERVER, run_of(3, "bb", queue=side(10, ONE)))
    assert any("returns other rows in run B than in run A" in alarm for alarm in found.alarms)
    assert found.versus[0].distributed is not None
    assert found.versus[0].distributed.cells[0].answers == "other rows"


def test_a_form_for_a_cluster_is_the_same_question() -> None:
    asked = replace(CLUSTER.queries[0], sql="SELECT 1", ordinary=SERVER.queries[0].sql)
    found = told(SERVER, replace(CLUSTER, queries=(asked, *CLUSTER.queries[1:])))
    ordinary, asked_so = (one.versus[0].distributed for one in (told(SERVER, CLUSTER), found))
    assert ordinary is not None
    assert asked_so is not None
    assert asked_so.cells == ordinary.cells
    assert set(asked_so.sentences) - set(ordinary.sentences) == {
        f"Asked {state} in the words for a cluster that citus/ has: queue." for state in ("before", "after")
    }


def test_the_page_has_tasks_bytes_and_both_times_in_a_row() -> None:
    found = compare((SERVER, CLUSTER))
    (section,) = [one for one in document(found, summarize(found)).sections if one.ident == "distribution"]
    sentences, table = section.blocks[:2]
    assert isinstance(sentences, Sentences)
    assert isinstance(table, Table)
    assert [column.heading for column in table.columns] == [
        "Cell", "Answered", "Tasks", "Between nodes", "p50, A", "p50, B", "Time, of one server's", "Buffers, A",
        "Buffers, B", "Answers",
    ]  # fmt: skip
    shown = [[cell.text for cell in row] for row in table.rows]
    assert shown[0][:7] == ["queue[hot]", "one shard", "1", "2.0 kB", "4.96 ms", "9.96 ms", shown[0][6]]
    assert shown[0][6].startswith("2.01× (")
    assert shown[0][6].endswith(") slower")
    assert shown[2][1] == "refused"


def test_what_a_cluster_does_not_explain_is_compared_by_its_rows_and_its_time() -> None:
    blind = replace(side(10), plan=None)
    (versus,) = told(SERVER, run_of(3, queue=blind)).versus
    assert versus.distributed is not None
    cell = next(cell for cell in versus.distributed.cells if cell.query == "queue")
    assert (cell.answers, cell.change.clock, cell.change.why_not) == ("equal", "slower", "no plan in one run")


def test_a_ratio_turned_round_keeps_its_interval_and_its_bound() -> None:
    assert inverse(Ratio(2, 1.6, 2.5, "exactly", False)) == Ratio(0.5, 0.4, 0.625, "exactly", False)
    assert inverse(Ratio(2, None, None, "at least", False)) == Ratio(0.5, None, None, "at most", False)
    assert inverse(Ratio(2, 1.6, None, "exactly", False)).low is None
