"""What does pgproof add to an execution on top of the server and the wire?

    python benchmarks/harness_overhead.py [--leads 20k] [--repeat 15]

The same statements with the same parameters, in turn, on the same database: pgproof's own timed execution, and
pgbench -M prepared (one client, custom plans forced for both). pgbench is C over libpq: the difference is pgproof's.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import tempfile
from pathlib import Path

import evidence
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bench.dataset.bindings import choose_bindings
from bench.dataset.template import Build, ensure
from bench.dataset.worker import Recipe
from bench.measurement import Cell, Sides, cells_of
from bench.measurement.execution import execute
from bench.postgres.connection import Target
from bench.postgres.servers import SESSION_SETTINGS, ServerHandle, ServerOptions, open_server
from bench.progress import silent
from bench.workload import read
from bench.workload.sqlfile import fill_in

ROOT = Path(__file__).parent.parent
QUERIES = ("communication_history", "lead_assignment_queue", "pipeline_board", "audit_trail")
EXECUTIONS = 300


def pgbench(server: ServerHandle, dsn: str, cell: Cell, folder: Path) -> float:
    """Mean latency in ms of one pgbench run."""
    args = cell.bindings[0].args
    values = {p.name: f"'{args[p.name]}'" for p in cell.query.parameters}
    settings = [f"\\set {name} {value}" for name, value in values.items() if value.strip("'").isdigit()]
    typed = {p.name: f"{values[p.name]}::{p.type}" for p in cell.query.parameters}
    numeric = {p.name: f":{p.name}::{p.type}" for p in cell.query.parameters if args[p.name] and args[p.name].isdigit()}
    script = folder / "script.sql"
    text = " ".join(fill_in(cell.query.sql, typed | numeric, "script").split("\n"))
    script.write_text("\n".join([*(s.replace("'", "") for s in settings), text + ";"]))
    assert server.bin_dir
    command = [server.bin_dir / "pgbench", "-n", "-M", "prepared", "-t", str(EXECUTIONS), "-f", script, dsn]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(re.search(r"latency average = ([\d.]+) ms", out)[1])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", default="20k")
    parser.add_argument("--repeat", type=int, default=15)
    given = parser.parse_args()
    workload = read(ROOT)
    recipe = Recipe(workload.dataset, workload.scale.parse(given.leads), 1, "default")
    with open_server("embedded", ServerOptions()) as server:
        target = Target(server.dsn, SESSION_SETTINGS, server.login)
        with target.connect() as admin:
            how = Build(target, server.version_num // 10000, server.bulk, 2, silent)
            name, _ = ensure(admin, workload, recipe, how)
        with target.connect(name) as connection:
            queries = [query for query in workload.queries if query.name in QUERIES]
            bindings = choose_bindings(connection, queries, ROOT / "dataset" / "classes.sql", workload.clock, silent)
        cells = [cell for cell in cells_of(queries, bindings) if cell.parameter_class in ("tiny", "median")]
        sides = Sides(target, {"before": name}, 30)
        with sides.connect("before", writes=False) as connection:  # pgbench gets the very same session settings
            options = connection.info.get_parameters()["options"]
        dsn = make_conninfo(**(conninfo_to_dict(server.dsn) | {"dbname": name, "options": options}))
        compare(server, sides, dsn, cells, given.repeat)


def compare(server: ServerHandle, sides: Sides, dsn: str, cells: list[Cell], repeat: int) -> None:
    """Take turns, cell by cell; print medians of the rounds."""
    added = []
    with sides.connections(writes=False) as connections, tempfile.TemporaryDirectory() as folder:
        for cell in cells:
            ours, theirs = [], []
            for _ in range(repeat):
                times = [execute(connections["before"], cell, "before", 0)[0] for _ in range(EXECUTIONS)]
                ours.append(statistics.fmean(times))
                theirs.append(pgbench(server, dsn, cell, Path(folder)))
            difference = statistics.median(o - t for o, t in zip(ours, theirs, strict=True))
            added.append(difference)
            label = f"{cell.query.name}[{cell.parameter_class}]"
            print(f"{label:36} pgproof {statistics.median(ours):7.3f} ms   pgbench {statistics.median(theirs):7.3f} ms"
                  f"   added {difference:+.3f} ms")  # fmt: skip
    ms = evidence.middle(added)
    print(f"added per execution: median {ms['median']:.3f} ms, largest {ms['most']:.3f} ms ({len(cells)} cells)")
    evidence.keep("harness", {"cells": len(cells), "rounds": repeat, "executions": EXECUTIONS, "added_ms": ms})


if __name__ == "__main__":
    main()
