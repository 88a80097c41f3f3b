"""An existing server is checked, never configured, and its password never shown."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bench.errors import ServerError
from bench.postgres.servers import ServerOptions, dsn, open_server, redact


def refusal(connection: str) -> str:
    """What pgproof says about a server that it does not take."""
    with pytest.raises(ServerError) as caught, open_server("dsn", ServerOptions(dsn=connection)):
        pass
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_takes_a_server_of_version_15(dsn15: str):
    """PostgreSQL 15 is new enough, and the DSN that is handed on leads to it."""
    with open_server("dsn", ServerOptions(dsn=dsn15)) as handle, psycopg.connect(handle.dsn) as conn:
        assert handle.version_num == conn.info.server_version
        assert 150000 <= handle.version_num < 160000


def test_changes_no_setting(dsn15: str):
    """Neither the checks nor bulk() touch a server that is not ours."""
    query = "SELECT name, setting FROM pg_settings WHERE name NOT LIKE 'transaction%' ORDER BY name"
    with psycopg.connect(dsn15) as conn:
        before = conn.execute(query).fetchall()
    with open_server("dsn", ServerOptions(dsn=dsn15)) as handle, handle.bulk(), psycopg.connect(dsn15) as conn:
        assert conn.execute(query).fetchall() == before


def test_refused_is_one_line():
    """Nothing listens: the address and the reason."""
    message = refusal("postgresql://somebody@127.0.0.1:1/postgres")
    assert "127.0.0.1" in message
    assert "refused" in message


def test_wrong_password_is_not_echoed(dsn15: str):
    """The error names the role; the password appears nowhere, not even in the connection string."""
    message = refusal(make_conninfo(dsn15, password="Tr0ub4dor"))
    assert 'password authentication failed for user "owner"' in message
    assert "password=***" in message
    assert "Tr0ub4dor" not in message


@pytest.mark.parametrize(
    "connection",
    [
        "postgresql://me:Tr0ub@4dor@127.0.0.1/db",
        "postgresql://me:Tr0ub/4dor@127.0.0.1/db",
        "postgresql://me:Tr0ub?4dor@127.0.0.1/db",
        "postgresql://me:Tr0ub#4dor@127.0.0.1/db",
        "postgresql://me:Tr0ub%4dor@127.0.0.1/db",
        "postgresql://me:Tr0ub:4dor@127.0.0.1:1/db",
        "postgresql://me:Tr0ub 4dor@127.0.0.1:1/db",
        "host=127.0.0.1 password=Tr0ub 4dor",
        "host=127.0.0.1 password='Tr0ub 4dor",
        "Tr0ub 4dor",
    ],
)
def test_no_piece_of_a_badly_written_password_is_echoed(connection: str):
    """libpq reads such passwords as hosts, ports or options and would quote them."""
    shown = refusal(connection) + redact(connection)
    assert "Tr0ub" not in shown
    assert "4dor" not in shown


def test_redact_keeps_everything_but_secrets():
    """Reports may show where the server is, and as whom we were there."""
    shown = redact("postgresql://me:s3cret@db.example:6432/app?sslpassword=k3y&application_name=x")
    assert conninfo_to_dict(shown) == {
        **{"user": "me", "password": "***", "host": "db.example", "port": "6432", "dbname": "app"},
        **{"sslpassword": "***", "application_name": "x"},
    }


def test_handle_does_not_show_its_dsn(dsn15: str):
    """A handle in a traceback or a log line does not give the password away; nor do the options."""
    options = ServerOptions(dsn=dsn15)
    with open_server("dsn", options) as handle:
        assert "s3cret" not in f"{handle!r} {options!r}"


def test_too_old_names_both_versions(dsn15: str, monkeypatch: pytest.MonkeyPatch):
    """The minimum is moved above the server, since an older one is not at hand."""
    monkeypatch.setattr(dsn, "MINIMUM_VERSION_NUM", 160000)
    message = refusal(dsn15)
    assert "is PostgreSQL 15." in message
    assert "needs 16 or later" in message


def test_role_without_createdb_is_told_what_to_type(dsn15: str):
    """The hint is the statement that helps, with the role quoted where SQL needs it."""
    with psycopg.connect(dsn15) as conn:
        conn.execute("CREATE ROLE \"Read Only\" LOGIN PASSWORD 'pw'")
    assert refusal(make_conninfo(dsn15, user="Read Only", password="pw")).endswith('ALTER ROLE "Read Only" CREATEDB;')


def test_read_only_server_is_refused(dsn15: str):
    """A standby takes no databases; a role whose transactions are read-only looks the same to us."""
    with psycopg.connect(dsn15) as conn:
        conn.execute("CREATE ROLE reader LOGIN CREATEDB PASSWORD 'pw'")
        conn.execute("ALTER ROLE reader SET default_transaction_read_only = on")
    assert "read-only" in refusal(make_conninfo(dsn15, user="reader", password="pw"))


def test_lost_server_is_an_expected_failure(dsn15: str):
    """It went away under a statement: one line, not a traceback."""

    def run() -> None:
        with open_server("dsn", ServerOptions(dsn=dsn15)) as handle, psycopg.connect(handle.dsn) as conn:
            conn.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(ServerError, match="the server ended the connection"):
        run()


def test_no_dsn_says_how_to_give_one():
    """Asked for an existing server, but not told which."""
    assert "--dsn" in refusal("")


def test_unknown_kind_names_the_known_ones():
    """The choice is a dictionary; its keys are the answer."""
    with pytest.raises(ServerError, match="embedded, local, docker, dsn"), open_server("sqlite", ServerOptions()):
        pass
