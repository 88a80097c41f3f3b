"""A living database read by a role that may do nothing: what it sees, what it leaves alone, what it says."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from bench.environments import living, words
from bench.environments.differences import differences
from bench.environments.files import Built, alike
from bench.environments.judge import Judgement, judge
from bench.environments.living import read_environment
from bench.environments.record import Build, Environment
from bench.environments.ship import lacking
from bench.errors import ServerError
from bench.model.definition import DatabaseObject
from bench.postgres.connection import Connection
from bench.postgres.servers import ServerHandle
from bench.postgres.statements import run_file
from tests.environments.conftest import LIVE, dsn_of, files_here

SECRET = "s3cret/word"
BUILD = "CREATE UNIQUE INDEX {} people_by_mood_2 ON app.people (mood, name, balance)"
NAMES = "CREATE UNIQUE INDEX {} people_name ON app.people (name) WHERE mood IS NOT NULL"


@pytest.fixture(scope="module")
def reader(server: ServerHandle, live: Connection) -> Iterator[str]:
    """The DSN of a role that may connect, and read no table and no schema."""
    with psycopg.connect(server.dsn, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE reader LOGIN PASSWORD '{SECRET}'")
        yield dsn_of(server, LIVE, user="reader", password=SECRET)
        admin.execute("DROP ROLE reader")


def shipped(everything: Built, dsn: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    found = judge(everything.defined, read_environment(dsn))
    return {one.name: (one.state, one.said) for one in found.blocks}


def test_a_role_without_rights_sees_all_that_a_superuser_sees(reader: str, server: ServerHandle) -> None:
    with psycopg.connect(reader) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM app.people")
    modest, mighty = read_environment(reader), read_environment(dsn_of(server, LIVE))
    assert differences(mighty.objects, modest.objects) == ()
    assert len(modest.objects) > 40


def test_it_is_one_snapshot_and_writes_nothing(reader: str, live: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """What others commit after the first look is not in it."""

    def look_then_change(connection: Connection) -> tuple[Build, ...]:
        found = original(connection)
        live.execute("ALTER TABLE app.people ADD late int")
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), connection.transaction():
            connection.execute("SELECT nextval('app.numbers')")
        return found

    original = living._builds
    monkeypatch.setattr(living, "_builds", look_then_change)
    live.execute("GRANT USAGE ON SCHEMA app TO reader; GRANT UPDATE ON SEQUENCE app.numbers TO reader")
    try:
        assert "late" not in {key.name for key in read_environment(reader).objects}
        monkeypatch.undo()
        assert "late" in {key.name for key in read_environment(reader).objects}
    finally:
        live.execute("ALTER TABLE app.people DROP late")
        live.execute("REVOKE ALL ON SCHEMA app FROM reader; REVOKE ALL ON SEQUENCE app.numbers FROM reader")


def test_how_a_session_prints_values_makes_no_difference(reader: str, everything: Built) -> None:
    """Bounds of partitions are moments, printed in the zone of the session."""
    settings = "-c timezone=Asia/Tokyo -c datestyle=SQL -c quote_all_identifiers=on"
    found = judge(everything.defined, read_environment(f"{reader} options='{settings}'"))
    assert (found.differences, found.drifted) == ((), False)


@contextmanager
def waiting(server: ServerHandle, build: str) -> Iterator[None]:
    """An index build that waits, until the end of the block, for a transaction that somebody left open."""
    dsn = dsn_of(server, LIVE)
    with psycopg.connect(dsn) as old, psycopg.connect(dsn, autocommit=True) as builder:
        old.execute("LOCK TABLE app.people IN ROW EXCLUSIVE MODE")
        thread = threading.Thread(target=builder.execute, args=[build])
        thread.start()
        with psycopg.connect(dsn, autocommit=True) as looking:
            waits = "SELECT phase ~ 'waiting' FROM pg_stat_progress_create_index"
            for _ in range(500):
                if looking.execute(waits).fetchall() == [(True,)]:
                    break
                time.sleep(0.02)
        try:
            yield
        finally:
            old.rollback()
            thread.join()


def test_an_index_is_being_built_then_shipped(
    everything: Built, live: Connection, reader: str, server: ServerHandle
) -> None:
    """A role without rights is told of the process, not of the index: which one it is follows from the locks."""
    live.execute("DROP INDEX app.people_by_mood_2")
    with waiting(server, BUILD.format("CONCURRENTLY")):
        said = ("index people_by_mood_2 on app.people is being built",)
        for dsn in (reader, dsn_of(server, LIVE)):
            assert shipped(everything, dsn)["again"] == ("being built", said)
        # A script that found it invalid would drop it.
        left = lacking(judge(everything.defined, read_environment(reader)), files_here().optimizations, ())
        assert "again" not in {one.name for one in left.optimizations}
        assert any("Being built now" in line and "again" in line for line in left.about)
    assert shipped(everything, reader)["again"] == ("shipped", ())


def test_an_index_whose_build_failed_is_invalid(everything: Built, live: Connection, reader: str) -> None:
    """It has the definition of the files, its name is taken, and no query uses it."""
    live.execute("DROP INDEX app.people_name, app.people_by_mood_2")
    live.execute("INSERT INTO app.people (name, mood) VALUES ('a', 'ok'), ('a', 'ok')")
    try:
        for build in (BUILD, NAMES):
            with pytest.raises(psycopg.errors.UniqueViolation):
                live.execute(build.format("CONCURRENTLY"))
        found = judge(everything.defined, read_environment(reader))
        assert list(words.lines_of(found.differences))[1:] == [
            "    index people_name on app.people", "      invalid: yes there, (nothing) in the files",
        ]  # fmt: skip
        again = next(one for one in found.blocks if one.name == "again")
        said = "index people_by_mood_2 on app.people is invalid: a build failed or was stopped"
        assert (again.state, again.said) == ("invalid", (said,))
    finally:
        live.execute("DROP INDEX app.people_name, app.people_by_mood_2; TRUNCATE app.people CASCADE")
        live.execute(BUILD.format(""))
        live.execute(NAMES.format(""))


def test_environments_stand_side_by_side(everything: Built, live: Connection, reader: str) -> None:
    """A row for whatever is otherwise in one of them, and for the settings in which they differ."""
    whole = read_environment(reader)
    live.execute("DROP INDEX app.people_name; ALTER TABLE app.people RESET (fillfactor)")
    other = read_environment(f"{reader} options='-c random_page_cost=3'")
    live.execute(f"{NAMES.format('')}; ALTER TABLE app.people SET (fillfactor = 70)")
    judged: list[Judgement] = [judge(everything.defined, one) for one in (whole, other)]
    head, rows = words.table(judged)
    assert head[1:] == (whole.label, other.label)
    assert rows == [
        ("index people_name on app.people", "as the files", "missing"),
        ("optimization filled", "shipped", "different"),
        ("setting random_page_cost", whole.settings["random_page_cost"], "3"),
    ]


def test_a_password_is_in_no_label_and_no_error(reader: str, everything: Built) -> None:
    assert SECRET not in str(words.values(judge(everything.defined, read_environment(reader))))
    nowhere = "postgresql://reader:{}@127.0.0.1:1/x"
    for dsn in (reader.replace(f"dbname={LIVE}", "dbname=nowhere"), nowhere.format(SECRET)):
        with pytest.raises(ServerError) as error:
            read_environment(dsn)
        assert SECRET not in str(error.value)
    encoded = SECRET.replace("/", "%2F")
    with pytest.raises(ServerError) as error:
        read_environment(nowhere.format(encoded))
    assert SECRET not in str(error.value)
    assert encoded not in str(error.value)


def test_somebody_who_locks_a_table_is_not_waited_for_long(
    reader: str, server: ServerHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(living, "LIMITS", {"lock_timeout": "50ms"})
    with psycopg.connect(dsn_of(server, LIVE)) as other:
        other.execute("LOCK TABLE app.people")
        with pytest.raises(ServerError, match="lock timeout") as error:
            read_environment(reader)
        assert "try again later" in error.value.hint


def test_another_version_s_print_of_a_view_is_the_same_view(everything: Built) -> None:
    """PostgreSQL 15 names the table of each column where 16 does not."""
    objects = dict(everything.defined.after)
    key = next(key for key in objects if key.name == "app.moods")
    for column, state in (("people.mood", "shipped"), ("name", "different")):
        objects[key] = DatabaseObject(key, {"definition": f" SELECT {column}\n   FROM app.people;"})
        found = judge(everything.defined, alike(everything, Environment("old", "15.1", 15, objects)))
        assert next(one for one in found.blocks if one.name == "looked").state == state


def test_the_text_of_a_view_is_one_statement_or_nothing(everything: Built) -> None:
    """A server that is none may answer with anything."""
    hostile = "SELECT 1 AS one; DROP SCHEMA app CASCADE"
    assert everything.printed(hostile) == hostile
    assert everything.connection.execute("SELECT to_regclass('app.people') IS NOT NULL").fetchall() == [(True,)]
    assert everything.printed("SELECT 1 AS one") == " SELECT 1 AS one;"


def test_a_database_of_postgresql_15_is_held_against_what_18_built(everything: Built, dsn15: str) -> None:
    files = files_here()
    with psycopg.connect(dsn15, autocommit=True) as admin:
        admin.execute("CREATE DATABASE environment15")
        dsn = make_conninfo(dsn15, dbname="environment15")
        with psycopg.connect(dsn, autocommit=True) as connection:
            run_file(connection, files.schema, "schema.sql")
            for block in files.optimizations:
                run_file(connection, block.statements, block.file)
            connection.execute("ALTER TABLE app.people ALTER mood_text SET DEFAULT 'x'")
        found = judge(everything.defined, alike(everything, read_environment(dsn)))
        admin.execute("DROP DATABASE environment15")
    assert list(words.lines_of(found.differences))[1:] == [
        "    column app.people.mood_text", "      default: 'x'::text there, (nothing) in the files",
    ]  # fmt: skip
    assert {one.state for one in found.blocks} == {"shipped", "cannot be seen"}
