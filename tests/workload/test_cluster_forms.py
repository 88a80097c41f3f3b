"""``citus/``: what of a query a cluster is asked otherwise, and what is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import WorkloadError
from bench.workload import Workload, read

QUERY = """-- title: Open
-- asks: Which are open?
-- param n integer: SELECT 1
-- class worst: SELECT 2 AS n
SELECT id FROM t WHERE id > :n;
-- rewrite: smaller
SELECT id FROM u WHERE id > :n;
"""
OPTIMIZATION = "-- optimization: smaller\n-- category: rewrite\n-- why: less\n-- serves: open\n"


def of(root: Path, form: str, name: str = "open", query: str = QUERY) -> Workload:
    for folder in ("queries", "citus"):
        (root / folder).mkdir()
    (root / "schema.sql").write_text("CREATE TABLE t (id integer);")
    (root / "optimizations.sql").write_text(OPTIMIZATION)
    (root / "queries" / "open.sql").write_text(query)
    (root / "citus" / f"{name}.sql").write_text(form)
    return read(root)


def test_a_statement_takes_the_place_of_the_query_s_on_a_cluster_alone(tmp_path: Path) -> None:
    found = of(tmp_path, "-- why it is so\nSELECT id FROM t WHERE id > :n OFFSET 0;")
    (ordinary,), (asked,) = found.queries, found.on_a_cluster().queries
    assert (ordinary.sql, ordinary.ordinary) == ("SELECT id FROM t WHERE id > :n", "")
    assert (asked.sql, asked.ordinary) == ("SELECT id FROM t WHERE id > :n OFFSET 0", ordinary.sql)
    assert (asked.distributed("before"), asked.distributed("after")) == (True, False)
    assert (asked.file, asked.line) == ("citus/open.sql", 2)


def test_a_rewrite_alone_leaves_the_statement(tmp_path: Path) -> None:
    found = of(tmp_path, "-- rewrite: smaller\nSELECT id FROM u WHERE id > :n OFFSET 0;")
    (asked,) = found.on_a_cluster().queries
    assert (asked.text("before"), asked.text("after")[-8:]) == ("SELECT id FROM t WHERE id > :n", "OFFSET 0")
    assert (asked.distributed("before"), asked.distributed("after")) == (False, True)


def test_classes_and_parameters_alone_are_asked_otherwise(tmp_path: Path) -> None:
    (asked,) = of(tmp_path, "-- class worst: SELECT 3 AS n\n-- param n integer: SELECT 4").on_a_cluster().queries
    assert (asked.extra_classes, asked.parameters[0].source) == ({"worst": "SELECT 3 AS n"}, "SELECT 4")
    assert (asked.ordinary, asked.distributed("after")) == ("", False)


def test_it_is_no_part_of_the_experiment_s_hash(tmp_path: Path) -> None:
    found = of(tmp_path, "SELECT id FROM t;")
    first = found.content_hash()
    (tmp_path / "citus" / "open.sql").unlink()
    assert read(tmp_path).content_hash() == first


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("", r"citus/open.sql:1: says nothing"),
        ("-- title: Other\nSELECT 1;", r"citus/open.sql:1: queries/open.sql has no '-- title:'"),
        ("-- class other: SELECT 3 AS n", r"citus/open.sql:1: queries/open.sql has no '-- class other:'"),
        ("-- param n text: SELECT 3", r"citus/open.sql:1: queries/open.sql has no '-- param n text:'"),
        ("SELECT 1;\n\nSELECT 2;", r"citus/open.sql:3: a second statement"),
        ("SELECT id FROM t\nWHERE id = :m;", r"citus/open.sql:1: parameter :m is not declared in queries/open.sql"),
        ("-- rewrite: other\nSELECT 1;", r"citus/open.sql:1: queries/open.sql has no rewrite other"),
        ("SELECT 1;\n-- rewrite: smaller\nSELECT :m;", r"citus/open.sql:3: parameter :m is not declared"),
        ("COPY t TO PROGRAM 'sh';", r"citus/open.sql:1: COPY … PROGRAM is refused"),
    ],
)
def test_what_a_form_may_not_say_is_refused_with_its_line(tmp_path: Path, form: str, said: str) -> None:
    with pytest.raises(WorkloadError, match=said):
        of(tmp_path, form)


def test_a_form_of_no_query_or_of_a_bare_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with pytest.raises(WorkloadError, match=r"^citus/opne.sql:1: there is no queries/opne.sql"):
        of(tmp_path / "a", "SELECT 1;", name="opne")
    with pytest.raises(WorkloadError, match=r"^citus/open.sql:1: queries/open.sql has no header"):
        of(tmp_path / "b", "SELECT 1;", query="SELECT id FROM t WHERE id > 1;")
