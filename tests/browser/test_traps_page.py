"""The page of a look for plan traps in a browser."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.builders.trap_runs import full
from tests.experiments.traps.test_document import page


@pytest.mark.parametrize(("width", "dark"), [(1400, False), (360, True)])
def test_it_opens_from_disk_fits_and_has_no_violation_with_everything_unfolded(opened, width, dark):
    seen = opened(page(full()), width=width, dark=dark)
    assert (seen.complaints, len(seen.requests)) == ([], 1)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    seen.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = Axe().run(seen.page)
    assert found.violations_count == 0, found.generate_report()
