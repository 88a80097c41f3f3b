"""One word for each optimization: every word from the evidence that calls for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.experiments.attribution.verdicts import OptimizationVerdict, verdicts
from bench.model import Attribution, GainCell, Stored, WriteCost, WriteSeen
from tests.attribution.test_shapley import cell
from tests.builders import runs


def judged(
    *cells: GainCell, categories: dict[str, str] | None = None, **more: object
) -> dict[str, OptimizationVerdict]:
    """The verdicts of optimizations a to d."""
    categories = categories or {}
    blocks = tuple(runs.optimization(name, category=categories.get(name, "composite")) for name in "abcd")
    applied = tuple(runs.applied(name) for name in "abcd")
    attribution = replace(Attribution(cells=cells), **more)
    run = replace(runs.run(runs.pair()), optimizations=blocks, applied=applied, attribution=attribution)
    return {found.name: found for found in verdicts(run)}


ONE = cell("a", {"": 900, "a": 10})
TWO = cell("ab", {"": 900, "a": 10, "b": 12, "ab": 10})


def written(name: str, wal: int, *, hot: int = 0) -> WriteCost:
    less = WriteSeen(rows=100, buffers=400, wal_bytes=10_000, samples_ms=(1.0,), updated=100, hot_updated=90)
    return WriteCost("score_update", name, replace(less, wal_bytes=wal, hot_updated=hot or 90), less)


def test_without_an_attribution_nothing_is_said():
    assert verdicts(runs.run(runs.pair())) == ()


def test_what_a_query_misses_is_kept_and_the_cell_named():
    found = judged(ONE)["a"]
    assert found.outcome == "keep"
    assert found.sentence == "With it q[hot] (900 → 10 buffers) does less work."


def test_what_another_does_as_well_is_substitutable_and_the_other_named():
    found = judged(TWO)["b"]
    assert found.outcome == "substitutable"
    assert "which the others do as well by a. Decided by" in found.sentence


def test_what_no_query_notices_is_unused():
    assert judged(ONE)["b"].outcome == "unused"


@pytest.mark.parametrize("category", ["constraint", "monitoring", "maintenance"])
def test_what_no_plan_can_show_is_not_called_unused(category):
    assert judged(ONE, categories={"b": category})["b"].outcome == "not for queries"


def test_what_makes_a_query_do_more_work_is_harmful_to_it():
    found = judged(cell("a", {"": 10, "a": 900}))["a"]
    assert found.outcome == "harmful"
    assert "q[hot] (10 → 900 buffers)" in found.sentence


def test_what_helps_one_more_than_it_harms_another_is_kept_and_the_harm_said():
    found = judged(cell("a", {"": 9_000, "a": 10}, "gainer"), cell("a", {"": 10, "a": 100}, "loser"))["a"]
    assert found.outcome == "keep"
    assert found.sentence.endswith("It harms loser[hot] (10 → 100 buffers).")


def test_what_harms_more_than_it_helps_is_harmful():
    found = judged(cell("a", {"": 100, "a": 10}, "gainer"), cell("a", {"": 10, "a": 9_000}, "loser"))["a"]
    assert found.outcome == "harmful"


def test_what_others_need_is_said_so():
    found = judged(cell("ab", {"": 900, "a": 900, "b": 900, "ab": 10}), needs={"b": ("a",)})
    assert found["a"].outcome == "needed by others"
    assert found["a"].sentence == "Needed by b."


def test_what_could_not_be_taken_away_cannot_be_told():
    found = judged(ONE, not_tried={"c": "its undo leaves crm.c in place"})["c"]
    assert found.outcome == "cannot tell"
    assert "its undo leaves crm.c in place" in found.sentence


def test_a_dear_write_is_the_price_of_a_gain():
    found = judged(ONE, write_costs=(written("a", 12_500),))["a"]
    assert found.outcome == "keep, but it costs"
    assert "score_update writes 25% more WAL" in found.sentence


def test_lost_heap_only_updates_are_a_price():
    found = judged(ONE, write_costs=(written("a", 10_100, hot=1),))["a"]
    assert found.costs.reasons == ("updates of score_update are no longer heap-only",)


def test_a_large_share_of_the_table_is_a_price_but_not_of_a_table_of_its_own():
    index = Stored("a", "crm.a", "crm.leads", "btree", 400_000, 1_000_000)
    assert judged(ONE, stored=(index,))["a"].costs.reasons == ("it takes 40% of its table's size",)
    own = (replace(index, table="crm.made"), Stored("a", "crm.made", "crm.made", "heap", 500_000, 500_000))
    assert judged(ONE, stored=own)["a"].outcome == "keep"


def test_prices_are_for_one_row():
    price = judged(ONE, write_costs=(written("a", 12_500),))["a"].costs.writes[0]
    assert (price.wal_bytes, price.rows, price.wal_share) == (25.0, 100, 0.25)
