"""Databases that are ours: connect, create, clone, mark, drop; and run a file's statements with file:line errors.

A database that pgproof works in was created by pgproof and carries a mark: a JSON comment on the database. Each
function that writes checks the mark first, so a stranger's database is never written to, dropped or vacuumed.
"""

from __future__ import annotations

import datetime
import errno
import json
import math
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bench.errors import DatasetError, DiskFull, PgproofError, ServerError, WorkloadError
from bench.model import Statement

Connection = psycopg.Connection[Any]

PREFIX = "pgproof_"
MARK = "pgproof"
"""First key of the comment that says: made by pgproof, may be dropped by pgproof."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect. ``dsn`` may hold a password, so it is kept out of ``repr``."""

    dsn: str = field(repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)
    """Session settings of every connection, so that each server plans alike."""

    def connect(self, database: str | None = None, *, autocommit: bool = True, **settings: str) -> Connection:
        """Open a connection to ``database`` (the DSN's own if None); ``settings`` add to the target's."""
        info: dict[str, Any] = conninfo_to_dict(self.dsn) | ({"dbname": database} if database else {})
        # Rows of a commit that is not yet on disk cannot be marked visible to all: VACUUM would leave them out.
        merged = {"synchronous_commit": "on", **self.settings, **settings}
        options = session_options(merged)
        given = str(info.pop("options", "") or "")
        conninfo = make_conninfo(**info, options=f"{given} {options}".strip(), application_name="pgproof")
        try:
            return psycopg.connect(conninfo, autocommit=autocommit)
        except psycopg.OperationalError as error:
            raise ServerError(f"cannot connect to database {info.get('dbname')}: {first_line(error)}") from None


def session_options(settings: Mapping[str, str]) -> str:
    """Settings of a session as libpq takes them (``options``, ``PGOPTIONS``)."""
    return " ".join(f"-c {name}={_escaped(value)}" for name, value in settings.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


def first_line(error: BaseException) -> str:
    """The first line of an error's text, which is what fits behind a file name."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


@cache
def own_sql(name: str) -> str:
    """The text of ``bench/postgres/sql/<name>.sql``, ending in a comment that names the file in pg_stat_activity."""
    text = (resources.files("bench.postgres") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    return f"{text.rstrip().rstrip(';')}\n-- pgproof: {name}.sql"


def rows(connection: Connection, name: str, *values: object) -> list[dict[str, Any]]:
    """Run one of our own SQL files with ``$1``… and return its rows as dictionaries."""
    cursor = psycopg.RawCursor(connection, row_factory=psycopg.rows.dict_row)
    return cursor.execute(own_sql(name), values).fetchall()


# ------------------------------------------------------------------------------------------------- errors
@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn the driver's errors inside the block into expected failures that begin with ``what``."""
    try:
        yield
    except psycopg.Error as error:
        if error.diag.sqlstate is None and not isinstance(error, psycopg.OperationalError):
            raise  # the driver was used wrongly: our bug
        raise translated(error, what) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise disk_full(what) from error
        raise


def disk_full(what: str) -> DiskFull:
    """The failure for a full device."""
    hint = "free some, choose a smaller scale, or run 'pgproof cache clear'"
    return DiskFull(f"{what}: no space left on the device that holds the databases", hint=hint)


def translated(error: psycopg.Error, what: str) -> PgproofError:
    """The expected failure behind a driver's error: disk full, broken constraint, lost server, or bad SQL."""
    diagnosis = error.diag
    if isinstance(error, psycopg.errors.DiskFull) or "No space left on device" in str(error):
        return disk_full(what)
    if isinstance(error, psycopg.errors.IntegrityError):
        table = f"{diagnosis.schema_name}.{diagnosis.table_name}" if diagnosis.table_name else "unknown table"
        broken = diagnosis.constraint_name or (f"NOT NULL of {diagnosis.column_name}" if diagnosis.column_name else "")
        sample = (diagnosis.message_detail or diagnosis.message_primary or "").strip()
        return DatasetError(f"{what}: table {table} breaks {broken or 'a constraint'}: {sample}")
    if isinstance(error, psycopg.OperationalError) and diagnosis.sqlstate in (None, "57P01", "57P02", "57P03"):
        return ServerError(f"{what}: the server went away ({first_line(error)})", hint="run the command again")
    detail = f" ({diagnosis.message_detail})" if diagnosis.message_detail else ""
    return WorkloadError(f"{what}: {diagnosis.message_primary or first_line(error)}{detail}")


def run_statement(connection: Connection, statement: Statement, file: str) -> None:
    """Run one statement of a file; a failure names the line on which the server found it."""
    try:
        connection.execute(statement.sql)
    except psycopg.Error as error:
        position = int(error.diag.statement_position or 1)
        line = statement.line + statement.sql.count("\n", 0, position - 1)
        raise translated(error, f"{file}:{line}") from error


def run_file(connection: Connection, statements: Iterable[Statement], file: str) -> None:
    """Run the statements of a file in order."""
    for statement in statements:
        run_statement(connection, statement, file)


def checkpoint(connection: Connection) -> bool:
    """Write back what is dirty, so that nothing of it falls into a measurement; False where the role may not."""
    allowed = "SELECT rolsuper OR pg_has_role(oid, 'pg_checkpoint', 'USAGE') FROM pg_roles WHERE rolname = current_user"
    with explained("checkpoint"):
        if connection.execute(allowed).fetchall()[0][0]:
            connection.execute("CHECKPOINT")
            return True
    return False


# ----------------------------------------------------------------------------------- builds and statistics
MAINTENANCE_WORK_MEM = "256MB"
"""Memory of one index build, baseline and optimizations alike: builds are compared with one another, not tuned. Large
enough that one column of 6 million rows sorts without spilling."""

SAMPLE_ROWS_PER_TARGET = 300
"""ANALYZE samples 300 rows per unit of the statistics target (PostgreSQL manual, ANALYZE)."""

TARGET_MIN, TARGET_MAX = 100, 2000
"""Statistics targets: the server's default at least. At 2,000 a table of 600,000 rows is read whole, which makes
its statistics, and so its plans, repeatable; higher targets cost planning time that production does not pay."""


def statistics_target(table_rows: int) -> int:
    """The statistics target at which ANALYZE reads the whole table, within the limits above."""
    return min(TARGET_MAX, max(TARGET_MIN, math.ceil(table_rows / SAMPLE_ROWS_PER_TARGET)))


# -------------------------------------------------------------------------------------- databases and marks
@dataclass(frozen=True, slots=True)
class OwnDatabase:
    """A database with our mark.

    ``kind`` is template, before, after or scratch; a template that is not ``complete`` was interrupted.
    """

    name: str
    kind: str
    complete: bool
    created_at: str
    used_at: str
    about: dict[str, Any]
    size_bytes: int = 0
    connections: int = 0


def now_text() -> str:
    """The present second in UTC, as ISO 8601."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def id_of(moment: str) -> str:
    """The id of what began at ``moment`` (``now_text``), fit for the name of a database."""
    return moment.replace(":", "").replace("-", "").replace("+0000", "z").lower()


def stamp() -> str:
    """A short name for what one invocation makes, different from any other's."""
    return f"{datetime.datetime.now(datetime.UTC):%m%d%H%M%S}{secrets.token_hex(2)}"


def own_databases(admin: Connection) -> list[OwnDatabase]:
    """All databases of the server that carry our mark, by name."""
    found = []
    for row in rows(admin, "list_databases", PREFIX):
        if mark := _mark(row["mark"]):
            used = mark.get("used_at", mark["created_at"])
            found.append(
                OwnDatabase(
                    row["name"], mark["kind"], bool(mark["complete"]), mark["created_at"], used,
                    mark.get("about", {}), row["size_bytes"], row["connections"],
                )
            )  # fmt: skip
    return found


def _mark(comment: str | None) -> dict[str, Any] | None:
    try:
        mark = json.loads(comment or "").get(MARK)
    except (ValueError, AttributeError):
        return None
    return mark if isinstance(mark, dict) and {"kind", "complete", "created_at"} <= set(mark) else None


def write_mark(admin: Connection, database: OwnDatabase) -> None:
    """Store what is known about one of our databases in its comment."""
    mark = {
        "kind": database.kind, "complete": database.complete, "created_at": database.created_at,
        "used_at": database.used_at, "about": database.about,
    }  # fmt: skip
    comment = sql.Literal(json.dumps({MARK: mark}, sort_keys=True))
    admin.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(database.name), comment))


def create(admin: Connection, name: str, kind: str, *, template: str = "", about: dict[str, Any] | None = None) -> None:
    """Create a database of ours, marked, empty or as a copy of ``template`` (file by file, which is fastest).

    A clone is complete at once; an empty template database is so when ``complete`` says it.
    """
    drop(admin, name)
    # C collation: the same order and the same index sizes on every machine
    how = "TEMPLATE {} STRATEGY file_copy" if template else "TEMPLATE {} ENCODING 'UTF8' LOCALE 'C'"
    # Marked under a passing name first, so that no database of the final name is ever without its mark.
    passing, stamp = f"{PREFIX}new_{secrets.token_hex(4)}", now_text()
    with explained(f"creating database {name}"):
        source = sql.Identifier(template or "template0")
        admin.execute(sql.SQL("CREATE DATABASE {} ").format(sql.Identifier(passing)) + sql.SQL(how).format(source))
        write_mark(admin, OwnDatabase(passing, kind, bool(template), stamp, stamp, about or {}))
        admin.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(passing), sql.Identifier(name)))


def clone(admin: Connection, template: str, name: str, kind: str, about: dict[str, Any] | None = None) -> None:
    """Copy one of our databases, claimed for as long as ``admin`` lives; nobody may be connected to ``template``."""
    claim(admin, name)
    create(admin, name, kind, template=template, about=about)


def find(admin: Connection, name: str) -> OwnDatabase | None:
    """Our database of that name, if there is one."""
    return next((database for database in own_databases(admin) if database.name == name), None)


def complete(admin: Connection, name: str, about: dict[str, Any]) -> None:
    """Mark a template as finished: from now on later runs may use it."""
    if database := find(admin, name):
        write_mark(admin, replace(database, complete=True, about=about, used_at=now_text()))


def drop(admin: Connection, name: str) -> None:
    """Drop one of our databases, if it exists.

    Raises:
        ServerError: a database of that name exists and is not ours.
    """
    exists = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    if not exists:
        return
    if not find(admin, name):
        hint = "rename it, or point pgproof at another server"
        raise ServerError(f"database {name} exists, but pgproof did not make it: it is left alone", hint=hint)
    admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def drop_all(target: Target, names: Iterable[str]) -> None:
    """Drop these databases of ours over a new connection: another one may be in the middle of something."""
    with target.connect() as admin:
        for name in names:
            drop(admin, name)


def claim(admin: Connection, name: str) -> bool:
    """Take the lock that says a live run works on ``name``; false when another run holds it.

    It is an advisory lock of ``admin``'s session, so it goes with the process, however that ends.
    """
    return bool(admin.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name]).fetchall()[0][0])


def release(admin: Connection, name: str) -> None:
    """Give the lock of ``claim`` back."""
    admin.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def clean(admin: Connection) -> list[str]:
    """Drop what interrupted runs left: our databases that no live run has claimed, except finished templates."""
    dropped = []
    for database in own_databases(admin):
        finished = database.complete and (database.kind == "template" or database.about.get("kept"))
        if finished or database.connections or not claim(admin, database.name):
            continue
        drop(admin, database.name)
        release(admin, database.name)
        dropped.append(database.name)
    return dropped
