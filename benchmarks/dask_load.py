"""How fast do the workers of a Dask cluster load, beside processes of this machine: the same rows, in turn?

    python benchmarks/dask_load.py [--leads 1M] [--repeat 3] [--workers 2]

A LocalCluster and as many processes, the same embedded server, indexes and keys held back on both sides. In the last
round one worker is killed when a third of the rows are there. Tables are compared by content hash, and row by row
in the order in which they lie.
"""

from __future__ import annotations

import argparse
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import evidence
from distributed import LocalCluster

from bench.dataset.holdback import hold_back
from bench.dataset.load import load
from bench.dataset.worker import Loaded, Recipe
from bench.postgres import databases
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import SESSION_SETTINGS, ServerOptions, open_server
from bench.postgres.statements import run_file
from bench.progress import Progress, silent
from bench.workload import read

ROOT = Path(__file__).parent.parent
NAME = "pgproof_dask_load"

Found = tuple[dict[str, Loaded], dict[str, str]]


def main() -> None:
    """Take turns, print each, and keep medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", default="1M")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--home", type=Path)
    given = parser.parse_args()
    workload = read(ROOT)
    recipe = Recipe(workload.dataset, workload.scale.parse(given.leads), 1, "default", None, workload.clock)
    total = sum(table.rows for table in recipe.tables())
    local = LocalCluster(n_workers=given.workers, threads_per_worker=1, dashboard_address=None)
    seconds: dict[str, list[float]] = {"here": [], "dask": [], "killed": []}
    found: list[Found] = []
    with local as cluster, open_server("embedded", ServerOptions(home=given.home)) as server, server.bulk():
        target = Target(server.dsn, SESSION_SETTINGS, server.login)
        address = cluster.scheduler_address.removeprefix("tcp://")

        def filled(scheduler: str, progress: Progress) -> dict[str, Loaded]:
            return load(target, NAME, recipe, workload.clock, given.workers, progress, scheduler)

        turns = [("here", "", silent), ("dask", address, silent)] * given.repeat
        with target.connect() as admin:
            for name, scheduler, progress in [*turns, ("killed", address, killing(cluster))]:
                spent, one = measured(admin, target, lambda s=scheduler, p=progress: filled(s, p))
                seconds[name].append(spent)
                found.append(one)
                print(f"{name}: {spent:6.1f} s {total / spent:>9,.0f} rows/s", flush=True)
            databases.drop(admin, NAME)
    same = all(one == found[0] for one in found)
    print(f"{total:,} rows; the same rows in the same order each time: {same}")
    assert same
    ratios = [here / dask for here, dask in zip(seconds["here"], seconds["dask"], strict=True)]
    kept = {name: evidence.middle([round(one, 2) for one in several]) for name, several in seconds.items()}
    evidence.keep("dask_load", {"rows": total, "workers": given.workers, "rate": evidence.middle(ratios), **kept})


def killing(cluster: LocalCluster) -> Progress:
    """Kill the first worker when a third of the rows are there."""
    left = [next(iter(cluster.workers.values())).pid]

    def progress(phase: str, done: float, total: float, unit: str = "") -> None:
        if left and done > total / 3:
            os.kill(left.pop(), signal.SIGKILL)

    return progress


def measured(admin: Connection, target: Target, fill: Callable[[], dict[str, Loaded]]) -> tuple[float, Found]:
    """Seconds for filling an empty database, and what is in it then: hashes, and those of each table as it lies."""
    databases.create(admin, NAME, "scratch")
    with target.connect(NAME) as connection:
        run_file(connection, read(ROOT).schema, "schema.sql")
        hold_back(connection)
    begin = time.perf_counter()
    loaded = fill()
    spent = time.perf_counter() - begin
    lies = {}
    with target.connect(NAME) as connection:
        for row in rows(connection, "list_tables"):
            # Each row's hash times its place: another order is another sum.
            asked = "SELECT sum(hashtextextended(t::text, 0)::numeric * n) FROM (SELECT t, row_number() OVER () AS n"
            lies[row["name"]] = str(connection.execute(f"{asked} FROM {row['name']} AS t) AS t").fetchall()[0][0])
    return spent, (loaded, lies)


if __name__ == "__main__":
    main()
