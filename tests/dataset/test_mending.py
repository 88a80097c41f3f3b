"""Rows that break a key after all are taken back and told, and everything is built."""

from __future__ import annotations

import pytest

from bench.dataset.holdback import hold_back
from bench.dataset.mending import mend
from bench.inference.rows.catalog import read_catalog
from bench.postgres import databases
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target

SCHEMA = """
CREATE TABLE parents (id int PRIMARY KEY, code text, "Odd" text);
CREATE UNIQUE INDEX parents_code ON parents (lower(code)) WHERE id > 1;
CREATE TABLE children (id int PRIMARY KEY, parent_id int REFERENCES parents ON DELETE CASCADE,
                       span int4range, EXCLUDE USING gist (span WITH &&));
CREATE EXTENSION btree_gist;
CREATE TABLE stays (room int, other int, since date, until date, counts boolean, CONSTRAINT once EXCLUDE USING gist
    (least(room, other) WITH =, daterange(since, until, '[]') WITH &&) WHERE (counts));
COMMENT ON INDEX parents_code IS 'said';
"""
ROWS = """
INSERT INTO parents VALUES (1, 'a'), (1, 'b'), (2, 'C'), (3, 'c'), (4, NULL), (5, NULL);
INSERT INTO children VALUES (1, 1), (2, 3), (3, 9), (4, NULL);
"""


@pytest.fixture
def database(admin: Connection) -> str:
    name = f"{databases.PREFIX}mending"
    databases.create(admin, name, "scratch")
    return name


def mended(target: Target, database: str, more: str = "") -> tuple[tuple[str, ...], list[int], set[str]]:
    with target.connect(database) as connection, target.connect_as_ourselves(database) as own:
        connection.execute(SCHEMA)
        schema, before = read_catalog(connection), {row["name"] for row in rows(own, "list_indexes_and_constraints")}
        held = hold_back(own)
        connection.execute(ROWS + more)
        with target.connect(database, search_path="pg_catalog") as working:
            notes = mend(working, held, schema)
        assert {row["name"] for row in rows(own, "list_indexes_and_constraints")} == before
        counted = "SELECT count(*) FROM public.parents UNION ALL SELECT count(*) FROM public.children"
        return notes, [row[0] for row in connection.execute(counted)], before


def test_repeated_keys_and_orphans_are_taken_back(target: Target, database: str) -> None:
    notes, counted, _ = mended(target, database)
    assert counted == [4, 2]
    assert notes == (
        "1 row of public.parents taken back: they broke parents_pkey",
        "1 row of public.parents taken back: they broke parents_code",
        "2 rows of public.children taken back: they broke children_parent_id_fkey",
    )


def test_what_an_earlier_row_excludes_is_taken_back(target: Target, database: str) -> None:
    more = "INSERT INTO children VALUES (7, 1, '[1,5)'), (8, 1, '[2,3)'), (9, 1, '[5,9)'), (10, 1, NULL), (11, 1, NULL)"
    notes, counted, _ = mended(target, database, more)
    assert counted == [4, 6]
    assert "1 row of public.children taken back: they broke children_span_excl" in notes


def test_an_exclusion_of_expressions_over_part_of_the_rows_is_built(target: Target, database: str) -> None:
    more = """INSERT INTO stays VALUES
        (1, 2, '2026-01-01', '2026-01-09', true), (9, 1, '2026-01-09', '2026-02-01', true),
        (1, 1, '2026-01-01', '2026-12-31', false), (2, 2, '2026-01-01', '2026-12-31', true);"""
    notes, _, _ = mended(target, database, more)
    assert "1 row of public.stays taken back: they broke once" in notes
