"""What cold executions say, beside the warm ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.experiments.before_after.cold import STOPPED
from bench.experiments.before_after.limitations import COLD_TOO, WARM, limitations
from bench.experiments.before_after.summary import summarize
from bench.model import CellSide, ColdBlocks, Run
from tests.builders import runs

COLD = runs.run(
    runs.cooled(runs.pair("queue", "hot"), after_ms=40),
    runs.cooled(runs.pair("queue", "tiny"), after_ms=7),
    runs.cooled(runs.pair("board", "hot"), after_ms=130),
    cold=runs.caches(),
)


def told(run: Run) -> str:
    found = summarize(run).cold
    assert found is not None
    return " ".join((found.sentence, *found.how))


def test_the_sentence_has_the_three_numbers_of_cold_queries() -> None:
    assert told(COLD).startswith(
        "Cold, 1 of 2 queries meets 100 ms (1 assuming independent log-normal times), 1 misses, "
        "0 cannot tell; before: 0 meet, 2 miss, 0 cannot tell. "
    )
    assert any(said.startswith("Cold, 1 of 2 queries meets 100 ms") for said in summarize(COLD).paragraph)


def test_a_run_without_cold_executions_says_nothing_of_them() -> None:
    warm = runs.run(runs.pair())
    assert summarize(warm).cold is None
    assert "old" not in " ".join(summarize(warm).paragraph)


def test_the_class_that_is_slowest_cold_stands_for_its_query() -> None:
    found = summarize(COLD).cold
    assert found is not None
    assert [(row.query, row.parameter_class) for row in found.worst] == [("board", "hot"), ("queue", "hot")]
    assert [row.parameter_class for row in found.rows] == ["hot", "hot", "tiny"]


def test_warm_and_cold_medians_are_compared() -> None:
    found = summarize(COLD).cold
    assert found is not None
    side = found.worst[1].after
    assert side.warm
    assert side.cold
    assert side.slowest
    assert side.times
    assert side.times.value == pytest.approx(side.cold.ms / side.warm.ms)
    assert side.warm.ms < side.cold.ms <= side.slowest.ms
    assert (side.outcome, side.blocks) == ("meets", ColdBlocks(6, 0))


def test_four_executions_meet_no_target() -> None:
    few = runs.run(runs.cooled(runs.pair(), before_ms=40, after_ms=4, n=4), cold=runs.caches())
    assert told(few).startswith(
        "Cold, 0 of 1 query meets 100 ms, 0 miss, 1 cannot tell; before: 0 meet, 0 miss, 1 cannot tell."
    )
    assert "more executions may: --cold 15." in told(few)
    assert "--cold" not in told(COLD)


def test_a_side_that_hit_the_timeout_warm_misses_cold() -> None:
    pair = runs.cooled(runs.pair())
    stopped = replace(pair, before=CellSide(samples=runs.samples(30_000, 2, censored=True)))
    found = summarize(runs.run(stopped, cold=runs.caches())).cold
    assert found is not None
    assert (found.rows[0].before.outcome, found.rows[0].before.reason) == ("misses", STOPPED)


def test_a_cold_timeout_is_at_least_so_many_times_as_slow() -> None:
    pair = runs.cooled(runs.pair())
    pair = replace(pair, after=replace(pair.after, cold=runs.samples(30_000, 2, censored=True), cold_blocks=None))
    found = summarize(runs.run(pair, cold=runs.caches())).cold
    assert found is not None
    side = found.rows[0].after
    assert side.times
    assert (side.times.bound, side.outcome, side.censored) == ("at least", "misses", 2)


def test_writes_are_not_among_the_rows() -> None:
    run = runs.run(runs.pair(), queries=(runs.query(writes=True),), cold=runs.caches())
    assert told(run) == "There was nothing to execute cold."


def test_queries_that_write_are_said_to_be_left_out() -> None:
    mixed = replace(COLD, queries=(*COLD.queries, runs.query("claim", writes=True)))
    assert "Queries that write were not executed cold" in told(mixed)
    assert "Queries that write" not in told(COLD)


@pytest.mark.parametrize(
    ("caches", "text"),
    [
        ({"buffers": "kept", "buffers_why": "PostgreSQL 15"}, "Nothing was executed cold: PostgreSQL 15."),
        ({}, "Before each of 12 executions the server's buffers were emptied (pg_buffercache_evict_all); none stayed."),
        ({"skipped_blocks_most": 2}, "2 blocks that somebody was using stayed at most."),
        ({}, "of 40,000 pages none was still there"),
        ({"left_pages_most": 70}, "of 40,000 pages 70 were still there at most"),
        ({"left_pages_most": None}, "whether all of it went could not be seen"),
        ({"buffers": "restarted"}, "the server was restarted. Its new connection had planned the statement once"),
        ({"system": "kept", "system_why": "tmpfs"}, "The operating system's cache was not dropped: tmpfs."),
        ({"system": "kept", "system_why": "tmpfs"}, "Only the server's buffers were emptied, not the system's cache."),
        ({"system": "machine"}, "dropped what the whole machine had cached; whether all went cannot be seen."),
        ({}, "nobody can see it."),
        ({}, "had to read 11,898 blocks in all; none found everything in the server's buffers."),
    ],
)
def test_how_cold_it_was_is_said(caches: dict, text: str) -> None:
    assert text in told(replace(COLD, cold=runs.caches(**caches)))


def test_a_cell_that_read_nothing_is_called_not_cold() -> None:
    pair = runs.cooled(runs.pair())
    pair = replace(pair, after=replace(pair.after, cold_blocks=ColdBlocks(0, 6)))
    assert "in 1 cell: those are not cold" in told(runs.run(pair, cold=runs.caches()))


def test_an_interrupted_run_counts_what_it_has() -> None:
    half = runs.run(runs.cooled(runs.pair()), runs.pair("board"), cold=runs.caches(), status="interrupted")
    assert told(half).startswith("Cold, 1 of 1 query meets 100 ms")
    none = runs.run(runs.pair(), cold=runs.caches(), status="interrupted")
    assert told(none) == "Nothing was executed cold yet."


def test_what_a_run_cannot_tell_knows_of_cold_times() -> None:
    assert WARM not in limitations(COLD)
    assert COLD_TOO in limitations(COLD)
