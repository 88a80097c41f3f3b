"""The page of a load in a browser."""

from __future__ import annotations

import pytest

from tests.builders.loads import load_run
from tests.experiments.load.test_document import BROKEN, FULL, page


@pytest.mark.parametrize(("width", "dark"), [(1400, False), (360, True)])
def test_it_opens_from_disk_fits_and_has_no_violation_with_everything_unfolded(opened, width, dark):
    from axe_playwright_python.sync_playwright import Axe

    seen = opened(page(FULL), width=width, dark=dark)
    assert (seen.complaints, len(seen.requests)) == ([], 1)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    seen.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = Axe().run(seen.page)
    assert found.violations_count == 0, found.generate_report()


def test_a_claim_that_did_not_hold_is_an_alarm(opened):
    assert opened(page(BROKEN)).page.get_by_role("alert").count() == 1


def test_text_of_a_workload_stays_text(opened):
    seen = opened(page(load_run(*FULL.steps, text="<img src=x onerror=alert(1)>")))
    assert (seen.complaints, seen.page.locator("img").count()) == ([], 0)
