"""The six named queries of the CRM after, in the hot class, beside what an earlier report claimed for them.

The earlier report measured a database of five leads. Its figures are what somebody will hold ours against: they stand
beside each other, with the rows that ours must read. pgproof plans every execution for its values; a pool that keeps
statements prepared plans some of them once. So each is executed both ways here, in turn, in the database that was kept.

    pgproof run --leads 1M --no-attribution --aged 20% --keep --output reports/1M
    python benchmarks/named_queries.py reports/1M/latest/run.json [HOME]
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

import evidence

from bench import storage
from bench.measurement import Cell, execute
from bench.model import Pair, Run
from bench.postgres import databases
from bench.postgres.connection import Target
from bench.postgres.servers import SESSION_SETTINGS, ServerOptions, open_server
from bench.report import numbers
from bench.statistics.quantiles import percentile

EXECUTIONS = 60
MODES = ("force_custom_plan", "force_generic_plan")

CLAIMED_MS = {
    "lead_assignment_queue": 0.97,
    "lead_scoring_analysis": 1.03,
    "json_tag_search": 0.87,
    "communication_history": 1.28,
    "user_activity_tracking": 1.90,
    "organization_health_metrics": 3.34,
}


def main() -> None:
    """Print a Markdown table of the run."""
    run = storage.load(storage.RUN, Path(sys.argv[1]))
    home = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    titles = {query.name: query.title for query in run.queries}
    hot = [pair for pair in run.pairs if pair.parameter_class == "hot" and pair.query in CLAIMED_MS]
    heads = ("published, five leads", "p50 of the run", "planned each time", "planned once", "rows read", "blocks")
    lines = [f"| query | {' | '.join(heads)} |", "|---|" + "---:|" * len(heads)]
    with open_server("embedded", ServerOptions(home=home, progress=lambda line: None)) as server:
        target = Target(server.dsn, SESSION_SETTINGS)
        for pair in hot:
            assert pair.after.plan, f"{pair.query}: {pair.after.error or 'no plan'}"
            custom, generic = _both_ways(run, pair, target)
            counters = pair.after.plan.counters
            lines.append(
                f"| {titles[pair.query]} | {CLAIMED_MS[pair.query]:.2f} ms"
                f" | {numbers.figure(percentile(pair.after.samples, 0.5))} | {numbers.ms(custom)}"
                f" | {numbers.ms(generic)}"
                f" | {counters.rows:,} | {counters.buffers:,} |"
            )
    print("\n".join(lines))
    facts = {"leads": run.dataset.scale, "server": run.server.version, "run_started_at": run.started_at}
    command = "python benchmarks/named_queries.py RUN"  # where the run lies is nobody's business
    evidence.keep("named_queries", {**facts, "executions": EXECUTIONS, "table": "\n".join(lines)}, command)


def _both_ways(run: Run, pair: Pair, target: Target) -> list[float]:
    """Median milliseconds with a plan for the values each time, and with one plan for all."""
    query = next(query for query in run.queries if query.name == pair.query)
    cell = Cell(query, pair.parameter_class, pair.bindings)
    name = f"{databases.PREFIX}{run.id}_after"
    connections = [target.connect(name, plan_cache_mode=mode, default_transaction_read_only="on") for mode in MODES]
    times: list[list[float]] = [[] for _ in MODES]
    for number in range(EXECUTIONS + 1):
        for taken, connection in zip(times, connections, strict=True):
            ms, _ = execute(connection, cell, "after", 0)
            if number:  # the first one prepares, and fills the connection's catalog caches
                taken.append(ms)
    for connection in connections:
        connection.close()
    return [median(taken) for taken in times]


if __name__ == "__main__":
    main()
