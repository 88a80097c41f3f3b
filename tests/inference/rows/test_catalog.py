"""A schema as the catalog has it: one file of every feature, read back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.inference.rows.catalog import read_catalog
from bench.model.schema import Check, Column, Schema, Table
from bench.postgres import databases
from bench.postgres.connection import Target

TRAPS = Path(__file__).with_name("traps.sql")


@pytest.fixture(scope="module")
def schema(target: Target) -> Iterator[Schema]:
    with target.connect() as admin:
        databases.create(admin, "pgproof_catalog", "scratch")
        with target.connect_as_ourselves("pgproof_catalog") as connection:
            connection.execute("SET search_path = public")
            connection.execute(TRAPS.read_text())
            yield read_catalog(connection)
        databases.drop(admin, "pgproof_catalog")


def column(schema: Schema, table: str, name: str) -> Column:
    return schema.by_name[table].column(name)


def test_every_table_is_there_by_its_own_name(schema: Schema) -> None:
    names = {table.name for table in schema.tables}
    assert {"Odd.Log", "Odd.Log 2026", "Odd.Log 2026 a", "public.capitals", "public.shops"} <= names
    assert not {name for name in names if name.startswith(("pg_catalog", "bench_meta"))}


def test_rows_that_the_file_brought_are_counted(schema: Schema) -> None:
    assert {table.name: table.rows for table in schema.tables if table.rows} == {
        "public.countries": 2, "public.schema_migrations": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("email", ("varchar", "base", "character varying(60)", 60, None, None)),
        ("price", ("numeric", "base", "numeric(8,2)", None, 8, 2)),
        ("deleted_at", ("timestamptz", "base", "timestamp(3) with time zone", None, 3, None)),
        ("mood", ("mood", "enum", "public.mood", None, None, None)),
        ("tags", ("_varchar", "array", "character varying(20)[]", None, None, None)),
    ],
)
def test_a_type_says_its_modifier(schema: Schema, name: str, expected: tuple[object, ...]) -> None:
    found = column(schema, "public.customers", name).type
    assert (found.name, found.kind, found.text, found.length, found.precision, found.scale) == expected


def test_a_type_says_what_it_is_made_of(schema: Schema) -> None:
    tags, home, share, mood = (
        column(schema, "public.customers", name).type for name in ("tags", "home", "share", "mood")
    )
    assert tags.element is not None
    assert (tags.element.name, tags.element.length) == ("varchar", 20)
    assert [(f.name, f.type.text) for f in home.fields] == [
        ("street", "character varying(40)"), ("zip", "character(5)"), ("mood", "public.mood"),
    ]  # fmt: skip
    assert mood.labels == ("sad", "ok", "happy")
    assert share.not_null
    assert share.checks == (Check("at_most_100", "((VALUE)::integer <= 100)"),)
    assert share.base is not None
    assert share.base.checks[0].expression == "(VALUE > 0)"
    assert share.plain.name == "int4"
    span = column(schema, "public.cities", "span").type
    assert (span.kind, span.element and span.element.name) == ("range", "numeric")


def test_a_column_says_who_makes_its_value(schema: Schema) -> None:
    assert column(schema, "public.customers", "id").identity == "always"
    assert column(schema, "public.customers", "id").sequence == "public.customers_id_seq"
    assert column(schema, "public.orders", "id").sequence == "public.orders_id_seq"
    assert column(schema, "public.customers", "name_length").generated == "stored"
    assert column(schema, "public.customers", "mood").default == "'ok'::public.mood"
    assert column(schema, "public.customers", "region").comment == "of the world"


def indexes(table: Table) -> dict[str, tuple[object, ...]]:
    return {index.name: (index.keys, index.columns, index.predicate) for index in table.indexes}


def test_an_index_says_its_keys_and_whom_it_holds(schema: Schema) -> None:
    customers = schema.by_name["public.customers"]
    assert customers.primary_key == customers.indexes[0]
    assert indexes(customers)["customers_email"] == (
        ("lower((email)::text)",), ("email", "deleted_at"), "(deleted_at IS NULL)",
    )  # fmt: skip
    by_name = {index.name: index for index in customers.indexes}
    assert by_name["customers_code_key"].nulls_not_distinct
    assert {index.name: index.deferrable for index in schema.by_name["public.teams"].indexes} == {
        "teams_pkey": False, "teams_id_key": True,
    }  # fmt: skip
    assert by_name["customers_number"].include == ("price",)
    assert by_name["customers_number"].columns == ("number",)
    assert schema.by_name["public.bookings"].indexes[0].operators == ("&&",)


def test_a_foreign_key_says_what_it_refers_to(schema: Schema) -> None:
    keys = {key.columns: key for key in schema.by_name["public.orders"].foreign_keys}
    assert keys["region", "number"].match_full
    assert keys["region", "number"].to == ("region", "number")
    assert (keys["customer_id",].table, keys["customer_id",].on_delete) == ("public.customers", "cascade")
    assert keys["follows",].deferrable


def test_checks_say_whether_they_are_valid(schema: Schema) -> None:
    checks = {check.name: check for check in schema.by_name["public.orders"].checks}
    assert checks["known_state"].columns == ("state",)
    assert checks["known_state"].expression == "(state = ANY (ARRAY['new'::text, 'paid'::text, 'sent'::text]))"
    assert {name for name, check in checks.items() if not check.validated} == {"later"}


def test_partitions_and_children_know_their_parents(schema: Schema) -> None:
    log, year, leaf = (schema.by_name[f"Odd.{name}"] for name in ("Log", "Log 2026", "Log 2026 a"))
    assert log.partitioning is not None
    assert (log.partitioning.strategy, log.partitioning.keys) == ("range", ("at",))
    assert log.partitioning.leaves == ("Odd.Log 2026 a",)
    assert year.partitioning is not None
    assert (year.partition_of, year.partitioning.keys) == ("Odd.Log", ("lower(kind)",))
    assert "lower(kind) = ANY" in leaf.bounds
    assert "at >= " in leaf.bounds
    hashed = schema.by_name["public.events"].partitioning
    assert hashed is not None
    assert (hashed.strategy, len(hashed.leaves)) == ("hash", 2)
    assert schema.by_name["public.capitals"].inherits == ("public.cities",)


def test_what_fires_is_named(schema: Schema) -> None:
    assert schema.by_name["public.watched"].triggers == ("on_insert",)
    assert schema.by_name["public.guarded"].always_triggers == ("always",)
    assert schema.by_name["public.guarded"].row_security
    assert schema.by_name["public.shops"].has_insert_rule


def test_functions_of_one_expression_are_there_to_be_read(schema: Schema) -> None:
    found = {function.name: (function.arguments, function.body) for function in schema.functions}
    assert found["public.is_code"] == (("value",), "value IN ('a', 'b; c')")
    assert found["public.is_even"] == (("$1",), "(($1 % 2) = 0)")
    assert "public.has_rows" not in found


def test_a_server_of_version_15_is_read_alike(schema: Schema, dsn15: str) -> None:
    with Target(dsn15).connect() as admin:
        databases.create(admin, "pgproof_catalog", "scratch")
        with Target(dsn15).connect_as_ourselves("pgproof_catalog") as connection:
            connection.execute("SET search_path = public")
            connection.execute(TRAPS.read_text())
            found = read_catalog(connection)
    assert same(found) == same(schema)


def same(schema: Schema) -> list[Table]:
    """The tables without what no two servers share: who owns them, and the oids in the bounds of a hash partition."""
    return [replace(table, owner="", bounds=re.sub(r"'\d+'::oid", "", table.bounds)) for table in schema.tables]
