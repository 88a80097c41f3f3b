"""Every figure of a run as files for slides: SVG and PNG, each with its title, named after what it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bench.experiments.before_after.figures.histogram import bars
from bench.experiments.before_after.figures.overview import dumbbells
from bench.experiments.before_after.figures.samples import spread
from bench.experiments.before_after.summary import RunSummary
from bench.model import Distribution, Run
from bench.report.figures.drawing import Drawing, files, plain

NAME_CHARACTERS = 60
"""Of a file name: the rest of what a file system allows is for folders and suffixes."""


def slides(run: Run, summary: RunSummary, distributions: Sequence[Distribution] = ()) -> dict[str, str | bytes]:
    """Draw every figure of ``run``; return contents by file name, two files a figure."""
    made: dict[str, str | bytes] = {}
    drawn = [(name, figure) for name, figure in drawings(run, summary, distributions) if figure]
    for name, (_, figure) in zip(file_names([name for name, _ in drawn]), drawn, strict=True):
        made[f"{name}.svg"], made[f"{name}.png"] = files(figure)
    return made


def file_names(names: Sequence[str]) -> list[str]:
    """Make ``names`` safe as file names on every system, and different even where case does not count.

    Each begins with a word of ours, so none is one that Windows keeps for itself.
    """
    taken: set[str] = set()
    made = []
    for name in names:
        short = re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")[:NAME_CHARACTERS].strip("-")
        number, free = 1, short
        while free in taken:
            number += 1
            free = f"{short}-{number}"
        taken.add(free)
        made.append(free)
    return made


def drawings(
    run: Run, summary: RunSummary, distributions: Sequence[Distribution]
) -> Iterator[tuple[str, Drawing | None]]:
    """Give every figure of ``run`` with its name; None where there is nothing to draw."""
    scale = f"{run.dataset.scale:,} {plain(run.dataset.unit, 40)}"
    yield "overview", dumbbells(summary, title=f"p95 of each query before and after, {scale}")
    for query in summary.queries:
        pairs = [pair for pair in run.pairs if pair.query == query.name]
        yield f"query-{query.name}", spread(pairs, summary.target_ms, title=query.title)
    for distribution in distributions:
        yield f"data-{distribution.name}", bars(distribution, title=distribution.name)
