"""CHECKs that call functions, and what no reader takes: read if the body is known, else tried on the server."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest

from bench.inference.limits import limits_of
from bench.inference.limits.judge import judge, learn
from bench.inference.plan import Limits
from bench.inference.rows.catalog import read_catalog
from bench.inference.types import values_of_type
from bench.model.schema import Check, Schema, SqlFunction
from bench.postgres.connection import Connection
from tests.inference.conftest import passing

SCHEMA = r"""
CREATE FUNCTION is_code(x text) RETURNS bool LANGUAGE sql IMMUTABLE
    AS $$ SELECT x ~ '^[A-Z]{2}\d{3}$' AND x <> 'AA000' $$;
CREATE FUNCTION odd(x int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN x % 2 = 1; END $$;
CREATE FUNCTION no(x int) RETURNS bool LANGUAGE sql IMMUTABLE AS $$ SELECT false $$;
CREATE DOMAIN even AS int CHECK (VALUE % 2 = 0);
CREATE TABLE coded (x text CHECK (is_code(x)));
CREATE TABLE fifths (x int CHECK (x % 5 = 0 AND x > 0));
CREATE TABLE months (x date CHECK (x = date_trunc('month', x)));
CREATE TABLE mail (x text NOT NULL CHECK (split_part(x, '@', 2) IN ('example.com', 'example.org')));
CREATE TABLE hours (x timestamptz CHECK (x = date_trunc('hour', x)));
CREATE TABLE paths (x jsonb CHECK ((x #>> '{a,b}') IS NOT NULL AND jsonb_typeof(x->'a'->'b') = 'array'));
CREATE TABLE digits (x varchar(20) CHECK (length(regexp_replace(x, '[^0-9]', '', 'g')) = 10));
CREATE TABLE pairs (a int, b int, CHECK (odd(a + b)), CHECK (10 / nullif(a, 3) < 100), CHECK (odd(a)));
CREATE TABLE never (x int NOT NULL CHECK (no(x)));
CREATE TABLE domains (x even);
"""


@pytest.fixture(scope="module")
def schema(scratch: Connection) -> Iterator[Schema]:
    scratch.execute(SCHEMA)
    return read_catalog(scratch)


def test_a_function_is_read_as_what_it_says(schema: Schema, scratch: Connection) -> None:
    table = schema.by_name["public.coded"]
    body = SqlFunction("public.is_code", ("x",), r"x ~ '^[A-Z]{2}\d{3}$' AND x <> 'AA000'")
    limits, _, unread = limits_of(table, functions=[body])
    assert limits == {"x": Limits(patterns=(r"^[A-Z]{2}\d{3}$",), excluded=("AA000",))}
    assert not unread
    assert passing(scratch, table, {"x": values_of_type(table.columns[0], limits["x"], "s")(np.arange(2000))}) == 2000
    assert [check.columns for check in limits_of(table)[2]] == [("x",)]


@pytest.mark.parametrize("name", ["fifths", "months", "mail", "domains", "hours", "paths", "digits"])
def test_values_that_passed_are_used(schema: Schema, scratch: Connection, name: str) -> None:
    table = schema.by_name[f"public.{name}"]
    limits, _, unread = limits_of(table)
    assert unread
    learnt, left = learn(scratch, table, limits, unread, "seed")
    assert not left
    assert learnt["x"].values
    rows = {"x": values_of_type(table.columns[0], learnt["x"], "seed")(np.arange(2000))}
    assert judge(scratch, table, unread, rows).all()
    assert passing(scratch, table, rows) == 2000


def test_what_no_value_passes_is_left(schema: Schema, scratch: Connection) -> None:
    table = schema.by_name["public.never"]
    unread = limits_of(table)[2]
    assert learn(scratch, table, {}, unread, "seed") == ({}, unread)


def test_rows_are_judged_and_an_error_is_no_pass(schema: Schema, scratch: Connection) -> None:
    table = schema.by_name["public.pairs"]
    rows = {"a": pa.array([0, 1, 1, 3, 4, None]), "b": pa.array([1, 2, 3, 4, 5, 6])}
    assert judge(scratch, table, table.checks, rows).tolist() == [False, True, False, True, False, True]
    assert judge(scratch, table, [Check("c", "(b % 2) = 0", ("b",))], rows).tolist() == [False, True] * 3
