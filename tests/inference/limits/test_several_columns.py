"""CHECKs of several columns: rows made without regard to them, then made to obey, all pass on the server."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from bench.inference.limits import limits_of
from bench.inference.limits.obey import Obeyer
from bench.inference.plan import Limits
from bench.inference.rows.catalog import read_catalog
from bench.inference.types import values_of_type
from bench.inference.types.space import hashed
from bench.model.schema import Schema, Table
from bench.postgres.connection import Connection
from tests.inference.conftest import passing

NUMBERS = np.arange(2000, dtype=np.int64)

SHAPES = [line.split(" ; ") for line in r"""
a int, b int ; a < b
a int NOT NULL, b int NOT NULL ; a <= b ; a > 0 ; b <= 500
a int, b int ; b > a + 5
a int, b int ; a > 2 * b
p real, q real ; p < q ; q <= 1 ; p >= 0
m numeric(5,2), n numeric(8,4) ; m <= n
a money, b money ; a <= b
a int, b bigint, c numeric ; a < b AND b < c
a numeric(10,2) NOT NULL, b numeric(10,2) NOT NULL, c numeric(10,2) ; c = a + b ; a >= 0 ; b >= 0
price numeric(10,2), quantity int, total numeric(12,2) ; total = price * quantity ; quantity > 0 ; price >= 0
net numeric(10,2), tax numeric(10,2) ; tax = round(net * 0.19, 2)
a int, b int, c int, d int ; a + b <= c ; d = c - a
low numeric(10,2), high numeric(10,2), now numeric(10,2) ; low <= high ; now >= low AND now <= high
s date, e date ; e >= s
s date, e date ; e - s <= 30 AND e >= s
s timestamptz, e timestamptz ; e > s + interval '1 hour' ; e <= now()
s timestamptz, e timestamptz ; e > s + interval '1 month'
s timestamptz, e timestamptz ; e - s <= interval '2 days' AND e >= s
s timestamp, d date ; s >= d
a date NOT NULL, b date NOT NULL, c date NOT NULL ; a <= b AND b <= c
opens time, closes time ; opens < closes
opens time, closes time ; closes > opens + '00:15:00'::interval
born date, at date ; age(born) > interval '18 years' ; at >= born
used int NOT NULL, held int NOT NULL, quota int NOT NULL ; used + held <= quota ; used >= 0 ; held >= 0 ; quota <= 500
y int, m int ; y BETWEEN 1900 AND extract(year FROM CURRENT_DATE) ; m <= y
url text ; url LIKE 'http://%' OR url LIKE 'https://%'
a int, b int, c int ; num_nonnulls(a, b, c) = 1
a int, b text ; (a IS NULL) <> (b IS NULL)
a int, b int ; num_nulls(a, b) IN (0, 2)
a int, b int ; (a IS NOT NULL)::int + (b IS NOT NULL)::int = 1
a int, b int ; a IS NOT NULL OR b IS NOT NULL
email text, phone text ; coalesce(email, phone) IS NOT NULL
t text, i int ; (t IS NULL) = (i IS NULL) ; t IN ('u', 'o')
s text NOT NULL, at timestamptz ; s IN ('new', 'done') ; s <> 'done' OR at IS NOT NULL ; at IS NULL OR s = 'done'
k text NOT NULL, a int, b int ; (k = 'a' AND a IS NOT NULL AND b IS NULL) OR (k = 'b' AND b IS NOT NULL AND a IS NULL)
k text NOT NULL, a int NOT NULL, b int ; (k = 'a' AND a > 5) OR (k = 'b' AND b IS NOT NULL AND a < 5)
k text, v int ; CASE k WHEN 'percent' THEN v BETWEEN 0 AND 100 WHEN 'amount' THEN v > 0 ELSE false END
k text, a int, b int ; k = 'x' AND a = b OR k = 'y' AND a < b OR k = 'z'
x int ; x < 0 OR x > 10
x text ; x ~ '^[a-z]{3}$' OR x = 'default'
x text ; CASE WHEN length(x) > 5 THEN x ~ '^a' ELSE true END
a text, b text ; a <> b
a int NOT NULL, b int NOT NULL ; a IS DISTINCT FROM b
a bool, b bool ; NOT (a AND b)
a bool NOT NULL, b timestamptz ; a OR b IS NOT NULL
a int, b int ; (a, b) <> (1, 2)
a int, b int, g int GENERATED ALWAYS AS (a + b) STORED ; g > 10
name text, slug text ; slug = lower(name)
first text NOT NULL, last text NOT NULL, full_name text ; full_name = first || ' ' || last
tags text[], n int ; n = cardinality(tags)
a jsonb, k text ; k <> 'x' OR jsonb_typeof(a) = 'array'
""".strip().splitlines()]  # fmt: skip


@pytest.fixture(scope="module")
def schema(scratch: Connection) -> Iterator[Schema]:
    for number, (columns, *conditions) in enumerate(SHAPES):
        checks = ", ".join(f"CHECK ({condition})" for condition in conditions)
        scratch.execute(f"CREATE TABLE t{number} ({columns}, {checks})")
    return read_catalog(scratch)


def any_rows(table: Table) -> dict[str, pa.Array]:
    """Columns that obey their own limits, 12 % of them NULL where they may be."""
    limits, relations, _ = limits_of(table)
    placed = {name for relation in relations for name in relation.nulls}
    rows = {}
    for place, column in enumerate(table.columns):
        if column.generated:
            continue
        values = values_of_type(column, limits.get(column.name, Limits()), str(place))(NUMBERS)
        if not column.not_null and column.name not in placed:
            nulls = pa.array(hashed(NUMBERS, place) % np.uint64(100) < 12)
            values = pc.if_else(nulls, pa.scalar(None, values.type), values)
        rows[column.name] = values
    return rows


def obeyer(table: Table, **options: object) -> Obeyer:
    limits, relations, unread = limits_of(table)
    assert not unread
    return Obeyer(table, limits, relations, "seed", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", range(len(SHAPES)), ids=["; ".join(shape[1:]) for shape in SHAPES])
def test_all_rows_pass(schema: Schema, scratch: Connection, number: int) -> None:
    table = schema.by_name[f"public.t{number}"]
    obey = obeyer(table)
    rows = obey(any_rows(table), NUMBERS)
    assert not obey.disobedient(rows).any()
    assert passing(scratch, table, rows) == len(NUMBERS)


def of(schema: Schema, condition: str) -> Table:
    number = next(number for number, shape in enumerate(SHAPES) if condition in shape)
    return schema.by_name[f"public.t{number}"]


def test_alternatives_come_up_evenly(schema: Schema) -> None:
    table = of(schema, "num_nonnulls(a, b, c) = 1")
    rows = obeyer(table)(any_rows(table), NUMBERS)
    filled = [len(NUMBERS) - rows[name].null_count for name in "abc"]
    assert sum(filled) == len(NUMBERS)
    assert min(filled) > len(NUMBERS) / 4


def test_a_status_decides_and_its_time_follows(schema: Schema) -> None:
    table = of(schema, "s <> 'done' OR at IS NOT NULL")
    before = any_rows(table)
    after = obeyer(table)(before, NUMBERS)
    assert after["s"].equals(before["s"])
    assert pc.all(pc.equal(pc.equal(after["s"], "done"), after["at"].is_valid())).as_py()


def test_columns_of_keys_keep_their_values(schema: Schema) -> None:
    table = of(schema, "b > a + 5")
    before = any_rows(table)
    after = obeyer(table, kept=["b"])(before, NUMBERS)
    assert after["b"].equals(before["b"])
    assert not after["a"].equals(before["a"])


def test_rows_come_out_alike_in_batches_of_any_size(schema: Schema) -> None:
    for condition in ("a < b", "(a IS NULL) <> (b IS NULL)", "total = price * quantity", "x < 0 OR x > 10"):
        table = of(schema, condition)
        rows, obey = any_rows(table), obeyer(table)
        whole = obey(rows, NUMBERS)
        half = slice(700, 1400)
        part = obey({name: array[half] for name, array in rows.items()}, NUMBERS[half])
        assert {name: array[half].to_pylist() for name, array in whole.items()} == {
            name: array.to_pylist() for name, array in part.items()
        }, condition
