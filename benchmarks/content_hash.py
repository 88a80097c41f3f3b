"""Time how long the server takes to hash a table's content, which every statement that writes has to wait for.

    python benchmarks/content_hash.py [LEADS [HOME]]   # 20000 leads of the CRM

Processor time of the server process, the least of 7, for a table and for a million of its rows.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import evidence

from bench.experiments.setup import SetupOptions, prepared
from bench.measurement.contents import contents, shared_columns
from bench.measurement.loops import process_clock
from bench.postgres.servers import ServerOptions, open_server
from bench.workload import read

TABLES = ("crm.leads", "crm.communications", "crm.audit_log", "crm.lead_assignments")
TIMES = 7


def main(leads: int, home: Path | None) -> None:
    """Print a line for each table, and keep them."""
    found = []
    chosen = SetupOptions(read(Path(__file__).parents[1]), leads, 1, "default", 2, 20 * 1024**3)
    with (
        open_server("embedded", ServerOptions(dsn=None, home=home, progress=print)) as server,
        prepared(chosen, server) as setup,
        setup.target.connect(setup.template) as connection,
    ):
        clock = process_clock(connection, readable=True)
        assert clock is not None, "the clock of another process cannot be read here"
        columns = shared_columns([connection])
        for table in TABLES:
            rows = connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
            spent = []
            for _ in range(TIMES):
                begin = time.clock_gettime_ns(clock)
                contents(connection, [table], columns)
                spent.append((time.clock_gettime_ns(clock) - begin) / 1e9)
            print(f"{table}: {rows:,} rows in {min(spent):.3f} s, {min(spent) / rows * 1e6:.2f} s a million")
            found.append({"table": table, "rows": rows, "seconds_a_million": round(min(spent) / rows * 1e6, 2)})
    kept = {"leads": leads, "times": TIMES, "tables": found}
    evidence.keep("content_hash", kept, f"python benchmarks/content_hash.py {leads}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000, Path(sys.argv[2]) if len(sys.argv) > 2 else None)
