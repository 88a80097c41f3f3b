"""axe-core finds nothing to complain about."""

from __future__ import annotations

from dataclasses import replace

from tests.builders import runs
from tests.experiments.before_after.formats import FORMATS


def test_no_violation_with_everything_unfolded(opened, html):
    """Of a run with every part; of one as it is measured, light and dark: tests/experiments/test_contract.py."""
    from axe_playwright_python.sync_playwright import Axe

    page = opened(html, width=360, dark=True).page
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_no_violation_in_cold_beside_warm(opened):
    from axe_playwright_python.sync_playwright import Axe

    pair = runs.cooled(runs.pair())
    run = runs.run(pair, replace(pair, parameter_class="tiny"), cold=runs.caches())
    page = opened(FORMATS["html"](run), width=360, dark=True).page
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = Axe().run(page, "#cold")
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
