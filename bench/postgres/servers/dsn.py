"""A server that exists: looked at, never configured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace

import psycopg

from bench.errors import ServerError
from bench.postgres import cluster
from bench.postgres.capabilities import Capabilities
from bench.postgres.servers.conninfo import redact, users_dsn
from bench.postgres.servers.handle import ServerHandle, ServerOptions

MINIMUM_VERSION_NUM = 150000
"""PostgreSQL 15: the oldest version on which pgproof is tested."""

CAPABILITIES = Capabilities(
    ours=False, clocks_readable=False,
    files_out_of_reach="the files of a server that pgproof did not start are not touched",
)  # fmt: skip

Connection = psycopg.Connection[tuple[object, ...]]


@contextmanager
def existing_server(options: ServerOptions) -> Iterator[ServerHandle]:
    """The server at ``options.dsn``, after checking that pgproof can work there. Nothing on it is changed."""
    if not options.dsn:
        raise ServerError("no server was named", hint="--dsn 'host=… user=… dbname=postgres', or set PGPROOF_DSN")
    dsn = users_dsn(options.dsn)
    with connect(dsn) as conn:
        where = f"{conn.info.host}:{conn.info.port}"
        check_version(conn, where)
        superuser = _check_role(conn, where)
        version_num = conn.info.server_version
        capabilities = replace(CAPABILITIES, spreads_tables=cluster.leads(conn))
    yield ServerHandle(
        kind="dsn", dsn=dsn, version_num=version_num, capabilities=capabilities, bin_dir=None, data_dir=None,
        bulk=lambda: nullcontext(), superuser=superuser,
    )  # fmt: skip


def connect(dsn: str) -> Connection:
    """Open a connection to a user's server. Raises ``ServerError``, which shows no secret."""
    try:
        return psycopg.connect(dsn, autocommit=True)
    except psycopg.OperationalError as error:
        # libpq tells a line for each address that it tried.
        reason = "; ".join(line.strip() for line in str(error).splitlines() if line.strip())
        raise ServerError(f"cannot connect to {redact(dsn)}: {reason}", hint="check --dsn (or PGPROOF_DSN)") from None


def check_version(conn: Connection, where: str) -> None:
    """Raise ``ServerError`` where the server is older than those that pgproof is tested on."""
    if conn.info.server_version < MINIMUM_VERSION_NUM:
        raise ServerError(
            f"the server at {where} is PostgreSQL {conn.info.parameter_status('server_version')}; "
            f"pgproof needs {MINIMUM_VERSION_NUM // 10000} or later",
            hint="use a newer server, or the embedded one (leave --dsn out)",
        )


def _check_role(conn: Connection, where: str) -> bool:
    """Whether the role is a superuser, if it may do what it has to."""
    row = conn.execute(
        "SELECT quote_ident(rolname), rolsuper OR rolcreatedb, current_setting('transaction_read_only') = 'on',"
        " rolsuper"
        " FROM pg_catalog.pg_roles WHERE rolname = current_user"
    ).fetchone()
    assert row is not None
    role, may_create, read_only, superuser = row
    if read_only:
        raise ServerError(f"the server at {where} is read-only (a standby?)", hint="name its primary")
    if not may_create:
        raise ServerError(
            f"the role {role} may not create databases on the server at {where}, and pgproof works only in its own",
            hint=f"ALTER ROLE {role} CREATEDB;",
        )
    return bool(superuser)
