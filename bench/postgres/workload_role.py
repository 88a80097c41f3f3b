"""The role that a workload's SQL has on a server of pgproof's own: no superuser, and owner of what it makes.

It may create in the databases that pgproof makes for it, and owns none of them: an owner may drop any of his. What
more a measurement needs is granted by name. It logs in as itself, because a superuser who merely took its name could
be asked to lay it down (``RESET SESSION AUTHORIZATION``).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bench.postgres.capabilities import is_superuser
from bench.postgres.catalog import own_sql
from bench.postgres.connection import Connection

ROLE = "pgproof_workload"

RIGHTS = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT CONNECTION LIMIT -1"

MEMBER_OF = ("pg_checkpoint", "pg_read_all_stats", "pg_stat_scan_tables")
"""A quiet disk before measuring, what other connections of the load wait for, and how full pages are: none of them
reads a file or writes a row."""

PARAMETERS = (
    "session_replication_role", "track_io_timing", "track_functions", "compute_query_id", "wal_compression",
    "commit_delay", "deadlock_timeout", "temp_file_limit", "auto_explain.log_analyze", "auto_explain.log_buffers",
    "auto_explain.log_format", "auto_explain.log_level", "auto_explain.log_min_duration",
    "auto_explain.log_nested_statements", "auto_explain.log_parameter_max_length", "auto_explain.log_timing",
    "auto_explain.log_triggers", "auto_explain.log_verbose", "auto_explain.log_wal", "auto_explain.sample_rate",
)  # fmt: skip
"""Settings of a session that only a superuser may make otherwise; the first keeps triggers out of a statement, the last
give the plans inside of functions."""


def make_role(dsn: str) -> dict[str, str]:
    """Make the role on the server at ``dsn``, or bring it back to what it should be; return how it logs in."""
    password, role = secrets.token_urlsafe(24), sql.Identifier(ROLE)
    with psycopg.connect(dsn, autocommit=True) as admin:
        if not _there(admin):
            admin.execute(sql.SQL("CREATE ROLE {}").format(role))
        # Of its own account a role may change password and settings, and they would stay.
        rights = sql.SQL("ALTER ROLE {} {} PASSWORD {} VALID UNTIL 'infinity'")
        admin.execute(rights.format(role, sql.SQL(RIGHTS), sql.Literal(password)))
        admin.execute("DELETE FROM pg_db_role_setting WHERE setrole = %s::regrole", [ROLE])
        admin.execute(sql.SQL("GRANT {} TO {}").format(sql.SQL(", ").join(map(sql.Identifier, MEMBER_OF)), role))
        parameters = sql.SQL(", ").join(map(sql.Identifier, PARAMETERS))
        admin.execute(sql.SQL("GRANT SET ON PARAMETER {} TO {}").format(parameters, role))
    return {"user": ROLE, "password": password}


def admit(admin: Connection, database: str, *, empty: bool) -> None:
    """Let the role create in ``database``; nothing where the server has no such role, or we are no superuser there.

    An ``empty`` one gets its schema public, and two functions: by one it has extensions that are no way out, the other
    loads auto_explain.
    """
    if not (_there(admin) and is_superuser(admin)):
        return
    names = {"role": sql.Identifier(ROLE), "database": sql.Identifier(database)}
    admin.execute(sql.SQL("GRANT CREATE, TEMPORARY ON DATABASE {database} TO {role}").format(**names))
    if empty:
        parts: Mapping[str, str] = {"dbname": database, "password": admin.info.password}
        with psycopg.connect(make_conninfo(admin.info.dsn, **{k: v for k, v in parts.items() if v})) as connection:
            connection.execute(sql.SQL("ALTER SCHEMA public OWNER TO {role}").format(**names))
            connection.execute(own_sql("create_extension_function"))
            connection.execute(own_sql("create_explain_function"))


@contextmanager
def past_row_security(admin: Connection) -> Iterator[None]:
    """Let the role write rows past the policies of its own tables, for as long as the block takes."""
    change = sql.SQL("ALTER ROLE {} {}")
    admin.execute(change.format(sql.Identifier(ROLE), sql.SQL("BYPASSRLS")))
    try:
        yield
    finally:
        admin.execute(change.format(sql.Identifier(ROLE), sql.SQL("NOBYPASSRLS")))


def _there(admin: Connection) -> bool:
    return admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() is not None
