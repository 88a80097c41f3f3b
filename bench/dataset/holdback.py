"""Hold indexes and constraints back while rows arrive, and build them afterwards: it is several times faster.

What to hold back is read from the catalog after schema.sql has run, so any schema will do, and each object comes back
under its own name from the definition that the server itself gave.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import psycopg

from bench.dataset.parallel import Job, run_jobs
from bench.postgres.build_settings import MAINTENANCE_WORK_MEM
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target
from bench.postgres.failures import explained
from bench.progress import Progress

Held = list[dict[str, Any]]

FOREIGN_KEYS = 3
"""Their phase: they are built last."""


def hold_back(connection: Connection, *, keys: bool = True) -> Held:
    """Drop indexes, keys and foreign keys, or without ``keys`` these alone; return what is needed to make them again.

    A key that a view leans on (GROUP BY a primary key) stays, and rows arrive beside it.
    """
    held = []
    with explained("holding indexes back"):
        for entry in sorted(rows(connection, "list_indexes_and_constraints"), key=lambda entry: -int(entry["phase"])):
            if not keys and int(entry["phase"]) != FOREIGN_KEYS:
                continue
            with suppress(psycopg.errors.DependentObjectsStillExist), connection.transaction():
                connection.execute(entry["drop_sql"])
                held.append(entry)
    return held


def build(
    target: Target, database: str, held: Held, sizes: Mapping[str, int], connections: int, progress: Progress
) -> None:
    """Make again what ``hold_back`` dropped: keys first, then indexes, then foreign keys.

    ``sizes`` weighs the tables (bytes by name), so that progress and order follow the work.
    """
    first = f"SET maintenance_work_mem = '{MAINTENANCE_WORK_MEM}'"
    names = {1: "keys", 2: "indexes", FOREIGN_KEYS: "foreign keys"}
    for phase, name in names.items():
        jobs = [
            Job(
                f"{name} of {entry['table_name']} ({entry['name']})",
                tuple(s for s in (first, entry["create_sql"], entry["comment_sql"]) if s),
                1.0 + sizes.get(entry["table_name"], 0) / 1e6,
            )
            for entry in held
            if entry["phase"] == phase
        ]
        if jobs:
            run_jobs(target, database, jobs, connections, f"building {name}", progress)
