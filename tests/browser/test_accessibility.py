"""axe-core finds nothing to complain about."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(("width", "dark"), [(1400, False), (360, True)])
def test_no_violation_with_everything_unfolded(opened, html, width, dark):
    from axe_playwright_python.sync_playwright import Axe

    page = opened(html, width=width, dark=dark).page
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
