"""Two hundred queries are one page that can still be used."""

from __future__ import annotations

import pytest

from tests.builders import runs
from tests.experiments.before_after.formats import FORMATS

MOST_BYTES = 10_000_000


@pytest.fixture(scope="module")
def large() -> str:
    pairs = [runs.pair(f"query_{number}", n=10) for number in range(199)]
    return FORMATS["html"](runs.run(*pairs, *(runs.pair("query_199", kind) for kind in runs.CLASSES)))


def test_a_query_takes_its_share_of_ten_megabytes_at_most(large):
    """One class with a small plan; with all classes and the CRM's plans: docs/performance.md, "The report"."""
    assert len(large.encode()) < MOST_BYTES / 3


def test_it_opens_and_filters(opened, large):
    page = opened(large).page
    page.get_by_label("Filter the queries").fill("query 199")
    assert page.locator("article:visible").count() == 1
    assert page.get_by_text("1 of 200 shown").first.is_visible()
    page.locator("article:visible summary").first.click()
    assert "pgproof report run.json --query query_199" in page.locator("article:visible").inner_text()
