"""The page of a maintenance experiment in a browser."""

from __future__ import annotations

import pytest

from tests.builders.aged import CHURNED, FRESH, FULL, maintenance, stage
from tests.experiments.maintain.test_document import page


@pytest.mark.parametrize(("width", "dark"), [(1400, False), (360, True)])
def test_it_opens_from_disk_fits_and_has_no_violation_with_everything_unfolded(opened, width, dark):
    from axe_playwright_python.sync_playwright import Axe

    seen = opened(page(FULL), width=width, dark=dark)
    assert (seen.complaints, len(seen.requests)) == ([], 1)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(seen.page)
    assert found.violations_count == 0, found.generate_report()


def test_rows_that_differ_are_an_alarm(opened):
    broken = maintenance(FRESH, CHURNED, stage("vacuum", {"board": 100}, rows="other"))
    assert opened(page(broken)).page.get_by_role("alert").count() == 1
