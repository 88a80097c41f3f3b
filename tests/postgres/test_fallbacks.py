"""Statements that fail because of what the server lacks, and what helps them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from bench.errors import ServerError, WorkloadError
from bench.postgres.connection import Connection, Target
from bench.postgres.databases import create
from bench.postgres.schema_loader import load_schema
from bench.schema.preludes import preludes
from bench.workload.psql import read_statements
from bench.workload.tolerance import sorted_out

Load = Callable[..., list[str]]


@pytest.fixture
def database(admin: Connection, target: Target) -> Iterator[Connection]:
    """An empty database of ours, as the workload's role."""
    create(admin, "pgproof_fallbacks", "run", about={})
    with target.connect("pgproof_fallbacks") as connection:
        yield connection


@pytest.fixture
def load(database: Connection, target: Target) -> Load:
    """Load the statements of a script, a line each; return what was said."""

    def call(*texts: str) -> list[str]:
        steps, _ = sorted_out(read_statements(";\n".join(texts), "s.sql"))
        return [note.partition(": ")[2] for note in load_schema(target, database.info.dbname, steps).notes]

    return call


def kinds(connection: Connection) -> dict[str, str]:
    query = "SELECT extname, nspname FROM pg_extension JOIN pg_namespace AS n ON n.oid = extnamespace"
    return dict(connection.execute(query).fetchall())


def test_collations_of_a_system_and_of_icu_are_stood_in_for(database: Connection, load: Load) -> None:
    notes = load(
        'CREATE TABLE a (t text COLLATE "xx_XX.utf8", u text COLLATE pg_catalog."de-x-icu")',
        'CREATE INDEX ON a (u COLLATE "xx_XX")',
        "CREATE COLLATION IF NOT EXISTS public.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        "CREATE COLLATION there (provider = libc, locale = 'xx_XX.UTF-8')",
        "CREATE TABLE b (t text COLLATE public.ci, u text COLLATE there, UNIQUE (t))",
    )
    assert [note.split(":")[0] for note in notes] == [
        "collation xx_XX.utf8", "collation de-x-icu", "collation xx_XX", "collation public.ci", "collation there"
    ]  # fmt: skip
    assert notes[3].endswith("what it takes for equal differs here")
    shown = "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'a'::regclass"
    assert 'COLLATE "xx_XX"' in database.execute(shown).fetchone()[0]
    assert database.execute("SELECT lower('ÉTÉ' COLLATE there)").fetchone() == ("été",)


def test_a_collation_that_nobody_knows_stays_an_error(load: Load) -> None:
    with pytest.raises(WorkloadError, match='collation "musicbrainz"') as caught:
        load("CREATE TABLE a (t text COLLATE musicbrainz)")
    assert "--prelude" in caught.value.hint


def test_what_belongs_to_an_extension_brings_it(database: Connection, load: Load) -> None:
    notes = load(
        "CREATE TABLE a (id uuid DEFAULT public.uuid_generate_v4(), mail citext, tags hstore, word text, v vector(3))",
        "CREATE INDEX ON a USING gin (word gin_trgm_ops)",
        "CREATE INDEX ON a USING hnsw (v vector_l2_ops)",
        "CREATE TABLE b (room integer, at tsrange, EXCLUDE USING gist (room WITH =, at WITH &&))",
        "CREATE VIEW c AS SELECT similarity(word, 'x'), crypt(word, gen_salt('md5')) FROM a",
    )
    assert kinds(database) == {
        "plpgsql": "pg_catalog", "uuid-ossp": "public", "citext": "public", "hstore": "public", "vector": "public",
        "pg_trgm": "public", "btree_gist": "public", "pgcrypto": "public",
    }  # fmt: skip
    assert notes[0] == "pgcrypto, uuid-ossp"
    assert "extension uuid-ossp is made in public: uuid_generate_v4 is used, and nothing creates it" in notes


def test_a_block_that_goes_on_without_an_extension_gets_it(database: Connection, load: Load) -> None:
    load(
        "DO $$ BEGIN CREATE EXTENSION IF NOT EXISTS vector; CREATE TABLE a (v vector(3)); "
        "EXCEPTION WHEN OTHERS THEN NULL; END $$"
    )
    assert database.execute("SELECT to_regclass('a')::text").fetchone() == ("a",)


def test_an_extension_outside_of_the_search_path_is_found(load: Load) -> None:
    notes = load(
        "CREATE EXTENSION pgcrypto WITH SCHEMA elsewhere",
        "CREATE TABLE a (t bytea DEFAULT gen_random_bytes(3))",
        "INSERT INTO a DEFAULT VALUES",
    )
    assert notes == [
        "pgcrypto",
        "schema elsewhere is made for an extension",
        "schema elsewhere is added to the search path: gen_random_bytes is there, of extension pgcrypto",
    ]
    with pytest.raises(WorkloadError, match=r"s.sql:2: function digest"):
        load("SET search_path = elsewhere", "SELECT digest(1, 2)")


def test_an_extension_that_stands_in_another_schema_than_a_platform_has_it_is_called_there(
    database: Connection, load: Load
) -> None:
    notes = load(
        "CREATE EXTENSION IF NOT EXISTS pgcrypto",
        "CREATE TABLE a (t text, h bytea GENERATED ALWAYS AS (extensions.digest(t, 'md5')) STORED)",
        "INSERT INTO a VALUES ('a')",
    )
    assert notes[-1] == "extensions.digest is made to call that of extension pgcrypto, which is in public"
    assert database.execute("SELECT h = digest(t, 'md5') FROM a").fetchone() == (True,)


def test_extensions_bring_those_that_they_stand_on_and_move(database: Connection, load: Load) -> None:
    notes = load(
        "CREATE EXTENSION earthdistance CASCADE",
        "DROP EXTENSION cube CASCADE",
        "CREATE EXTENSION earthdistance WITH SCHEMA public",
        'CREATE EXTENSION "uuid-ossp"',
        'ALTER EXTENSION "uuid-ossp" SET SCHEMA extensions',
        "CREATE TABLE a (id uuid DEFAULT extensions.uuid_generate_v4(), place earth)",
    )
    assert kinds(database) == {
        "plpgsql": "pg_catalog", "cube": "public", "earthdistance": "public", "uuid-ossp": "extensions"
    }  # fmt: skip
    assert "extension cube is made first: another stands on it" in notes


def test_an_extension_of_another_version_will_do(database: Connection, load: Load) -> None:
    assert load("CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public VERSION '9.9'") == [
        "extension citext is of the version that the server has, not 9.9"
    ]
    assert "citext" in kinds(database)


def test_an_extension_without_which_the_tables_are_the_same_is_left_out(load: Load) -> None:
    assert load("CREATE EXTENSION pg_repack", "COMMENT ON EXTENSION pg_repack IS 'jobs'") == [
        "extension pg_repack is left out: the server lacks it"
    ]


def test_an_extension_that_the_server_lacks_is_named(load: Load) -> None:
    with pytest.raises(ServerError, match=r"s.sql:1: geometry is of the extension postgis, which the server lacks"):
        load("CREATE TABLE a (place geometry(Point, 4326))")
    with pytest.raises(WorkloadError, match='extension "postgis" is not available'):
        load("CREATE EXTENSION postgis", "CREATE TABLE b (place geometry)")
    for name in ("postgis", "pg_partman"):
        assert load(f"CREATE EXTENSION {name}", f"CREATE TABLE {name} (place text)") == [
            f"extension {name} is left out: the server lacks it"
        ]


def test_what_a_platform_made_beforehand_is_made_as_far_as_it_is_used(database: Connection, load: Load) -> None:
    notes = load(
        "CREATE TABLE profiles (id uuid PRIMARY KEY REFERENCES auth.users (id) ON DELETE CASCADE, key uuid)",
        "ALTER TABLE profiles ENABLE ROW LEVEL SECURITY",
        'CREATE POLICY own ON profiles USING ((SELECT "auth"."uid"()) = id)',
        "INSERT INTO storage.buckets (id, name, public) VALUES ('avatars', 'avatars', true)",
        "CREATE POLICY files ON storage.objects USING (auth.uid()::text = (storage.foldername(name))[1])",
        "ALTER PUBLICATION supabase_realtime ADD TABLE profiles",
        "ALTER TABLE profiles ALTER key SET DEFAULT extensions.uuid_generate_v4()",
        "SELECT cron.schedule('nightly', '0 3 * * *', 'SELECT 1')",
    )
    assert [note.partition(" is not there")[0] for note in notes if "prelude" in note] == [
        "auth", "storage.buckets", "supabase_realtime", "extensions", "cron"
    ]  # fmt: skip
    made = "SELECT proname FROM pg_proc WHERE pronamespace::regnamespace::text = ANY ('{auth,storage}') ORDER BY 1"
    assert database.execute(made).fetchall() == [("foldername",), ("uid",)]
    database.execute("INSERT INTO auth.users (email) VALUES ('a@example.com')")
    assert database.execute("SELECT auth.uid(), (storage.foldername('a/b/c.png'))[2]").fetchone() == (None, "b")


def test_a_script_that_makes_its_own_gets_no_prelude(load: Load) -> None:
    assert (
        load("CREATE SCHEMA auth", "CREATE TABLE auth.users (id serial PRIMARY KEY)", "SELECT id FROM auth.users") == []
    )
    with pytest.raises(WorkloadError, match=r"auth.nothing"):
        load("SELECT 1 FROM auth.nothing")


def test_what_only_files_of_a_server_hold_is_done_without(database: Connection, load: Load) -> None:
    notes = load(
        "CREATE TABLE a (t text PRIMARY KEY USING INDEX TABLESPACE fast) TABLESPACE fast",
        "CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE plv8 AS $$ return a $$",
        "COMMENT ON FUNCTION g(integer) IS 'gone'",
        "GRANT USAGE ON SCHEMA nowhere TO PUBLIC",
        "CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = ispell, DictFile = nowhere, AffFile = nowhere)",
        "CREATE EXTENSION pgcrypto",
        "ALTER EXTENSION pgcrypto UPDATE TO '1.3'",
    )
    assert [note.split(":")[0] for note in notes] == [
        "pgcrypto", "tablespace fast is left out", "functions in plv8 are left out",
        "rights and comments of what is not there are left out (function g(integer) does not exist)",
        'rights and comments of what is not there are left out (schema "nowhere" does not exist)',
        "a dictionary is the simple one", "extension pgcrypto stays at version 1.4, which the server has",
    ]  # fmt: skip
    assert database.execute("SELECT ts_lexize('words', 'Stars')").fetchone() == (["stars"],)


def test_a_dump_of_some_tables_alone_gets_their_schema(database: Connection, load: Load) -> None:
    notes = load(
        'CREATE TABLE "Sales".orders (id int)', "CREATE TYPE sales.kind AS ENUM ('a')",
        "SET search_path = later", "CREATE TABLE a (id int)",
    )  # fmt: skip
    assert [note.split(" is made")[0] for note in notes] == ["schema Sales", "schema sales", "schema later"]
    assert database.execute("SELECT to_regclass('later.a')").fetchone() != (None,)


def test_a_schema_that_comes_later_is_none_to_make(load: Load) -> None:
    with pytest.raises(WorkloadError, match=r's\.sql:1: schema "later" does not exist'):
        load("CREATE TABLE later.a (id int)", "CREATE SCHEMA IF NOT EXISTS later")


def test_what_is_in_one_schema_off_the_path_is_found_there(load: Load) -> None:
    notes = load(
        "CREATE SCHEMA app", "CREATE TABLE app.users (id int PRIMARY KEY)",
        "CREATE TABLE posts (author int REFERENCES users)",
    )  # fmt: skip
    assert notes == ["schema app is added to the search path: users is there"]


def test_every_prelude_can_be_carried_out(database: Connection) -> None:
    for statement in [one for statements in preludes().values() for one in statements]:
        database.execute(statement.sql)


def test_what_is_elsewhere_is_left_out_and_what_stands_on_it_goes_on(database: Connection, load: Load) -> None:
    load(
        "CREATE EXTENSION file_fdw", "CREATE FOREIGN DATA WRAPPER mine",
        "CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'x')", "ALTER SERVER other OWNER TO bob",
        "GRANT USAGE ON FOREIGN SERVER other TO bob", "COMMENT ON SERVER other IS 'there'",
        "CREATE USER MAPPING FOR bob SERVER other OPTIONS (password 'secret')",
        "IMPORT FOREIGN SCHEMA public FROM SERVER other INTO public",
        "CREATE FOREIGN TABLE people (id int OPTIONS (column_name 'nr') NOT NULL, name text) SERVER other",
        "ALTER FOREIGN TABLE people OWNER TO bob", "ALTER FOREIGN TABLE people ALTER COLUMN id OPTIONS (SET a 'id')",
        "COMMENT ON FOREIGN TABLE people IS 'x'", "CREATE VIEW v AS SELECT name FROM people",
        "DROP SERVER IF EXISTS other CASCADE", "CREATE TABLESPACE fast LOCATION '/fast'",
        "CREATE SUBSCRIPTION s CONNECTION 'host=x' PUBLICATION p", "ALTER SUBSCRIPTION s OWNER TO bob",
    )  # fmt: skip
    shown = "SELECT relkind::text, relowner::regrole::text, obj_description(oid) FROM pg_class WHERE relname = 'people'"
    assert database.execute(shown).fetchone() == ("r", "bob", "x")


def test_functions_in_a_language_that_is_lacked_are_there_by_name_and_say_so(database: Connection, load: Load) -> None:
    load(
        "CREATE LANGUAGE plpython3u", "CREATE TABLE a (id int)",
        "CREATE FUNCTION py(x int DEFAULT 1) RETURNS SETOF int LANGUAGE plpython3u STRICT AS $$ return x $$",
        "CREATE FUNCTION tr() RETURNS trigger LANGUAGE plperl AS $$ return $$",
        "CREATE FUNCTION c(internal) RETURNS internal LANGUAGE c AS 'mine', 'c'",
        "ALTER FUNCTION py(int) OWNER TO bob", "CREATE VIEW v AS SELECT py(id) FROM a",
        "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION tr()",
    )  # fmt: skip
    assert database.execute("INSERT INTO a VALUES (1) RETURNING id").fetchone() == (1,)
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="py is in the language plpython3u"):
        database.execute("TABLE v")


def test_what_searches_sorts_and_stores_in_ways_that_are_lacked_does_it_plainly(
    database: Connection, load: Load
) -> None:
    notes = load(
        'CREATE TABLE a (t text PRIMARY KEY COLLATE "unicode") USING columnar',
        "CREATE TEXT SEARCH CONFIGURATION zh (PARSER = zhparser)",
        "ALTER TEXT SEARCH CONFIGURATION zh ADD MAPPING FOR n, v WITH simple",
        "CREATE INDEX ON a USING gin (to_tsvector('zh', t))",
        "CREATE ACCESS METHOD m TYPE TABLE HANDLER heap_tableam_handler",
        "CREATE TYPE pair AS (a int, b int)",
        "CREATE FUNCTION by_a(pair, pair) RETURNS int IMMUTABLE LANGUAGE sql RETURN ($1).a - ($2).a",
        "CREATE OPERATOR CLASS pairs FOR TYPE pair USING btree AS FUNCTION 1 by_a(pair, pair)",
        "ALTER OPERATOR CLASS pairs USING btree OWNER TO bob",
    )
    assert [note.split(":")[0] for note in notes if "bob" not in note] == [
        "collation unicode", "access method columnar is left out", "a text search configuration is the simple one",
        'CREATE ACCESS METHOD is left out (permission denied to create access method "m")',
    ]  # fmt: skip
    assert database.execute("SELECT opcowner::regrole::text FROM pg_opclass WHERE opcname = 'pairs'").fetchone() == (
        "bob",
    )
