"""10,000 values of every kind: of the column's type and length, the same for any order, distinct where asked for."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from bench.inference.kinds import kinds, values_of
from bench.inference.kinds.propose import FITS
from bench.inference.plan import ColumnPlan, Limits
from tests.inference.kinds.columns import column

TYPES = {
    "text": "text", "int": "integer", "numeric": "numeric(12,2)", "float": "double precision", "bool": "boolean",
    "time": "timestamptz", "date": "date", "clock": "time", "json": "jsonb", "uuid": "uuid", "bytes": "bytea",
    "list": "text[]", "inet": "inet", "mac": "macaddr",
}  # fmt: skip
ARROW = {
    "int": pa.int64(), "numeric": pa.decimal128(19, 2), "float": pa.float64(), "bool": pa.bool_(),
    "time": pa.timestamp("us"), "date": pa.date32(), "bytes": pa.binary(),
}  # fmt: skip
ALL = [kind for kind in kinds().values() if kind.make != "type_only"]
NUMBERS = np.arange(10_000, dtype=np.int64)
CLOCK = "2026-11-30T12:00:00"
WORDS_ONLY = {"bool", "int", "numeric"}
"""Families that a kind of words is not tried in: whether its words fit is the proposal's to find out."""


def values(
    kind: str, type_: str, numbers: np.ndarray = NUMBERS, limits: Limits | None = None, **options: object
) -> pa.Array:
    plan = ColumnPlan(kind, kind, options={"rows": 10_000, **options}, limits=limits or Limits())
    return values_of("public.things", column(kind, type_), plan, 7, CLOCK)(numbers)


def families(make: str) -> list[str]:
    skipped = {"enum"} | (WORDS_ONLY | {"float"} if make in ("choice", "place") else set())
    return [family for family in FITS[make].split() if family not in skipped and family in TYPES]


def test_values_are_of_the_columns_type():
    for kind in ALL:
        for family in families(kind.make):
            made = values(kind.name, TYPES[family], NUMBERS[:200])
            assert (made.type, made.null_count) == (ARROW.get(family, pa.string()), 0), f"{kind.name} {family}"


def test_values_are_the_same_in_any_order_and_chunk():
    order = np.random.default_rng(3).permutation(10_000)[:2000]
    for kind in ALL:
        type_ = TYPES[families(kind.make)[0]]
        whole = values(kind.name, type_)
        assert values(kind.name, type_, order).equals(whole.take(pa.array(order))), kind.name


TEXTS = [kind for kind in ALL if "text" in FITS[kind.make].split() and kind.make != "json"]


def test_texts_keep_the_columns_length():
    for kind in TEXTS:
        for length in sorted({max(kind.needs, 1), max(kind.needs, 12), 255}):
            made = values(kind.name, f"varchar({length})")
            assert pc.max(pc.utf8_length(made)).as_py() <= length, kind.name
            assert pc.all(pc.equal(made, pc.utf8_rtrim_whitespace(made))).as_py(), kind.name


def test_unique_texts_are_distinct_whatever_their_case_and_room():
    for kind in [kind for kind in TEXTS if kind.make != "choice"]:
        for length in (None, max(kind.needs, 8), max(kind.needs, 20)):
            made = values(kind.name, f"varchar({length})" if length else "text", unique=True)
            assert pc.count_distinct(pc.utf8_lower(made)).as_py() == 10_000, f"{kind.name} {length}"
            assert not length or pc.max(pc.utf8_length(made)).as_py() <= length, f"{kind.name} {length}"


def test_other_unique_values_are_distinct():
    for kind in [kind for kind in ALL if kind.make != "choice"]:
        for family in set(families(kind.make)) - {"text", "bool", "clock"}:
            made = values(kind.name, TYPES[family], unique=True)
            assert pc.count_distinct(made).as_py() == 10_000, f"{kind.name} {family}"


def test_another_seed_table_or_column_gives_others():
    plan = ColumnPlan("email", "email")
    one = column("email")
    first = values_of("public.a", one, plan, 1, CLOCK)(NUMBERS[:50])
    assert not first.equals(values_of("public.a", one, plan, 2, CLOCK)(NUMBERS[:50]))
    assert not first.equals(values_of("public.b", one, plan, 1, CLOCK)(NUMBERS[:50]))


def test_a_share_of_nulls_is_met_and_changes_no_other_value():
    one = column("note")
    plain, holed = (
        values_of("public.a", one, ColumnPlan("note", "sentence", nulls=n), 1, CLOCK)(NUMBERS) for n in (0, 0.3)
    )
    assert 2800 < holed.null_count < 3200
    assert holed.drop_null().equals(plain.filter(pc.is_valid(holed)))


def test_what_belongs_to_a_person_belongs_together():
    first, last, email = (values(kind, "text").to_pylist() for kind in ("first_name", "last_name", "email"))
    assert all(
        mail.startswith(f"{a.lower()}.{b.lower()}@")
        for a, b, mail in zip(first, last, email, strict=True)
        if (a + b).isalpha()
    )


def test_what_belongs_to_a_place_belongs_together():
    currency = {"US": "USD", "DE": "EUR", "GB": "GBP", "BR": "BRL"}
    rows = zip(
        *(values(kind, "text").to_pylist() for kind in ("country_code", "currency", "locale", "time_zone")), strict=True
    )
    seen = set(rows)
    assert all(currency.get(code, money) == money and locale.endswith(code) for code, money, locale, _ in seen)
    assert {zone for code, _, _, zone in seen if code == "DE"} == {"Europe/Berlin"}
    assert len({code for code, *_ in seen}) == 15


def test_the_amounts_of_a_row_add_up():
    parts = ("net", "discount", "tax", "total", "paid", "due")
    made = {part: values(f"{part}_amount", "numeric(12,2)").cast(pa.float64()).to_numpy() for part in parts}
    assert np.allclose(made["net"] - made["discount"] + made["tax"], made["total"])
    assert np.allclose(made["total"] - made["paid"], made["due"])
    assert 0.7 < (made["due"] == 0).mean() < 0.9
    in_cents = values("total_cents", "integer").to_numpy()
    assert np.allclose(made["total"] * 100, in_cents)


def test_a_line_is_its_price_times_its_quantity():
    price, quantity, net = (
        values(kind, type_, lines=True).cast(pa.float64()).to_numpy()
        for kind, type_ in (("price", "numeric(12,2)"), ("quantity", "integer"), ("net_amount", "numeric(12,2)"))
    )
    assert np.allclose(price * quantity, net)


def test_the_times_of_a_row_are_in_the_order_of_its_life():
    stages = ("created_at", "started_at", "finished_at", "updated_at", "deleted_at", "expires_at")
    made = [values(kind, "timestamptz").to_numpy() for kind in stages]
    assert all((earlier <= later).all() for earlier, later in pairwise(made))
    assert pc.all(pc.less_equal(values("starts_at", "date"), values("ends_at", "date"))).as_py()


def test_no_time_lies_behind_the_clock_but_those_that_point_ahead():
    clock = np.datetime64(CLOCK)
    for kind in ("created_at", "updated_at", "deleted_at", "seen_at", "birthday"):
        assert (values(kind, "timestamptz").to_numpy() <= clock).all(), kind
    assert (values("expires_at", "timestamptz").to_numpy() > clock).any()


def test_rows_become_more_and_come_by_day_and_on_weekdays():
    made = values("created_at", "timestamptz")
    years = pc.value_counts(pc.year(made)).to_pylist()
    counts = {entry["values"]: entry["counts"] for entry in years}
    assert counts[2024] < counts[2025]
    assert pc.sum(pc.greater_equal(pc.day_of_week(made), 5)).as_py() < 2500
    assert pc.sum(pc.less(pc.hour(made), 6)).as_py() < 1000


def test_later_rows_are_newer_where_their_number_is_known():
    made = values("created_at", "timestamptz").cast(pa.int64()).to_numpy()
    assert np.corrcoef(NUMBERS, made)[0, 1] > 0.9
    assert (np.diff(made) < 0).any(), "but not strictly"


def test_int_epochs_are_seconds():
    made = values("created_at", "integer").to_numpy()
    assert datetime(2023, 1, 1).timestamp() < made.min() <= made.max() < 2**31


@pytest.mark.parametrize(
    ("kind", "type_", "limits", "holds"),
    [
        ("quantity", "integer", Limits(low="5", high="9"), lambda v: 5 <= v <= 9),
        ("quantity", "integer", Limits(low="100", low_open=True), lambda v: v > 100),
        ("total_amount", "numeric(5,2)", Limits(low="0"), lambda v: 0 <= v < 1000),
        ("amount", "numeric(5,2)", Limits(high="0", high_open=True), lambda v: -1000 < v < 0),
        ("percentage", "double precision", Limits(low="0", high="1"), lambda v: 0 <= v <= 1),
        ("salary", "smallint", Limits(), lambda v: v < 2**15),
        ("slug", "text", Limits(patterns=("^[a-z-]+[0-9]+$",), longest=20), lambda v: len(v) <= 20 and v[-1].isdigit()),
        ("word", "text", Limits(patterns=("^[a-m]",), excluded=("above",)), lambda v: v[0] <= "m" and v != "above"),
        ("name", "varchar(9)", Limits(shortest=5, lower_case=True), lambda v: 5 <= len(v) <= 9 and v == v.lower()),
        ("created_at", "timestamptz", Limits(low="2026-01-01 00:00:00+00"), lambda v: v.year == 2026),
        ("expires_at", "date", Limits(low="2024-01-01", high="2024-02-01", high_open=True), lambda v: v.month == 1),
    ],
)  # fmt: skip
def test_values_obey_the_limits(kind, type_, limits, holds):
    made = values(kind, type_, NUMBERS[:2000], limits).to_pylist()
    assert [value for value in made if not holds(value)] == []


def test_check_digits_are_right():
    code = values("barcode", "text").to_pylist()[0]
    assert sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(code)) % 10 == 0
    account = values("iban", "text").to_pylist()[0]
    moved = account[4:] + account[:4]
    assert int("".join(str(int(letter, 36)) for letter in moved)) % 97 == 1


def test_names_are_of_the_country_that_the_row_has():
    locales = ["ja_JP", "en_GB"]
    rows = zip(
        *(values(kind, "text", locales=locales).to_pylist() for kind in ("country_code", "last_name")), strict=True
    )
    assert {(code, name.isascii()) for code, name in rows} == {("JP", False), ("GB", True)}


def test_words_of_another_locale_are_of_its_country():
    assert set(values("country_code", "text", locales=["de_DE"]).to_pylist()) == {"DE"}
    assert any("ü" in name for name in values("last_name", "text", locales=["de_DE"]).to_pylist())
