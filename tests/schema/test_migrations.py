"""Folders of migrations as the tools lay them out: which files, in which order, and which part of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import WorkloadError
from bench.schema.migrations import migrations, only_up

LAYOUTS = {
    "golang-migrate": ("1_a.up.sql", "1_a.down.sql", "2_b.up.sql", "10_c.up.sql"),
    "flyway": ("V1__a.sql", "V2__b.sql", "V10__c.sql", "R__views.sql", "U2__undo.sql"),
    "diesel": ("2020-01-01-000000_a/up.sql", "2020-01-01-000000_a/down.sql", "2021-01-01-000000_b/up.sql"),
    "prisma": ("20200101_a/migration.sql", "20210101_b/migration.sql"),
    "drizzle": ("0000_a.sql", "0001_b.sql", "meta/_journal.json"),
    "postgrator": ("001.do.a.sql", "001.undo.a.sql", "002.do.b.sql"),
    "supabase": ("migrations/20200101120000_a.sql", "migrations/20210101_b.sql", "seed.sql"),
}
UP = {
    "golang-migrate": ["1_a.up.sql", "2_b.up.sql", "10_c.up.sql"],
    "flyway": ["V1__a.sql", "V2__b.sql", "V10__c.sql", "R__views.sql"],
    "diesel": ["2020-01-01-000000_a/up.sql", "2021-01-01-000000_b/up.sql"],
    "prisma": ["20200101_a/migration.sql", "20210101_b/migration.sql"],
    "drizzle": ["0000_a.sql", "0001_b.sql"],
    "postgrator": ["001.do.a.sql", "002.do.b.sql"],
    "supabase": ["migrations/20200101120000_a.sql", "migrations/20210101_b.sql"],
}


@pytest.mark.parametrize("tool", LAYOUTS)
def test_what_leads_up_is_found_in_its_order(tool: str, tmp_path: Path):
    for name in reversed(LAYOUTS[tool]):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("SELECT 1;")
    assert [name for name, _ in migrations(tmp_path)] == UP[tool]


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ("-- migrate:up", "-- migrate:down"),
        ("-- +goose Up", "-- +goose Down"),
        ("-- +migrate Up", "-- +migrate Down"),
        ("-- Up Migration", "-- Down Migration"),
        ("-- rambler up", "-- rambler down"),
        ("-- a comment", "---- create above / drop below ----"),
        ("-- a comment", "-- //@UNDO"),
    ],
)
def test_what_leads_down_in_a_file_is_left_out_and_lines_keep_their_numbers(up: str, down: str):
    found = only_up(f"{up}\nCREATE TABLE a ();\n{down}\nDROP TABLE a;\n")
    assert found == f"{up}\nCREATE TABLE a ();\n\n\n"


def test_a_folder_without_migrations_is_one_sentence(tmp_path: Path):
    with pytest.raises(WorkloadError, match=r"holds no \.sql file"):
        migrations(tmp_path)
    (tmp_path / "1_a.down.sql").write_text("DROP TABLE a;")
    with pytest.raises(WorkloadError, match="no migration that leads up, of 1 files"):
        migrations(tmp_path)
