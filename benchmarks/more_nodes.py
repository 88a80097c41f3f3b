"""What more workers of a Citus cluster do to the same rows, from a stored experiment.

    python benchmarks/more_nodes.py FOLDER

The folder of pgproof scale --nodes. The figures are those that its report shows.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from typing import Any

import evidence

from bench import storage
from bench.experiments.scale.nodes_summary import summarize_nodes
from bench.experiments.scale.record import SCALE
from bench.report.numbers import digits

NAMES = {"one_shard": "one shard", "all_shards": "all shards", "coordinator": "coordinator"}


def spread(times: list[float]) -> dict[str, Any]:
    """Times as long with more workers: how many cells, and how far apart they are."""
    return {
        "cells": len(times), "times": digits(median(times)), "least": digits(min(times)), "most": digits(max(times))
    }  # fmt: skip


def main() -> None:
    """Read, print and keep."""
    found = storage.load(SCALE, Path(sys.argv[1]) / SCALE.file)
    summary = summarize_nodes(found)
    table = summary.tables[-1]
    faster, slower = table.effects
    kept = {
        "leads": f"{found.asked.scales[0]:,}", "workers": [summary.first, table.nodes],
        "rounds": found.asked.options.rounds,
        "cells": len(table.timed), "faster": faster, "slower": slower,
        "by_way": {name: spread(table.times(way)) for name, way in NAMES.items()},
        "on_paper": {
            f"{cell.compared.query}[{cell.compared.parameter_class}]": [text for _, _, text in paper.predicted]
            for cell, paper in summary.paper
            if paper.shared_ms
        },
    }  # fmt: skip
    for name, value in kept.items():
        print(f"{name}: {value}")
    evidence.keep(
        "more_nodes", kept, "pgproof scale --dsn COORDINATOR --nodes 1,2; python benchmarks/more_nodes.py FOLDER"
    )


if __name__ == "__main__":
    main()
