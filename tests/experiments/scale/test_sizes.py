"""What follows from the size of tables and indexes, against what PostgreSQL 18 was seen to do."""

from __future__ import annotations

import pytest

from bench.experiments.scale.sizes import MAP_PAGES, Sizes
from bench.model import Relation


def index(pages: int, rows: int, key_bytes: int = 8, **more: object) -> Relation:
    return Relation("i", "t", "btree", pages, rows, key_bytes, **more)  # type: ignore[arg-type]


def of(*relations: tuple[int, Relation]) -> Sizes:
    return Sizes.of((scale, (one,)) for scale, one in relations)


@pytest.mark.parametrize(
    ("found", "depth"),
    [
        (index(41, 10_000), 2),
        (index(125, 32_000), 2),
        (index(388, 100_000), 3),
        (index(281, 320_000), 3),  # the same key many times: inner pages hold the address of a row as well
        (index(2, 100), 1),
    ],
)
def test_an_index_is_as_deep_as_searches_in_it_were_seen_to_be(found, depth):
    """The CRM's leads_pkey, leads_organization_id_idx: blocks of searches that found one row or none."""
    assert of((1, found)).depth("i", 1) == depth


def test_a_gin_index_is_no_b_tree():
    assert of((1, Relation("i", "t", "gin", 100, 100))).depth("i", 1) is None


def test_pages_follow_the_last_two_steps():
    sizes = of((100, index(10, 100)), (1_000, index(20, 1_000)), (10_000, index(200, 10_000)))
    assert sizes.pages("i", 1_000) == 20
    assert sizes.pages("i", 100_000) == pytest.approx(2_000)
    assert sizes.pages("unknown", 5) == 0


@pytest.mark.parametrize(("pages", "looked"), [(8_000, 0), (30_000, 0), (60_000, 9_989), (130_000, 14_985)])
def test_looks_at_the_visibility_map_are_those_that_were_counted(pages, looked):
    """benchmarks/visibility_map.py: 20,000 rows in an order unlike the table's."""
    table = Relation("t", "t", "heap", pages, 8 * pages)
    assert 20_000 * of((1, table)).apart("t", 1) == pytest.approx(looked, rel=0.01)


def test_a_full_last_page_of_the_map_counts_like_the_others():
    assert of((1, Relation("t", "t", "heap", 4 * MAP_PAGES, 1))).apart("t", 1) == pytest.approx(0.75)


def test_the_first_key_with_as_many_values_as_rows_tells_how_unlike_the_order_is():
    keys = {"keys": ("tenant", "made_at"), "correlations": (0.1, 0.8), "distinct": (50.0, 9_000.0)}
    sizes = of((1, index(90, 9_000, **keys)))
    assert sizes.disorder("i", {"tenant"}, 300) == pytest.approx(0.6)
    assert sizes.disorder("i", {"tenant", "made_at"}, 300) == 0
    assert sizes.disorder("unknown", (), 300) == 1


def test_rows_of_equal_keys_are_in_the_order_of_the_table():
    """The CRM's leads by temperature and source: no look more at the map in 98,124 rows."""
    keys = {"keys": ("tenant", "warmth"), "correlations": (0.2, 0.5), "distinct": (50.0, 3.0)}
    assert of((1, index(90, 9_000, **keys))).disorder("i", {"tenant"}, 3_000) < 0.01
