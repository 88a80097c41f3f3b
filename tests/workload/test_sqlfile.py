"""Statements, headers and placeholders of SQL files."""

from __future__ import annotations

import pytest

from bench.errors import WorkloadError
from bench.workload.sqlfile import fill_in, header, numbered, placeholders, split


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ';'",
        "SELECT 'it''s; fine'",
        r"SELECT E'a\'; b'",
        'SELECT 1 AS "a;b"',
        "SELECT $$ ; $$",
        "SELECT $body$ ; $$ ; $body$",
        "SELECT 1 /* ; /* ; */ ; */ + 2",
        "SELECT 1 -- ; not here\n + 2",
        "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
    ],
)
def test_a_semicolon_inside_of_something_ends_no_statement(text: str) -> None:
    assert [s.sql for s in split(f"{text};\n{text};", "f.sql")] == [text, text]


def test_statements_know_their_lines() -> None:
    text = "-- head\n\nSELECT 1;\n\n/* two\nlines */\nSELECT\n  2\n;SELECT 3"
    assert [(s.line, s.sql.split()[0]) for s in split(text, "f.sql")] == [(3, "SELECT"), (7, "SELECT"), (9, "SELECT")]


@pytest.mark.parametrize(
    ("text", "what"),
    [("SELECT 1;\nSELECT 'open", "quoted"), ("\n/* open", "comment"), ("\nSELECT $x$ open $y$", r"\$x\$")],
)
def test_something_never_closed_is_an_error_with_its_line(text: str, what: str) -> None:
    with pytest.raises(WorkloadError, match=rf"f\.sql:2: .*{what}"):
        split(text, "f.sql")


def test_placeholders_are_neither_casts_nor_strings_nor_comments() -> None:
    sql = "SELECT :a::text, ':b', $$:c$$, \":d\", :e /* :f */ -- :g\n, :a, x[1:2], y := 3"
    assert placeholders(sql) == ["a", "e"]


def test_placeholders_become_numbered_typed_parameters() -> None:
    text, names = numbered("SELECT :b + :a, ':b', :b::text", {"a": "int", "b": "bigint"})
    assert text == "SELECT $1::bigint + $2::int, ':b', $1::bigint::text"
    assert names == ["b", "a"]


def test_filling_in_leaves_unknown_names_alone() -> None:
    assert fill_in("SELECT :seed, :other, ':seed'", {"seed": "7"}, "f.sql") == "SELECT 7, :other, ':seed'"


def test_a_header_line_goes_on_where_the_next_is_indented() -> None:
    lines = ["-- title: One", "-- asks: A long", "--   question.", "-- param id bigint: class", "SELECT 1"]
    found, taken = header(lines, 1)
    assert [(h.key, h.value, h.line) for h in found] == [
        ("title", "One", 1),
        ("asks", "A long question.", 2),
        ("param id bigint", "class", 4),
    ]
    assert taken == 4
