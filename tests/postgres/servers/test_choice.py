"""Which server is taken for a schema, by the extensions that it names."""

from __future__ import annotations

import pytest

from bench.errors import ServerError
from bench.postgres.extensions import IMAGES, UNNEEDED, named
from bench.postgres.servers import ServerOptions, choice
from bench.postgres.servers.account import server_account
from bench.postgres.servers.choice import choose
from bench.postgres.servers.installations import extensions_of, extensions_of_wheel, find_installation
from bench.workload.psql import Step
from tests.conftest import DEBIAN_15

NOBODY = "no_such_extension"
OF_AN_IMAGE = next(one for one in IMAGES["postgis/postgis:18-3.6"] if one.startswith("postgis"))


def test_the_embedded_server_is_taken_where_it_has_them_all() -> None:
    wanted = {"pgcrypto": "s:1", "uuid-ossp": "s:2", "citext": "s:3", "vector": "s:4"}
    assert choose(wanted, ServerOptions()) == ("embedded", ServerOptions(), "")


def test_an_extension_without_which_the_tables_are_the_same_decides_nothing() -> None:
    assert named([Step(f'CREATE EXTENSION "{name}"', 1) for name in UNNEEDED]) == {}


def test_an_installation_is_taken_where_only_that_has_them() -> None:
    if not (DEBIAN_15 / "postgres").exists():
        pytest.skip("no PostgreSQL 15 of Debian")
    account = server_account()
    more = (
        extensions_of(find_installation(DEBIAN_15, account), account)
        - extensions_of_wheel()
        - {"pgcrypto", "uuid-ossp"}
    )
    chosen = choose({"xml2": "schema.sql:3"}, ServerOptions())
    assert "xml2" in more
    assert (chosen.kind, chosen.options.pg_bin) == ("local", DEBIAN_15)
    assert chosen.reason == f"taking PostgreSQL 15 in {DEBIAN_15}: the embedded server lacks the extension xml2"


def test_a_container_is_taken_where_an_engine_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "engine_problem", str)
    monkeypatch.setattr(choice, "installations", lambda _: [])
    chosen = choose({OF_AN_IMAGE: "s:3", "pgcrypto": "s:1"}, ServerOptions())
    assert (chosen.kind, chosen.options.image) == ("docker", "postgis/postgis:18-3.6")
    assert chosen.reason.endswith(f"the embedded server lacks the extension {OF_AN_IMAGE}")


def test_where_nobody_has_it_one_line_says_who_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "engine_problem", lambda: "no container engine answers")
    monkeypatch.setattr(choice, "installations", lambda _: [])
    with pytest.raises(ServerError) as caught:
        choose({"citext": "schema.sql:1", OF_AN_IMAGE: "schema.sql:7"}, ServerOptions())
    assert caught.value.message == (
        f"schema.sql:7: the embedded server lacks the extension {OF_AN_IMAGE}; "
        "the image postgis/postgis:18-3.6 has it, but no container engine answers"
    )
    assert "start Docker" in caught.value.hint


def test_a_kind_that_was_asked_for_is_not_replaced() -> None:
    with pytest.raises(ServerError, match="the embedded server lacks the extension postgis"):
        choose({"postgis": "s:1"}, ServerOptions(), "embedded")
    assert choose({NOBODY: "s:1"}, ServerOptions(dsn="host=x"), "dsn").kind == "dsn"
    assert choose({NOBODY: "s:1"}, ServerOptions(image="ours:1"), "docker").options.image == "ours:1"
    assert choose({OF_AN_IMAGE: "s:1"}, ServerOptions(), "docker").options.image == "postgis/postgis:18-3.6"
    with pytest.raises(ServerError, match=f"lacks the extension {NOBODY}"):
        choose({NOBODY: "s:1"}, ServerOptions(), "docker")


def test_a_machine_without_an_engine_is_asked_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    monkeypatch.setattr(choice, "installations", lambda _: [])
    with pytest.raises(ServerError, match=r"no container engine answers|testcontainers is not installed"):
        choose({"postgis": "s:1"}, ServerOptions())


def test_extensions_are_named_by_statements_with_their_lines() -> None:
    texts = ('CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA x', "create extension Hstore",
             "SELECT 'CREATE EXTENSION'", "CREATE EXTENSION hstore CASCADE",
             "CREATE TABLE a (place geography(Point))")  # fmt: skip
    steps = [Step(text, line, "schema.sql") for line, text in enumerate(texts, 1)]
    steps += [Step("CREATE INDEX ON a (hstore(a)) WHERE uuid_nil() IS NULL", 6, "schema.sql")]
    assert named(steps) == {"uuid-ossp": "schema.sql:1", "hstore": "schema.sql:2", "postgis": "schema.sql:5"}
    unused = ("CREATE EXTENSION postgis", "COMMENT ON EXTENSION postgis IS 'geometry'", "CREATE TABLE a (geo text)")
    assert named([Step(text, 1) for text in unused]) == {}
