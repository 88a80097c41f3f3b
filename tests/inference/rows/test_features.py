"""What a schema may ask of its rows, each feature in a schema of its own; all of them in one database, filled once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.inference.plan import DatasetPlan
from bench.postgres.connection import Connection, Target
from tests.inference.rows.test_rows import broken, database, fill

ROOMS = "CREATE TABLE rooms (id int PRIMARY KEY);"
FEATURES: dict[str, tuple[str, str]] = {
    "WITHOUT OVERLAPS within a parent": (
        ROOMS + "CREATE TABLE t (room int REFERENCES rooms, during tstzrange,"
        " PRIMARY KEY (room, during WITHOUT OVERLAPS))",
        "SELECT count(*) > 100 AND count(DISTINCT room) < count(*) FROM t",
    ),
    "WITHOUT OVERLAPS of multiranges": (
        "CREATE TABLE t (id int, during datemultirange, UNIQUE (id, during WITHOUT OVERLAPS))",
        "SELECT count(during) > 30 FROM t",
    ),
    "PERIOD, beside a period of its own": (
        "CREATE TABLE p (id int, during daterange, PRIMARY KEY (id, during WITHOUT OVERLAPS));"
        "CREATE TABLE t (id int, p int NOT NULL, during daterange, PRIMARY KEY (id, during WITHOUT OVERLAPS),"
        " FOREIGN KEY (p, PERIOD during) REFERENCES p (id, PERIOD during))",
        "SELECT count(*) > 100 AND count(DISTINCT p) > 10 FROM t",
    ),
    "PERIOD in a key that is the parent's": (
        "CREATE TABLE p (id int, during int4multirange, PRIMARY KEY (id, during WITHOUT OVERLAPS));"
        "CREATE TABLE t (p int, during int4multirange, PRIMARY KEY (p, during WITHOUT OVERLAPS),"
        " FOREIGN KEY (p, PERIOD during) REFERENCES p (id, PERIOD during))",
        "SELECT count(*) BETWEEN 0.9 * (SELECT count(*) FROM p) AND (SELECT count(*) FROM p) FROM t",
    ),
    "an exclusion by several operators": (
        ROOMS + "CREATE TABLE t (room int NOT NULL REFERENCES rooms, starts date NOT NULL, ends date,"
        " EXCLUDE USING gist (room WITH =, daterange(starts, ends, '[]') WITH &&))",
        "SELECT count(*) > 100 FROM t",
    ),
    "a partial exclusion": (
        ROOMS + "CREATE TABLE t (room int NOT NULL REFERENCES rooms, during tsrange NOT NULL, state text NOT NULL"
        " CHECK (state IN ('booked', 'void')),"
        " EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (state = 'booked'))",
        "SELECT count(*) FILTER (WHERE state = 'booked') > 50 AND count(DISTINCT state) = 2 FROM t",
    ),
    "an exclusion of what is not equal": (
        "CREATE TABLE t (cage int NOT NULL, animal text NOT NULL, EXCLUDE USING gist (cage WITH =, animal WITH <>))",
        "SELECT count(*) > 30 FROM t",
    ),
    "NULLS NOT DISTINCT with a parent": (
        ROOMS + "CREATE TABLE t (room int REFERENCES rooms, kind text, UNIQUE NULLS NOT DISTINCT (room, kind))",
        "SELECT count(*) > 100 FROM t",
    ),
    "two partial keys on one parent": (
        ROOMS + "CREATE TABLE t (room int NOT NULL REFERENCES rooms, main boolean NOT NULL, state text NOT NULL"
        " CHECK (state IN ('open', 'closed', 'void'))); CREATE UNIQUE INDEX ON t (room) WHERE state = 'open';"
        "CREATE UNIQUE INDEX ON t (room) WHERE main",
        "SELECT count(*) > 100 AND count(*) FILTER (WHERE main) > 5 AND count(DISTINCT state) = 3 FROM t",
    ),
    "a partial key on a few values": (
        "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (mood mood NOT NULL, gone_at timestamptz);"
        "CREATE UNIQUE INDEX ON t (mood) WHERE gone_at IS NULL",
        "SELECT count(*) > 30 AND count(*) FILTER (WHERE gone_at IS NULL) BETWEEN 1 AND 2 FROM t",
    ),
    "keys on expressions that many values share": (
        "CREATE TABLE t (at timestamp NOT NULL, name text NOT NULL, low_end int NOT NULL, high_end int NOT NULL);"
        "CREATE UNIQUE INDEX ON t ((at::date)); CREATE UNIQUE INDEX ON t (left(name, 4));"
        "CREATE UNIQUE INDEX ON t (least(low_end, high_end), greatest(low_end, high_end))",
        "SELECT count(*) > 10 FROM t",
    ),
    "keys made only of foreign keys, and of the table's own": (
        ROOMS + "CREATE TABLE u (id int PRIMARY KEY);"
        "CREATE TABLE t (id int PRIMARY KEY, room int NOT NULL UNIQUE REFERENCES rooms, u int NOT NULL UNIQUE"
        " REFERENCES u, next int UNIQUE REFERENCES t, former int NOT NULL UNIQUE REFERENCES t)",
        "SELECT count(*) > 30 AND count(next) > 20 FROM t",
    ),
    "composite foreign keys that overlap": (
        "CREATE TABLE u (tenant int, id int, PRIMARY KEY (tenant, id));"
        "CREATE TABLE g (tenant int, id int, PRIMARY KEY (tenant, id));"
        "CREATE TABLE m (tenant int, u int, g int, PRIMARY KEY (tenant, u, g),"
        " FOREIGN KEY (tenant, u) REFERENCES u, FOREIGN KEY (tenant, g) REFERENCES g);"
        "CREATE TABLE t (tenant int NOT NULL, u int NOT NULL, g int NOT NULL, other int,"
        " FOREIGN KEY (tenant, u, g) REFERENCES m, FOREIGN KEY (tenant, other) REFERENCES u MATCH FULL)",
        "SELECT count(*) > 100 FROM t",
    ),
    "a row's own child, named by a composite key": (
        "CREATE TABLE a (id uuid PRIMARY KEY, active_id uuid);"
        "CREATE TABLE b (id uuid PRIMARY KEY, a_id uuid NOT NULL REFERENCES a, UNIQUE (a_id, id));"
        "ALTER TABLE a ADD FOREIGN KEY (id, active_id) REFERENCES b (a_id, id)",
        "SELECT count(active_id) > 10 FROM a",
    ),
    "tables in a circle, NOT NULL": (
        "CREATE TABLE a (id int PRIMARY KEY, b int NOT NULL UNIQUE);"
        "CREATE TABLE b (id int PRIMARY KEY, c int NOT NULL);"
        "CREATE TABLE c (id int PRIMARY KEY, a int NOT NULL REFERENCES a DEFERRABLE); ALTER TABLE a ADD FOREIGN KEY (b)"
        " REFERENCES b; ALTER TABLE b ADD FOREIGN KEY (c) REFERENCES c",
        "SELECT count(*) > 10 FROM a",
    ),
    "a key that is the parent's, of a kind": (
        "CREATE TABLE a (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, kind text NOT NULL, UNIQUE (id, kind),"
        " CHECK (kind IN ('x', 'y'))); CREATE TABLE t (id bigint PRIMARY KEY, kind text NOT NULL CHECK (kind = 'x'),"
        " FOREIGN KEY (id, kind) REFERENCES a (id, kind)); CREATE TABLE y (id bigint PRIMARY KEY REFERENCES a,"
        " kind text GENERATED ALWAYS AS ('y') STORED, FOREIGN KEY (id, kind) REFERENCES a (id, kind))",
        "SELECT count(*) > 10 AND (SELECT count(*) > 10 FROM y) FROM t",
    ),
    "generated columns in keys and CHECKs": (
        "CREATE TABLE t (a int NOT NULL, b text NOT NULL,"
        " k text GENERATED ALWAYS AS (b || '-' || a::text) STORED PRIMARY KEY,"
        " low text GENERATED ALWAYS AS (lower(b)) STORED UNIQUE, n int NOT NULL,"
        " total int GENERATED ALWAYS AS (a * n) STORED CHECK (total BETWEEN 0 AND 900000),"
        " half int GENERATED ALWAYS AS (n / 2) VIRTUAL, CHECK (half > 5))",
        "SELECT count(*) > 30 FROM t",
    ),
    "a CHECK that ties a foreign key to the primary key": (
        "CREATE TABLE gems (name text PRIMARY KEY); CREATE TABLE repos (path text PRIMARY KEY);"
        "CREATE TABLE t (permalink text PRIMARY KEY, gem text REFERENCES gems, repo text REFERENCES repos,"
        " CHECK (gem = permalink OR repo = permalink))",
        "SELECT count(*) > 30 AND count(gem) > 10 FROM t",
    ),
    "a CHECK about what a foreign key refers to": (
        "CREATE TABLE states (code text PRIMARY KEY);"
        "CREATE TABLE t (state text NOT NULL REFERENCES states CHECK (state IN ('new', 'done')))",
        "SELECT count(*) > 100 AND count(DISTINCT state) = 2 FROM t",
    ),
    "partitions by list of a foreign key": (
        "CREATE TABLE regions (code text PRIMARY KEY); CREATE TABLE t (region text NOT NULL REFERENCES regions, id int,"
        " PRIMARY KEY (region, id)) PARTITION BY LIST (region); CREATE TABLE eu PARTITION OF t FOR VALUES IN ('eu');"
        "CREATE TABLE us PARTITION OF t FOR VALUES IN ('us')",
        "SELECT count(*) > 20 AND (SELECT count(*) > 20 FROM us) FROM eu",
    ),
    "a sequence within a text": (
        "CREATE SEQUENCE s; CREATE TABLE t (id int PRIMARY KEY, name text NOT NULL DEFAULT 'sgd' || nextval('s'));"
        "ALTER SEQUENCE s OWNED BY t.name",
        "SELECT nextval('s') = 1",
    ),
    "identity, descending and shared sequences": (
        "CREATE SEQUENCE down INCREMENT -1; CREATE SEQUENCE shared; CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY"
        " (START WITH 100 INCREMENT BY 5 MINVALUE 100) PRIMARY KEY, n int NOT NULL DEFAULT nextval('down'),"
        " m bigint UNIQUE DEFAULT nextval('shared')); ALTER SEQUENCE down OWNED BY t.n",
        "SELECT nextval(pg_get_serial_sequence('t', 'id')) > max(id) FROM t",
    ),
    "inheritance of several parents, typed tables": (
        "CREATE TABLE a (id int NOT NULL, x text); CREATE TABLE b (id int NOT NULL, y text);"
        "CREATE TABLE c (z int CHECK (z > 3), PRIMARY KEY (id)) INHERITS (a, b);"
        "CREATE TABLE d (c int NOT NULL REFERENCES c); CREATE TYPE one AS (id int, name varchar(9));"
        "CREATE TABLE t OF one (PRIMARY KEY (id), name WITH OPTIONS NOT NULL)",
        "SELECT count(*) > 30 AND (SELECT count(*) > 100 FROM d) FROM t",
    ),
    "multiranges": (
        "CREATE TYPE span AS RANGE (subtype = float8);"
        "CREATE TABLE t (a int4multirange NOT NULL UNIQUE, b tstzmultirange,"
        " c nummultirange CHECK (NOT isempty(c)), d datemultirange NOT NULL, e span, EXCLUDE USING gist (d WITH &&))",
        "SELECT count(*) > 30 FROM t",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def filled(target: Target) -> Iterator[tuple[Connection, DatasetPlan]]:
    parts = [
        f'CREATE SCHEMA "{name}"; SET search_path = "{name}", public; {text}' for name, (text, _) in FEATURES.items()
    ]
    schema = "; ".join(["CREATE EXTENSION btree_gist", *parts, "SET search_path = public"])
    with database(target, "pgproof_features", schema) as connection:
        yield connection, fill(target, connection, 250 * schema.count("CREATE TABLE"))[0]


def test_no_constraint_is_broken_by_any_of_them(filled: tuple[Connection, DatasetPlan]) -> None:
    assert broken(filled[0]) == []
    assert [f"{one.name}: {one.left_out}" for one in filled[1].tables if one.left_out] == []


@pytest.mark.parametrize("name", FEATURES)
def test_there_are_rows_with(filled: tuple[Connection, DatasetPlan], name: str) -> None:
    connection = filled[0]
    connection.execute(f'SET search_path = "{name}", public'.encode())
    found = connection.execute(FEATURES[name][1].encode()).fetchone()
    assert found == (True,)
