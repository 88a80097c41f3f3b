"""What distribution gains and costs, from stored runs.

    python benchmarks/on_a_cluster.py ONE_SERVER CLUSTER

Folders of pgproof run of the same workload and size, one run after the other on one machine. The figures are those that
pgproof compare shows.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from typing import Any

import evidence

from bench import storage
from bench.experiments.compare.distribution import Distributed, answered, distributed
from bench.experiments.compare.run import compare
from bench.model import Run
from bench.model.plan import Way
from bench.report import numbers
from bench.storage import RUN

NAMES: dict[str, Way] = {"one_shard": "one shard", "all_shards": "all shards", "coordinator": "coordinator"}


def side_by_side(fewer: Run, more: Run) -> Distributed:
    """One run against the other."""
    found = distributed(compare((fewer, more)), 0)
    if found is None:
        raise SystemExit("both runs are of as many nodes")
    return found


def factors(found: Distributed, way: Way) -> list[float]:
    """Time over time of each cell that is answered so after the optimizations."""
    return [cell.factor for cell in answered(found.cells, "after", way) if cell.factor]


def by_way(found: Distributed) -> dict[str, Any]:
    """Cells after the optimizations by where they are answered: how many, and how many times as long they take."""
    kept: dict[str, Any] = {}
    for name, way in NAMES.items():
        times = factors(found, way)
        more = statistics.median(cell.more_ms for cell in answered(found.cells, "after", way))
        kept[name] = {
            "cells": len(times), "times": numbers.digits(statistics.median(times)), "more_ms": numbers.digits(more),
            "least": numbers.digits(min(times)), "most": numbers.digits(max(times)),
        }  # fmt: skip
    return kept


def on_one_shard(run: Run) -> list[str]:
    """The queries that one shard answers in every class after the optimizations."""
    seen: dict[str, set[str]] = {}
    for pair in run.pairs:
        plan = pair.after.plan
        seen.setdefault(pair.query, set()).add(plan.spread.way if plan and plan.spread else "not seen")
    return [query for query, ways in seen.items() if ways == {"one shard"}]


def main() -> None:
    """Compare, print and keep."""
    one, cluster = (storage.load(RUN, Path(folder) / RUN.file) for folder in sys.argv[1:])
    found = side_by_side(one, cluster)
    cells = [cell for cell in found.cells if not cell.refused]
    kept = {
        "leads": f"{one.dataset.scale:,}", "nodes": cluster.server.nodes, "citus": cluster.server.citus,
        "queries": len({cell.query for cell in cells}), "cells": len(cells),
        "equal": sum(cell.answers.startswith("equal") for cell in cells),
        "one_shard_queries": len(on_one_shard(cluster)), "of_one_server": by_way(found),
    }  # fmt: skip
    for name, value in kept.items():
        print(f"{name}: {value}")
    evidence.keep("on_a_cluster", kept, "python benchmarks/on_a_cluster.py ONE_SERVER CLUSTER")


if __name__ == "__main__":
    main()
