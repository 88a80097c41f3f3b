"""The page of a gate in a browser."""

from __future__ import annotations

import pytest

from tests.builders import gates
from tests.experiments.gate.test_document import page_of


@pytest.mark.parametrize("result", [gates.every_verdict(), gates.incompatible()], ids=["every verdict", "incompatible"])
@pytest.mark.parametrize(("width", "dark"), [(1400, False), (360, True)])
def test_it_opens_from_disk_fits_and_has_no_violation_with_everything_unfolded(opened, result, width, dark):
    from axe_playwright_python.sync_playwright import Axe

    seen = opened(page_of(result), width=width, dark=dark)
    assert (seen.complaints, len(seen.requests)) == ([], 1)
    seen.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(seen.page)
    assert found.violations_count == 0, found.generate_report()


def test_text_of_a_workload_stays_text(opened):
    seen = opened(page_of(gates.hostile("<img src=x onerror=alert(1)>")))
    assert (seen.complaints, seen.page.locator("img").count()) == ([], 0)
