"""What two copies of a run's database differ by: from the executions in a second copy of the state after."""

from __future__ import annotations

from collections.abc import Iterable

from bench.model import CopiesDiffer, Pair
from bench.statistics.copies import copies_differ
from bench.statistics.quantiles import ratio


def copies_of(pairs: Iterable[Pair]) -> CopiesDiffer | None:
    """Compare both copies of every cell; None where no second one was timed."""
    found = [ratio(pair.after.samples, pair.copy) for pair in pairs if pair.copy]
    return copies_differ([one for one in found if one])
