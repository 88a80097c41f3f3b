"""Connections to a server: where to, with which settings of the session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bench.errors import ServerError
from bench.postgres.failures import explained, first_line

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect. ``dsn`` may hold a password, so it is kept out of ``repr``."""

    dsn: str = field(repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)
    """Session settings of every connection, so that each server plans alike."""
    login: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Who logs in to databases with a workload in them, in words of libpq; as the DSN says where it is empty."""

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
            return psycopg.connect(conninfo, autocommit=autocommit)
        except psycopg.OperationalError as error:
            raise ServerError(f"cannot connect to database {info.get('dbname')}: {first_line(error)}") from None


def session_options(settings: Mapping[str, str]) -> str:
    """Settings of a session as libpq takes them (``options``, ``PGOPTIONS``)."""
    return " ".join(f"-c {name}={_escaped(value)}" for name, value in settings.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


def checkpoint(connection: Connection) -> bool:
    """Write back what is dirty, so that nothing of it falls into a measurement; False where the role may not."""
    allowed = "SELECT rolsuper OR pg_has_role(oid, 'pg_checkpoint', 'USAGE') FROM pg_roles WHERE rolname = current_user"
    with explained("checkpoint"):
        if connection.execute(allowed).fetchall()[0][0]:
            connection.execute("CHECKPOINT")
            return True
    return False
