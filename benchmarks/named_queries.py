"""The six named queries of the CRM after, for the largest tenant, beside what an earlier report claimed for them.

    python benchmarks/named_queries.py [--leads 1M] [--clock TIME]... [--home FOLDER]    # 15 minutes a clock at 1M
    python benchmarks/figures_in_docs.py

The earlier report measured a database of five leads. Its figures are what somebody will hold ours against: they stand
beside each other under the conditions that ours hang on. For each clock (the workload's own, midnight, is the best case
of whatever is kept by day) a database is filled and optimized, and the queries are executed in it as it was made; then
after a fifth of its rows was written, kept up once and nothing vacuumed; then with more writes that wait for their next
upkeep. ``in a row`` is a query in turn with itself, ``interleaved`` in turn with all others that read, as a run does.
Plans are made for the values each time, but for ``planned once``, the generic one that a pool may keep.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import median

import evidence

from bench.experiments.setup import Setup, SetupOptions, prepared
from bench.measurement import Cell, execute
from bench.measurement.churn import churn
from bench.measurement.execution import explain
from bench.measurement.schedule import keep_up_once
from bench.measurement.write_statements import statements_of
from bench.measurement.write_trials import run_here
from bench.plans import counters
from bench.postgres.connection import Connection, checkpoint
from bench.postgres.servers import ServerOptions, open_server
from bench.progress import silent
from bench.report import numbers
from bench.workload import read

ROOT = Path(__file__).parents[1]
EXECUTIONS = 60
SHARE = 0.2
PENDING_ROUNDS = 20
"""Of each statement of writes/, once more than the churn, waiting for upkeep."""
WEEKDAY_AFTERNOON = "2025-12-31T15:37:00+00:00"
CLAIMED_MS = {
    "communication_history": 1.28,
    "lead_assignment_queue": 0.97,
    "json_tag_search": 0.87,
    "lead_scoring_analysis": 1.03,
    "organization_health_metrics": 3.34,
    "user_activity_tracking": 1.90,
}
CUSTOM, GENERIC = "force_custom_plan", "force_generic_plan"
COLUMNS = ("fresh, in a row", "aged, in a row", "aged, interleaved", "aged, pending, in a row", "aged, planned once")

Medians = dict[str, float]
"""Query to the median of its executions, ms."""


def in_a_row(setup: Setup, name: str, cells: Sequence[Cell], mode: str) -> Medians:
    """Each query of the six in turn with itself, on a connection of its own."""
    found = {}
    for cell in cells:
        if cell.query.name in CLAIMED_MS:
            with closing(_connected(setup, name, mode)) as connection:
                taken = [execute(connection, cell, "after", 0)[0] for _ in range(EXECUTIONS + 1)]
            found[cell.query.name] = median(taken[1:])  # the first prepares, and fills the connection's catalog caches
    return found


def interleaved(setup: Setup, name: str, cells: Sequence[Cell]) -> Medians:
    """All of them in turn, round after round."""
    taken: dict[str, list[float]] = {cell.query.name: [] for cell in cells}
    with closing(_connected(setup, name, CUSTOM)) as connection:
        for _ in range(EXECUTIONS + 1):
            for cell in cells:
                taken[cell.query.name].append(execute(connection, cell, "after", 0)[0])
    return {query: median(times[1:]) for query, times in taken.items()}


def _connected(setup: Setup, name: str, mode: str) -> Connection:
    connection = setup.target.connect(name, plan_cache_mode=mode, default_transaction_read_only="on")
    connection.prepared_max = None
    return connection


def age(setup: Setup, name: str) -> None:
    """Write the share of all rows, and bring up to date once what rewrites read instead of them."""
    workload = setup.workload
    read_by = {block.name for query in workload.queries for block in workload.kept_for(query)}
    with setup.target.connect(name) as connection:
        churn(connection, workload, SHARE, silent)
        for block in workload.optimizations:
            if block.upkeep and block.name in read_by:
                keep_up_once(connection, block, block.upkeep, workload.clock)
    checkpoint(setup.admin)


def leave_pending(setup: Setup, name: str) -> int:
    """Commit further writes; return the number of statements."""
    with setup.target.connect(name) as connection:
        statements, _ = statements_of(connection, setup.workload, ())
        for number in range(1, PENDING_ROUNDS + 1):
            for one in statements:
                with connection.transaction():
                    run_here(connection, one, number)
    return PENDING_ROUNDS * len(statements)


def measured(setup: Setup) -> tuple[str, int]:
    """A table of the six at the setup's clock, and the statements that were pending."""
    bindings = setup.bindings(setup.options.queries)
    hot = [Cell(query, "hot", bindings[query.name]["hot"]) for query in setup.options.queries
           if not query.writes and "hot" in bindings[query.name]]  # fmt: skip
    name = setup.optimized("named")
    columns: list[Mapping[str, float]] = [in_a_row(setup, name, hot, CUSTOM)]
    age(setup, name)
    columns += [in_a_row(setup, name, hot, CUSTOM), interleaved(setup, name, hot)]
    once = in_a_row(setup, name, hot, GENERIC)
    with closing(_connected(setup, name, CUSTOM)) as connection:
        work = {cell.query.name: counters(explain(connection, cell, "after", 0).plan) for cell in hot}
    pending = leave_pending(setup, name)
    columns += [in_a_row(setup, name, hot, CUSTOM), once]
    lines = [f"| query | published, five leads | {' | '.join(COLUMNS)} | rows read, aged | blocks, aged |"]
    lines.append("|---|" + "---:|" * (len(COLUMNS) + 3))
    for cell in sorted((one for one in hot if one.query.name in CLAIMED_MS), key=_place):
        query = cell.query
        figures = " | ".join(numbers.ms(column[query.name]) for column in columns)
        seen = work[query.name]
        lines.append(
            f"| {query.title} | {CLAIMED_MS[query.name]:.2f} ms | {figures} | {seen.rows:,} | {seen.buffers:,} |"
        )  # fmt: skip
    return "\n".join(lines), pending


def _place(cell: Cell) -> int:
    return list(CLAIMED_MS).index(cell.query.name)


def main() -> None:
    """Measure at each clock, and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", default="1M")
    parser.add_argument("--clock", action="append", metavar="TIME", help="midnight and 15:37 on a weekday by default")
    parser.add_argument("--home", type=Path, help="where servers keep their data; pgproof's own by default")
    parser.add_argument("--no-keep", action="store_true", help="print the tables, and write no evidence")
    given = parser.parse_args()
    own = read(ROOT)
    found, version, pending = {}, "", 0
    with open_server("embedded", ServerOptions(home=given.home)) as server:
        for clock in given.clock or (own.clock, WEEKDAY_AFTERNOON):
            key = f"at_{clock[11:13]}_{clock[14:16]}"
            options = SetupOptions(replace(own, clock=clock), own.scale.parse(given.leads), 1, "default", 2, 1)
            with prepared(options, server) as setup:  # a cache of a byte: one clock's databases go before the next
                found[key], pending = measured(setup)
                version = setup.facts()["server"].version
            print(clock, found[key], sep="\n", flush=True)
    if not given.no_keep:
        facts = {"leads": own.scale.parse(given.leads), "server": version, "share": SHARE, "pending": pending}
        evidence.keep("named_queries", {**facts, "executions": EXECUTIONS, "tables": found})


if __name__ == "__main__":
    main()
