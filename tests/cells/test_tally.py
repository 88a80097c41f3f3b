"""Queries counted by what became of them."""

from __future__ import annotations

from bench.cells.tally import Tally


def test_every_query_is_counted_once() -> None:
    assert Tally(meets=1, misses=1, cannot_tell=1, differ=1, failed=1, assuming=1).total == 5
