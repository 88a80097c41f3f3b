"""Small databases with optimizations applied, for tests of what is measured on copies of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.model import Applied
from bench.postgres import databases, ledger, optimizations
from bench.postgres.connection import Connection, Target
from bench.postgres.statements import run_file
from bench.progress import silent
from bench.workload import Workload, read

SCHEMA = "CREATE TABLE t (id bigint PRIMARY KEY, a bigint NOT NULL, b bigint NOT NULL, doc jsonb NOT NULL);"
FILL = """INSERT INTO t SELECT n, n * 7919 % 10007, n % 100, jsonb_build_object('k', n % 500)
    FROM generate_series(1, 5000) AS n"""


def workload_in(folder: Path, blocks: str, writes: Mapping[str, str] | None = None, schema: str = SCHEMA) -> Workload:
    """A workload with these blocks of optimizations.sql and these statements in writes/, without their headers."""
    (folder / "queries").mkdir(exist_ok=True)
    (folder / "queries" / "q.sql").write_text("-- title: T\n-- asks: Q?\nSELECT 1;")
    (folder / "schema.sql").write_text(schema)
    (folder / "optimizations.sql").write_text(blocks)
    for name, text in (writes or {}).items():
        (folder / "writes").mkdir(exist_ok=True)
        (folder / "writes" / f"{name}.sql").write_text(f"-- title: {name}\n-- asks: What does it cost?\n{text}\n")
    return read(folder)


def block(name: str, sql: str, *, undo: str = "", category: str = "index") -> str:
    """One block of optimizations.sql."""
    return (
        f"-- optimization: {name}\n-- category: {category}\n{f'-- undo: {undo}' if undo else '-- why: test'}\n{sql}\n\n"
    )


@contextmanager
def treated(
    admin: Connection, target: Target, name: str, workload: Workload, fill: str
) -> Iterator[tuple[Connection, tuple[Applied, ...]]]:
    """A connection to a new database with schema, rows and optimizations, and what applying them was like."""
    databases.create(admin, name, "scratch")
    with target.connect(name) as connection:
        run_file(connection, workload.schema, "schema.sql")
        ledger.create(connection)
        connection.execute(fill)
        connection.execute("VACUUM (FREEZE, ANALYZE)")
        yield connection, optimizations.apply_all(connection, workload.optimizations, silent)
