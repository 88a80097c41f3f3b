"""What psql's own commands do to a script, and which of them are refused, with their lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import WorkloadError
from bench.workload.psql import Step, read_script, read_statements
from bench.workload.tolerance import sorted_out

CARRIED_OUT = {
    "variables": (
        "\\set n 3\n\\set who 'it''s'\nSELECT :n, :'who', :\"who\", ':n', 1::text",
        "SELECT 3, 'it''s', \"it's\", ':n', 1::text",
    ),
    "a variable of variables": ("\\set a 1\n\\set b :a 2\nSELECT :b", "SELECT 12"),
    "a variable that is not set": ("SELECT :n", "SELECT :n"),
    "a variable no longer set": ("\\set n 1\n\\unset n\nSELECT :n", "SELECT :n"),
    "what holds": ("\\if yes\nSELECT 1;\n\\else\nSELECT 2;\n\\endif\n", "SELECT 1"),
    "what does not hold": ("\\if :{?n}\nSELECT 1;\n\\elif true\nSELECT 2;\n\\else\nSELECT 3;\n\\endif\n", "SELECT 2"),
    "a block in a block": ("\\if no\n\\if yes\nSELECT 1;\n\\endif\n\\! true\n\\endif\nSELECT 2", "SELECT 2"),
    "what only shows": ("\\restrict x\n\\echo it's\n\\timing on\n\\d+ t\nSELECT 1;\n\\unrestrict x", "SELECT 1"),
    "the end": ("SELECT 1;\n\\q\nSELECT 2;", "SELECT 1"),
    "a database": ("\\c \"my app\" boss", "\\connect my app"),
    "a database with a semicolon": ("\\c app;", "\\connect app"),
    "a database by its DSN": ("\\connect 'dbname=app host=x'", "\\connect app"),
    "sent by another name": ("SELECT 1\n\\g\n", "SELECT 1"),
    "a database that is made if need be": (
        "SELECT 'CREATE DATABASE app' WHERE NOT EXISTS (SELECT ';')\\gexec", "CREATE DATABASE app",
    ),
    "the same database": ("\\c - boss", "\\connect"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CARRIED_OUT.values(), ids=CARRIED_OUT)
def test_a_command_is_carried_out(text: str, expected: str):
    assert [step.sql for step in read_statements(text, "a.sql")] == [expected]


REFUSED = {
    "\\! rm -rf /": "a program",
    "\\copy t from program 'x'": "a program",
    "\\copy t to 'x'": "a program",
    "\\copy t from `x`": "a program",
    "\\o file": "a program",
    "\\set x `id`": "a program",
    "\\setenv A b": "a program",
    "\\lo_import x": "not carried out",
    "SELECT 1 \\gexec\n;": "\\gexec is not carried out",
    "SELECT 1 \\gset x": "\\gset is not carried out",
    "SELECT 1 \\g | sh": "a program",
    "\\i ../outside.sql": "leads out of",
    "\\ir /etc/passwd": "leads out of",
    "\\i nowhere.sql": "no file nowhere.sql",
    "\\else": "without",
    "SELECT 'x": "never closed",
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.items())
def test_what_it_must_not_do_is_refused_with_its_line(text: str, reason: str, tmp_path: Path):
    (tmp_path / "a.sql").write_text(f"SELECT 1;\n\n{text}\n")
    with pytest.raises(WorkloadError) as refused:
        read_script(tmp_path / "a.sql")
    assert refused.value.message.startswith("a.sql:3:")
    assert reason in refused.value.message


def test_companions_are_included_from_their_folder(tmp_path: Path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "a.sql").write_text("\\set n 7\n\\i parts/b.sql\nSELECT 2;")
    (tmp_path / "parts" / "b.sql").write_text("\n\\ir c.sql\n")
    (tmp_path / "parts" / "c.sql").write_text("SELECT :n;")
    assert read_script(tmp_path / "a.sql") == [Step("SELECT 7", 1, "parts/c.sql"), Step("SELECT 2", 3, "a.sql")]


def test_files_that_include_each_other_end(tmp_path: Path):
    (tmp_path / "a.sql").write_text("\\ir a.sql")
    with pytest.raises(WorkloadError, match=r"a\.sql:1: files that include each other"):
        read_script(tmp_path / "a.sql")


@pytest.mark.parametrize(
    "form", ["t (a, b) FROM 'd/rows.csv' WITH (FORMAT csv)", "t (a, b) from d/rows.csv WITH (FORMAT csv);"]
)
def test_rows_of_a_companion_are_those_of_copy(form: str, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "rows.csv").write_text("1,x\n2,y")
    (tmp_path / "a.sql").write_text(f"\\set x 1\n\\copy {form}\n")
    (step,) = read_script(tmp_path / "a.sql")
    assert (step.sql.upper(), step.rows) == ("COPY T (A, B) FROM STDIN WITH (FORMAT CSV)", "1,x\n2,y\n")


@pytest.mark.parametrize("file", ["nowhere.csv", "../outside.csv", "/etc/hostname"])
def test_rows_that_are_not_beside_the_script_are_left_out(file: str, tmp_path: Path) -> None:
    folder = tmp_path / "s"
    folder.mkdir()
    (tmp_path / "outside.csv").write_text("1")
    (folder / "a.sql").write_text(f"\\copy t from '{file}' csv\nSELECT 1;")
    kept, notes = sorted_out(read_script(folder / "a.sql"))
    assert [step.sql for step in kept] == ["SELECT 1"]
    assert notes == (f"a.sql:1: rows are left out: there is no file {file} beside the script",)


def test_a_script_may_be_a_link_and_its_folder_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tmp_path / 'it\'s "här" 日本'
    real.mkdir()
    (real / "a.sql").write_text('\\ir b.sql\n\\i "real/b.sql"\n')
    (real / "b.sql").write_text("SELECT 1;")
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "schema.sql").symlink_to(real / "a.sql")
    (tmp_path / "link" / "real").symlink_to(real)
    (tmp_path / "link" / "b.sql").symlink_to(real / "b.sql")
    monkeypatch.chdir(tmp_path)
    assert [step.sql for step in read_script(tmp_path / "link" / "schema.sql")] == ["SELECT 1", "SELECT 1"]


def test_a_file_is_also_looked_for_where_psql_would_have_been_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in {"db/a.sql": "\\i types/b.sql", "types/b.sql": "SELECT 1;"}.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    with pytest.raises(WorkloadError, match=r"a\.sql:1: there is no file types/b\.sql"):
        read_script(tmp_path / "db" / "a.sql")
    monkeypatch.chdir(tmp_path)
    assert [step.sql for step in read_script(tmp_path / "db" / "a.sql")] == ["SELECT 1"]
