"""The pages of several runs, in Chromium."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.experiments.compare import formats as compared
from bench.experiments.compare.history import formats as history
from bench.experiments.compare.history.archive import Archive
from bench.experiments.compare.run import compare
from bench.model import Run
from tests import axe
from tests.builders import runs
from tests.chromium import unfold

WORSE = replace(runs.pair(), after=runs.pair().before)


def series(queue=WORSE) -> list[Run]:
    """Three runs: the second lost an index, the third ran on another machine."""
    first = runs.run(runs.pair(), runs.pair("b"), started_at="2026-10-01T08:00:00Z")
    second = runs.run(queue, runs.pair("b"), started_at="2026-10-02T08:00:00Z")
    return [first, second, replace(second, started_at="2026-10-03T08:00:00Z", machine=replace(second.machine, cores=9))]


def page_of(kind: str, made: list[Run], folder: Path) -> str:
    if kind == "compare":
        return compared.write(compare(made), folder)[0].read_text()
    archive = Archive()
    for number, run in enumerate(made):
        archive.add(run, f"reports/{number}/run.json")
    return history.write(archive.history(), folder)[0].read_text()


@pytest.mark.parametrize("kind", ["compare", "history"])
@pytest.mark.parametrize(("width", "dark"), [(1400, False), (360, True)])
def test_it_opens_quietly_fits_and_has_no_violation(opened, tmp_path, kind, width, dark):
    seen = opened(page_of(kind, series(), tmp_path), width=width, dark=dark)
    unfold(seen.page)
    assert (seen.complaints, len(seen.requests)) == ([], 1)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe.complaints(seen.page) == ""


@pytest.mark.parametrize("kind", ["compare", "history"])
def test_no_text_of_others_acts(opened, tmp_path, kind):
    text = "</script><img src=x onerror=alert(1)>" + "x" * 5_000
    made = [replace(runs.hostile(text), started_at=f"2026-10-0{day}T08:00:00Z") for day in (1, 2)]
    seen = opened(page_of(kind, made, tmp_path))
    assert (seen.complaints, len(seen.requests)) == ([], 1)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 1400
