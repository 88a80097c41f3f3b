"""What probably made a cell change: of several differences the nearest, and where to look."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.experiments.gate.cause import Blame, Suspects
from bench.experiments.gate.record import Catalog
from tests.builders import gates, runs

BASE = gates.counted()
HEAD = replace(gates.counted(index="new_idx"), fingerprint="77b0")
QUERY = ("queries/queue.sql", 7)
BLOCK = ("optimizations.sql", 30)
FULL = Catalog(
    {"crm.queue_idx": "a", "crm.aaa": "x"}, {"crm.leads": 1_000, "crm.users": 10}, {"queue_idx": "a", "b": "a"}
)


def blamed(
    base: Catalog = FULL,
    head: Catalog = FULL,
    *,
    changed: tuple[str, ...] = (),
    now: object = HEAD,
    blocks: tuple = (),
    query=None,
) -> Blame:
    queries = {"queue": query or runs.query(tables=("crm.leads",))}
    return Suspects(base, head, frozenset(changed), queries, {one.name: one for one in blocks}).blame(BASE, now)


def block(name: str, **more: object):
    return runs.optimization(name, file=BLOCK[0], line=BLOCK[1], **more)


NO_INDEX = replace(FULL, indexes={"crm.aaa": "x"})
OTHER_BLOCK = replace(FULL, optimizations={"queue_idx": "a", "b": "z"})
OTHER_ROWS = replace(FULL, tables={"crm.leads": 1_011, "crm.users": 10})


@pytest.mark.parametrize(
    ("more", "cause", "place"),
    [
        ({"now": BASE}, "", QUERY),
        ({"changed": ("queue",), "head": NO_INDEX}, "its statement changed", QUERY),
        ({"changed": ("other",), "head": NO_INDEX}, "index crm.queue_idx was dropped", QUERY),
        ({"head": NO_INDEX, "blocks": (block("queue_idx"),)}, "index crm.queue_idx was dropped", BLOCK),
        ({"head": NO_INDEX, "now": None}, "index crm.queue_idx was dropped", QUERY),
        ({"head": replace(FULL, indexes=FULL.indexes | {'crm."new_idx"': "n"})}, 'new index crm."new_idx"', QUERY),
        (
            {"head": replace(FULL, indexes=FULL.indexes | {"crm.new_idx": "n"}), "now": None},
            "index crm.new_idx is new",
            QUERY,
        ),
        (
            {"head": replace(FULL, indexes=FULL.indexes | {"crm.queue_idx": "b"})},
            "index crm.queue_idx changed: a became b",
            QUERY,
        ),
        ({"head": replace(NO_INDEX, indexes={"crm.aaa": "y"})}, "index crm.queue_idx was dropped", QUERY),
        (
            {"head": replace(FULL, indexes=FULL.indexes | {"crm.aaa": "y"})},
            "same statement, indexes and rows, another plan: statistics or settings changed",
            QUERY,
        ),
        (
            {"head": replace(FULL, indexes=FULL.indexes | {"crm.bbb": "y"}), "blocks": (block("bbb"),)},
            "index crm.bbb is new",
            BLOCK,
        ),
        ({"head": replace(FULL, indexes={"crm.queue_idx": "a"})}, "index crm.aaa was dropped", QUERY),
        ({"head": OTHER_BLOCK}, "optimization b changed", QUERY),
        ({"head": OTHER_BLOCK, "blocks": (block("b"),)}, "optimization b changed", BLOCK),
        ({"head": replace(OTHER_BLOCK, tables=OTHER_ROWS.tables)}, "optimization b changed", QUERY),
        ({"head": replace(FULL, optimizations={"queue_idx": "a"})}, "optimization b was removed", QUERY),
        ({"head": replace(FULL, optimizations=FULL.optimizations | {"c": "a"})}, "optimization c is new", QUERY),
        ({"head": OTHER_ROWS}, "data changed: crm.leads has 1,011 rows, before 1,000", QUERY),
        (
            {"head": replace(FULL, tables={"crm.leads": 989, "crm.users": 10})},
            "data changed: crm.leads has 989 rows, before 1,000",
            QUERY,
        ),
        (
            {"head": replace(FULL, tables={"crm.leads": 1_010, "crm.users": 10})},
            "same statement, indexes and rows, another plan: statistics or settings changed",
            QUERY,
        ),
        (
            {"head": replace(FULL, tables={"crm.leads": 1_000, "crm.users": 99})},
            "same statement, indexes and rows, another plan: statistics or settings changed",
            QUERY,
        ),
        (
            {"head": replace(FULL, tables={})},
            "same statement, indexes and rows, another plan: statistics or settings changed",
            QUERY,
        ),
        ({"now": None}, "", QUERY),
    ],
)
def test_the_nearest_difference_is_named_with_the_line_to_look_at(
    more: dict, cause: str, place: tuple[str, int]
) -> None:
    assert blamed(**more) == Blame(cause, *place)


def test_a_table_that_was_empty_and_has_a_row_holds_other_data() -> None:
    empty, filled = (replace(FULL, tables={"crm.leads": rows}) for rows in (0, 1))
    assert blamed(empty, filled).cause == "data changed: crm.leads has 1 rows, before 0"
    assert "another plan" in blamed(empty, empty).cause


def test_of_several_tables_the_first_by_name_is_named() -> None:
    query = runs.query(tables=("crm.users", "crm.leads"))
    both = replace(FULL, tables={"crm.users": 90, "crm.leads": 9})
    assert blamed(head=both, query=query).cause.startswith("data changed: crm.leads")


def test_of_several_optimizations_one_that_serves_the_query_is_named_then_the_first_by_name() -> None:
    moved = replace(FULL, optimizations={"queue_idx": "z", "b": "z", "a": "z"})
    blocks = (block("a", serves=()), block("b", serves=()), block("queue_idx", serves=("queue",)))
    assert blamed(head=moved, blocks=blocks).cause == "optimization queue_idx changed"
    assert blamed(head=moved, blocks=blocks[:2]).cause == "optimization a is new"


def test_the_index_of_the_old_plan_comes_before_that_of_the_new_one_and_the_first_of_its_name() -> None:
    both = replace(FULL, indexes={"crm.aaa": "x", "crm.new_idx": "n"})
    assert blamed(head=both).cause == "index crm.queue_idx was dropped"
    twins = replace(FULL, indexes=FULL.indexes | {"app.queue_idx": "n"})
    assert blamed(head=twins).cause == "new index app.queue_idx"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("CREATE INDEX i ON t USING btree (a)", "CREATE INDEX i ON t USING gin (a)", "btree (a) became gin (a)"),
        (
            "CREATE INDEX i ON t USING btree (a)",
            "CREATE UNIQUE INDEX i ON t USING btree (a)",
            "CREATE INDEX i ON t USING btree (a) became CREATE UNIQUE INDEX i ON t USING btree (a)",
        ),
        ("x", "y", "x became y"),
    ],
)
def test_of_a_changed_definition_the_part_that_may_differ_is_told(old: str, new: str, said: str) -> None:
    found = blamed(*(replace(FULL, indexes={"crm.queue_idx": text}) for text in (old, new)))
    assert found.cause == f"index crm.queue_idx changed: {said}"
