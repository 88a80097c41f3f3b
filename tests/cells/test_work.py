"""Whether a cell does more work than it did: limits of counters that carry no noise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.cells.work import Difference, less_work, more_work
from bench.model import Counters

WORK = Counters(buffers=1_000, rows=5_000, temp_blocks=0, heap_fetches=0, wal_bytes=50_000)
SMALL = Counters(buffers=3, rows=20, temp_blocks=5, heap_fetches=2, wal_bytes=300)


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"buffers": 1_020}, []),
        ({"buffers": 1_021}, ["buffers"]),
        ({"rows": 5_100}, []),
        ({"rows": 5_101}, ["rows touched"]),
        ({"temp_blocks": 1}, ["temporary blocks"]),
        ({"heap_fetches": 7}, []),
        ({"heap_fetches": 8}, ["heap fetches"]),
        ({"buffers": 109, "rows": 464_000}, ["rows touched"]),
        ({"wal_bytes": 100_000}, []),
        ({"buffers": 2_000, "heap_fetches": 50}, ["buffers", "heap fetches"]),
    ],
)
def test_a_counter_may_grow_to_its_limit(more, found):
    moved = more_work(WORK, replace(WORK, **more), writes=False)
    assert [difference.counter for difference in moved] == found


@pytest.mark.parametrize(
    ("counter", "passes", "words", "limit"),
    [
        ("buffers", 10, "buffers", "2% and 8"),
        ("rows", 69, "rows touched", "2% and 50"),
        ("temp_blocks", 12, "temporary blocks", "2% and 8"),
        ("heap_fetches", 9, "heap fetches", "2% and 8"),
        ("wal_bytes", 555, "bytes of WAL", "2% and 256"),
    ],
)
def test_a_small_query_may_grow_by_less_than_the_floor(counter, passes, words, limit):
    assert more_work(SMALL, replace(SMALL, **{counter: passes}), writes=True) == ()
    found = more_work(SMALL, replace(SMALL, **{counter: passes + 1}), writes=True)
    assert found == (Difference(words, getattr(SMALL, counter), passes + 1, limit),)


def test_wal_counts_by_share_for_queries_that_write():
    assert not more_work(WORK, replace(WORK, wal_bytes=51_000), writes=True)
    assert more_work(WORK, replace(WORK, wal_bytes=51_001), writes=True)[0].counter == "bytes of WAL"
    assert not more_work(WORK, replace(WORK, wal_bytes=51_001), writes=False)


def test_less_of_one_counter_and_more_of_another_is_no_improvement():
    (found,) = less_work(WORK, replace(WORK, buffers=10), writes=False)
    assert (found.counter, found.base, found.head, found.limit) == ("buffers", 1_000, 10, "2% and 8")
    assert not less_work(WORK, replace(WORK, buffers=10, rows=9_000), writes=False)
    assert not less_work(WORK, replace(WORK, wal_bytes=0), writes=False)
    assert less_work(WORK, replace(WORK, wal_bytes=0), writes=True)


def test_the_last_temporary_block_that_goes_is_less_work():
    assert less_work(replace(WORK, temp_blocks=1), WORK, writes=False)
    assert not less_work(WORK, WORK, writes=True)
