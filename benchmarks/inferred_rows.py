"""How fast are inferred rows made and copied, compared with a binary COPY of the same rows, ready made?

    python benchmarks/inferred_rows.py [--rows 400k] [--repeat 3] [--workers 2]

Five small schemas of two tables each, without indexes while rows arrive. Ours: making, encoding and sending with so
many workers, whose start counts too. Theirs: the same bytes from memory over one connection. The best repetition
counts for both sides. Also: how long a schema of 400 tables takes to plan.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import evidence

from bench.dataset.holdback import hold_back
from bench.dataset.inferred import load_world, ready
from bench.inference.rows.catalog import read_catalog
from bench.inference.rows.filling import FilledTable, tables_of
from bench.inference.rows.inferring import infer_rows
from bench.inference.rows.world import World
from bench.postgres import databases
from bench.postgres.connection import Target
from bench.postgres.copying import copy_statement, encoder_of
from bench.postgres.servers import SESSION_SETTINGS, ServerOptions, open_server
from bench.progress import silent

NAME = "pgproof_inferred_rows"
SCHEMAS = {
    "numbers": "id bigint PRIMARY KEY, a int NOT NULL, b int NOT NULL, c bigint NOT NULL, d boolean NOT NULL",
    "times": "id bigint PRIMARY KEY, created_at timestamptz NOT NULL, day date NOT NULL, kind smallint NOT NULL",
    "words": "id bigint PRIMARY KEY, status text NOT NULL, name varchar(80), city text, quantity int NOT NULL",
    "uuids": "id uuid PRIMARY KEY, parent_id uuid NOT NULL, price numeric(8, 2) NOT NULL",
    "documents": "id bigint PRIMARY KEY, metadata jsonb NOT NULL, created_at timestamptz NOT NULL",
}


def wide(tables: int) -> str:
    """A schema of that many tables, each a child of the one before."""
    statements = ["CREATE TABLE t0 (id bigserial PRIMARY KEY, name text NOT NULL UNIQUE)"]
    statements += [
        f"CREATE TABLE t{n} (id bigserial PRIMARY KEY, t{n - 1}_id bigint NOT NULL"
        f" REFERENCES t{n - 1}, email text, status text CHECK (status IN ('new', 'done')),"
        " amount numeric(8, 2) CHECK (amount >= 0), created_at timestamptz)"
        for n in range(1, tables)
    ]
    return ";".join(statements)


def world_of(target: Target, schema: str, rows: int) -> tuple[World, float]:
    """The rows of a schema in a new database, and how long planning took (seconds)."""
    with target.connect() as admin:
        if databases.find(admin, NAME):
            databases.drop(admin, NAME)
        databases.create(admin, NAME, "scratch")
    with target.connect(NAME) as connection:
        connection.execute(schema.encode())
        begin = time.perf_counter()
        found = read_catalog(connection)
        plan = infer_rows(found, rows)
        planned = time.perf_counter() - begin
        world = ready(target, NAME, found, plan)
        hold_back(connection)
    return world, planned


def ready_made(target: Target, tables: list[FilledTable]) -> float:
    """Seconds that COPY takes for the tables' bytes from memory, one after the other."""
    pieces = {}
    for table in tables:
        encoder = encoder_of(table.schema, text=table.text)
        made = (encoder.rows(table.build(chunk)) for chunk in range(table.chunks))
        pieces[table.name] = [encoder.header(), *made, encoder.trailer()]
    begin = time.perf_counter()
    with target.connect(NAME, autocommit=False) as connection:
        for table in tables:
            connection.execute(f"TRUNCATE {table.name}".encode())
            statement = copy_statement(table.identifier, table.schema.names, "FREEZE", text=table.text)
            with connection.cursor().copy(statement) as copy:
                for piece in pieces[table.name]:
                    copy.write(piece)
        connection.commit()
    return time.perf_counter() - begin


def measure(target: Target, schema: str, rows: int, repeat: int, workers: int) -> tuple[int, float, float]:
    """Rows, and the least seconds of ours and of theirs."""
    world, _ = world_of(target, ";".join(f"CREATE TABLE {name} ({schema})" for name in ("a", "b")), rows)
    tables, ours, theirs = tables_of(world), [], []
    for _ in range(repeat):
        begin = time.perf_counter()
        load_world(target, NAME, world, workers, silent)
        ours.append(time.perf_counter() - begin)
        theirs.append(ready_made(target, tables))
    return sum(table.rows for table in tables), min(ours), min(theirs)


def main() -> None:
    """Print a line for each schema."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", default="400k")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    count = int(asked.rows.replace("k", "000").replace("M", "000000"))
    home = Path(tempfile.mkdtemp(prefix="pgproof-inferred-"))
    home.chmod(0o755)
    with open_server("embedded", ServerOptions(home=home / "home")) as server:
        target = Target(server.dsn, SESSION_SETTINGS, server.login)
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        lines = ["| schema | rows | ours, rows a second | ready made | share |", "|---|---:|---:|---:|---:|"]
        for name, schema in SCHEMAS.items():
            rows, ours, theirs = measure(target, schema, count, asked.repeat, asked.workers)
            rates = f"ours {rows / ours:9,.0f}/s  ready {rows / theirs:9,.0f}/s  {theirs / ours:.2f}"
            print(f"{name:10} {rows:9,} rows  {rates}", flush=True)
            lines.append(f"| {name} | {rows:,} | {rows / ours:,.0f} | {rows / theirs:,.0f} | {theirs / ours:.0%} |")
        planned = world_of(target, wide(400), 200_000)[1]
        print(f"400 tables planned in {planned:.1f} s, load {os.getloadavg()[0]:.1f}")
    kept = {"times": asked.repeat, "workers": asked.workers, "table": "\n".join(lines)}
    evidence.keep("inferred_rows", {**kept, "planned_400_tables_s": round(planned, 1)})


if __name__ == "__main__":
    main()
