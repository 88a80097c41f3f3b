"""The page of a scale experiment in a browser."""

from __future__ import annotations

import pytest

from tests.builders.growths import scaling
from tests.experiments.scale.test_document import page as page_of


@pytest.mark.parametrize(("width", "dark"), [(1400, False), (360, True)])
def test_it_opens_from_disk_fits_and_has_no_violation_with_everything_unfolded(opened, width, dark):
    from axe_playwright_python.sync_playwright import Axe

    seen = opened(page_of(scaling(4)), width=width, dark=dark)
    assert (seen.complaints, len(seen.requests)) == ([], 1)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    seen.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = Axe().run(seen.page)
    assert found.violations_count == 0, found.generate_report()


def test_sorting_by_the_crossing_puts_the_soonest_first(opened):
    page = opened(page_of(scaling())).page
    page.click(".crossings th.before button")
    assert page.locator(".crossings tbody th").all_inner_texts() == ["Queue", "Search"]
