"""Connection strings: ours, that no environment bends, and the user's, whose password is never shown."""

from __future__ import annotations

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bench.errors import ServerError

CONNECT_TIMEOUT_S = 10
"""For an address where nothing answers; a DSN may set its own connect_timeout."""

UNBENT = {
    "hostaddr": "",
    "options": "",
    "client_encoding": "UTF8",
    "target_session_attrs": "any",
    "channel_binding": "prefer",
    "require_auth": "none,md5,scram-sha-256",
    "gssencmode": "disable",
    "sslmode": "disable",
    "sslrootcert": "",
    "sslnegotiation": "postgres",
}
"""What libpq would otherwise take from PGHOSTADDR, PGOPTIONS, PGREQUIREAUTH…, set for the user's own servers."""

SECRETS = ("password", "sslpassword", "oauth_client_secret")
HIDDEN = "***"


def own_dsn(**parts: str | int) -> str:
    """The way to a server that pgproof started itself."""
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    return make_conninfo("", **{name: value for name, value in UNBENT.items() if name in known}, **parts)


def users_dsn(dsn: str) -> str:
    """The user's connection string, once libpq can read it; the error does not quote it."""
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:  # its text quotes the piece that it could not read
        raise ServerError(
            "the connection string cannot be read",
            hint="give --dsn (or --server-dsn) 'host=… port=… user=… dbname=…' or postgresql://user@host:port/dbname",
        ) from None
    if _password_leaks(dsn):
        raise ServerError(
            "the password in the connection string has characters that end it early",
            hint="%-encode it (@ is %40, / is %2F, : is %3A), or put it into ~/.pgpass",
        )
    return dsn if "connect_timeout" in parts else make_conninfo(dsn, connect_timeout=CONNECT_TIMEOUT_S)


def redact(dsn: str) -> str:
    """The connection string without its secrets, for people to read."""
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        return "(a connection string that cannot be read)"
    if _password_leaks(dsn):
        return "(a connection string with a password that is not %-encoded)"
    return make_conninfo(dsn, **{name: HIDDEN for name in SECRETS if name in parts})


def _password_leaks(dsn: str) -> bool:
    """Whether libpq would read a piece of the password as host, port or database, and name it in its errors.

    ``postgresql://user:p@ss@host/db`` has the host ``ss@host``, ``postgresql://user:p/ss@host/db`` the port ``p``.
    """
    if "://" not in dsn:
        return False
    parts = conninfo_to_dict(dsn)
    places = [str(parts.get(name, "")) for name in ("host", "port", "dbname")]
    return any("@" in place for place in places) or any(char not in "0123456789," for char in places[1])
