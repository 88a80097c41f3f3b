"""Probes: what is asked of a schema for which nobody has queries."""

from __future__ import annotations

from bench.inference.queries import Surroundings, infer, probes
from bench.model.schema import ForeignKey

SIZES = {"public.users": 200, "public.orders": 4000, "public.order_items": 6000, "public.sessions": 400,
         "public.products": 50}  # fmt: skip


def test_each_kind_is_there_over_the_most_rows_first(around: Surroundings) -> None:
    found = {one.name: one for one in probes(around.schema, SIZES)}
    assert {
        "order_items_by_order_id_and_product_id", "orders_by_id", "users_by_email", "orders_of_user",
        "count_orders_by_user", "orders_with_status", "users_with_plan", "orders_in_time", "delete_users_of_orders",
        "delete_products_of_order_items",
    } <= found.keys()  # fmt: skip
    assert "delete_orders_of_order_items" not in found  # its primary key begins with the column
    assert found["orders_of_user"].sql == (
        "SELECT *\nFROM orders\nWHERE user_id = :user_id\nORDER BY created_at DESC, id DESC\nLIMIT 20"
    )
    assert next(iter(found.values())).sql.splitlines()[1] == "FROM order_items"
    assert all(one.title.startswith("Probe: ") and one.asks.startswith("Probe: ") for one in found.values())


def test_they_are_bounded_and_take_turns(around: Surroundings) -> None:
    found = probes(around.schema, SIZES, most=6)
    assert len(found) == 6
    assert any(one.sql.startswith("DELETE") for one in found)
    assert any("LIMIT 20" in one.sql for one in found)


def test_a_reference_that_is_not_declared_is_asked_about_too(around: Surroundings) -> None:
    key = ForeignKey("", ("user_id",), "public.users", ("id",), declared=False, reason="named user_id")
    names = [one.name for one in probes(around.schema, SIZES, [("public.sessions", key)])]
    assert {"sessions_of_user", "count_sessions_by_user"} <= set(names)
    assert "delete_users_of_sessions" not in names


def test_all_can_be_executed_and_find_rows(around: Surroundings) -> None:
    found = infer(around, probes(around.schema, SIZES))
    assert not found.refused
    assert len(found.queries) >= 16
    silent = {
        (name, which) for name, seen in found.seen.items() for which, one in seen.items()
        if which != "empty" and (one.error or not one.rows)
    }  # fmt: skip
    assert silent == set()
