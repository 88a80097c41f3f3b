"""The page of a scale experiment in a browser."""

from __future__ import annotations

from tests.builders.growths import scaling
from tests.experiments.scale.test_document import page as page_of


def test_sorting_by_the_crossing_puts_the_soonest_first(opened):
    page = opened(page_of(scaling())).page
    page.click(".crossings th.before button")
    assert page.locator(".crossings tbody th").all_inner_texts() == ["Queue", "Search"]
