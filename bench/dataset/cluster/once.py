"""A table is loaded once, whoever dies: its rows and the note that they are there are one transaction.

Of a worker that dies nothing stays, and one that was given up too early, or tries once more, finds the note.
"""

from __future__ import annotations

from collections.abc import Callable

from psycopg import sql

from bench.dataset.table import Table
from bench.dataset.worker import Loaded, copy_table
from bench.inference.rows.filling import FilledTable
from bench.postgres.connection import Connection
from bench.postgres.ledger import SCHEMA


def open_notes(connection: Connection, token: str) -> None:
    """Make the list of the tables that are there, under a name of its own."""
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SCHEMA)))
    columns = sql.SQL("table_name text PRIMARY KEY, rows bigint NOT NULL, content_hash text NOT NULL")
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(_notes(token), columns))


def are_open(connection: Connection, token: str) -> bool:
    """Whether this database has that list: one of the same name on another server has none."""
    return bool(connection.execute("SELECT to_regclass(%s)", [f"{SCHEMA}.loaded_{token}"]).fetchall()[0][0])


def close_notes(connection: Connection, token: str) -> None:
    """End whoever still copies for this list, and drop it: one who comes too late can commit nothing."""
    _end_sessions(connection, f"{_session(token)}%")
    connection.execute(sql.SQL("DROP TABLE {}").format(_notes(token)))


def load_once(
    token: str, table: Table | FilledTable, number: int, connection: Connection, sent: Callable[[int], None]
) -> Loaded:
    """Copy the table in, or find that it is there; ``connection`` is in no transaction.

    An earlier try at the same table, known by its ``number``, is ended: a machine that is gone never ends its own.
    """
    session = f"{_session(token)}{number}"
    _end_sessions(connection, session)
    connection.execute("SELECT set_config('application_name', %s, false)", [session])
    connection.commit()
    found = _noted(token, table.name, connection)
    if found is None:
        found = copy_table(table, connection, sent)
        note = sql.SQL("INSERT INTO {} VALUES (%s, %s, %s) ON CONFLICT DO NOTHING").format(_notes(token))
        if not connection.execute(note, [table.name, found.rows, found.content_hash]).rowcount:
            connection.rollback()  # the earlier try was done before it was ended
    connection.commit()
    return found


def _noted(token: str, table: str, connection: Connection) -> Loaded | None:
    asked = sql.SQL("SELECT rows, content_hash FROM {} WHERE table_name = %s").format(_notes(token))
    row = connection.execute(asked, [table]).fetchone()
    return Loaded(*row) if row else None


def _end_sessions(connection: Connection, named: str) -> None:
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name LIKE %s AND datname = %s AND pid <> pg_backend_pid()",
        [named, connection.info.dbname],
    )


def _session(token: str) -> str:
    """Under which the sessions of a load are known, each with the number of its table."""
    return f"pgproof rows {token} "


def _notes(token: str) -> sql.Identifier:
    return sql.Identifier(SCHEMA, f"loaded_{token}")
