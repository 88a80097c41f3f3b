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


def mapped(*more: Relation) -> Sizes:
    """A table of two pages of the map, half of the rows on each."""
    return Sizes.of([(1, (Relation("t", "t", "heap", 2 * MAP_PAGES, 9_000), *more))])


def test_the_first_key_with_as_many_values_as_rows_tells_how_unlike_the_order_is():
    keys = {"keys": ("tenant", "made_at"), "correlations": (0.1, 0.8), "distinct": (50.0, 9_000.0)}
    sizes = mapped(index(90, 9_000, **keys))
    assert sizes.looks("i", {"tenant"}, 300, 1) == pytest.approx(300 * 0.5 * 0.6)
    assert sizes.looks("i", {"tenant", "made_at"}, 300, 1) == pytest.approx(1)
    assert mapped(index(90, 9_000)).looks("i", (), 300, 1) == pytest.approx(150)
    assert mapped().looks("unknown", (), 300, 1) == 300


def test_rows_of_equal_keys_are_in_the_order_of_the_table():
    """The CRM's leads by temperature and source: 36 runs, each through both pages of the map, in 1,615 rows."""
    keys = {"keys": ("tenant", "warmth", "source"), "correlations": (0.2, 0.5, 0.1), "distinct": (50.0, 4.0, 9.0)}
    assert mapped(index(90, 9_000, **keys)).looks("i", {"tenant"}, 1_615, 1) == pytest.approx(36 + 35 * 0.5)


def test_values_that_are_more_than_tenants_belong_to_one_each():
    """Of 500 owners in 50 tenants, a tenant with a tenth of the rows has fifty."""
    keys = {"keys": ("tenant", "owner"), "correlations": (0.2, 0.5), "distinct": (50.0, 500.0)}
    assert mapped(index(90, 9_000, **keys)).looks("i", {"tenant"}, 900, 1) == pytest.approx(50 + 49 * 0.5, rel=0.01)


def test_a_table_of_one_page_of_the_map_is_looked_at_no_more():
    table = Relation("t", "t", "heap", MAP_PAGES // 2, 9_000)
    assert Sizes.of([(1, (table, index(90, 9_000)))]).looks("i", (), 300, 1) == 0
