"""What a load says, from counted times: percentiles, saturation, the search for a rate, sentences."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.experiments.load.record import InvariantSeen, LoadStep, QueryLoad
from bench.experiments.load.summary import (
    holds,
    is_saturated,
    least_rate,
    next_rate,
    percentile,
    summarize,
    summarize_step,
)
from bench.statistics.quantiles import Figure
from tests.builders.loads import load_run, step


def test_a_percentile_of_counted_times_is_one_that_was_seen() -> None:
    times = {1_000: 94, 50_000: 5, 900_000: 1}
    assert percentile(times, 0.5) == Figure(1.0)
    assert percentile(times, 0.95) == Figure(50.0)
    assert percentile(times, 1.0) == Figure(900.0)


def test_without_transactions_there_is_no_percentile() -> None:
    assert percentile({}, 0.95) is None


def test_a_percentile_that_falls_on_what_was_skipped_is_more_than_the_limit() -> None:
    assert percentile({1_000: 90}, 0.95, skipped=10, late_ms=500.0) == Figure(500.0, censored=True)
    assert percentile({1_000: 90}, 0.5, skipped=10, late_ms=500.0) == Figure(1.0)


def at_rate(rate_tps: float, done: int, skipped: int = 0) -> LoadStep:
    return replace(step("after", 4, {1_000: done}), rate_tps=rate_tps, purpose="rate", seconds=10.0, skipped=skipped)


@pytest.mark.parametrize(
    ("asked", "done", "skipped", "saturated"),
    [(100, 1000, 0, False), (100, 990, 10, False), (100, 900, 100, True), (100, 800, 0, True), (2, 13, 0, False)],
)
def test_a_rate_is_saturated_where_more_than_chance_is_missing(
    asked: float, done: int, skipped: int, saturated: bool
) -> None:
    assert is_saturated(at_rate(asked, done, skipped)) is saturated


def test_clients_that_ask_when_they_are_free_saturate_nothing() -> None:
    assert not is_saturated(step("after", 4, {1_000: 1}))


def test_a_rate_holds_where_p95_is_within_the_target_and_nothing_is_left_undone() -> None:
    assert holds(summarize_step(at_rate(100, 1000), 1000.0), target_ms=1.0)
    assert not holds(summarize_step(at_rate(100, 1000), 1000.0), target_ms=0.9)
    assert not holds(summarize_step(at_rate(100, 500), 1000.0), target_ms=1.0)


@pytest.mark.parametrize("truth", [3.0, 47.0, 212.0, 900.0])
def test_a_search_encloses_the_rate_at_which_it_breaks(truth: float) -> None:
    tried: dict[float, bool] = {}
    while (rate := next_rate(tried, capacity_tps=400.0)) is not None:
        tried[rate] = rate <= truth
    low = max(rate for rate, held in tried.items() if held)
    high = min(rate for rate, held in tried.items() if not held)
    assert low <= truth < high
    assert len(tried) <= 8
    assert high / low < 1.4


def test_a_search_that_never_holds_ends() -> None:
    tried: dict[float, bool] = {}
    while (rate := next_rate(tried, capacity_tps=400.0)) is not None:
        tried[rate] = False
    assert len(tried) == 8


def test_a_search_ends_where_a_step_would_be_too_short_to_tell() -> None:
    tried: dict[float, bool] = {}
    while (rate := next_rate(tried, capacity_tps=90.0, least_tps=least_rate(20.0))) is not None:
        tried[rate] = False
    assert min(tried) == least_rate(20.0) == 6.0


def test_a_rate_with_few_transactions_is_neither_held_nor_not() -> None:
    """Two of sixteen queries take a second: ten transactions may well have met none of them."""
    assert holds(summarize_step(at_rate(1, 10), 1000.0), target_ms=1.0) is None
    run = load_run(at_rate(100, 1000), at_rate(1, 10))
    (crossing,) = summarize(replace(run, options=replace(run.options, target_ms=0.5))).crossings
    assert crossing.sentence == "after: p95 is over the target at 100/s already, and no lower rate was seen to hold"


def test_the_headline_compares_both_states_at_the_most_clients() -> None:
    run = load_run(step("before", 4, {400_000: 20}), step("after", 4, {2_000: 600}), step("after", 1, {1_000: 300}))
    assert summarize(run).headline == (
        "Before, 4 clients get 2.00/s at a p95 of 400 ms; after, 4 clients get 60.0/s at a p95 of 2.00 ms"
    )


def test_a_violated_invariant_is_the_first_thing_said() -> None:
    broken = InvariantSeen("claim", "nobody twice", held=False, detail="before 0 rows; after (7)")
    summary = summarize(load_run(replace(step("after", 4, {1_000: 10}), invariants=(broken,))))
    assert summary.headline.startswith("1 invariant violated. ")
    assert summary.alarms == ("after, 4 clients: claim broke 'nobody twice': before 0 rows; after (7)",)


def test_a_saturated_rate_is_said_and_bounds_the_crossing() -> None:
    run = load_run(at_rate(50, 500), replace(at_rate(200, 1000, 1000), seconds=10.0))
    summary = summarize(run)
    assert summary.alarms == ("after, 4 clients at 200/s: saturated, 100/s done and 50 % skipped",)
    assert [one.sentence for one in summary.crossings] == [
        "after: p95 crosses the target between 50.0/s and 200/s",
    ]


def test_a_load_without_a_step_is_still_a_report() -> None:
    summary = summarize(load_run(status="interrupted"))
    assert summary.headline == "No step was finished."
    assert summary.closed == ()


def test_failed_transactions_and_retries_are_counted_apart() -> None:
    one = step("after", 4, {})
    found = summarize_step(replace(one, queries=(QueryLoad("q", {"1000": 3}, failed=2, retries=5),)), 1000.0)
    assert (found.all.transactions, found.all.failed, found.all.retries) == (3, 2, 5)


def test_a_rate_with_few_transactions_is_no_ground_for_a_p95() -> None:
    assert not any("too few" in note for note in summarize(load_run(at_rate(50, 500))).notes)
    assert any("1 step at a rate had fewer than 100" in n for n in summarize(load_run(at_rate(5, 50))).notes)


def test_clients_that_wait_for_a_processor_are_said_by_evidence_and_not_by_their_number() -> None:
    busy = replace(step("after", 16, {1_000: 10}), doing={"running": 250}, samples=25)
    asleep = replace(busy, doing={"Timeout: PgSleep": 400})
    assert not any("waiting for a processor" in note for note in summarize(load_run(asleep)).notes)
    said = [note for note in summarize(load_run(busy)).notes if "waiting for a processor" in note]
    assert said[0].startswith("after, 16 clients: 10.0 of them ran at once on average, on 2 cores")
