"""The page of a load in a browser."""

from __future__ import annotations

from tests.builders.loads import load_run
from tests.experiments.load.test_document import BROKEN, FULL, page


def test_a_claim_that_did_not_hold_is_an_alarm(opened):
    assert opened(page(BROKEN)).page.get_by_role("alert").count() == 1


def test_text_of_a_workload_stays_text(opened):
    seen = opened(page(load_run(*FULL.steps, text="<img src=x onerror=alert(1)>")))
    assert (seen.complaints, seen.page.locator("img").count()) == ([], 0)
