"""Rows as Parquet: what another engine reads is what the server has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.dataset as ds
import pytest

from bench.dataset.parquet import Written, export
from bench.errors import DatasetError
from bench.postgres.connection import Connection, Target
from bench.progress import silent
from tests.inference.rows.test_rows import database

NAME = "pgproof_parquet"
SCHEMA = r"""
CREATE SCHEMA "Odd";
CREATE DOMAIN amount AS numeric(12, 2);
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE "Odd"."a/b" (
    owner bigint, id int PRIMARY KEY, price amount, "free text" text, ok bool, at timestamptz, day date, double float8,
    doc jsonb, tags text[], feeling mood, open_ended numeric, twice int GENERATED ALWAYS AS (id * 2) STORED
);
INSERT INTO "Odd"."a/b" SELECT n % 3, n, n * 1.25,
    (ARRAY['', NULL, E'two\nlines, "quoted"', 'ä\.'])[n % 4 + 1], n % 2 = 0,
    timestamptz '2026-01-01 13:00:00.123456+01' + n * interval '1 day', date '2026-01-01' + n, n / 7.0,
    jsonb_build_object('n', n), ARRAY['x', 'y'], 'bad', n FROM generate_series(1, 1000) AS n;
INSERT INTO "Odd"."a/b" (id) VALUES (0);
CREATE TABLE events (at date, what text) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events DEFAULT;
INSERT INTO events VALUES ('2026-01-01', NULL), (NULL, '');
CREATE TABLE nothing (owner bigint);
"""


@pytest.fixture
def rows(target: Target) -> Iterator[Connection]:
    with database(target, NAME, SCHEMA) as connection:
        yield connection


def read(folder: Path) -> list[dict[str, object]]:
    return ds.dataset(folder, format="parquet", partitioning="hive").to_table().to_pylist()


def test_what_is_read_back_is_what_the_server_has(rows: Connection, target: Target, tmp_path: Path) -> None:
    written = export(target, NAME, "owner", tmp_path, silent)
    assert written == (Written("Odd.a/b", 1001, 4), Written("public.events", 2, 1), Written("public.nothing", 0, 0))
    as_text = ", ".join(f"{name}::text AS {name}" for name in ("doc", "tags", "open_ended"))
    asked = rows.execute(f'SELECT *, {as_text} FROM "Odd"."a/b"')
    names = [column.name for column in asked.description]
    here = {row[1]: dict(zip(names, row, strict=True)) for row in asked}
    back = {row["id"]: row for row in read(tmp_path / "Odd.a_b")}
    assert back == here
    assert back[4]["free text"] == ""
    assert back[1]["free text"] is None
    assert back[7]["price"] == Decimal("8.75")


def test_a_tenant_is_a_folder_and_a_table_of_all_is_one(rows: Connection, target: Target, tmp_path: Path) -> None:
    export(target, NAME, "owner", tmp_path, silent)
    tenants = {folder.name for folder in (tmp_path / "Odd.a_b").iterdir()}
    assert tenants == {"owner=0", "owner=1", "owner=2", "owner=__HIVE_DEFAULT_PARTITION__"}
    assert {row["id"] % 3 for row in read(tmp_path / "Odd.a_b" / "owner=1")} == {1}
    whole = sorted(read(tmp_path / "public.events"), key=str)
    assert whole == [{"at": None, "what": ""}, {"at": date(2026, 1, 1), "what": None}]


def test_a_value_that_parquet_has_no_place_for_is_named(rows: Connection, target: Target, tmp_path: Path) -> None:
    rows.execute("INSERT INTO events VALUES ('infinity', 'never')")
    with pytest.raises(DatasetError, match=r"^public\.events: no Parquet of it: .*infinity"):
        export(target, NAME, "", tmp_path, silent)
