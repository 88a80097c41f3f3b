"""Reading a workload: what is accepted, and what each mistake says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench.errors import WorkloadError
from bench.model import Query, Statement
from bench.workload import ScaleSettings, read
from bench.workload.optimizations import derived_undo
from tests import ROOT, SHOP

GOOD = "-- title: T\n-- asks: Q?\n-- param id bigint: class\nSELECT :id;\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A copy of the example to break."""
    return shutil.copytree(SHOP, tmp_path / "shop")


def test_the_crm_and_the_example_are_workloads() -> None:
    assert len(read(ROOT).queries) == 16
    assert len(read(ROOT).writes) == 7
    assert [query.name for query in read(SHOP).queries] == ["cancel_order", "latest_orders", "open_orders"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkloadError, match=r"there is no .*/nowhere"):
        read(tmp_path / "nowhere")


@pytest.mark.parametrize("missing", ["schema.sql", "queries"])
def test_a_folder_without_its_parts_is_no_workload(shop: Path, missing: str) -> None:
    (shop / missing).rename(shop / "aside")
    with pytest.raises(WorkloadError, match=f"has no {missing}"):
        read(shop)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-- title: T\n-- asks: Q\n-- colour: red\nSELECT 1;", r"queries/q\.sql:3: unknown header key 'colour'"),
        ("-- title: T\n-- asks: Q\nSELECT :id;", r"queries/q\.sql:3: parameter :id is not declared"),
        (GOOD.replace(":id", "1"), r"queries/q\.sql:1: parameter id is declared but not used"),
        (GOOD + "SELECT 2;", r"queries/q\.sql:5: a second statement"),
        ("-- title: T\n-- asks: Q\n", r"queries/q\.sql:3: no statement"),
        ("-- asks: Q\nSELECT 1;", r"queries/q\.sql:1: the header has no '-- title:' line"),
        ("-- title: T\n-- asks: Q\n-- expects: nothing_idx\nSELECT 1;", "expects 'nothing_idx'"),
        (GOOD + "-- rewrite: nowhere\nSELECT :id;", r"q\.sql:5: rewrite 'nowhere' is no block"),
    ],
)
def test_a_wrong_query_file_says_where_and_what(shop: Path, text: str, message: str) -> None:
    (shop / "queries" / "q.sql").write_text(text)
    with pytest.raises(WorkloadError, match=message):
        read(shop)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "-- title: T\n-- asks: Q\nSELECT 1;",
            r"writes/w\.sql:3: this statement does not write: .*put questions into queries/",
        ),
        ("-- title: T\n-- asks: Q\nSELECT 'INSERT' -- UPDATE\n;", r"writes/w\.sql:3: this statement does not write"),
        (
            "-- title: T\n-- asks: Q\n-- writes: yes\nDELETE FROM orders;",
            r"writes/w\.sql:3: unknown header key 'writes'",
        ),
        (
            "-- title: T\n-- asks: Q\n-- expects: i\nDELETE FROM orders;",
            r"writes/w\.sql:3: unknown header key 'expects'",
        ),
        ("-- title: T\n-- asks: Q\n-- param round int: 1\nDELETE FROM orders;", r"w\.sql:3: pgproof itself gives"),
        ("-- title: T\n-- asks: Q\nDELETE FROM orders;\n-- rewrite: r\nDELETE FROM orders;", r"w\.sql:4: .*no rewrite"),
        ("-- title: T\n-- asks: Q\nDELETE FROM orders WHERE order_id = :n;", r"w\.sql:3: parameter :n is not declared"),
    ],
)
def test_a_wrong_write_statement_says_where_and_what(shop: Path, text: str, message: str) -> None:
    (shop / "writes").mkdir()
    (shop / "writes" / "w.sql").write_text(text)
    with pytest.raises(WorkloadError, match=message):
        read(shop)


def test_a_write_statement_is_given_its_round(shop: Path) -> None:
    (shop / "writes").mkdir()
    (shop / "writes" / "w.sql").write_text("-- title: T\n-- asks: Q\nDELETE FROM orders WHERE order_id = :round;")
    (write,) = read(shop).writes
    assert write.writes
    assert [(p.name, p.type) for p in write.parameters] == [("round", "bigint")]


def test_classes_say_whom_they_stand_for(shop: Path) -> None:
    query = shop / "queries" / "latest_orders.sql"
    query.write_text(
        f"-- class worst: SELECT 1 AS customer_id\n-- why worst: it is\n--   the first\n{query.read_text()}"
    )
    workload = read(shop)
    assert workload.class_reasons["empty"] == "a customer without an order"
    assert list(workload.class_reasons) == ["hot", "median", "empty"]
    assert next(q for q in workload.queries if q.name == "latest_orders").class_reasons == {"worst": "it is the first"}


def test_a_reason_without_its_class_says_where(shop: Path) -> None:
    query = shop / "queries" / "latest_orders.sql"
    query.write_text(f"-- why worst: it is\n{query.read_text()}")
    with pytest.raises(WorkloadError, match=r"latest_orders\.sql:1: a '-- why worst:' line, but no '-- class worst:'"):
        read(shop)


@pytest.mark.parametrize(
    ("line", "says"),
    [("-- class hot: again", "5: class hot is described a second time"), ("-- hot: x", "5: unknown header key 'hot'")],
)
def test_a_wrong_header_of_the_classes_says_where_and_what(shop: Path, line: str, says: str) -> None:
    file = shop / "dataset" / "classes.sql"
    file.write_text(file.read_text().replace("WITH counted", f"{line}\nWITH counted"))
    with pytest.raises(WorkloadError, match=rf"dataset/classes\.sql:{says}"):
        read(shop)


def test_a_file_of_classes_needs_no_header(shop: Path) -> None:
    (shop / "dataset" / "classes.sql").write_text("-- Note: the first.\nSELECT 'hot' AS class, 1 AS customer_id;")
    assert read(shop).class_reasons == {}


def test_every_class_of_the_crm_has_a_reason() -> None:
    crm = read(ROOT)
    assert list(crm.class_reasons) == ["hot", "p90", "median", "tiny", "empty"]
    assert [q.name for q in crm.queries if set(q.extra_classes) != set(q.class_reasons)] == []


def test_the_writes_are_part_of_what_defines_the_experiment(shop: Path) -> None:
    before = read(shop).content_hash()
    (shop / "writes").mkdir()
    (shop / "writes" / "w.sql").write_text("-- title: T\n-- asks: Q\nDELETE FROM orders;")
    assert read(shop).content_hash() != before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-- optimization: a\n-- category: magic\nSELECT 1;", r"optimizations\.sql:1: .*unknown category 'magic'"),
        ("-- optimization: a\n-- category: index\nUPDATE orders SET status = ''", r"optimizations\.sql:3: .*no undo"),
        ("-- optimization: a\n-- category: index\n-- smell: x\nANALYZE;", r"optimizations\.sql:3: unknown header key"),
        ("-- optimization: a\n-- category: index\n", r"optimizations\.sql:1: .*has no statement"),
        ("\nCREATE INDEX x ON orders (status);", r"optimizations\.sql:2: a statement outside of a named block"),
        ("-- optimization: a\n-- category: index\nANALYZE;\n" * 2, r"optimizations\.sql:4: optimization a again"),
        ("-- optimization: a\n-- category: index\n-- serves: nobody\nANALYZE;", "serves 'nobody'"),
    ],
)
def test_a_wrong_optimization_says_where_and_what(shop: Path, text: str, message: str) -> None:
    (shop / "optimizations.sql").write_text(text)
    for query in (shop / "queries").iterdir():
        query.write_text(query.read_text().replace("-- expects:", "--"))
    with pytest.raises(WorkloadError, match=message):
        read(shop)


@pytest.mark.parametrize(
    ("statement", "undo"),
    [
        ("CREATE INDEX i ON crm.leads (a)", "DROP INDEX crm.i"),
        ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)", "DROP INDEX i"),
        ("ALTER TABLE crm.leads ADD CONSTRAINT c CHECK (a > 0) NOT VALID", "ALTER TABLE crm.leads DROP CONSTRAINT c"),
        ("ALTER TABLE crm.leads VALIDATE CONSTRAINT c", ""),
        ("CREATE OR REPLACE VIEW r.v AS SELECT 1", "DROP VIEW r.v"),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1", "DROP MATERIALIZED VIEW v"),
        ("CREATE STATISTICS s ON a, b FROM t", "DROP STATISTICS s"),
        ("CREATE EXTENSION IF NOT EXISTS pg_trgm", "DROP EXTENSION pg_trgm"),
    ],
)
def test_undo_is_derived_where_it_can_be(statement: str, undo: str) -> None:
    assert derived_undo(Statement(statement, 1), "x", "optimizations.sql") == undo


@pytest.mark.parametrize(("text", "number"), [("20k", 20_000), ("1M", 1_000_000), ("small", 20_000), ("7", 7)])
def test_a_scale_is_a_number_or_a_preset(text: str, number: int) -> None:
    assert ScaleSettings("leads", "1", {"small": "20k"}).parse(text) == number


@pytest.mark.parametrize("text", ["0", "-5", "many", "1.5", "99999M", "", "1e9", "nan"])
def test_an_absurd_scale_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(WorkloadError, match="use a number such as 20k"):
        ScaleSettings("leads").parse(text)


def test_settings_are_checked(shop: Path) -> None:
    (shop / "pgproof.toml").write_text("targt_ms = 5\n")
    with pytest.raises(WorkloadError, match=r"pgproof\.toml: unknown setting targt_ms"):
        read(shop)


def with_header(shop: Path, lines: str) -> Query:
    """The shop's query that writes, with more lines in its header."""
    file = shop / "queries" / "cancel_order.sql"
    file.write_text(file.read_text().replace("-- writes: yes\n", f"-- writes: yes\n{lines}\n"))
    return next(query for query in read(shop).queries if query.name == "cancel_order")


def test_a_header_says_how_a_query_takes_part_in_a_load(shop: Path) -> None:
    found = with_header(
        shop,
        "-- weight: 3\n-- unique: customer_id\n-- invariant no order is lost: SELECT count(*)\n--   FROM orders;",
    )
    assert (found.weight, found.unique) == (3, ("customer_id",))
    assert found.invariants == {"no order is lost": "SELECT count(*) FROM orders"}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("-- weight: much", r"'-- weight: much' is no weight"),
        ("-- weight: -1", r"'-- weight: -1' is no weight"),
        ("-- unique: order_id", r"'-- unique: order_id', but no parameter"),
        ("-- invariant x: DELETE FROM orders", r"cancel_order\.sql:6: an invariant is one SELECT"),
        ("-- invariant x: SELECT 1; SELECT 2", r"an invariant is one SELECT"),
        ("-- invariant x: SELECT :customer_id", r"an invariant has no parameters, and this one has :customer_id"),
    ],
)
def test_a_wrong_line_about_the_load_says_where_and_what(shop: Path, line: str, says: str) -> None:
    with pytest.raises(WorkloadError, match=says):
        with_header(shop, line)


def test_a_rewrite_is_kept_fresh_by_its_own_upkeep_and_by_rollups_for_its_query(shop: Path) -> None:
    file = shop / "queries" / "open_orders.sql"
    file.write_text(file.read_text() + "\n-- rewrite: other\nSELECT 1;\n")
    with (shop / "optimizations.sql").open("a") as more:
        for name, category, serves in (
            ("other", "rewrite", "open_orders"), ("totals", "rollup", "open_orders"),
            ("elsewhere", "rollup", "latest_orders"), ("tidy", "maintenance", "open_orders"),
        ):  # fmt: skip
            more.write(f"\n-- optimization: {name}\n-- category: {category}\n-- serves: {serves}\n")
            more.write("-- upkeep: SELECT 1\n-- undo: SELECT 1\nSELECT 1;\n")
    workload = read(shop)
    kept = {query.name: [block.name for block in workload.kept_for(query)] for query in workload.queries}
    assert kept == {"cancel_order": [], "latest_orders": [], "open_orders": ["other", "totals"]}
    for names, stands in (({"elsewhere", "tidy"}, True), ({"totals"}, False), ({"other"}, False)):
        without = workload.without(names)
        assert not {block.name for block in without.optimizations} & names
        assert [query.name for query in without.queries if query.rewrite] == (["open_orders"] if stands else [])
