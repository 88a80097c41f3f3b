"""The page of a gate in a browser."""

from __future__ import annotations

from tests.builders import gates
from tests.experiments.gate.test_document import page_of


def test_a_gate_that_could_not_compare_fits_and_has_no_violation(opened):
    """One that could: tests/experiments/test_contract.py."""
    from axe_playwright_python.sync_playwright import Axe

    width = 360
    seen = opened(page_of(gates.incompatible()), width=width, dark=True)
    assert (seen.complaints, len(seen.requests)) == ([], 1)
    seen.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(seen.page)
    assert found.violations_count == 0, found.generate_report()


def test_text_of_a_workload_stays_text(opened):
    seen = opened(page_of(gates.hostile("<img src=x onerror=alert(1)>")))
    assert (seen.complaints, seen.page.locator("img").count()) == ([], 0)
