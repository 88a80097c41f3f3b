"""What a candidate costs for as long as it stays: room, and more to write with each row. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.model import WriteCost, WriteSeen
from bench.model.advised import CandidateBuilt, Price

ALL = ""
"""The name under which ``WriteCost`` has the price of all together."""


def prices_of(built: Iterable[CandidateBuilt], costs: Sequence[WriteCost]) -> dict[str, Price]:
    """The price of each candidate that was built."""
    shares = write_shares(costs)
    return {one.name: Price(one.size_bytes, shares.get(one.name, 0.0)) for one in built if not one.error}


def write_shares(costs: Sequence[WriteCost]) -> dict[str, float]:
    """How much more WAL the write statements of the workload write for each candidate, as a share of what they write
    without any: each statement counts alike, and those that a candidate does not concern count as no more."""
    bare = bare_wal(costs)
    found: dict[str, float] = {}
    for one in costs:
        if base := bare.get(one.write):
            more = (_wal(one.with_it) - _wal(one.without_it)) / base
            found[one.optimization] = found.get(one.optimization, 0.0) + more / len(bare)
    return found


def bare_wal(costs: Sequence[WriteCost]) -> dict[str, float]:
    """Write statement to the bytes of WAL that it writes for a row where no candidate is there."""
    return {one.write: _wal(one.without_it) for one in costs if one.optimization == ALL}


def _wal(seen: WriteSeen) -> float:
    return seen.wal_bytes / seen.rows if seen.rows else 0.0
