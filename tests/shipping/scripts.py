"""Scripts of one block, psql that runs them, and what the catalog says afterwards."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bench.model import Optimization
from bench.postgres.connection import Connection
from bench.postgres.servers import ServerHandle
from bench.shipping import Waiting, concurrent_steps, ship_script
from bench.workload.optimizations import read_optimizations

QUICK = Waiting(lock_timeout_ms=100, attempts=50, pause_s=0.05, pause_max_s=0.1)
CHECK = "ALTER TABLE t ADD CONSTRAINT c CHECK (n > 0);"

CATALOG = """
SELECT 'index' AS kind, pg_get_indexdef(indexrelid) AS name, indisvalid::text AS definition
FROM pg_index JOIN pg_class c ON c.oid = indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'pg_toast', 'bench_meta')
UNION ALL
SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) || convalidated
FROM pg_constraint WHERE connamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname IN ('pg_catalog',
    'information_schema', 'bench_meta'))
UNION ALL
SELECT 'relation', oid::regclass::text, relkind::text FROM pg_class
WHERE relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^crm' OR nspname = 'public')
UNION ALL
SELECT 'not null', attrelid::regclass || '.' || attname, attnotnull::text
FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
WHERE attnum > 0 AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'routine', oid::regprocedure::text, md5(prosrc) FROM pg_proc
WHERE pronamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_|^information|^bench')
UNION ALL
SELECT 'statistics', stxname, stxkind::text FROM pg_statistic_ext
UNION ALL
SELECT 'extension', extname, extversion FROM pg_extension
ORDER BY 1, 2, 3
"""

Psql = Callable[[str], "subprocess.CompletedProcess[str]"]


def command(server: ServerHandle, name: str) -> list[str]:
    """Psql on one database of the session's server."""
    assert server.bin_dir is not None
    dsn = make_conninfo(**(conninfo_to_dict(server.dsn) | {"dbname": name, "options": ""}))
    return [str(server.bin_dir / "psql"), "-X", "-f", "-", dsn]


@contextmanager
def shipping(server: ServerHandle, text: str) -> Iterator[subprocess.Popen[str]]:
    """A script that runs in the live database meanwhile."""
    pipe = subprocess.PIPE
    line = command(server, "pgproof_live")
    with subprocess.Popen(line, stdin=pipe, stdout=subprocess.DEVNULL, stderr=pipe, text=True) as process:
        assert process.stdin is not None
        process.stdin.write(text)
        process.stdin.close()
        yield process


def blocks(folder: Path, sql: str, undo: str = "") -> tuple[Optimization, ...]:
    """One block with these statements."""
    text = f"-- optimization: one\n-- category: index\n{f'-- undo: {undo}' if undo else '-- why: a test'}\n{sql}\n"
    (folder / "optimizations.sql").write_text(text)
    return read_optimizations(folder / "optimizations.sql", folder)


def script(folder: Path, sql: str, undo: str = "", waiting: Waiting = QUICK) -> str:
    return ship_script("live", blocks(folder, sql, undo), waiting=waiting)


def back(folder: Path, sql: str, undo: str = "") -> str:
    return ship_script("live", blocks(folder, sql, undo), undo=True, waiting=QUICK)


def steps(folder: Path, sql: str, undo: str = "") -> list[tuple[str, str]]:
    return [(step.kind, step.sql) for step in concurrent_steps(blocks(folder, sql, undo)[0])]


def catalog(connection: Connection) -> list[tuple[str, ...]]:
    return connection.execute(CATALOG).fetchall()


def is_valid(connection: Connection, index: str) -> bool:
    found = connection.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [index]).fetchone()
    return bool(found and found[0])
