"""dataset.toml: what is written is read back to the same plan, what is changed wins, what is not there is one line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.errors import WorkloadError
from bench.inference.dataset_file.assumed import assumed_in
from bench.inference.dataset_file.places import places
from bench.inference.dataset_file.reading import onto, read_plan_file, references_with
from bench.inference.dataset_file.writing import write_plan
from bench.inference.plan import ColumnPlan, DatasetPlan, TablePlan
from bench.model.schema import Column, DataType, ForeignKey, Index, Schema, Table

BIGINT, TEXT = DataType("int8", "pg_catalog", "base", "bigint"), DataType("text", "pg_catalog", "base", "text")
KINDS = ("email", "choice", "function", "integer", "reference")
KEY = Index("pk", "btree", ("id",), ("id",), unique=True, primary=True)
REFERENCE = ForeignKey("orders_customer_id_fkey", ("customer_id",), "public.customers", ("id",))


def column(name: str, kind: DataType = TEXT) -> Column:
    return Column(name, kind)


SCHEMA = Schema((
    Table("public", "customers", (column("id", BIGINT), column("email"), column("Odd name")), (KEY,)),
    Table("public", "orders", (column("id", BIGINT), column("customer_id", BIGINT), column("status"),
                               column("owner_id", BIGINT)), (KEY,), (REFERENCE,)),
))  # fmt: skip
PLAN = DatasetPlan(
    (
        TablePlan("public.customers", 1000, "root", (
            ColumnPlan("id", "integer", "PRIMARY KEY"), ColumnPlan("email", "email", 'named "email"', nulls=0.125),
            ColumnPlan("Odd name", "choice", "CHECK lists 2 values", {"values": {"a'b": 0.5, 'c"d': 0.5}}),
        )),
        TablePlan("public.orders", 5000, "child of customers", (
            ColumnPlan("id", "integer", "PRIMARY KEY"), ColumnPlan("customer_id", "reference", "refers"),
            ColumnPlan("status", "choice", "named status", {"values": {"open": 0.7, "paid": 0.3}}),
            ColumnPlan("owner_id", "integer", "named owner_id"),
        ), (REFERENCE,)),
    ),
    6000, clock="2026-01-01",
)  # fmt: skip
KEYS = frozenset({("public.customers", "id"), ("public.orders", "id")})
USUAL = {table.name: table.rows for table in PLAN.tables}
OF = "[public.orders.columns]\n"
TEXT_OF = write_plan(PLAN, KEYS)


def read(text: str, plan: DatasetPlan = PLAN) -> DatasetPlan:
    return onto(plan, read_plan_file(text, SCHEMA, KINDS), USUAL)


def test_what_was_written_changes_nothing() -> None:
    assert read(TEXT_OF) == PLAN


def test_an_empty_file_changes_nothing() -> None:
    assert read("") == PLAN


def test_every_line_of_a_column_says_why() -> None:
    found = {one.what: one for one in assumed_in(TEXT_OF)}
    assert found["public.customers.email"].why == 'named "email"'
    assert TEXT_OF.splitlines()[found["public.orders"].line - 1].startswith("rows = 5000")
    assert "public.orders.customer_id" not in found, "a foreign key is no assumption"


def test_rows_set_by_hand_win_and_grow_with_the_run() -> None:
    text = TEXT_OF.replace("rows = 1000", "rows = 30")
    assert read(text).tables[0].rows == 30
    twice = replace(PLAN, rows=12_000, tables=tuple(replace(one, rows=2 * one.rows) for one in PLAN.tables))
    assert [table.rows for table in read(text, twice).tables] == [60, 10_000]


@pytest.mark.parametrize(
    ("said", "kind", "options"),
    [
        ("{ value = 7 }", "choice", {"values": {"7": 1.0}}),
        ("{ value = true }", "choice", {"values": {"true": 1.0}}),
        ('{ values = ["a", "b"], shares = [3, 1] }', "choice", {"values": {"a": 3.0, "b": 1.0}}),
        ("{ values = { x = 0.9, y = 0.1 } }", "choice", {"values": {"x": 0.9, "y": 0.1}}),
        ('{ function = "names:company" }', "function", {"function": "names:company", "line": 2}),
        ('{ kind = "integer", low = 3 }', "integer", {"low": 3}),
    ],
)
def test_a_column_is_what_the_file_says(said: str, kind: str, options: object) -> None:
    changed = read(f"[public.orders.columns]\nstatus = {said}\n").tables[1].columns[2]
    assert (changed.kind, changed.options, changed.reason) == (kind, options, "so says dataset.toml")


def test_never_null_is_no_null_at_all() -> None:
    changed = read("[public.customers.columns]\nemail = { never_null = true }\n").tables[0].columns[1]
    assert (changed.kind, changed.nulls, changed.limits.not_null) == ("email", 0.0, True)


def test_a_reference_is_added_and_one_that_was_found_is_taken_back() -> None:
    inferred = [("public.orders", ForeignKey("found", ("owner_id",), "public.customers", ("id",), declared=False))]

    def found(text: str) -> list[tuple[str, str]]:
        read_file = read_plan_file(f"[public.orders.columns]\n{text}\n", SCHEMA, KINDS)
        return [(key.columns[0], key.table) for _, key in references_with(read_file, SCHEMA, inferred)]

    assert found("") == [("owner_id", "public.customers")]
    assert found('owner_id = { references = "" }') == []
    assert found('owner_id = { kind = "integer" }') == []
    assert found('status = { references = "public.customers.email" }')[1] == ("status", "public.customers")


@pytest.mark.parametrize(
    ("text", "line", "said", "hint"),
    [
        ("rows = -1", 1, "rows = -1: give a whole number of 0 or more", ""),
        ("rowz = 1", 1, "unknown key rowz", "did you mean rows?"),
        ("\n[public.ordrs]\nrows = 1", 2, "there is no table public.ordrs", "did you mean public.orders?"),
        ("[crm.orders]\nrows = 1", 1, "there is no table crm.orders", "did you mean public.orders?"),
        ("[public.orders]\nrow = 1", 2, "unknown key row of a table", "did you mean rows?"),
        (f"{OF}\nstate = {{ value = 1 }}", 3, "public.orders has no column state", "did you mean status?"),
        (f"{OF}status = 'x'", 2, "status: write { kind", ""),
        (f"{OF}status = {{ kind = 'emial' }}", 2, "unknown kind emial of status", "did you mean email?"),
        (f"{OF}status = {{ nulls = 2 }}", 2, "nulls = 2 of status: give a share", ""),
        (f"{OF}owner_id = {{ references = 'public.customer.id' }}", 2, "references public.customer.id",
         "did you mean public.customers.id?"),
        (f"{OF}status = {{ null = 0.2 }}", 2, "unknown key null of status", "did you mean nulls?"),
        (f"{OF}status = {{ values = {{ a = 0.6, b = 0.6 }} }}", 2, "the shares of status add up to 1.2", ""),
        (f"{OF}status = {{ values = {{ a = 'x' }} }}", 2, "share 'x' of status: give a number", ""),
        (f"{OF}status = {{ values = ['a', 'b'], shares = [1] }}", 2, "shares of status: give one for each", ""),
        (f"{OF}status = {{ values = [] }}", 2, "values of status: there is none", ""),
        (f"{OF}status = {{ kind = 'function' }}", 2, "function = '' of status", 'write function = "module:name"'),
        ("locales = ['de_DD']", 1, "unknown locale de_DD", "did you mean de_DE?"),
        ("\nrows = ", 2, "Invalid value", ""),
        ("[public.orders]\n[public.orders]", 2, "Cannot declare", ""),
    ],
)  # fmt: skip
def test_what_is_not_there_is_one_line(text: str, line: int, said: str, hint: str) -> None:
    with pytest.raises(WorkloadError) as caught:
        read(text)
    assert caught.value.message.startswith(f"dataset.toml:{line}: {said}")
    assert hint in caught.value.hint


def test_more_rows_than_a_key_allows_are_refused() -> None:
    small = replace(PLAN, tables=(replace(PLAN.tables[0], capacity=26), PLAN.tables[1]))
    with pytest.raises(WorkloadError, match=r"dataset.toml:2: rows = 27: keys and checks of public.customers allow 26"):
        read("[public.customers]\nrows = 27", small)


def test_lines_are_found_below_quoted_names_and_comments() -> None:
    text = '# [not.a.table]\n[public."odd [x]"]\n"a b" = 1 # c = 2\n[public.t.columns] # said\nx.y = 1\n'
    assert places(text) == {
        ("public", "odd [x]"): 2, ("public", "odd [x]", "a b"): 3, ("public", "t", "columns"): 4,
        ("public", "t", "columns", "x", "y"): 5,
    }  # fmt: skip
