"""axe-core finds nothing to complain about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests import axe
from tests.builders import runs
from tests.experiments.before_after.formats import FORMATS


def test_no_violation_with_everything_unfolded(opened, html):
    """Of a run with every part; of one as it is measured, light and dark: tests/experiments/test_contract.py."""
    page = opened(html, width=360, dark=True).page
    assert axe.complaints(page) == ""


def test_no_violation_in_cold_beside_warm(opened):
    pair = runs.cooled(runs.pair())
    run = runs.run(pair, replace(pair, parameter_class="tiny"), cold=runs.caches())
    page = opened(FORMATS["html"](run), width=360, dark=True).page
    assert axe.complaints(page, "#cold") == ""
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("style", ["color: #aaa", "background: #666", "opacity: 0.5"])
def test_one_cell_that_is_hard_to_read_is_found_among_its_like(opened, style):
    rows = [f"<tr style='{style if number == 7 else ''}'><td>{number} and more</td></tr>" for number in range(9)]
    head = "<!doctype html><html lang='en'><title>t</title><main><h1>t</h1><details><summary>more</summary>"
    assert "color-contrast" in axe.complaints(opened(f"{head}<table>{''.join(rows)}</table></details></main>").page)
