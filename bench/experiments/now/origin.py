"""Where a workload comes from, as its folder tells it."""

from __future__ import annotations

from bench.experiments.now.run import Origin
from bench.workload import Workload


def origin_of(workload: Workload) -> Origin:
    """What was assumed for ``workload``; nothing for one that was written by hand."""
    return Origin()
