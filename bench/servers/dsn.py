"""A server that exists: looked at, never configured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bench.errors import ServerError
from bench.servers.handle import ServerHandle, ServerOptions

MINIMUM_VERSION_NUM = 150000
"""PostgreSQL 15: the oldest version on which pgproof is tested."""
CONNECT_TIMEOUT_S = 10
"""For an address where nothing answers; a DSN may set its own connect_timeout."""
SECRETS = ("password", "sslpassword", "oauth_client_secret")
HIDDEN = "***"


@contextmanager
def existing_server(options: ServerOptions) -> Iterator[ServerHandle]:
    """The server at ``options.dsn``, after checking that pgproof can work there. Nothing on it is changed."""
    if not options.dsn:
        raise ServerError("no server was named", hint="--dsn 'host=… user=… dbname=postgres', or set PGPROOF_DSN")
    dsn = _readable(options.dsn)
    with _connect(dsn) as conn:
        _check(conn)
        version_num = conn.info.server_version
    yield ServerHandle(
        kind="dsn", dsn=dsn, version_num=version_num, bin_dir=None, data_dir=None, bulk=lambda: nullcontext()
    )


def redact(dsn: str) -> str:
    """The connection string without its secrets, for people to read."""
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:  # its text may quote any piece of the string, the password too
        return "(a connection string that cannot be read)"
    if any("@" in str(part) for name, part in parts.items() if name in ("host", "hostaddr", "port", "dbname")):
        return "(a connection string whose password is not %-encoded)"
    return make_conninfo(dsn, **{name: HIDDEN for name in SECRETS if name in parts})


def _readable(dsn: str) -> str:
    """The connection string when libpq can read it; errors never quote it."""
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        raise ServerError(
            "the connection string cannot be read",
            hint="write 'host=… port=… user=… dbname=…' or postgresql://user@host:port/dbname",
        ) from None
    # user:p@ss@host reads as host "ss@host": without this, the error about that host shows half the password.
    if "@" in str(parts.get("host", "")):
        raise ServerError(
            "the connection string has an @ in its host name",
            hint="a password with special characters must be %-encoded (@ is %40), or goes into ~/.pgpass",
        )
    return make_conninfo(dsn) if "connect_timeout" in parts else make_conninfo(dsn, connect_timeout=CONNECT_TIMEOUT_S)


def _connect(dsn: str) -> psycopg.Connection[tuple[object, ...]]:
    try:
        return psycopg.connect(dsn, autocommit=True)
    except psycopg.OperationalError as error:
        # One line: libpq tells one per address that it tried.
        reason = "; ".join(line.strip() for line in str(error).splitlines() if line.strip())
        for secret in (conninfo_to_dict(dsn).get(name) for name in SECRETS):
            reason = reason.replace(str(secret), HIDDEN) if secret else reason
        raise ServerError(f"cannot connect to {redact(dsn)}: {reason}", hint="check --dsn (or PGPROOF_DSN)") from None


def _check(conn: psycopg.Connection[tuple[object, ...]]) -> None:
    where = f"{conn.info.host}:{conn.info.port}"
    if conn.info.server_version < MINIMUM_VERSION_NUM:
        raise ServerError(
            f"the server at {where} is PostgreSQL {conn.info.parameter_status('server_version')}; "
            f"pgproof needs {MINIMUM_VERSION_NUM // 10000} or later",
            hint="use a newer server, or the embedded one (leave --dsn out)",
        )
    row = conn.execute(
        "SELECT rolname::text, rolsuper OR rolcreatedb, current_setting('transaction_read_only') = 'on',"
        " quote_ident(rolname) FROM pg_catalog.pg_roles WHERE rolname = current_user"
    ).fetchone()
    assert row is not None
    name, may_create, read_only, quoted = row
    if read_only:
        raise ServerError(f"the server at {where} is read-only (a standby?)", hint="name its primary")
    if not may_create:
        raise ServerError(
            f"the role {name} may not create databases on the server at {where}, and pgproof works only in its own",
            hint=f"ALTER ROLE {quoted} CREATEDB;",
        )
