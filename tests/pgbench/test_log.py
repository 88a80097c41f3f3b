"""Lines of pgbench's log, and what of them is counted."""

from __future__ import annotations

from bench.experiments.load.counting import count, rounded, window
from bench.pgbench.log import Entry, parse_entries

# Written by pgbench 18 with --max-tries=3: without a rate, and with one (a column for the lag more).
CLOSED = """\
0 1 1204 0 1795430400 100000 0
1 1 988 2 1795430400 200000 2
0 2 failed 1 1795430400 900000 2
"""
OPEN = """\
0 1 2204 0 1795430401 100000 1000 0
0 0 skipped 1 1795430401 100000 412000 0
1 1 failed 1 1795430401 300000 10 2
"""


def test_a_line_says_script_time_outcome_and_retries() -> None:
    done, retried, failed = parse_entries(CLOSED)
    assert done == Entry(0, 1795430400.1, 1204, "done", 0)
    assert (retried.script, retried.us, retried.retries) == (2, 988, 2)
    assert (failed.us, failed.outcome, failed.retries) == (None, "failed", 2)


def test_a_rate_adds_a_column_and_what_is_skipped() -> None:
    assert [entry.outcome for entry in parse_entries(OPEN)] == ["done", "skipped", "failed"]
    assert [entry.retries for entry in parse_entries(OPEN)] == [0, 0, 2]


def test_a_line_that_was_cut_is_left_out() -> None:
    assert len(parse_entries(CLOSED + "0 3 12")) == 3


def test_the_warm_up_and_what_ends_too_late_do_not_count() -> None:
    entries = [Entry(0, 100.0 + second, 500_000, "done", 0) for second in range(8)]
    assert [entry.end_s for entry in window(entries, warm_up_s=2, seconds=4)] == [102.0, 103.0, 104.0, 105.0]


def test_nothing_is_counted_where_nothing_was_done() -> None:
    assert window((), 1, 1) == ()
    assert count((), ["q"])[1] == 0


def test_transactions_are_counted_by_query_and_what_was_skipped_for_all() -> None:
    (first, second, third), skipped = count(parse_entries(CLOSED + OPEN), ["a", "b", "c"])
    assert (first.query, first.times_us) == ("a", {"1200": 1, "2200": 1})
    assert (second.times_us, second.failed, second.retries) == ({}, 2, 4)
    assert (third.times_us, third.retries) == ({"988": 1}, 2)
    assert skipped == 1


def test_a_time_keeps_three_digits() -> None:
    assert [rounded(us) for us in (0, 7, 999, 1_234, 98_765, 1_234_567)] == [0, 7, 999, 1_230, 98_800, 1_230_000]
