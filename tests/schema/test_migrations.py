"""Folders of migrations as the tools lay them out: which files, in which order, and which part of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import WorkloadError
from bench.schema.folder import look_into
from bench.schema.migrations import migrations, only_up

LAYOUTS = {
    "golang-migrate": ("1_a.up.sql", "1_a.down.sql", "2_b.up.sql", "10_c.up.sql"),
    "flyway": ("V1__a.sql", "V2__b.sql", "V10__c.sql", "R__views.sql", "U2__undo.sql"),
    "diesel": ("2020-01-01-000000_a/up.sql", "2020-01-01-000000_a/down.sql", "2021-01-01-000000_b/up.sql"),
    "prisma": ("20200101_a/migration.sql", "20210101_b/migration.sql"),
    "drizzle": ("0000_a.sql", "0001_b.sql", "meta/_journal.json"),
    "postgrator": ("001.do.a.sql", "001.undo.a.sql", "002.do.b.sql"),
    "supabase": ("migrations/20200101120000_a.sql", "migrations/20210101_b.sql", "seed.sql", "tests/01-a.sql"),
    "dates in two forms": ("20170308140537_a/up.sql", "2017-08-31-230457_b/up.sql", "2017-12-7-19080_c/up.sql"),
    "flyway in places": ("x/V2__b.sql", "y/V1_5__a.sql", "y/V2.1__c.sql", "y/V2.0.9__b.sql", "x/afterMigrate__d.sql"),
    "a baseline of flyway": ("V1__a.sql", "V2__b.sql", "B2__ab.sql", "V3__c.sql"),
    "graphile-migrate": ("migrations/committed/000001.sql", "migrations/current.sql", "migrations/afterReset.sql"),
}
UP = {
    "golang-migrate": ["1_a.up.sql", "2_b.up.sql", "10_c.up.sql"],
    "flyway": ["V1__a.sql", "V2__b.sql", "V10__c.sql", "R__views.sql"],
    "diesel": ["2020-01-01-000000_a/up.sql", "2021-01-01-000000_b/up.sql"],
    "prisma": ["20200101_a/migration.sql", "20210101_b/migration.sql"],
    "drizzle": ["0000_a.sql", "0001_b.sql"],
    "postgrator": ["001.do.a.sql", "002.do.b.sql"],
    "supabase": ["migrations/20200101120000_a.sql", "migrations/20210101_b.sql"],
    "dates in two forms": ["20170308140537_a/up.sql", "2017-08-31-230457_b/up.sql", "2017-12-7-19080_c/up.sql"],
    "flyway in places": ["y/V1_5__a.sql", "x/V2__b.sql", "y/V2.0.9__b.sql", "y/V2.1__c.sql", "x/afterMigrate__d.sql"],
    "a baseline of flyway": ["B2__ab.sql", "V3__c.sql"],
    "graphile-migrate": ["migrations/committed/000001.sql"],
}


@pytest.mark.parametrize("tool", LAYOUTS)
def test_what_leads_up_is_found_in_its_order(tool: str, tmp_path: Path):
    for name in reversed(LAYOUTS[tool]):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("SELECT 1;")
    found = look_into(tmp_path)
    assert [file.relative_to(tmp_path).as_posix() for file, _ in migrations(tmp_path, found)] == UP[tool]
    assert found.ordered


def test_a_plan_of_sqitch_is_followed_and_a_reworked_change_stands_under_its_tag(tmp_path: Path):
    plan = "%project=app\n\nb 2020-01-01T00:00:00Z A <a@b> # first\na [b] 2020\n@v1 2020\n@v2 2021\nb [b@v1] 2022\n"
    (tmp_path / "sqitch.plan").write_text(plan)
    for name in ("deploy/a", "deploy/b", "deploy/b@v2", "revert/a", "verify/b"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.sql").write_text("SELECT 1;")
    files = migrations(tmp_path, look_into(tmp_path))
    assert [file.relative_to(tmp_path).as_posix() for file, _ in files] == [
        "deploy/b@v2.sql", "deploy/a.sql", "deploy/b.sql"
    ]  # fmt: skip


LEFT_OUT = {
    "upgrades": ({"1-tables.sql": True, "upgrade/upgrade-2.sql": False}, ["1-tables.sql"]),
    "migrations beside the whole": ({"schema.sql": True, "migrations/1_a.sql": True}, ["schema.sql"]),
    "a folder that is called as a file": ({"1.sql/migration.sql": True}, ["1.sql/migration.sql"]),
    "drops beside": ({"CreateTables.sql": True, "DropTables.sql": False}, ["CreateTables.sql"]),
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_what_makes_the_schema_is_taken_alone(case: str, tmp_path: Path):
    files, kept = LEFT_OUT[case]
    for name, makes in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("CREATE TABLE a ();" if makes else "SELECT 1;")
    assert [file.relative_to(tmp_path).as_posix() for file in look_into(tmp_path).files] == kept


def test_programs_among_migrations_are_named(tmp_path: Path):
    for name in ("1_a.sql", "2_b.go", "3_c.go", "readme.go"):
        (tmp_path / name).write_text("SELECT 1;")
    assert look_into(tmp_path).code == "2_b.go and 1 more"


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
        ("-- !Ups", "-- !Downs"),
    ],
)
def test_what_leads_down_in_a_file_is_left_out_and_lines_keep_their_numbers(up: str, down: str):
    found = only_up(f"{up}\nCREATE TABLE a ();\n{down}\nDROP TABLE a;\n")
    assert found == f"{up}\nCREATE TABLE a ();\n\n\n"


def test_a_folder_without_migrations_is_one_sentence(tmp_path: Path):
    assert only_up("# --- !Ups\nCREATE TABLE a ();\n# --- !Downs\nDROP TABLE a;\n") == "\nCREATE TABLE a ();\n\n\n"
    with pytest.raises(WorkloadError, match=r"holds no \.sql file"):
        look_into(tmp_path)
    (tmp_path / "1_a.down.sql").write_text("DROP TABLE a;")
    with pytest.raises(WorkloadError, match="no migration that leads up, of 1 files"):
        look_into(tmp_path)
