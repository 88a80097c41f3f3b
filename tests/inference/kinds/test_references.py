"""References that a schema does not declare, and what is taken for none."""

from __future__ import annotations

import pytest

from bench.inference.kinds import find_references, references
from bench.model.schema import Column, ForeignKey, Index, Schema, Table
from tests.inference.kinds.columns import column


def table(name: str, *columns: Column, key: str = "bigint", schema: str = "public", **more: object) -> Table:
    primary = Index("pk", "btree", ("id",), ("id",), unique=True, primary=True)
    return Table(schema, name, (column("id", key), *columns), indexes=(primary,), **more)  # type: ignore[arg-type]


def found(*tables: Table) -> dict[str, tuple[str, str]]:
    return {one.key.columns[0]: (one.outcome, one.key.table) for one in find_references(Schema(tables))}


USERS, CATEGORIES = table("users"), table("product_categories")


@pytest.mark.parametrize(
    ("name", "outcome", "parent"),
    [
        ("user_id", "used", "public.users"),
        ("userId", "used", "public.users"),
        ("billing_user_id", "used", "public.users"),
        ("owner_id", "used", "public.users"),
        ("created_by", "used", "public.users"),
        ("assigned_to_id", "used", "public.users"),
        ("product_category_id", "used", "public.product_categories"),
        ("category_id", "doubtful", "public.product_categories"),
        ("parent_id", "used", "public.orders"),
        ("order_id", "doubtful", "public.orders"),
        ("product_category", "used", "public.product_categories"),
        ("approved_by_id", "used", "public.users"),
        ("stripe_charge_id", None, None),
    ],
)
def test_a_name_tells_the_table(name, outcome, parent):
    seen = found(USERS, CATEGORIES, table("orders", column(name, "bigint"))).get(name, (None, None))
    assert seen == (outcome, parent)


def test_an_id_of_another_type_is_another_systems():
    seen = found(USERS, table("orders", column("user_id", "text")))
    assert seen["user_id"] == ("refused", "public.users")


def test_a_column_with_a_type_beside_it_refers_to_several_tables():
    comments = table("comments", column("commentable_id", "bigint"), column("commentable_type"))
    assert found(USERS, comments) == {"commentable_id": ("polymorphic", "")}


def test_the_table_of_the_same_schema_is_meant():
    other = table("users", schema="auth")
    assert found(USERS, other, table("orders", column("user_id", "bigint")))["user_id"] == ("used", "public.users")


def test_a_unique_column_of_that_name_is_referred_to_where_the_key_is_of_another_type():
    unique = Index("u", "btree", ("uuid",), ("uuid",), unique=True)
    users = Table("public", "users", (column("id", "bigint"), column("uuid", "uuid")), indexes=(*USERS.indexes, unique))
    (used,) = references(Schema((users, table("orders", column("user_uuid", "uuid")))))
    assert used[1].to == ("uuid",)


def test_what_is_declared_is_left_alone():
    key = ForeignKey("k", ("user_id",), "public.users", ("id",))
    assert found(USERS, table("orders", column("user_id", "bigint"), foreign_keys=(key,))) == {}


def test_each_has_its_reason():
    (used,) = references(Schema((USERS, table("orders", column("owner_id", "bigint")))))
    assert used[0] == "public.orders"
    assert (used[1].declared, used[1].reason) == (False, "owner is somebody of public.users")


def test_a_table_that_begins_alike_is_meant():
    notes, orders = table("shop_order_notes", column("order_id", "bigint")), table("shop_orders")
    assert found(USERS, notes, orders, table("old_orders"))["order_id"] == ("used", "public.shop_orders")


def test_names_of_other_languages_are_read():
    usuarios, orders = table("usuarios"), table("facturas", column("creado_por", "bigint"))
    assert found(usuarios, orders)["creado_por"] == ("used", "public.usuarios")


def test_a_column_refers_to_what_others_of_its_name_declare():
    key = ForeignKey("k", ("subject_id",), "public.users", ("id",))
    notes = table("notes", column("subject_id", "bigint"), foreign_keys=(key,))
    seen = found(USERS, notes, table("subjects"), table("marks", column("subject_id", "bigint")))
    assert seen["subject_id"] == ("used", "public.users")
