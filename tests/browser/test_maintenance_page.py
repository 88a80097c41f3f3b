"""The page of a maintenance experiment in a browser."""

from __future__ import annotations

from tests.builders.aged import CHURNED, FRESH, maintenance, stage
from tests.experiments.maintain.test_document import page


def test_rows_that_differ_are_an_alarm(opened):
    broken = maintenance(FRESH, CHURNED, stage("vacuum", {"board": 100}, rows="other"))
    assert opened(page(broken)).page.get_by_role("alert").count() == 1
