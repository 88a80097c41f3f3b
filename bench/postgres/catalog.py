"""Questions to a server's catalog, each a file of ``bench/postgres/sql/`` that says what it asks and why."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import psycopg

from bench.postgres.connection import Connection


@cache
def own_sql(name: str) -> str:
    """The text of ``bench/postgres/sql/<name>.sql``, ending in a comment that names the file in pg_stat_activity."""
    text = (resources.files("bench.postgres") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    return f"{text.rstrip().rstrip(';')}\n-- pgproof: {name}.sql"


def rows(connection: Connection, name: str, *values: object) -> list[dict[str, Any]]:
    """Run one of our own SQL files with ``$1``… and return its rows as dictionaries."""
    cursor = psycopg.RawCursor(connection, row_factory=psycopg.rows.dict_row)
    return cursor.execute(own_sql(name), values).fetchall()
