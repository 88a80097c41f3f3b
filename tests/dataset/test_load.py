"""Making, checking, keeping and finding the rows; with the example workload, whose rows the server makes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.dataset.bindings import choose_bindings
from bench.dataset.holdback import build, hold_back
from bench.dataset.template import Build, ensure, evict, template_name, vacuum
from bench.dataset.worker import Recipe
from bench.errors import DatasetError, WorkloadError
from bench.model import Binding
from bench.postgres import databases
from bench.postgres.build_settings import statistics_target
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import ServerHandle
from bench.postgres.statements import run_file
from bench.progress import silent
from bench.workload import Workload, read
from tests import SHOP


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A copy of the example to change."""
    return shutil.copytree(SHOP, tmp_path / "shop")


@pytest.fixture
def make(admin: Connection, target: Target, server: ServerHandle) -> Callable[..., tuple[str, object]]:
    """Make, or find, the template of a workload."""
    how = Build(target, server.version_num // 10000, server.bulk, 2, silent)

    def ensure_it(folder: Path, scale: int = 500, seed: int = 1) -> tuple[str, object]:
        workload = read(folder)
        return ensure(admin, workload, Recipe(workload.dataset, scale, seed, "default"), how)

    return ensure_it


def test_a_second_run_finds_what_the_first_made(make: Callable) -> None:
    name, first = make(SHOP)
    again, second = make(SHOP)
    assert name == again
    assert (first.cached, second.cached) == (False, True)
    assert first.tables == second.tables


def test_another_recipe_or_file_is_another_template(shop: Path, admin: Connection) -> None:
    def name(folder: Path, scale: int = 500, seed: int = 1, skew: str = "mild", major: int = 18) -> str:
        workload = read(folder)
        return template_name(workload, Recipe(workload.dataset, scale, seed, skew), major, admin)

    plain = name(shop)
    others = {name(shop, 501), name(shop, seed=2), name(shop, skew="brutal"), name(shop, major=17)}
    (shop / "dataset" / "fill.sql").write_text("SELECT 1;")
    others.add(name(shop))
    assert len(others - {plain}) == 5


def test_queries_and_classes_do_not_make_another_template(shop: Path, admin: Connection) -> None:
    workload = read(shop)
    recipe = Recipe(workload.dataset, 500, 1, "mild")
    (shop / "dataset" / "classes.sql").write_text("SELECT 'hot' AS class, 1 AS customer_id;")
    (shop / "queries" / "open_orders.sql").unlink()
    (shop / "optimizations.sql").write_text("")
    changed = read_without_optimizations(shop)
    assert template_name(workload, recipe, 18, admin) == template_name(changed, recipe, 18, admin)


def read_without_optimizations(folder: Path) -> Workload:
    for query in (folder / "queries").iterdir():
        query.write_text(query.read_text().replace("-- expects:", "--"))
    return read(folder)


def test_indexes_and_foreign_keys_are_back_after_the_load(make: Callable, target: Target, admin: Connection) -> None:
    name, _ = make(SHOP)
    databases.create(admin, "pgproof_plain", "scratch")
    with target.connect("pgproof_plain") as plain, target.connect(name) as filled:
        run_file(plain, read(SHOP).schema, "schema.sql")
        wanted = [(row["name"], row["create_sql"]) for row in rows(plain, "list_indexes_and_constraints")]
        assert wanted == [(row["name"], row["create_sql"]) for row in rows(filled, "list_indexes_and_constraints")]


def test_holding_back_keeps_names_comments_and_deferred_keys(admin: Connection, target: Target) -> None:
    databases.create(admin, "pgproof_h", "scratch")
    with target.connect("pgproof_h") as connection:
        connection.execute('CREATE SCHEMA "Odd"')
        connection.execute('CREATE TABLE "Odd"."T" (a int PRIMARY KEY, b int UNIQUE NULLS NOT DISTINCT, c int)')
        connection.execute('ALTER TABLE "Odd"."T" ADD FOREIGN KEY (c) REFERENCES "Odd"."T" DEFERRABLE')
        connection.execute('CREATE INDEX "I" ON "Odd"."T" (lower(b::text)) WHERE c > 0')
        connection.execute("""COMMENT ON INDEX "Odd"."I" IS 'it''s mine'""")
        before = rows(connection, "list_indexes_and_constraints")
        held = hold_back(connection)
        assert rows(connection, "list_indexes_and_constraints") == []
        build(target, "pgproof_h", held, {}, 2, silent)
        assert rows(connection, "list_indexes_and_constraints") == before


def test_rows_of_a_finished_template_are_visible_to_all(make: Callable, target: Target) -> None:
    """Otherwise index-only scans read the table, and buffer counts depend on when the log was flushed."""
    name, _ = make(SHOP)
    with target.connect(name) as connection:
        pages = connection.execute("SELECT relpages, relallvisible FROM pg_class WHERE relname = 'orders'").fetchone()
    assert pages is not None
    assert pages[0] == pages[1] > 0


def test_the_same_seed_gives_the_same_content(make: Callable, admin: Connection) -> None:
    name, first = make(SHOP)
    databases.drop(admin, name)
    _, again = make(SHOP)
    _, other = make(SHOP, seed=2)
    hashes = [{table.name: table.content_hash for table in dataset.tables} for dataset in (first, again, other)]
    assert hashes[0] == hashes[1]
    assert hashes[0]["public.orders"] != hashes[2]["public.orders"]


def test_a_schema_may_be_a_dump_whose_rows_stay(make: Callable, shop: Path, target: Target) -> None:
    with (shop / "schema.sql").open("a") as file:
        file.write(
            "ALTER TABLE orders OWNER TO the_shop;\nCREATE TABLE countries (code text PRIMARY KEY);\n"
            "COPY countries (code) FROM stdin;\nAT\nDE\n\\.\nCREATE ROLE clerk LOGIN;\n"
        )
    name, dataset = make(shop)
    assert {table.name: table.rows for table in dataset.tables}["public.countries"] == 2
    assert "rights of roles are left out" in dataset.schema_notes[0]
    assert dataset.schema_notes[1] == "made without rights, because the schema names them: the_shop"
    with target.connect(name) as connection:
        assert connection.execute("SELECT count(*) > 0 FROM orders").fetchall() == [(True,)]
    assert make(shop)[1].schema_notes == dataset.schema_notes


def test_a_failed_load_leaves_nothing_behind(make: Callable, shop: Path, admin: Connection) -> None:
    (shop / "dataset" / "fill.sql").write_text("INSERT INTO customers VALUES (1, 'a', 'AT'), (1, 'b', 'AT');")
    with (shop / "schema.sql").open("a") as file:
        file.write("ALTER TABLE orders OWNER TO somebody_of_the_schema;")
    with pytest.raises(DatasetError, match=r"keys of public\.customers .*breaks customers_pkey: Key \(customer_id\)"):
        make(shop)
    assert databases.own_databases(admin) == []
    left = "SELECT count(*) FROM pg_roles WHERE rolname = 'somebody_of_the_schema'"
    assert admin.execute(left).fetchall() == [(0,)]


def test_an_orphan_names_table_constraint_and_key(make: Callable, shop: Path) -> None:
    (shop / "dataset" / "fill.sql").write_text(
        "INSERT INTO customers VALUES (1, 'a', 'AT'); INSERT INTO orders VALUES (1, 99, 'open', 1, now());"
    )
    with pytest.raises(DatasetError, match=r"orders breaks orders_customer_id_fkey: Key \(customer_id\)=\(99\)"):
        make(shop)


def test_a_failed_self_check_says_value_and_range(make: Callable, shop: Path) -> None:
    (shop / "dataset" / "checks.sql").write_text("-- check: impossible\n-- why: a test\nSELECT 3, 4, 5;")
    with pytest.raises(DatasetError, match=r"impossible is 3\.0, not in 4\.0\.\.5\.0"):
        make(shop)


def test_a_folder_that_makes_no_rows_says_so(make: Callable, shop: Path) -> None:
    (shop / "dataset" / "fill.sql").unlink()
    with pytest.raises(DatasetError, match="makes no rows"):
        make(shop)


def test_eviction_drops_what_was_used_longest_ago(make: Callable, admin: Connection) -> None:
    old, _ = make(SHOP, scale=100)
    new, _ = make(SHOP, scale=200)
    found = databases.find(admin, old)
    assert found is not None
    databases.write_mark(admin, replace(found, used_at="2000-01-01T00:00:00+00:00"))
    assert evict(admin, found.size_bytes + found.size_bytes // 2, new) == [old]
    assert evict(admin, 0, new) == []


@pytest.mark.parametrize(("count", "target_"), [(0, 100), (60_000, 200), (600_000, 2000), (10**9, 2000)])
def test_statistics_read_the_whole_table_up_to_600_000_rows(count: int, target_: int) -> None:
    assert statistics_target(count) == target_


def test_a_template_has_statistics_of_whole_tables(make: Callable, target: Target) -> None:
    name, _ = make(SHOP, scale=45_000)
    asked = "SELECT array_length(histogram_bounds, 1) FROM pg_stats WHERE tablename = 'orders' AND attname = 'order_id'"
    with target.connect(name) as connection:
        bounds = connection.execute(asked).fetchall()[0][0]
    assert bounds == statistics_target(45_000) + 1 == 151


def test_statistics_of_rows_that_copy_froze_are_of_whole_tables_too(admin: Connection, target: Target) -> None:
    """VACUUM skips pages that are known to be visible to all, and counts none of their rows."""
    databases.create(admin, "pgproof_frozen", "scratch")
    with target.connect("pgproof_frozen") as connection, connection.transaction(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (n bigint, pad text)")
        with cursor.copy("COPY t FROM STDIN WITH (FREEZE)") as copy:
            copy.write("".join(f"{n}\t{'x' * 100}\n" for n in range(45_000)))
    vacuum(target, "pgproof_frozen", 1, silent)
    asked = "SELECT array_length(histogram_bounds, 1) FROM pg_stats WHERE tablename = 't' AND attname = 'n'"
    with target.connect("pgproof_frozen") as connection:
        assert connection.execute(asked).fetchall() == [(statistics_target(45_000) + 1,)]


def test_parameters_are_chosen_from_the_data_and_kept(make: Callable, target: Target) -> None:
    name, _ = make(SHOP)
    workload = read(SHOP)
    with target.connect(name) as connection:
        first = choose_bindings(connection, workload.queries, SHOP / "dataset" / "classes.sql", workload.clock, silent)
        connection.execute("DELETE FROM orders")
        again = choose_bindings(connection, workload.queries, SHOP / "dataset" / "classes.sql", workload.clock, silent)
    assert [list(f.items()) for f in first.values()] == [list(f.items()) for f in again.values()]
    assert list(first["latest_orders"]) == ["hot", "median", "empty"]
    assert first["open_orders"] == {"all": (Binding({}),)}


def test_a_binding_says_what_was_chosen(make: Callable, target: Target, shop: Path) -> None:
    name, _ = make(SHOP)
    query = shop / "queries" / "latest_orders.sql"
    query.write_text(f"-- class last: SELECT 49 AS customer_id, 'the last' AS about\n{query.read_text()}")
    workload = read(shop)
    with target.connect(name) as connection:
        for _ in ("chosen", "kept"):
            found = choose_bindings(
                connection, workload.queries, shop / "dataset" / "classes.sql", workload.clock, silent
            )
            first = found["latest_orders"]
            assert re.fullmatch(r"\d+ orders", first["hot"][0].about)
            assert first["last"][0].about == "the last"
            assert "about" not in first["hot"][0].args


def test_a_parameter_s_select_that_fails_names_the_file(make: Callable, target: Target, shop: Path) -> None:
    name, _ = make(SHOP)
    text = "-- title: T\n-- asks: Q\n-- param n int: SELECT nothing FROM orders\nSELECT :n;"
    (shop / "queries" / "broken.sql").write_text(text)
    workload = read(shop)
    with (
        target.connect(name) as connection,
        pytest.raises(WorkloadError, match=r'queries/broken\.sql:1 \(parameter n\): column "nothing"'),
    ):
        choose_bindings(connection, workload.queries, shop / "dataset" / "classes.sql", workload.clock, silent)
