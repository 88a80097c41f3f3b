"""The lines of pgbench's log as the record of a step; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bench.experiments.load.record import QueryLoad
from bench.pgbench.log import Entry

DIGITS = 3
"""Digits of a time that are kept: half a percent at the most, and a step of 100,000 transactions in some kilobytes."""


def window(entries: Sequence[Entry], warm_up_s: float, seconds: float) -> tuple[Entry, ...]:
    """The transactions that ended in the ``seconds`` after the warm-up.

    By their end, because a transaction that is longer than the rest of the step would be missing otherwise. The load
    began when its first transaction did.
    """
    if not entries:
        return ()
    begin = min(entry.end_s - (entry.us or 0) / 1e6 for entry in entries) + warm_up_s
    return tuple(entry for entry in entries if begin <= entry.end_s < begin + seconds)


def count(entries: Sequence[Entry], queries: Sequence[str]) -> tuple[tuple[QueryLoad, ...], int]:
    """The transactions of each query, which are the scripts in their order; and how many were skipped in all.

    pgbench skips before it knows the query in earnest, so what was skipped belongs to the step.
    """
    found = []
    for number, query in enumerate(queries):
        own = [entry for entry in entries if entry.script == number and entry.outcome != "skipped"]
        times = Counter(rounded(entry.us) for entry in own if entry.us is not None)
        found.append(
            QueryLoad(
                query=query,
                times_us={str(us): times[us] for us in sorted(times)},
                failed=sum(entry.outcome == "failed" for entry in own),
                retries=sum(entry.retries for entry in own),
            )
        )
    return tuple(found), sum(entry.outcome == "skipped" for entry in entries)


def rounded(us: int) -> int:
    """Round to ``DIGITS`` digits that matter."""
    return int(round(us, DIGITS - len(str(us)))) if us >= 10**DIGITS else us
