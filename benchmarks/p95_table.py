"""Print p95 of every cell of a stored run as a Markdown table: python benchmarks/p95_table.py RUN.json."""

from __future__ import annotations

import sys
from pathlib import Path

from bench import storage
from bench.experiments.before_after.summary import summarize
from bench.report import numbers
from bench.statistics.verdicts import verdict


def main() -> None:
    """Print the table and how many cells miss the target."""
    run = storage.load(storage.RUN, Path(sys.argv[1]))
    target = run.options.target_ms
    cells = [cell for query in summarize(run).queries for cell in query.cells]
    by_class: dict[str, dict[str, str]] = {}
    for cell in cells:
        shown = f"{numbers.figure(cell.before.p95)} → {numbers.figure(cell.after.p95)}"
        name = cell.parameter_class if not cell.parameter_class.startswith("worst") else "worst"
        shown += f" ({cell.parameter_class.removeprefix('worst_')})" if name == "worst" else ""
        line = by_class.setdefault(cell.query, {})
        line[name] = f"{line[name]}<br>{shown}" if name in line else shown
    columns = ["hot", "p90", "median", "tiny", "empty", "all", "worst"]
    print("| query | " + " | ".join(columns) + " |\n|---" * 1 + "|---" * len(columns) + "|")
    for query, line in by_class.items():
        print(f"| {query} | " + " | ".join(line.get(column, "") for column in columns) + " |")
    for state in ("before", "after"):
        verdicts = [verdict(pair.side(state).samples, target) for pair in run.pairs]
        over = [cell for cell in cells if (p95 := cell.side(state).p95) and (p95.ms > target or p95.censored)]
        print(f"\n{state}: p95 over {target:g} ms in {len(over)} of {len(cells)} cells; verdicts: "
              + ", ".join(f"{verdicts.count(v)} {v}" for v in ("meets", "cannot tell", "misses")))  # fmt: skip


if __name__ == "__main__":
    main()
