"""Stand-ins for extensions that the embedded server lacks, beside the real ones of another server."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from bench.errors import WorkloadError
from bench.inference.rows.catalog import read_catalog
from bench.model import Statement
from bench.postgres.connection import Connection, Target
from bench.postgres.databases import create
from bench.postgres.servers import ServerHandle
from bench.postgres.stand_ins import stand_ins
from bench.postgres.statements import run_file

EXTENSIONS = ("pgcrypto", "uuid-ossp")

SCHEMA = """
CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public VERSION "1.3";
CREATE EXTENSION "uuid-ossp" WITH SCHEMA public;
COMMENT ON EXTENSION "uuid-ossp" IS 'as pg_dump writes it';
CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT public.uuid_generate_v4(), token bytea DEFAULT public.gen_random_bytes(16),
    key uuid DEFAULT gen_random_uuid(), email text,
    email_hash bytea GENERATED ALWAYS AS (digest(email, 'sha256')) STORED
);
CREATE INDEX ON users (encode(hmac(email, 'k', 'sha1'), 'hex'));
CREATE VIEW opened AS SELECT pgp_sym_decrypt('none', 'k') AS plain;
"""

SAME = (
    *(f"encode({call}, 'hex')" for name in ("md5", "sha1", "SHA-224", "sha256", "sha384", "SHA512") for call in (
        f"digest('grüße', '{name}')", f"digest(decode(repeat('61', 64), 'hex'), '{name}')",
        f"digest(repeat('a', 55), '{name}')", f"digest('', '{name}')", f"hmac('text', 'key', '{name}')",
        f"hmac('text'::bytea, decode(repeat('6b', 200), 'hex'), '{name}')", f"hmac('', '', '{name}')",
    )),
    "crypt('sécret', '$2a$04$abcdefghijklmnopqrstuu')", "crypt(repeat('long', 30), '$2a$04$DCq7YPn5Rq63x1Lad4cll.')",
    "crypt('', '$2a$04$DCq7YPn5Rq63x1Lad4cll.')", "crypt('U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC/ignored')",
    "crypt('sécret', '$1$abcdefgh')", "crypt('', '$1$ab$rest')", "crypt(repeat('long', 30), '$1$longer-than-eight')",
    "armor('')", "armor(decode(repeat('0102', 90), 'hex'))", "armor('abc', '{a,b}', '{1,two words}')",
    "dearmor(armor(decode(repeat('0102', 90), 'hex')))", "dearmor(armor('abc', '{a,b}', '{1,2}'))",
    "(SELECT string_agg(key || value, ',') FROM pgp_armor_headers(armor('abc', '{a,b}', '{1,two words}')))",
    "digest(NULL::text, 'md5')", "pgp_sym_decrypt(NULL, 'key')", "length(gen_random_bytes(1024))",
    "uuid_nil()", "uuid_ns_dns()", "uuid_ns_url()", "uuid_ns_oid()", "uuid_ns_x500()",
    "uuid_generate_v3(uuid_ns_dns(), 'grüße')",
    "uuid_generate_v5(uuid_ns_url(), 'https://example.com/' || repeat('x', 99))",
    "regexp_replace(gen_salt('bf'), '[./A-Za-z0-9]{22}$', '')", "left(gen_salt('bf', 12), 7)",
    "length(gen_salt('md5'))",
)  # fmt: skip
"""Expressions that both have to answer alike."""

WRONG = (
    "gen_random_bytes(0)", "gen_random_bytes(1025)", "gen_salt('bf', 3)", "gen_salt('none')", "dearmor('no armor')",
)  # fmt: skip
"""Mistakes that both have to refuse with the same SQLSTATE."""


STATEMENTS = [Statement(text, 1) for text in SCHEMA.split(";") if text.strip()]


@pytest.fixture
def standing_in(admin: Connection, target: Target) -> Iterator[Connection]:
    """A database with the stand-ins, made by the workload's role."""
    create(admin, "pgproof_stand_in", "run", about={})
    with target.connect("pgproof_stand_in") as connection:
        run_file(connection, STATEMENTS, "schema.sql")
        yield connection


@pytest.fixture
def real(dsn15: str) -> Iterator[Connection]:
    """A database of the same text on a server that has the extensions."""
    with psycopg.connect(dsn15, autocommit=True) as admin:
        admin.execute("CREATE DATABASE pgproof_real")
        with psycopg.connect(make_conninfo(dsn15, dbname="pgproof_real"), autocommit=True) as connection:
            for statement in STATEMENTS:
                connection.execute(statement.sql)
            yield connection
        admin.execute("DROP DATABASE pgproof_real")


def functions(connection: Connection) -> set[tuple[object, ...]]:
    query = """
        SELECT p.oid::regprocedure::text, p.prorettype::regtype::text, p.proretset, p.proargnames::text, p.provolatile,
               p.proisstrict, p.proparallel
        FROM pg_extension AS e
        JOIN pg_depend AS d ON d.refobjid = e.oid AND d.deptype = 'e'
        JOIN pg_proc AS p ON p.oid = d.objid
        WHERE e.extname = ANY (%s) AND p.proname NOT LIKE 'pgproof%%'
    """
    return set(connection.execute(query, [list(EXTENSIONS)]).fetchall())


def test_a_stand_in_has_the_functions_and_their_answers(standing_in: Connection, real: Connection) -> None:
    assert functions(standing_in) == functions(real)
    query = SQL("SELECT ") + SQL(", ").join(SQL("({})::text").format(SQL(text)) for text in SAME)
    answers = zip(SAME, standing_in.execute(query).fetchone(), real.execute(query).fetchone(), strict=True)
    assert [one for one in answers if one[1] != one[2]] == []
    for mistake in WRONG:
        with pytest.raises(psycopg.Error) as ours:
            standing_in.execute(SQL("SELECT {}").format(SQL(mistake)))
        with pytest.raises(psycopg.Error) as theirs:
            real.execute(SQL("SELECT {}").format(SQL(mistake)))
        assert ours.value.sqlstate == theirs.value.sqlstate, mistake


def test_a_dump_is_that_of_the_real_extension(server: ServerHandle, standing_in: Connection, real: Connection) -> None:
    def dump(dsn: str) -> list[str]:
        assert server.bin_dir
        command = [server.bin_dir / "pg_dump", "--schema-only", "--no-owner", "--exclude-schema=bench_meta", dsn]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return [line for line in text.splitlines() if not re.match(r"--|\\|SET |$", line)]

    ours = dump(make_conninfo(server.dsn, dbname=standing_in.info.dbname))
    assert "CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;" in ours
    assert ours == dump(make_conninfo(real.info.dsn, password=real.info.password))


def test_stand_ins_are_told_from_the_real_ones(standing_in: Connection, real: Connection) -> None:
    standing_in.execute("CREATE EXTENSION citext")
    assert stand_ins(standing_in) == read_catalog(standing_in).stand_ins == EXTENSIONS
    assert stand_ins(real) == ()


def test_random_values_differ_and_say_what_they_are(standing_in: Connection) -> None:
    versions = {"uuid_generate_v1": "1", "uuid_generate_v1mc": "1", "uuid_generate_v4": "4"}
    for name, version in versions.items():
        ids = SQL("(SELECT {}()::text FROM generate_series(1, 5000)) AS made (id)").format(Identifier(name))
        row = standing_in.execute(
            SQL("SELECT count(DISTINCT id), bool_and(id ~ {}) FROM {}").format(
                f"^.{{8}}-.{{4}}-{version}.{{3}}-[89ab].{{3}}-.{{12}}$", ids
            )
        ).fetchone()
        assert row == (5000, True)


def test_uuids_of_version_7_hold_a_time(standing_in: Connection) -> None:
    standing_in.execute("CREATE EXTENSION pg_uuidv7; SET timezone = 'Asia/Tokyo'")
    row = standing_in.execute(
        "SELECT uuid_timestamptz_to_v7('2023-01-02 04:26:40.637+00', true)::text,"
        " uuid_v7_to_timestamptz(uuid_timestamptz_to_v7('2023-01-02 04:26:40.637+00')) = '2023-01-02 04:26:40.637+00',"
        " uuid_v7_to_timestamp(uuid_timestamp_to_v7('2023-01-02 04:26:40.637'))::text, uuid_generate_v7()::text"
    ).fetchone()
    assert row
    assert row[:3] == ("018570bb-4a7d-7000-8000-000000000000", True, "2023-01-02 04:26:40.637")
    assert (row[3][14], stand_ins(standing_in)) == ("7", ("pg_uuidv7", *EXTENSIONS))


def test_what_cannot_be_true_is_an_error_with_a_way_out(standing_in: Connection) -> None:
    for call in (
        "pgp_sym_encrypt('a', 'b')",
        "encrypt('a', 'k', 'aes')",
        "digest('a', 'sha3-256')",
        "crypt('a', 'ab')",
    ):
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="the stand-in for pgcrypto has no") as caught:
            standing_in.execute(SQL("SELECT {}").format(SQL(call)))
        assert "--server local" in (caught.value.diag.message_hint or "")


RFC_2202 = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
"""The second test case of the RFC for HMAC-SHA-1."""


def test_a_stand_in_moves_to_another_schema_and_works(standing_in: Connection, target: Target) -> None:
    with target.connect_as_ourselves(standing_in.info.dbname) as ours:
        ours.execute("CREATE SCHEMA elsewhere; ALTER EXTENSION pgcrypto SET SCHEMA elsewhere")
        ours.execute("GRANT USAGE ON SCHEMA elsewhere TO PUBLIC")
    call = "SELECT elsewhere.hmac('what do ya want for nothing?', 'Jefe', 'sha1')"
    assert standing_in.execute(call).fetchone() == (bytes.fromhex(RFC_2202),)


def test_a_version_that_nobody_knows_is_refused(standing_in: Connection) -> None:
    standing_in.execute('DROP EXTENSION "uuid-ossp" CASCADE')
    with pytest.raises(WorkloadError, match=r"9\.9"):
        run_file(standing_in, [Statement("CREATE EXTENSION \"uuid-ossp\" VERSION '9.9'", 3)], "schema.sql")
