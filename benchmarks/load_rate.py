"""How fast are rows loaded, compared with the server's own COPY of the same rows from ready binary files?

    python benchmarks/load_rate.py [--leads 100k] [--repeat 3]

Both in one run, in turn, on the same embedded server with the same settings, indexes and keys held back on both sides.
Ours: making, encoding and sending all 14 tables with two workers. Theirs: server-side COPY … FROM 'file' (FORMAT
binary, FREEZE), first over one connection, then over two. Rates are rows per second; the ratio is ours over theirs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path

import evidence

from bench.dataset.holdback import hold_back
from bench.dataset.load import load
from bench.dataset.source import tables
from bench.dataset.worker import Recipe
from bench.postgres import databases
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import SESSION_SETTINGS, ServerOptions, open_server
from bench.postgres.statements import run_file
from bench.progress import silent
from bench.workload import read

ROOT = Path(__file__).parent.parent
NAME = "pgproof_load_rate"


def prepare(admin: Connection, target: Target) -> None:
    """Make the schema without indexes and keys."""
    databases.create(admin, NAME, "scratch")
    with target.connect(NAME) as connection:
        run_file(connection, read(ROOT).schema, "schema.sql")
        hold_back(connection)


def copy_tables(target: Target, names: list[str], folder: Path) -> None:
    """Server-side COPY of some tables, over one connection."""
    with target.connect(NAME, autocommit=False) as connection:
        for name in names:
            connection.execute(f"TRUNCATE {name}")
            connection.execute(f"COPY {name} FROM '{folder / name}' WITH (FORMAT binary, FREEZE)")
        connection.commit()


def copy_all(target: Target, sizes: dict[str, int], folder: Path, connections: int) -> float:
    """Seconds that the server's own COPY of all tables takes over that many connections."""
    shares: list[list[str]] = [[] for _ in range(connections)]
    loads = [0] * connections
    for name in sorted(sizes, key=lambda name: -sizes[name]):
        lightest = loads.index(min(loads))
        shares[lightest].append(name)
        loads[lightest] += sizes[name]
    threads = [threading.Thread(target=copy_tables, args=(target, share, folder)) for share in shares]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begin


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", default="100k")
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    workload = read(ROOT)
    recipe = Recipe(workload.dataset, workload.scale.parse(given.leads), 1, "default")
    total = sum(table.rows for table in tables(*vars_of(recipe)))
    with open_server("embedded", ServerOptions()) as server, server.bulk():
        target = Target(server.dsn, SESSION_SETTINGS)
        assert server.data_dir
        folder = Path(tempfile.mkdtemp(prefix="pgproof-load-", dir=server.data_dir.parent))
        shutil.chown(folder, server.data_dir.stat().st_uid, server.data_dir.stat().st_gid)
        try:
            with target.connect() as admin:
                measure(admin, target, recipe, workload.clock, folder, total, given.repeat)
                databases.drop(admin, NAME)
        finally:
            shutil.rmtree(folder)


def vars_of(recipe: Recipe) -> tuple[Path, int, int, str]:
    """A recipe as arguments."""
    return recipe.folder, recipe.scale, recipe.seed, recipe.skew


def measure(
    admin: Connection, target: Target, recipe: Recipe, clock: str, folder: Path, total: int, repeat: int
) -> None:
    """Take turns; print each round and the medians."""
    ratios: dict[int, list[float]] = {1: [], 2: []}
    sizes: dict[str, int] = {}
    for number in range(repeat):
        prepare(admin, target)
        begin = time.perf_counter()
        load(target, NAME, recipe, clock, os.cpu_count() or 1, silent)
        ours = time.perf_counter() - begin
        with target.connect(NAME) as connection:
            for row in rows(connection, "list_tables"):
                sizes[row["name"]] = row["size_bytes"]
                if number == 0:
                    connection.execute(f"COPY {row['name']} TO '{folder / row['name']}' WITH (FORMAT binary)")
        print(f"ours, generation included: {ours:6.2f} s {total / ours:>9,.0f} rows/s")
        for connections in ratios:
            prepare(admin, target)
            theirs = copy_all(target, sizes, folder, connections)
            ratios[connections].append(theirs / ours)
            print(f"server-side COPY, {connections} connection(s): {theirs:6.2f} s {total / theirs:>9,.0f} rows/s")
    print(f"{total:,} rows, {sum(sizes.values()) / 1e6:,.0f} MB, {repeat} rounds")
    over = {f"over_{connections}": evidence.middle(values) for connections, values in ratios.items()}
    for name, ratio in over.items():
        print(f"ours / server-side, {name}: {ratio['median']:.0%} ({ratio['least']:.0%} to {ratio['most']:.0%})")
    evidence.keep("load_rate", {"rows": total, "megabytes": round(sum(sizes.values()) / 1e6), **over})


if __name__ == "__main__":
    main()
