"""What a report says of queries on a cluster."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from bench.errors import WorkloadError
from bench.experiments.before_after.document.spread import spread
from bench.experiments.before_after.run import NO_SIDES, _notes
from bench.experiments.before_after.spread import summarize_spread
from bench.experiments.before_after.summary import summarize
from bench.experiments.before_after.work import with_upkeep
from bench.model import CellSide, Run
from bench.model.plan import Spread
from bench.postgres.connection import Target
from bench.progress import silent
from bench.report.document import Sentences, Table
from tests.builders import runs

ONE, ALL = Spread("one shard", 1, 1, 2048), Spread("all shards", 32, 2, 9216)
BY_WAY = Spread("coordinator", 33, 2, 4096, 1)


def side(way: Spread | None, ms: float = 5) -> CellSide:
    made = runs.side(ms, runs.scan("leads"))
    return replace(made, plan=made.plan and replace(made.plan, spread=way))


def run_of(**queries: tuple[CellSide, CellSide]) -> Run:
    pairs = [replace(runs.pair(), query=name, before=one, after=other) for name, (one, other) in queries.items()]
    return runs.run(*pairs, queries=tuple(runs.query(name) for name in queries))


def test_a_run_on_one_server_has_no_such_section() -> None:
    run = run_of(queue=(side(None), side(None)))
    assert summarize_spread(run) is None
    assert list(spread(summarize(run))) == []


def test_queries_are_told_by_where_they_are_answered() -> None:
    refused = CellSide(error="queries/old.sql:1 (before): complex joins are only supported when colocated")
    run = run_of(
        queue=(side(ALL), side(ONE)),
        total=(side(ALL), side(ALL)),
        top=(side(ONE), side(BY_WAY)),
        old=(refused, side(ONE)),
    )
    found = summarize_spread(run)
    assert found is not None
    assert found.sentences == (
        "2 of 4 queries are answered by one shard in every class after the optimizations: what a tenant has lies on "
        "one node. More nodes carry more tenants; they make none of these faster for a tenant that grows (queue, old).",
        "All shards at once, so that more nodes share the work: total.",
        "By way of the coordinator, which gets rows and sends them on before it can go on: top.",
        "The cluster refuses old before: queries/old.sql:1 (before): complex joins are only supported when colocated.",
    )


def test_a_query_stands_by_the_class_that_asks_the_most() -> None:
    wide, narrow = side(ALL), side(ONE)
    pairs = [replace(runs.pair(), parameter_class=name, before=one, after=one) for name, one in
             (("hot", narrow), ("worst", wide))]  # fmt: skip
    found = summarize_spread(runs.run(*pairs))
    assert found is not None
    assert [(row.after.spread, row.after.buffers) for row in found.rows] == [
        (ALL, wide.plan and wide.plan.counters.buffers)
    ]


def test_a_query_that_was_asked_in_words_for_a_cluster_says_so() -> None:
    asked = replace(run_of(due=(side(ALL), side(ONE))), queries=(replace(runs.query("due"), ordinary="SELECT 1"),))
    (section,) = spread(summarize(asked))
    sentences, table = section.blocks
    assert isinstance(sentences, Sentences)
    assert isinstance(table, Table)
    assert "Asked before in the words for a cluster that citus/ has: due." in sentences.items
    assert [str(cell.line) for cell in table.rows[0]][1] == "all shards, form of citus/"


def test_a_check_and_a_class_that_a_cluster_refuses_are_notes_of_the_run() -> None:
    dataset = SimpleNamespace(tables=(), schema_notes=("check locked was not asked.",))
    rest = SimpleNamespace(
        options=SimpleNamespace(left_out=()), server=SimpleNamespace(superuser=False),
        workload=SimpleNamespace(optimizations=("one",)),
    )  # fmt: skip
    setup = SimpleNamespace(**vars(rest), dataset=dataset, spread=True, refused=["queries/q.sql:1 (class worst): no"])
    assert _notes(setup) == (
        "A class was left out, since the cluster refuses to be asked for it: queries/q.sql:1 (class worst): no.",
        "check locked was not asked.",
        NO_SIDES,
    )


def test_upkeep_that_a_cluster_refuses_is_a_note_and_the_others_are_measured(target: Target) -> None:
    """On one server it is an error of the workload."""
    blocks = [runs.optimization(name, upkeep=(text,)) for name, text in (("bad", "SELECT 1 / 0"), ("good", "SELECT 1"))]
    workload = SimpleNamespace(optimizations=blocks, clock="2026-01-01Z")
    with target.connect() as connection:
        setup = SimpleNamespace(workload=workload, progress=silent, spread=True)
        applied, told = with_upkeep(setup, connection, [runs.applied("bad"), runs.applied("good")])
        assert [len(one.upkeep) for one in applied] == [0, 1]
        assert [line.partition(": ")[0] for line in told] == ["The cluster refuses to keep bad up"]
        setup = SimpleNamespace(workload=workload, progress=silent, spread=False)
        with pytest.raises(WorkloadError, match="upkeep of bad"):
            with_upkeep(setup, connection, [runs.applied("bad")])


def test_the_table_has_tasks_bytes_and_blocks_of_both_states() -> None:
    run = run_of(queue=(side(ALL), side(ONE)), claim=(side(None), replace(side(None), plan=None)))
    (section,) = spread(summarize(run))
    sentences, table = section.blocks
    assert isinstance(sentences, Sentences)
    assert isinstance(table, Table)
    shown = [[str(cell.line) for cell in row] for row in table.rows]
    assert shown[0] == ["queue", "all shards", "32", "9.2 kB", "100", "one shard", "1", "2.0 kB", "100"]
    assert shown[1] == ["claim", "on the coordinator alone", "–", "–", "100", "not seen", "–", "–", "–"]
