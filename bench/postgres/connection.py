"""Connections to a server: where to, with which settings of the session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import ExecStatus, TransactionStatus

from bench.errors import ServerError
from bench.postgres.failures import explained, first_line

Connection = psycopg.Connection[Any]
RV = TypeVar("RV")
COPYING = (ExecStatus.COPY_IN, ExecStatus.COPY_OUT, ExecStatus.COPY_BOTH)

OF_A_SESSION = ("dbname", "options", "application_name", "fallback_application_name", "service", "passfile")
"""What libpq took for one connection and from this machine's files: no part of the way to the server."""


class _Interruptible(psycopg.Connection[Any]):
    """A connection that can be used after Ctrl-C, to clean up.

    The driver cancels the statement then, and reads on where it was. Where the signal came while its own code ran,
    there is nowhere to read on, and every later statement would be refused: "another command is already in progress".
    """

    def wait(self, gen: PQGen[RV], *args: Any, **options: Any) -> RV:  # noqa: ANN401
        try:
            return super().wait(gen, *args, **options)
        except (KeyboardInterrupt, SystemExit):
            while self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                result = self.pgconn.get_result()
                if result and result.status in COPYING:
                    self.pgconn.finish()
            raise


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect. ``dsn`` may hold a password, so it is kept out of ``repr``."""

    dsn: str = field(repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)
    """Session settings of every connection, so that each server plans alike."""
    login: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Who logs in to databases with a workload in them, in words of libpq; as the DSN says where it is empty."""

    @property
    def host(self) -> str:
        """The host that the DSN names, or the folder of its socket; empty where it names none."""
        return str(conninfo_to_dict(self.dsn).get("host") or "")

    def as_seen_by(self, connection: Connection) -> Target:
        """The same for another machine: with what ``connection`` took from this one's environment and service file.

        But for a password: of those only the DSN's own goes along.
        """
        used = connection.info.get_parameters()
        parts = {name: value for name, value in used.items() if name not in OF_A_SESSION}
        given: dict[str, Any] = conninfo_to_dict(self.dsn)
        kept = {name: value for name, value in given.items() if name in ("password", "options")}
        return replace(self, dsn=make_conninfo("", **{"host": connection.info.host, **parts, **kept}))

    def connect(self, database: str | None = None, *, autocommit: bool = True, **settings: str) -> Connection:
        """Open a connection to ``database``, for a workload's SQL, or as ourselves to the DSN's own where it is None.

        ``settings`` add to the target's.
        """
        return self._open({"dbname": database, **self.login} if database else {}, autocommit, settings)

    def connect_as_ourselves(self, database: str) -> Connection:
        """Open a connection to ``database`` for what a workload's SQL may not, and no word of it may be part of.

        Names without a schema are PostgreSQL's own, whatever the workload has made.
        """
        return self._open({"dbname": database}, True, {"search_path": "pg_catalog"})

    def _open(self, place: Mapping[str, str], autocommit: bool, settings: Mapping[str, str]) -> Connection:
        info: dict[str, Any] = {**conninfo_to_dict(self.dsn), **place}
        # Rows of a commit that is not yet on disk cannot be marked visible to all: VACUUM would leave them out.
        merged = {"synchronous_commit": "on", **self.settings, **settings}
        options = session_options(merged)
        given = str(info.pop("options", "") or "")
        conninfo = make_conninfo(**info, options=f"{given} {options}".strip(), application_name="pgproof")
        try:
            return _Interruptible.connect(conninfo, autocommit=autocommit)
        except psycopg.OperationalError as error:
            raise ServerError(f"cannot connect to database {info.get('dbname')}: {first_line(error)}") from None


def session_options(settings: Mapping[str, str]) -> str:
    """Settings of a session as libpq takes them (``options``, ``PGOPTIONS``)."""
    return " ".join(f"-c {name}={_escaped(value)}" for name, value in settings.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


@contextmanager
def without_timeout(connection: Connection) -> Iterator[None]:
    """Let statements take as long as they take until the block ends: a session's timeout is for queries, and not for
    what builds or cleans up. Where the transaction is rolled back, so is this."""
    usual = connection.execute("SELECT current_setting('statement_timeout')").fetchall()[0][0]
    connection.execute("SET statement_timeout = 0")
    yield
    connection.execute("SELECT set_config('statement_timeout', %s, false)", [usual])


def checkpoint(connection: Connection) -> bool:
    """Write back what is dirty, so that nothing of it falls into a measurement; False where the role may not."""
    allowed = "SELECT rolsuper OR pg_has_role(oid, 'pg_checkpoint', 'USAGE') FROM pg_roles WHERE rolname = current_user"
    with explained("checkpoint"):
        if connection.execute(allowed).fetchall()[0][0]:
            connection.execute("CHECKPOINT")
            return True
    return False
