"""How large a report gets, and how long it takes: python benchmarks/report_size.py [RUN_JSON] [QUERIES]

Renders the run as it is, then with copies of its queries and all their cells under other names until there are QUERIES
(200), without the four sides, whose size goes with the optimizations.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import evidence

from bench import storage
from bench.experiments.before_after.document import EXPERIMENT
from bench.model import Run
from bench.report.html.render import render

SAMPLE = Path(__file__).parent.parent / "reports" / "sample" / "run.json"


def rendered(run: Run) -> str:
    """The page of a run."""
    return render(EXPERIMENT.document(run, EXPERIMENT.summarize(run)))


def main() -> None:
    """Print bytes and processor seconds of both pages."""
    arguments = sys.argv[1:]
    run = storage.load(storage.RUN, Path(arguments[0]) if arguments else SAMPLE)
    wanted = int(arguments[1]) if len(arguments) > 1 else 200
    rendered(run)  # imports and templates
    found = {"queries": wanted}
    for name, made in (("sample", run), ("many", many(run, wanted))):
        begun = time.process_time()
        page = rendered(made)
        took = time.process_time() - begun
        found[name] = {"pairs": len(made.pairs), "megabytes": round(len(page.encode()) / 1e6, 2), "s": round(took, 1)}
        print(f"{name}: {len(made.pairs):,} pairs of cells, {len(page.encode()) / 1e6:.2f} MB, {took:.1f} s")
    evidence.keep("report_size", found)


def many(run: Run, number: int) -> Run:
    """Copies of the queries of ``run``, each under a name of its own, with all their cells."""
    queries, pairs = [], []
    for position, query in enumerate(islice(cycle(run.queries), number)):
        name = f"{query.name}_{position}"
        queries.append(replace(query, name=name, title=f"{query.title} {position}"))
        pairs += [replace(pair, query=name) for pair in run.pairs if pair.query == query.name]
    return replace(run, queries=tuple(queries), pairs=tuple(pairs), attribution=None)


if __name__ == "__main__":
    main()
