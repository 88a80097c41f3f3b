"""A column's kind: by name and type, within what is allowed, with the reason in words."""

from __future__ import annotations

import pickle
import re
from dataclasses import replace

import numpy as np
import pyarrow.compute as pc
import pytest

from bench.inference.kinds import propose, values_of
from bench.inference.plan import ColumnPlan, Limits
from bench.model.schema import Column, DataType, ForeignKey, Schema, Table
from tests.inference.kinds.columns import column, planned, type_of

NUMBERS = np.arange(2000)


@pytest.mark.parametrize(
    ("one", "table", "kind", "reason"),
    [
        (column("email"), "users", "email", "named email"),
        (column("name"), "users", "full_name", "named name, in a table of such"),
        (column("country", "varchar(2)"), "shops", "country_code", "varchar(2) named country"),
        (column("xyz", "integer"), "shops", "integer", "integer, its name tells nothing"),
        (column("span", "int4range"), "shops", "type_only", "int4range, by its type"),
    ],
)
def test_each_column_has_a_kind_and_the_reason(one, table, kind, reason):
    plan = planned(one, table)
    assert (plan.kind, plan.reason) == (kind, reason)


def test_a_kind_that_does_not_fit_the_length_is_not_taken():
    assert planned(column("email", "varchar(8)")).kind != "email"
    assert planned(column("password", "varchar(30)")).kind != "password_digest"


def test_a_list_that_a_check_gives_is_kept_with_plausible_shares():
    plan = planned(column("status", "varchar(20)"), limits=Limits(values=("archived", "active", "banned")))
    shares = plan.options["values"]
    assert plan.kind == "choice"
    assert max(shares, key=shares.get) == "active"
    assert plan.reason == "a CHECK lists 3 values"


def test_an_enum_is_chosen_from_its_labels():
    mood = DataType("mood", "public", "enum", "mood", labels=("sad", "ok", "happy"))
    plan = planned(Column("mood", mood))
    values = values_of("public.t", Column("mood", mood), plan, 1, "")(NUMBERS)
    assert set(values.drop_null().to_pylist()) == {"sad", "ok", "happy"}


def test_a_domain_is_what_it_is_over():
    address = DataType("address", "public", "domain", "address", base=type_of("text"), not_null=True)
    plan = planned(Column("email", address))
    assert (plan.kind, plan.nulls) == ("email", 0)


def test_a_default_that_is_a_word_is_the_most_frequent_value():
    plan = planned(column("status", "text", default="'waitlisted'::text"))
    assert max(plan.options["values"], key=plan.options["values"].get) == "waitlisted"


def test_a_json_column_with_an_array_for_default_holds_arrays():
    assert planned(column("metadata", "jsonb", default="'[]'::jsonb")).kind == "json_list"
    assert planned(column("tags", "jsonb"), limits=Limits(json_type="object")).kind == "json_metadata"


def test_what_a_pattern_asks_for_is_the_types_to_make_where_the_kind_cannot():
    assert planned(column("code"), limits=Limits(patterns=("^[0-9]{3}$",))).kind == "type_only"
    assert planned(column("slug"), limits=Limits(patterns=("^[a-z0-9-]+$",))).kind == "slug"


def test_nulls_are_where_the_column_allows_them():
    assert planned(column("deleted_at", "timestamptz")).nulls == 0.95
    assert planned(column("deleted_at", "timestamptz", not_null=True)).nulls == 0
    assert planned(column("note"), limits=Limits(not_null=True)).nulls == 0
    assert planned(column("note"), limits=Limits(always_null=True)).nulls == 1


def test_whose_address_it_is_stands_with_the_plan():
    two = Table("public", "orders", (column("billing_city"), column("billing_country"), column("shipping_city")))
    assert [plan.options["group"] for plan in propose(Schema((two,)), two, {})] == ["billing", "billing", "shipping"]


def test_a_slug_is_the_name_of_its_row():
    table = Table("public", "products", (column("name"), column("slug")))
    name, slug = (
        values_of(table.name, one, replace(plan, nulls=0), 1, "")(NUMBERS).to_pylist()
        for one, plan in zip(table.columns, propose(Schema((table,)), table, {}), strict=True)
    )
    assert slug == [words.lower().replace(" ", "-") for words in name]


def test_amounts_of_a_line_know_that_there_is_a_price_and_a_quantity():
    line = Table(
        "public",
        "lines",
        (column("unit_price", "numeric(8,2)"), column("quantity", "integer"), column("total", "money")),
    )
    price, quantity, total = propose(Schema((line,)), line, {})
    assert (price.kind, quantity.kind, total.kind, total.options["lines"]) == (
        "price",
        "quantity",
        "total_amount",
        True,
    )


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("start_date", "end_date"), ("starts_at", "ends_at"), ("valid_from", "valid_until"), ("from", "to"),
        ("trial_start", "trial_end"), ("effective_date", "end_date"), ("check_in", "check_out"),
        ("started_at", "ended_at"), ("start_at", "finished_at"), ("started_at", "end_time"),
    ],
)  # fmt: skip
def test_a_period_ends_after_it_begins(start, end):
    table = Table("public", "offers", (column(start, "date", not_null=True), column(end, "date", not_null=True)))
    plans = propose(Schema((table,)), table, {})
    first, last = (values_of(table.name, table.column(plan.name), plan, 1, "")(NUMBERS) for plan in plans)
    assert pc.all(pc.less_equal(first, last)).as_py()


def test_polymorphic_types_are_the_classes_of_tables_that_are_referred_to():
    key = ForeignKey("k", ("post_id",), "public.blog_posts", ("id",))
    posts = Table("public", "blog_posts", (column("id", "bigint"),))
    notes = Table("public", "notes", (column("notable_type"), column("post_id", "bigint")), foreign_keys=(key,))
    assert propose(Schema((posts, notes)), notes, {})[0].options["values"] == {"BlogPost": 1.0}


def test_a_generated_column_gets_no_plan():
    table = Table("public", "t", (column("total", "numeric(8,2)", generated="stored"),))
    assert propose(Schema((table,)), table, {}) == ()


@pytest.mark.parametrize("type_", ["interval", "point", "text"])
def test_plans_travel_to_other_processes(type_):
    one = column("email" if type_ == "text" else "x", type_)
    made = values_of("public.t", one, planned(one), 1, "2026-01-01")
    expected = made(NUMBERS)
    assert pickle.loads(pickle.dumps(made))(NUMBERS).equals(expected)


def test_a_plan_may_be_changed_by_hand():
    one = column("priority", "integer")
    plan = replace(planned(one), options={"low": 2, "high": 4}, nulls=0.5)
    values = values_of("public.t", one, plan, 1, "")(NUMBERS)
    assert pc.min_max(values).as_py() == {"min": 2, "max": 4}
    assert 900 < values.null_count < 1100


def planned_beside(name: str, type_: str, table: str, *others: Column) -> ColumnPlan:
    both = Table("public", table, (column(name, type_), *others))
    return propose(Schema((both,)), both, {})[0]


@pytest.mark.parametrize(
    ("name", "table", "beside", "kind"),
    [
        ("name", "events", column("starts_at", "timestamptz"), "event_title"),
        ("name", "events", column("payload", "jsonb"), "event_type"),
        ("state", "records", column("city"), "region"),
        ("state", "records", column("payload", "jsonb"), "status"),
        ("father_contact", "records", column("father_name"), "phone"),
    ],
)
def test_what_stands_beside_a_column_tells_of_it(name, table, beside, kind):
    assert planned_beside(name, "text", table, beside).kind == kind


@pytest.mark.parametrize(
    ("comment", "kind", "reason"),
    [
        ("one of: draft, sent, paid", "choice", "its comment lists values"),
        ("Phone number of the office.", "phone", "its comment says what it is"),
        ("See the manual.", "words", "text, its name tells nothing"),
    ],
)
def test_a_comment_tells_of_a_column_whose_name_does_not(comment, kind, reason):
    plan = planned(column("quux", "text", comment=comment))
    assert (plan.kind, plan.reason) == (kind, reason)


def test_a_date_kept_as_a_text_is_a_date():
    plan = planned(column("due_date", "text"))
    made = values_of("public.t", column("due_date", "text"), replace(plan, nulls=0), 1, "")(np.arange(3))
    assert plan.kind == "due_at"
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", value) for value in made.to_pylist())


def test_times_of_one_kind_follow_each_other_in_a_row():
    table = Table("public", "t", tuple(column(f"{one}_at", "timestamptz") for one in ("sent", "approved", "confirmed")))
    plans = propose(Schema((table,)), table, {})
    stages = [plan.options.get("stage", 0.4) for plan in plans]
    assert [plan.kind for plan in plans] == ["happened_at"] * 3
    assert stages == sorted(set(stages))


def test_a_default_of_now_makes_no_last_time_the_first():
    assert planned(column("last_seen", "timestamptz", default="now()")).kind == "seen_at"
    assert planned(column("submitted_at", "timestamptz", default="now()")).kind == "created_at"
