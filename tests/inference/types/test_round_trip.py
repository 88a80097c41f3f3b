"""Values of every type: made, encoded, copied in, and what the server then has is what their text says."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest

from bench.inference.plan import Limits
from bench.inference.rows.catalog import read_catalog
from bench.inference.types import CannotMake, capacity, values_of_type, wire, wire_field
from bench.inference.types.text_form import copy_rows, text_form
from bench.inference.types.wire import can_wire
from bench.model.schema import Schema
from bench.postgres.connection import Connection
from bench.postgres.copying import Encoder

ROWS = 1000

BINARY = [kind for line in """
int2 int4 int8 oid xid8 numeric numeric(10,2) numeric(5,0) numeric(30,4) numeric(3,3) numeric(65,30) numeric(38,17)
money float4 float8
bool text
varchar(20) varchar(1) char(5) "char" name citext bytea date time timetz timestamp timestamptz timestamptz(0) interval
uuid json jsonb inet cidr macaddr macaddr8 bit(1) bit(20) varbit varbit(10) point line lseg box path polygon circle
tsvector tsquery int4range numrange daterange tsrange tstzrange int4multirange tstzmultirange text[] int4[] numeric[]
uuid[] mood[] positive[] code[] address[] box[] timestamptz[] jsonb[] bool[] int4range[] varchar(5)[] bytea[] address
place place[] code2 period mood floats networks hours hstore ltree cube vector vector(5) halfvec(4) pg_lsn regclass
regtype regproc regrole regconfig
""".splitlines() for kind in line.split()]  # fmt: skip
AS_TEXT = [kind for line in """
lquery ltxtquery seg ean13 isbn isbn13 issn ismn upc sparsevec(7) pg_snapshot tid jsonpath int2vector aclitem
""".splitlines() for kind in line.split()]  # fmt: skip

TYPES = """
CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION ltree; CREATE EXTENSION cube; CREATE EXTENSION isn;
CREATE EXTENSION vector; CREATE EXTENSION seg;
CREATE TYPE mood AS ENUM ('sad', 'ok, or so', 'happy');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN code AS text CHECK (VALUE ~ '^[A-Z]{3}$');
CREATE DOMAIN code2 AS code CHECK (VALUE < 'N');
CREATE DOMAIN period AS int4range;
CREATE TYPE address AS (street text, number positive, zip code, tags text[]);
CREATE TYPE place AS (a address, m mood, n numeric(8,2));
CREATE TYPE floats AS RANGE (SUBTYPE = float8);
CREATE TYPE networks AS RANGE (SUBTYPE = inet);
CREATE TYPE hours AS RANGE (SUBTYPE = time);
"""


@pytest.fixture(scope="module")
def schema(scratch: Connection) -> Iterator[Schema]:
    scratch.execute(TYPES)
    for number, kind in enumerate(BINARY + AS_TEXT):
        scratch.execute(f"CREATE TABLE t{number} (v {kind}, t text)")
    return read_catalog(scratch)


@pytest.mark.parametrize("kind", BINARY)
def test_binary_copy_gives_the_value_that_the_text_says(schema: Schema, scratch: Connection, kind: str) -> None:
    number = BINARY.index(kind)
    column = schema.by_name[f"public.t{number}"].columns[0]
    made = values_of_type(column, Limits(), "seed", distinct=True)(np.arange(ROWS))
    made = pa.concat_arrays([made, pa.nulls(1, made.type)])
    text = text_form(column.type, made)
    field = wire_field("v", column.type)
    schema_of_copy = pa.schema([field, pa.field("t", pa.string())])
    encoder = Encoder(schema_of_copy)
    batch = pa.record_batch([wire(column.type, made), text], schema=schema_of_copy)
    with scratch.cursor().copy(f"COPY t{number} FROM STDIN (FORMAT binary)") as copy:
        copy.write(encoder.header() + encoder.rows(batch) + encoder.trailer())
    asked = (
        f"SELECT count(*), count(DISTINCT v::text) FROM t{number} WHERE v::text IS NOT DISTINCT FROM t::{kind}::text"
    )
    assert scratch.execute(asked).fetchall() == [(ROWS + 1, min(ROWS, capacity(column) or ROWS))]


@pytest.mark.parametrize("kind", AS_TEXT)
def test_what_has_no_binary_form_is_told_and_goes_as_text(schema: Schema, scratch: Connection, kind: str) -> None:
    number = len(BINARY) + AS_TEXT.index(kind)
    column = schema.by_name[f"public.t{number}"].columns[0]
    assert not can_wire(column.type)
    text = text_form(column.type, values_of_type(column, Limits(), "seed", distinct=True)(np.arange(ROWS)))
    with scratch.cursor().copy(f"COPY t{number} FROM STDIN") as copy:
        copy.write(copy_rows([text, text]))
    counted = scratch.execute(f"SELECT count(DISTINCT v::text) FROM t{number}").fetchall()[0][0]
    assert counted == min(ROWS, capacity(column) or ROWS)


def test_values_are_a_function_of_their_number_alone(schema: Schema) -> None:
    numbers = np.arange(500, dtype=np.int64)
    for kind in BINARY:
        column = schema.by_name[f"public.t{BINARY.index(kind)}"].columns[0]
        values = values_of_type(column, Limits(), "seed")
        order = np.argsort(numbers * 7919 % 500)
        assert values(numbers).take(pa.array(order)).equals(values(numbers[order])), kind


def test_ranges_that_are_asked_to_do_not_overlap(schema: Schema, scratch: Connection) -> None:
    scratch.execute("CREATE TABLE apart (r tstzrange, EXCLUDE USING gist (r WITH &&))")
    column = read_catalog(scratch).by_name["public.apart"].columns[0]
    made = values_of_type(column, Limits(), "seed", apart=True)(np.arange(ROWS))
    with scratch.cursor().copy("COPY apart FROM STDIN") as copy:
        copy.write(copy_rows([made]))
    assert scratch.execute("SELECT count(*) FROM apart").fetchall() == [(ROWS,)]


def test_text_with_anything_in_it_survives(scratch: Connection) -> None:
    scratch.execute("CREATE TABLE odd (a text[], b text)")
    column = read_catalog(scratch).by_name["public.odd"].columns[0]
    odd = ["", "a,b", 'say "x"', "back\\slash", "NULL", "two\nlines", "tab\t{}", " blank ", "éè"]
    literal = scratch.execute("SELECT %s::text[]::text", [odd]).fetchall()[0][0]
    with scratch.cursor().copy("COPY odd FROM STDIN") as copy:
        copy.write(copy_rows([pa.array([literal, "{}", None]), pa.array(["\n\t\\", "", None])]))
    field = wire_field("a", column.type)
    encoder = Encoder(pa.schema([field]))
    batch = pa.record_batch([wire(column.type, pa.array([literal, "{}", None]))], schema=pa.schema([field]))
    with scratch.cursor().copy("COPY odd (a) FROM STDIN (FORMAT binary)") as copy:
        copy.write(encoder.header() + encoder.rows(batch) + encoder.trailer())
    assert scratch.execute("SELECT a FROM odd").fetchall() == [(odd,), ([],), (None,)] * 2


def test_a_type_that_nothing_is_known_of_is_told(scratch: Connection) -> None:
    scratch.execute("CREATE TABLE unknown (x pg_node_tree)")
    column = read_catalog(scratch).by_name["public.unknown"].columns[0]
    with pytest.raises(CannotMake, match="pg_node_tree"):
        values_of_type(column, Limits(), "seed")
