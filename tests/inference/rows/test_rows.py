"""Rows of a schema with every trap: all constraints hold, twice the same, for any number of workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql

from bench.dataset.holdback import build, hold_back
from bench.dataset.inferred import load_world, ready
from bench.dataset.worker import Loaded
from bench.inference.plan import DatasetPlan
from bench.inference.rows.catalog import read_catalog
from bench.inference.rows.inferring import infer_rows
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.progress import silent
from tests.inference.rows.test_catalog import TRAPS

Filled = tuple[DatasetPlan, dict[str, Loaded]]


@contextmanager
def database(target: Target, name: str, schema: str, extensions: Iterable[str] = ()) -> Iterator[Connection]:
    """A database of that schema, in the role that a workload has, which may not make every extension."""
    with target.connect() as admin:
        databases.create(admin, name, "scratch")
        with target.connect_as_ourselves(name) as own:
            for extension in extensions:
                own.execute(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(extension)))
        with target.connect(name) as connection:
            connection.execute(schema)
            yield connection
        databases.drop(admin, name)


def fill(target: Target, connection: Connection, rows: int, *, workers: int = 1, seed: int = 1) -> Filled:
    """Plan, try and copy ``rows`` rows."""
    name = connection.info.dbname
    with target.connect_as_ourselves(name) as own:
        schema = read_catalog(own)
    world = ready(target, name, schema, infer_rows(schema, rows, seed))
    held = hold_back(connection)
    filled, _ = load_world(target, name, world, workers, silent)
    build(replace(target, login={}), name, held, {}, 1, silent)  # as ourselves: forced policies hide rows from an owner
    return world.plan, filled


def broken(connection: Connection) -> list[str]:
    """Constraints that the rows break: foreign keys and CHECKs that are valid are made again."""
    found = connection.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype IN ('f', 'c') AND conparentid = 0 AND conislocal AND convalidated AND conrelid <> 0"
        " AND connamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')"
    ).fetchall()
    forced = connection.execute("SELECT oid::regclass::text FROM pg_class WHERE relforcerowsecurity").fetchall()
    unforced = [sql.SQL("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY").format(sql.SQL(table)) for (table,) in forced]
    wrong = []
    for table, name, definition in found:
        with connection.transaction(force_rollback=True):
            try:
                connection.execute(sql.SQL("; ").join(unforced))
                constraint = sql.Identifier(name)
                change = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}, ADD CONSTRAINT {} {}")
                connection.execute(change.format(sql.SQL(table), constraint, constraint, sql.SQL(definition)))
            except psycopg.Error as error:
                wrong.append(f"{table} {name}: {error}")
    return wrong


@pytest.fixture(scope="module")
def traps(target: Target) -> Iterator[tuple[Connection, Filled]]:
    with database(target, "pgproof_traps", TRAPS.read_text()) as connection:
        yield connection, fill(target, connection, 3000)


def value(connection: Connection, statement: str) -> object:
    row = connection.execute(statement.encode()).fetchone()
    return row[0] if row else None


def test_all_constraints_hold(traps: tuple[Connection, Filled]) -> None:
    assert broken(traps[0]) == []


def test_constraints_that_were_not_valid_stay_so(traps: tuple[Connection, Filled]) -> None:
    invalid = "SELECT string_agg(conname, ', ') FROM pg_constraint WHERE NOT convalidated"
    assert value(traps[0], invalid) == "later"


def test_the_rows_asked_for_are_made(traps: tuple[Connection, Filled]) -> None:
    plan, filled = traps[1]
    assert sum(one.rows for one in filled.values()) == pytest.approx(3000, rel=0.01)
    assert {one.name for one in plan.tables if one.rows} == set(filled)


def test_what_the_file_filled_stays_as_it_is(traps: tuple[Connection, Filled]) -> None:
    plan = {one.name: one for one in traps[1][0].tables}
    assert (plan["public.countries"].rows, plan["public.schema_migrations"].rows) == (0, 0)
    assert "kept" in plan["public.countries"].reason
    countries = "SELECT string_agg(DISTINCT country, ', ' ORDER BY country) FROM orders"
    assert value(traps[0], countries) == "de, fr"


def test_a_table_that_refuses_all_rows_is_named_with_the_reason(traps: tuple[Connection, Filled]) -> None:
    left_out = {one.name: one.left_out for one in traps[1][0].tables if one.left_out}
    assert left_out == {"public.guarded": "no"}


def test_a_trigger_does_not_fire(traps: tuple[Connection, Filled]) -> None:
    assert value(traps[0], "SELECT count(*) > 0 FROM watched")


def test_sequences_go_on_behind_the_rows(traps: tuple[Connection, Filled]) -> None:
    assert value(traps[0], "SELECT nextval('orders_id_seq') = max(id) + 1 FROM orders")
    assert value(traps[0], "SELECT nextval('customers_id_seq') = max(id) + 1 FROM customers")


def test_fan_out_is_skewed(traps: tuple[Connection, Filled]) -> None:
    largest = "SELECT max(n) > 5 * avg(n) FROM (SELECT count(*) AS n FROM orders GROUP BY customer_id) AS each"
    assert value(traps[0], largest)


def test_a_row_refers_to_an_earlier_one_of_its_table(traps: tuple[Connection, Filled]) -> None:
    assert value(traps[0], "SELECT bool_and(follows < id) FROM orders")


@pytest.mark.parametrize(("seed", "workers", "same"), [(1, 2, True), (2, 0, False)])
def test_the_seed_alone_decides(
    traps: tuple[Connection, Filled], target: Target, seed: int, workers: int, same: bool
) -> None:
    with database(target, f"pgproof_again_{seed}", TRAPS.read_text()) as connection:
        _, filled = fill(target, connection, 3000, workers=workers, seed=seed)
    assert (filled == traps[1][1]) is same


SMALL: dict[str, tuple[str, dict[str, int]]] = {
    "one row for a settings table that has one": (
        "CREATE TABLE settings (id int PRIMARY KEY CHECK (id = 1), name text)", {"settings": 1},
    ),
    "an index on a constant allows one row": (
        "CREATE TABLE only_one (name text); CREATE UNIQUE INDEX ON only_one ((true))", {"only_one": 1},
    ),
    "a boolean key allows two": ("CREATE TABLE sides (is_left boolean PRIMARY KEY)", {"sides": 2}),
    "an enum and a boolean multiply": (
        "CREATE TYPE e AS ENUM ('a', 'b', 'c'); CREATE TABLE t (e e, b boolean, PRIMARY KEY (e, b))", {"t": 6},
    ),
    "one child for each parent at most": (
        "CREATE TABLE days (day date PRIMARY KEY CHECK (day BETWEEN '2026-01-01' AND '2026-01-10'));"
        "CREATE TABLE notes (day date PRIMARY KEY REFERENCES days)", {"days": 10, "notes": 9},
    ),
    "pairs of parents, each once": (
        "CREATE TABLE a (id smallint PRIMARY KEY CHECK (id BETWEEN 1 AND 4));"
        "CREATE TABLE b (id smallint PRIMARY KEY CHECK (id BETWEEN 1 AND 5));"
        "CREATE TABLE ab (a smallint REFERENCES a, b smallint REFERENCES b, PRIMARY KEY (a, b))",
        {"a": 4, "b": 5, "ab": 19},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SMALL)
def test_a_table_gets_no_more_rows_than_its_keys_allow(target: Target, case: str) -> None:
    schema, expected = SMALL[case]
    with database(target, "pgproof_small", schema) as connection:
        fill(target, connection, 500)
        found = {name: value(connection, f"SELECT count(*) FROM {name}") for name in expected}
        assert found == expected
        assert broken(connection) == []


HOLDS: dict[str, tuple[str, str]] = {
    "NULLS NOT DISTINCT": (
        "CREATE TABLE t (id int PRIMARY KEY, code text UNIQUE NULLS NOT DISTINCT)", "SELECT count(code) > 100 FROM t",
    ),
    "a partial key that is its parent's": (
        "CREATE TABLE p (id int PRIMARY KEY);"
        "CREATE TABLE t (id int PRIMARY KEY, p int NOT NULL REFERENCES p, is_default boolean NOT NULL);"
        "CREATE UNIQUE INDEX ON t (p) WHERE is_default",
        "SELECT count(*) > 0 FROM t WHERE is_default",
    ),
    "a partial key on what is not deleted": (
        "CREATE TABLE p (id int PRIMARY KEY);"
        "CREATE TABLE t (id int PRIMARY KEY, p int NOT NULL REFERENCES p, deleted_at timestamptz);"
        "CREATE UNIQUE INDEX ON t (p) WHERE deleted_at IS NULL",
        "SELECT count(deleted_at) > 0 FROM t",
    ),
    "a key on an expression": (
        "CREATE TABLE t (id int PRIMARY KEY, email varchar(40) NOT NULL); CREATE UNIQUE INDEX ON t (lower(email))",
        "SELECT count(*) > 100 FROM t",
    ),
    "an exclusion of periods": (
        "CREATE TABLE t (id int PRIMARY KEY, starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL,"
        " CHECK (ends_at > starts_at), EXCLUDE USING gist (tstzrange(starts_at, ends_at) WITH &&))",
        "SELECT count(*) > 100 FROM t",
    ),
    "a foreign key of another type": (
        "CREATE TABLE p (id bigint PRIMARY KEY, code text NOT NULL UNIQUE);"
        "CREATE TABLE t (id int PRIMARY KEY, p int NOT NULL REFERENCES p, code varchar(30) REFERENCES p (code))",
        "SELECT count(DISTINCT p) > 5 FROM t",
    ),
    "two tables that refer to each other, NOT NULL": (
        "CREATE TABLE a (id int PRIMARY KEY, b int NOT NULL); CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL"
        " REFERENCES a); ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b",
        "SELECT count(*) > 10 FROM a",
    ),
    "two tables of tenants that refer to each other": (
        "CREATE TABLE a (tenant int, id int, b int, PRIMARY KEY (tenant, id));"
        "CREATE TABLE b (tenant int, id int, a int NOT NULL, PRIMARY KEY (tenant, id),"
        " FOREIGN KEY (tenant, a) REFERENCES a); ALTER TABLE a ADD FOREIGN KEY (tenant, b) REFERENCES b",
        "SELECT count(b) > 0 FROM a",
    ),
    "MATCH FULL": (
        "CREATE TABLE p (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE t (id int PRIMARY KEY, a int, b int,"
        " FOREIGN KEY (a, b) REFERENCES p MATCH FULL)",
        "SELECT count(*) FILTER (WHERE a IS NULL AND b IS NULL) > 0 FROM t",
    ),
    "partitions by range, none of them the default": (
        "CREATE TABLE t (id bigint, at timestamptz NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);"
        "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('2025-11-01') TO ('2025-12-01');"
        "CREATE TABLE t2 PARTITION OF t FOR VALUES FROM ('2025-12-01') TO ('2026-01-01')",
        "SELECT (SELECT count(*) FROM t1) > 10 AND (SELECT count(*) FROM t2) > 10",
    ),
    "partitions by list of partitions by hash": (
        "CREATE TABLE t (id bigint, kind text NOT NULL) PARTITION BY LIST (kind);"
        "CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('x') PARTITION BY HASH (id);"
        "CREATE TABLE t11 PARTITION OF t1 FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
        "CREATE TABLE t12 PARTITION OF t1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);"
        "CREATE TABLE t2 PARTITION OF t FOR VALUES IN ('y', 'z')",
        "SELECT (SELECT count(*) FROM t11) > 10 AND (SELECT count(*) FROM t2) > 10",
    ),
    "a table without any partition": (
        "CREATE TABLE t (id bigint, at timestamptz NOT NULL) PARTITION BY RANGE (at);"
        "CREATE TABLE u (id bigint, kind text NOT NULL) PARTITION BY LIST (kind)",
        "SELECT (SELECT count(*) FROM t) > 10 AND (SELECT count(*) FROM u) > 10",
    ),
    "an index on an expression that raises": (
        "CREATE TABLE t (id int PRIMARY KEY, data text NOT NULL); CREATE INDEX ON t ((data::int))", "SELECT true",
    ),
    "a CHECK by a function that nobody can read": (
        "CREATE FUNCTION fine(value int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE"
        " AS $$ BEGIN RETURN value % 3 = 0; END $$;"
        "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL CHECK (fine(n)))",
        "SELECT count(*) > 50 FROM t",
    ),
    "keys go on behind rows that are there": (
        "CREATE TABLE people (id serial PRIMARY KEY, boss int REFERENCES people, name text UNIQUE);"
        "INSERT INTO people (name) VALUES ('a'), ('b')",
        "SELECT count(*) > 100 AND min(id) = 1 FROM people",
    ),
    "a key that is its parent's, beside rows that are there": (
        "CREATE TABLE p (id int PRIMARY KEY, at timestamptz, a text, b text); INSERT INTO p VALUES (1), (2), (3);"
        "CREATE TABLE t (id int PRIMARY KEY REFERENCES p); INSERT INTO t VALUES (1), (3)",
        "SELECT count(*) >= 3 FROM t",
    ),
    "forced row-level security": (
        "CREATE TABLE t (id int PRIMARY KEY); ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        "SELECT count(*) > 100 FROM t",
    ),
    "a view on a primary key": (
        "CREATE TABLE t (id int PRIMARY KEY, n int); CREATE VIEW v AS SELECT id, n FROM t GROUP BY id",
        "SELECT count(*) > 100 FROM v",
    ),
    "a function of the schema, which no superuser calls": (
        "CREATE FUNCTION modest(n int) RETURNS boolean LANGUAGE plpgsql AS "
        "'BEGIN ASSERT current_setting(''is_superuser'') = ''off''; RETURN true; END';"
        "CREATE TABLE t (id int PRIMARY KEY, n int CHECK (modest(n)))", "SELECT count(*) > 100 FROM t",
    ),
    "names with points, quotes and blanks": (
        'CREATE TABLE "a.b ""c" ("x.y" int PRIMARY KEY, "%s" text)', 'SELECT count(*) > 100 FROM "a.b ""c"',
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", HOLDS)
def test_rows_obey(target: Target, case: str) -> None:
    schema, statement = HOLDS[case]
    with database(target, "pgproof_holds", schema) as connection:
        plan, _ = fill(target, connection, 500)
        assert {one.name: one.left_out for one in plan.tables if one.left_out} == {}
        assert broken(connection) == []
        with Target(target.dsn, target.settings).connect(
            "pgproof_holds"
        ) as ours:  # policies hide rows from their owner
            assert value(ours, statement)


CLOSED = """
CREATE FUNCTION modest(body xml) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN length(body::text) < 2000; END';
CREATE TABLE people (id int PRIMARY KEY, name text);
CREATE TABLE orders (id int PRIMARY KEY, person_id int NOT NULL REFERENCES people,
    body xml NOT NULL CHECK (modest(body)));
CREATE TABLE lines (id int PRIMARY KEY, order_id int NOT NULL REFERENCES orders);
CREATE TABLE visits (id int PRIMARY KEY, person_id int NOT NULL REFERENCES people);
CREATE TABLE sides (is_left boolean PRIMARY KEY, person_id int REFERENCES people);
"""


def test_rows_of_tables_that_cannot_be_filled_go_to_the_others(target: Target) -> None:
    """The server has no xml, and the lines have no order then; of sides there are two in any case."""
    with database(target, "pgproof_closed", CLOSED) as connection:
        plan, filled = fill(target, connection, 1000)
        left_out = {one.name: one.left_out for one in plan.tables if one.left_out}
        assert left_out.keys() == {"public.orders", "public.lines"}
        assert left_out["public.lines"].startswith("public.orders has no rows to refer to: ")
        assert sum(one.rows for one in filled.values()) == 1000
        assert filled["public.sides"].rows == 2
        first = {one.name: one.rows for one in infer_rows(read_catalog(connection), 1000).tables}
        assert all(filled[name].rows > first[name] for name in ("public.people", "public.visits"))
        assert broken(connection) == []


def test_rows_that_are_lost_while_they_are_copied_are_counted(target: Target) -> None:
    """The CHECK passes 2,000 times, which is enough for a sample, and then never again."""
    schema = (
        "CREATE SEQUENCE calls; CREATE FUNCTION patient(a int, b int) RETURNS boolean LANGUAGE plpgsql"
        " AS $$ BEGIN RETURN nextval('calls') < 2000; END $$; CREATE TABLE fine (id int PRIMARY KEY);"
        "CREATE TABLE tried (id int PRIMARY KEY, a int NOT NULL, b int NOT NULL, CHECK (patient(a, b)))"
    )
    with database(target, "pgproof_lost", schema) as connection:
        found = read_catalog(connection)
        world = ready(target, "pgproof_lost", found, infer_rows(found, 6000))
        filled, told = load_world(target, "pgproof_lost", world, 1, silent)
        assert {name: one.rows for name, one in filled.items()} == {"public.fine": 3000}
        assert told[0].startswith("public.tried: ")
        assert told[1] == "by that 3,000 of 6,000 rows are missing"


FAMILY = """
CREATE TABLE owners (id bigint PRIMARY KEY, created_at timestamptz NOT NULL);
CREATE TABLE places (id bigint PRIMARY KEY, name text);
CREATE TABLE projects (id bigint PRIMARY KEY, owner_id bigint NOT NULL REFERENCES owners,
    place_id bigint NOT NULL REFERENCES places, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE steps (project_id bigint REFERENCES projects, owner_id bigint REFERENCES owners, day int,
    created_at timestamptz NOT NULL, done_at timestamptz, expires_at timestamptz,
    PRIMARY KEY (project_id, owner_id, day));
"""


def test_no_row_is_made_before_its_parents_and_later_rows_are_newer(target: Target) -> None:
    with database(target, "pgproof_family", FAMILY) as connection:
        fill(target, connection, 4000, workers=2)
        assert value(connection, "SELECT count(*) > 1000 FROM steps")
        for child, parent in (("projects", "owner"), ("steps", "owner"), ("steps", "project")):
            joined = f"{child} c JOIN {parent}s p ON p.id = c.{parent}_id"
            assert value(connection, f"SELECT count(*) FROM {joined} WHERE c.created_at < p.created_at") == 0
        wrong = (
            "SELECT count(*) FROM steps WHERE done_at < created_at OR done_at > '2026-01-01' OR expires_at < created_at"
        )
        assert value(connection, wrong) == 0
        assert value(connection, "SELECT corr(id, extract(epoch FROM created_at)) > 0.9 FROM projects")
        assert value(connection, "SELECT bool_and(updated_at >= created_at) FROM projects")
        largest = "SELECT max(n) > 4 * avg(n) FROM (SELECT count(*) AS n FROM projects GROUP BY owner_id) AS each"
        assert value(connection, largest)
