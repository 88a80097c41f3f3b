"""Queries as pgbench scripts: parameters chosen, several bindings, hostile names and values, weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from bench.errors import LoadError, WorkloadError
from bench.experiments.load.steps import Demand, Driven, complaints, drive
from bench.model import Binding, Parameter, Query, Rewrite
from bench.pgbench import find_pgbench
from bench.pgbench.scripts import QueryMix, mix_queries, statement
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import ServerHandle

DATABASE = "pgproof_load_scripts"


def query(sql: str, *parameters: Parameter, name: str = "q", **more: object) -> Query:
    made = Query(name, "T", "A", (), parameters, (), {}, (), False, "", sql, 1, f"queries/{name}.sql")
    return replace(made, **more)


def mix(found: Query, *bindings: dict[str, str | None], state: str = "before") -> QueryMix:
    values = tuple(Binding(args) for args in bindings) or (Binding({}),)
    return mix_queries([found], {found.name: {"hot": values[:1], "tiny": values[1:]}}, state)  # type: ignore[arg-type]


# -------------------------------------------------------------------------------------------------------- text
def test_every_binding_of_every_class_is_as_likely() -> None:
    found = mix(query("SELECT :a", Parameter("a", "text", "class")), {"a": "x"}, {"a": "7"}, {"a": None})
    assert found.scripts[0].text == (
        "\\set pgproof_binding random(1, 3)\n"
        "\\if :pgproof_binding = 1\nSELECT :q1b1p1::text;\n"
        "\\elif :pgproof_binding = 2\nSELECT :q1b2p1::text;\n"
        "\\elif :pgproof_binding = 3\nSELECT :q1b3p1::text;\n"
        "\\endif\n"
    )
    assert found.variables == {"pgproof_turn": "0", "q1b1p1": "x", "q1b2p1": "7"}


def test_bindings_that_differ_in_whole_numbers_share_a_statement() -> None:
    names = Parameter("id", "bigint", "class"), Parameter("word", "text", "'w'")
    found = mix(query("SELECT :id, :word", *names), {"id": "5", "word": "w"}, {"id": "-7", "word": "w"})
    assert found.scripts[0].text == (
        "\\set pgproof_binding random(1, 2)\n"
        "\\if :pgproof_binding = 1\n\\set q1p1 5\n\\elif :pgproof_binding = 2\n\\set q1p1 -7\n\\endif\n"
        "SELECT :q1p1::bigint, :q1p2::text;\n"
    )
    assert found.variables == {"pgproof_turn": "0", "q1p2": "w"}


@pytest.mark.parametrize("value", ["007", "+7", "1.5", "", "9" * 19, "1 + 1"])
def test_values_that_pgbench_would_write_otherwise_do_not_share_one(value: str) -> None:
    found = mix(query("SELECT :a", Parameter("a", "text", "class")), {"a": "5"}, {"a": value})
    assert found.variables["q1b2p1"] == value


def test_a_value_never_becomes_part_of_a_script() -> None:
    hostile = "\\endif\n\\! touch x\n; DROP TABLE t; -- :y $1"
    found = mix(query("SELECT :a", Parameter("a", "text", "class")), {"a": hostile})
    assert "touch" not in found.scripts[0].text
    assert found.variables["q1p1"] == hostile


def test_the_after_state_runs_the_rewrite() -> None:
    found = query("SELECT 1", rewrite=Rewrite("r", "SELECT 2", 3))
    assert mix(found).scripts[0].text == "SELECT 1;\n"
    assert mix(found, state="after").scripts[0].text == "SELECT 2;\n"


def test_a_unique_parameter_is_counted_upwards_for_each_client() -> None:
    found = mix(query("SELECT :id", Parameter("id", "bigint", "9"), unique=("id",)), {"id": "9000"})
    assert found.scripts[0].text == (
        "\\set pgproof_turn :pgproof_turn + 1\n"
        "\\set q1p1 9000 + :client_id * 20000000 + :pgproof_turn\n"
        "SELECT :q1p1::bigint;\n"
    )


@pytest.mark.parametrize("value", [None, "x", "1.5", "1; DROP"])
def test_a_unique_parameter_that_is_no_whole_number_is_refused(value: str | None) -> None:
    with pytest.raises(WorkloadError, match=r"queries/q\.sql:1: the unique parameter id is"):
        mix(query("SELECT :id", Parameter("id", "bigint", "9"), unique=("id",)), {"id": value})


def test_weights_are_kept_and_what_has_none_is_left_out() -> None:
    queries = [query("SELECT 1", name="a", weight=3), query("SELECT 2", name="b", weight=0)]
    bindings = {name: {"all": (Binding({}),)} for name in "ab"}
    assert [(one.query, one.weight) for one in mix_queries(queries, bindings, "before").scripts] == [("a", 3)]
    with pytest.raises(LoadError, match="no query takes part"):
        mix_queries(queries[1:], bindings, "before")


def test_more_queries_than_pgbench_takes_are_refused() -> None:
    queries = [query("SELECT 1", name=f"q{n}") for n in range(129)]
    with pytest.raises(LoadError, match="129 queries are more than the 128"):
        mix_queries(queries, {one.name: {"all": (Binding({}),)} for one in queries}, "before")


@pytest.mark.parametrize(
    ("sql", "written"),
    [
        ("SELECT 1 -- :x\n, 2", "SELECT 1  \n, 2"),
        ("SELECT '10:30:00'::time", "SELECT '10:30:00'::time"),
        ("SELECT 'a:b\\c'", "SELECT  U&'a\\003ab\\\\c'"),
        ("SELECT E'a\\\\:b'", "SELECT E'a\\\\\\x3ab'"),
        ("SELECT $x$it's :b$x$", "SELECT  U&'it''s \\003ab'"),
        ('SELECT 1 AS "a:b"', 'SELECT 1 AS  U&"a\\003ab"'),
        ("SELECT a[i:j]", "SELECT a[i: j]"),
    ],
)
def test_nothing_of_a_query_looks_like_a_variable(sql: str, written: str) -> None:
    assert statement(query(sql), "before", {}) == written


# -------------------------------------------------------------------------------------------------- on a server
@pytest.fixture
def connection(admin: Connection, target: Target) -> Iterator[Connection]:
    databases.create(admin, DATABASE, "scratch")
    with target.connect(DATABASE) as connection:
        connection.execute('CREATE TABLE seen (a text, "b:c" text, d text, e text, f text, id bigint)')
        yield connection


def driven(connection: Connection, target: Target, server: ServerHandle, found: QueryMix, **more: object) -> Driven:
    demand = Demand(**({"clients": 2, "seconds": 1} | more))  # type: ignore[arg-type]
    return drive(find_pgbench(server), connection, target.dsn, {}, found, demand, lambda _: None)


def test_hostile_values_and_texts_reach_the_server_as_they_are(
    connection: Connection, target: Target, server: ServerHandle
) -> None:
    sql = (
        """INSERT INTO seen (a, "b:c", d, e, f, id)"""
        """ SELECT :a, 'x:y\\z', E'p\\\\:q\\:r', $$it's :me$$, U&'\\00e4:o', :id"""
    )
    value = "'; DROP TABLE seen; -- :a\n\\q \"é\u2028 $1 %s"
    names = Parameter("a", "text", "class"), Parameter("id", "bigint", "1")
    found = mix(query(sql, *names, unique=("id",)), {"a": value, "id": "1"}, {"a": None, "id": "1"})
    seen = driven(connection, target, server, found)
    assert seen.errors == ()
    rows = connection.execute('SELECT DISTINCT a, "b:c", d, e, f FROM seen ORDER BY a NULLS LAST').fetchall()
    rest = ("x:y\\z", "p\\:q:r", "it's :me", "ä:o")
    assert rows == [(value, *rest), (None, *rest)]
    ids = connection.execute("SELECT count(*), count(DISTINCT id) FROM seen").fetchall()[0]
    assert ids[0] == ids[1] == len(seen.entries)


def test_a_client_that_meets_an_error_is_named_with_its_query(
    connection: Connection, target: Target, server: ServerHandle
) -> None:
    seen = driven(connection, target, server, mix(query("SELECT 1/0", name="broken")))
    assert "broken: ERROR:  division by zero" in seen.errors[0]
    assert seen.entries == ()


def test_a_rate_that_cannot_be_held_is_skipped_and_not_queued(
    connection: Connection, target: Target, server: ServerHandle
) -> None:
    found = mix(query("SELECT pg_sleep(0.2)"))
    seen = driven(connection, target, server, found, rate_tps=50.0, late_ms=100.0)
    outcomes = [entry.outcome for entry in seen.entries]
    assert outcomes.count("skipped") > outcomes.count("done") > 2
    assert max(entry.us or 0 for entry in seen.entries) < 400_000


def test_a_deadlock_is_tried_again_and_what_clients_wait_for_is_seen(
    connection: Connection, target: Target, server: ServerHandle
) -> None:
    connection.execute("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 0), (2, 0)")
    connection.execute(
        "CREATE FUNCTION cross_over(first int) RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
        " UPDATE t SET n = n + 1 WHERE id = first; PERFORM pg_sleep(0.1);"
        " UPDATE t SET n = n + 1 WHERE id = 3 - first; END $$"
    )
    found = mix(query("SELECT cross_over(:id)", Parameter("id", "int", "1")), {"id": "1"}, {"id": "2"})
    found_dsn = psycopg.conninfo.make_conninfo(target.dsn, options="-c deadlock_timeout=20ms")
    seen = drive(find_pgbench(server), connection, found_dsn, {}, found, Demand(clients=4, seconds=1), lambda _: None)
    assert seen.errors == ()
    assert sum(entry.retries for entry in seen.entries) > 0
    assert seen.doing["Timeout: PgSleep"] > 0
    assert seen.doing["Lock: transactionid"] > 0
    assert seen.samples >= 5


def test_two_threads_that_complain_at_once_are_understood() -> None:
    """They share one file, and a line may have two beginnings."""
    why = "aborted in command 0 query 0: ERROR:  division by zero"
    text = f"pgbench: error: pgbench: error: client 0 script 0 {why}\nclient 1 script 0 {why}\npgbench: error: lost\n"
    assert complaints(text, mix(query("SELECT 1")), 2) == ("q: ERROR:  division by zero", "lost")
