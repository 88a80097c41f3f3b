"""Statements that are another one in one clause, made by PostgreSQL's grammar."""

from __future__ import annotations

import pytest

from bench.syntax.clauses import Variant, variants
from bench.syntax.tree import NotParsed
from bench.workload import read
from bench.workload.sqlfile import numbered
from tests import ROOT, SHOP


def changes(text: str, *names: str) -> dict[tuple[str, str], Variant]:
    return {(one.clause, one.change): one for one in variants(text, names)}


def only(text: str, *names: str) -> str:
    (one,) = variants(text, names)
    return one.text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SELECT a FROM t WHERE b = 1", "SELECT a FROM t"),
        ("SELECT a FROM t JOIN u ON t.x = u.x", "SELECT a FROM t JOIN u ON true"),
        ("SELECT a FROM t GROUP BY a HAVING count(*) > 1", "SELECT a FROM t GROUP BY a"),
        ("SELECT count(*) FILTER (WHERE b) FROM t", "SELECT count(*) FROM t"),
        ("SELECT count(DISTINCT a) FROM t", "SELECT count(a) FROM t"),
        ("SELECT DISTINCT a FROM t", "SELECT a FROM t"),
        ("SELECT a FROM t UNION SELECT a FROM u", "SELECT a FROM t UNION ALL SELECT a FROM u"),
        ("SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY a DESC"),
        ("SELECT a FROM t ORDER BY a DESC NULLS LAST", "SELECT a FROM t ORDER BY a ASC NULLS LAST"),
        ("SELECT array_agg(a ORDER BY b) FROM t", "SELECT array_agg(a ORDER BY b DESC) FROM t"),
        ("SELECT a FROM t OFFSET 3", "SELECT a FROM t"),
        ("DELETE FROM t WHERE a = 1", "DELETE FROM t"),
        ("UPDATE t SET a = 1 WHERE b", "UPDATE t SET a = 1"),
    ],
)
def test_each_clause_is_changed_by_itself(text: str, found: str) -> None:
    assert only(text) == found


def test_a_conjunct_leaves_the_others() -> None:
    found = changes("SELECT 1 FROM t WHERE a = 1 AND (b OR c) AND d IS NULL")
    assert {one.text for one in found.values()} == {
        "SELECT 1 FROM t WHERE (b OR c) AND d IS NULL",
        "SELECT 1 FROM t WHERE a = 1 AND d IS NULL",
        "SELECT 1 FROM t WHERE a = 1 AND (b OR c)",
    }


def test_a_limit_gets_a_row_more_and_half_and_one_of_a_subquery_goes() -> None:
    assert [one.text for one in variants("SELECT a FROM t LIMIT 20", ())] == [
        "SELECT a FROM t LIMIT 20 + 1", "SELECT a FROM t LIMIT 20 / 2",
    ]  # fmt: skip
    inside = changes("SELECT (SELECT a FROM t LIMIT 1)")
    assert inside["LIMIT 1", "left out"].text == "SELECT (SELECT a FROM t)"


def test_what_stands_nowhere_in_the_statement_is_no_clause() -> None:
    assert variants("SELECT a FROM t JOIN u ON true OFFSET 0", ()) == ()


def test_parameters_that_are_left_are_numbered_anew_and_named_in_the_clause() -> None:
    found = changes("SELECT 1 FROM t WHERE a = $1::int AND b = $2::text", "first", "second")
    assert found["WHERE a = :first", "left out"].text == "SELECT 1 FROM t WHERE b = $1::text"
    assert found["WHERE a = :first", "left out"].values == (1,)


def test_a_clause_knows_its_line() -> None:
    found = variants("SELECT 'ü'\nFROM t\nWHERE a = 1\n  AND b = 2\nORDER BY c", ())
    assert sorted((one.line, one.clause) for one in found) == [
        (3, "WHERE a = 1"),
        (4, "WHERE b = 2"),
        (5, "ORDER BY c"),
    ]


def test_a_text_that_is_no_statement_is_refused() -> None:
    with pytest.raises(NotParsed):
        variants("SELECT FROM WHERE", ())


@pytest.mark.parametrize("folder", [ROOT, SHOP])
def test_every_statement_of_the_workloads_can_be_taken_apart(folder) -> None:
    for query in read(folder).queries:
        for sql in (query.sql, *([query.rewrite.sql] if query.rewrite else [])):
            text, names = numbered(sql, {parameter.name: parameter.type for parameter in query.parameters})
            variants(text, names)
