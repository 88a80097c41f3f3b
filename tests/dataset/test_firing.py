"""Rows that arrive while triggers fire: what a trigger counts, changes, refuses and makes stands, and is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.dataset.holdback import build, hold_back
from bench.dataset.inferred import load_world, ready
from bench.inference.rows.catalog import read_catalog
from bench.inference.rows.inferring import infer_rows
from bench.postgres.connection import Connection, Target
from bench.progress import silent
from tests.inference.rows.test_rows import broken, database, value

SCHEMA = """
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, orders int NOT NULL DEFAULT 0);
CREATE TABLE orders (id serial PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, note text);
CREATE TABLE audit (id bigserial PRIMARY KEY, order_id int NOT NULL REFERENCES orders, at timestamptz DEFAULT now());
CREATE TABLE slugs (code text PRIMARY KEY);
CREATE TABLE uses (id serial PRIMARY KEY, code text NOT NULL REFERENCES slugs);
CREATE TABLE odd (id int PRIMARY KEY);
CREATE TABLE skipped (id int PRIMARY KEY);
CREATE TABLE closed (id int PRIMARY KEY);
CREATE TABLE under_closed (id int PRIMARY KEY, closed_id int NOT NULL REFERENCES closed);
CREATE TABLE late (id int PRIMARY KEY);
CREATE TABLE totals (day date PRIMARY KEY, n int NOT NULL);

CREATE FUNCTION counts() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE customers SET orders = orders + 1 WHERE id = NEW.customer_id; RETURN NEW; END $$;
CREATE FUNCTION audits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO audit (order_id) VALUES (NEW.id);
    INSERT INTO totals VALUES ('2026-01-01', 1) ON CONFLICT (day) DO UPDATE SET n = totals.n + 1; RETURN NEW; END $$;
CREATE FUNCTION rewrites() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    NEW.code := 'x-' || NEW.code; RETURN NEW; END $$;
CREATE FUNCTION refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.id % 2 = 0 THEN RAISE EXCEPTION 'no even ones'; END IF; RETURN NEW; END $$;
CREATE FUNCTION skips() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.id % 3 = 0 THEN RETURN NULL; END IF; RETURN NEW; END $$;
CREATE FUNCTION closes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'closed for good'; END $$;

CREATE TRIGGER count_orders BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION counts();
CREATE TRIGGER audit_orders AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION audits();
CREATE TRIGGER prefix BEFORE INSERT ON slugs FOR EACH ROW EXECUTE FUNCTION rewrites();
CREATE TRIGGER only_odd BEFORE INSERT ON odd FOR EACH ROW EXECUTE FUNCTION refuses();
CREATE TRIGGER skip BEFORE INSERT ON skipped FOR EACH ROW EXECUTE FUNCTION skips();
ALTER TABLE skipped ENABLE ALWAYS TRIGGER skip;
CREATE TRIGGER close BEFORE INSERT ON closed FOR EACH ROW EXECUTE FUNCTION closes();
CREATE CONSTRAINT TRIGGER check_late AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION refuses();
"""

Filled = tuple[Connection, tuple[str, ...]]


def filled(target: Target, name: str, *, fire_triggers: bool) -> Iterator[Filled]:
    with database(target, name, SCHEMA) as connection:
        schema = read_catalog(connection)
        world = ready(target, name, schema, infer_rows(schema, 1100))
        held = hold_back(connection, keys=not fire_triggers)
        _, told = load_world(target, name, world, 1, silent, fire_triggers=fire_triggers)
        build(target, name, held, {}, 1, silent)
        yield connection, told


@pytest.fixture(scope="module")
def fired(target: Target) -> Iterator[Filled]:
    yield from filled(target, "pgproof_fired", fire_triggers=True)


@pytest.fixture(scope="module")
def quiet(target: Target) -> Iterator[Filled]:
    yield from filled(target, "pgproof_quiet", fire_triggers=False)


def said(told: tuple[str, ...], trigger: str) -> str:
    return next(line for line in told if trigger in line)


def test_what_a_trigger_counts_is_counted(fired: Filled) -> None:
    connection, told = fired
    orders = value(connection, "SELECT count(*) FROM orders")
    assert f"{orders:,} rows in public.customers" in said(told, "count_orders")


def test_rows_that_a_trigger_makes_are_kept_beside_others(fired: Filled) -> None:
    connection, told = fired
    assert value(connection, "SELECT count(*) > (SELECT count(*) FROM orders) FROM audit")
    assert value(connection, "SELECT count(DISTINCT order_id) = (SELECT count(*) FROM orders) FROM audit")
    assert value(connection, "SELECT nextval('audit_id_seq') > max(id) FROM audit")
    assert value(connection, "SELECT n >= (SELECT count(*) FROM orders) FROM totals WHERE day = '2026-01-01'")
    assert "audit_orders and count_orders of public.orders fired: wrote" in said(told, "audit_orders")


def test_children_refer_to_what_a_trigger_made_of_a_row(fired: Filled) -> None:
    assert value(fired[0], "SELECT bool_and(code LIKE 'x-%') FROM slugs")
    assert value(fired[0], "SELECT count(*) > 50 FROM uses")
    assert broken(fired[0]) == []


@pytest.mark.parametrize(("table", "trigger"), [("odd", "only_odd"), ("late", "check_late")])
def test_rows_that_a_trigger_refuses_are_left_out(fired: Filled, table: str, trigger: str) -> None:
    assert value(fired[0], f"SELECT count(*) > 10 AND bool_and(id % 2 = 1) FROM {table}")
    assert "no even ones" in said(fired[1], trigger)


def test_rows_that_a_trigger_skips_are_told(fired: Filled) -> None:
    assert value(fired[0], "SELECT count(*) > 10 AND bool_and(id % 3 <> 0) FROM skipped")
    assert "skip of public.skipped fired: had " in said(fired[1], "skip of")


def test_a_trigger_that_refuses_everything_leaves_its_table_and_those_below_empty(fired: Filled) -> None:
    assert value(fired[0], "SELECT count(*) = 0 FROM closed")
    assert value(fired[0], "SELECT count(*) = 0 FROM under_closed")
    assert "no row is taken: closed for good" in said(fired[1], "close of public.closed")
    assert said(fired[1], "public.under_closed").startswith("public.under_closed: public.closed has no rows")


def test_nothing_fires_unasked_but_what_always_does(quiet: Filled) -> None:
    connection, told = quiet
    assert value(connection, "SELECT count(*) > 10 FROM closed")
    assert value(connection, "SELECT bool_and(id % 3 <> 0) FROM skipped")
    assert "audit_orders of public.orders" in said(told, "did not fire")
    assert "skip of public.skipped" in said(told, "ENABLE ALWAYS")
