"""The page of a gate in a browser."""

from __future__ import annotations

from tests import axe
from tests.builders import gates
from tests.chromium import unfold
from tests.experiments.gate.test_document import page_of


def test_a_gate_that_could_not_compare_fits_and_has_no_violation(opened):
    """One that could: tests/experiments/test_contract.py."""
    width = 360
    seen = opened(page_of(gates.incompatible()), width=width, dark=True)
    assert (seen.complaints, len(seen.requests)) == ([], 1)
    unfold(seen.page)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe.complaints(seen.page) == ""


def test_text_of_a_workload_stays_text(opened):
    seen = opened(page_of(gates.hostile("<img src=x onerror=alert(1)>")))
    assert (seen.complaints, seen.page.locator("img").count()) == ([], 0)
