"""CHECKs of one column: what is read of each shape, and that all values made for it pass on the server."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from bench.inference.limits import limits_of
from bench.inference.plan import Limits
from bench.inference.rows.catalog import read_catalog
from bench.inference.types import CannotMake, capacity, values_of_type
from bench.model.schema import Schema
from bench.postgres.connection import Connection
from tests.inference.conftest import passing

ROWS = 2000

SHAPES = [line.split(" | ") for line in r"""
text | x IN ('a', 'b')
varchar(20) | x IN ('new', 'done')
varchar(3) | x IN ('new', 'longer')
int | x > 0
int | x <> 3 AND x BETWEEN 1 AND 5
int | x + 1 <= 5 AND x * 2 >= 4
int | abs(x) <= 3
int | x <@ int4range(1, 10)
int | x IS NULL OR x > 5
int | x = 1 OR x = 2 OR x = 7
int | coalesce(x, 0) >= 0
int | (x IS NOT NULL)::int = 1
int | x::text ~ '^\d{5}$'
numeric | x < 'infinity' AND x <> 'NaN'
bigint | x > 9007199254740991
oid | x > 0
numeric(5,2) | x >= 0 AND x <= 1
numeric(3,2) | x > 0 AND x < 0.05
numeric | x > 0.5 AND x < 0.6
float8 | x > -90 AND x < 90
float4 | x >= 0 AND x < 0.001
money | x > 5::money
text | char_length(x) <= 5
varchar(50) | length(x) BETWEEN 30 AND 40
text | length(btrim(x)) > 0
text | octet_length(x) <= 32
text | nullif(btrim(x), '') IS NOT NULL
text | x = lower(x)
char(3) | x = upper(x)
text | lower(x) IN ('a', 'b')
text | x = btrim(x) AND x <> ''
text | x <> ALL (ARRAY['a', 'b'])
text | x >= 'm' AND x < 'p'
text | x < 'a'
text | x ~ '^[A-Z]{2}-\d{4}$'
text | x ~* '^[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}$'
text | x ~ '^[[:alpha:]][[:alnum:]_]*$' AND length(x) <= 8
text | x ~ '\mfoo\M'
text | x ~ '^([a-z])\1$'
text | x ~ '^(?=.*\d)(?=.*[A-Z]).{8,20}$'
text | x !~ '\s' AND x ~ '[0-9]' AND x ~ '[A-Z]' AND length(x) >= 8
text | x ~ '^(?:[01]\d|2[0-3]):[0-5]\d$'
text | upper(x) ~ '^[A-Z]+$'
text | x LIKE '%@%.%'
text | x NOT LIKE '% %'
text | x ILIKE 'foo_bar'
text | x SIMILAR TO '(foo|bar)[0-9]{3}%'
text | starts_with(x, 'pre_')
text | left(x, 1) = 'Z'
text | position('@' in x) > 1
citext | x ~ '^[a-z]+$'
citext | x IN ('Foo', 'bar')
bytea | octet_length(x) = 32
bit(8) | x <> B'00000000'
jsonb | jsonb_typeof(x) = 'object'
jsonb | jsonb_typeof(x) = 'array' AND jsonb_array_length(x) > 3
jsonb | x ? 'type' AND x ? 'id'
json | x->>'a' IS NOT NULL
date | x >= '2020-01-01' AND x < '2020-02-01'
date | x <= CURRENT_DATE - interval '18 years'
date | extract(year FROM x) BETWEEN 2000 AND 2010
timestamptz | x <= now()
date | x >= '2024-01-01 00:00:00+00'::timestamptz
timestamptz | x > now()
timestamp | x >= '2024-01-01' AND x < '2024-01-02'
time | x >= '08:00' AND x < '18:00'
interval | x >= '1 hour' AND x <= '2 days'
bool | x IS TRUE
bool | NOT x
int4range | x <@ int4range(1, 100) AND NOT isempty(x)
daterange | lower(x) >= '2024-01-01'
int[] | array_length(x, 1) = 4
text[] | x <@ ARRAY['a', 'b'] AND cardinality(x) BETWEEN 1 AND 2
int[] | 0 < ALL (x)
mood | x <> 'sad'
inet | x << '10.1.0.0/16' AND masklen(x) = 32
positive | x < 10
code | x ~ '^A'
uuid | x <> '00000000-0000-0000-0000-000000000000'
""".strip().splitlines()]  # fmt: skip


@pytest.fixture(scope="module")
def schema(scratch: Connection) -> Iterator[Schema]:
    scratch.execute(
        "CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');"
        "CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE DOMAIN code AS text CHECK (VALUE ~ '^[A-Z]{3}$')"
    )
    for number, (kind, condition) in enumerate(SHAPES):
        scratch.execute(f"CREATE TABLE t{number} (x {kind}, CHECK ({condition}))")
    return read_catalog(scratch)


@pytest.mark.parametrize("number", range(len(SHAPES)), ids=[" ".join(shape) for shape in SHAPES])
def test_what_is_made_passes(schema: Schema, scratch: Connection, number: int) -> None:
    table = schema.by_name[f"public.t{number}"]
    limits, relations, unread = limits_of(table)
    assert not relations
    assert not unread
    values = values_of_type(table.columns[0], limits["x"], "seed")
    assert passing(scratch, table, {"x": values(np.arange(ROWS))}) == ROWS


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("numeric(5,2) | x >= 0 AND x <= 1", 101),
        ("int | x <> 3 AND x BETWEEN 1 AND 5", 4),
        ("text | x ~ '^(?:[01]\\d|2[0-3]):[0-5]\\d$'", 24 * 60),
        ("text | x ~ '^[A-Z]{2}-\\d{4}$'", 26 * 26 * 10_000),
        ("bit(8) | x <> B'00000000'", 255),
        ("timestamptz | x <= now()", None),
    ],
)
def test_the_capacity_of_a_column_is_known(schema: Schema, shape: str, expected: int | None) -> None:
    table = schema.by_name[f"public.t{SHAPES.index(shape.split(' | '))}"]
    column, limits = table.columns[0], limits_of(table)[0]["x"]
    assert capacity(column, limits) == expected
    rows = min(expected or ROWS, ROWS)
    made = values_of_type(column, limits, "seed", distinct=True)(np.arange(rows))
    assert len(made.unique()) == rows


@pytest.mark.parametrize(
    ("kind", "limits", "reason"),
    [
        ("varchar(3)", Limits(values=("longer",)), "fits into"),
        ("int", Limits(low="5", high="4"), "leave no value"),
        ("text", Limits(patterns=("(a|b",)), "not understood"),
        ("text", Limits(patterns=("^a$", "^b$")), "no text was found"),
        ("date", Limits(low="2024-01-02", high="2024-01-01"), "leave no time"),
    ],
)
def test_limits_that_leave_nothing_are_told(scratch: Connection, kind: str, limits: Limits, reason: str) -> None:
    scratch.execute(f"DROP TABLE IF EXISTS one; CREATE TABLE one (x {kind})")
    column = read_catalog(scratch).by_name["public.one"].columns[0]
    with pytest.raises(CannotMake, match=reason):
        values_of_type(column, limits, "seed")
    assert capacity(column, limits) == 0
