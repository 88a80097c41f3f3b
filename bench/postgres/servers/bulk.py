"""Durability switched off while rows are made, on a server that is pgproof's own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock

import psycopg
from psycopg import sql

from bench.errors import ServerError

DURABILITY = ("fsync", "full_page_writes", "synchronous_commit")
"""Off: nothing waits for the disk, and WAL holds no page images. The rows can be made again; a measurement of
writes must pay for all three, so they are on outside the block."""
RELOAD_TIMEOUT_S = 10.0
POLL_S = 0.01


def without_durability(
    dsn: str, begun: Callable[[], None] = lambda: None
) -> Callable[[], AbstractContextManager[None]]:  # fmt: skip
    """Blocks in which no server process waits for the disk; ``begun`` is called before it is switched off.

    Of blocks in one another or beside one another the first switches off and the last on, which takes 25 ms of CPU
    each. Connections opened before follow within a moment.
    """
    running, lock = 0, Lock()

    @contextmanager
    def bulk() -> Iterator[None]:
        nonlocal running
        with lock:
            if not running:
                begun()
                _switch(dsn, "off")
            running += 1
        try:
            yield
        finally:
            with lock:
                running -= 1
                if not running:
                    _switch(dsn, "on")

    return bulk


def restore_durability(dsn: str) -> None:
    """On again, where a run was killed inside the block; the server keeps such settings."""
    if _count_set_to(dsn, "on") < len(DURABILITY):
        _switch(dsn, "on")


def _switch(dsn: str, value: str) -> None:
    """Set all three, and return when new connections see them."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        for name in DURABILITY:
            conn.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
        conn.execute("SELECT pg_reload_conf()")
    deadline = time.monotonic() + RELOAD_TIMEOUT_S
    while _count_set_to(dsn, value) < len(DURABILITY):
        if time.monotonic() > deadline:
            raise ServerError(
                f"the server did not take {' and '.join(DURABILITY)} = {value} within {RELOAD_TIMEOUT_S:.0f} s",
                hint="see the server's log",
            )
        time.sleep(POLL_S)


def _count_set_to(dsn: str, value: str) -> int:
    with psycopg.connect(dsn) as conn:
        query = "SELECT count(*) FROM pg_settings WHERE name = ANY(%s) AND setting = %s"
        row = conn.execute(query, [list(DURABILITY), value]).fetchone()
    assert row is not None
    return int(row[0])
