"""The six named queries of the CRM after, in the hot class, beside what an earlier report claimed for them.

The earlier report measured a database of five leads. Its figures are what somebody will hold ours against: they stand
beside each other, with the rows that ours must read.

    pgproof run --leads 1M --no-attribution --output reports/1M
    python benchmarks/named_queries.py reports/1M/latest/run.json
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench import store
from bench.stats import percentile
from bench.summary import words

CLAIMED_MS = {
    "lead_assignment_queue": 0.97,
    "lead_scoring_analysis": 1.03,
    "json_tag_search": 0.87,
    "communication_history": 1.28,
    "user_activity_tracking": 1.90,
    "organization_health_metrics": 3.34,
}


def main() -> None:
    """Print a Markdown table for each run.json given."""
    for path in sys.argv[1:]:
        run = store.load(Path(path))
        titles = {query.name: query.title for query in run.queries}
        print(f"{run.dataset.scale:,} {run.dataset.unit}, PostgreSQL {run.server.version}, {run.started_at}\n")
        print("| query | five leads | p50 | of it planning | rows read | blocks |\n|---|---:|---:|---:|---:|---:|")
        for pair in run.pairs:
            if pair.parameter_class != "hot" or pair.query not in CLAIMED_MS or not pair.after.plan:
                continue
            figure, plan = percentile(pair.after.samples, 0.5), pair.after.plan
            print(
                f"| {titles[pair.query]} | {CLAIMED_MS[pair.query]:.2f} ms | {words.figure(figure)} |"
                f" {plan.planning_ms:.2f} ms | {plan.counters.rows:,} | {plan.counters.buffers:,} |"
            )


if __name__ == "__main__":
    main()
