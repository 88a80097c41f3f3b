"""``pgproof coverage``: which clauses no parameter class exercises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bench.cli.carry_out import begin, carry_out, exit_code
from bench.cli.options import (
    output_option,
    query_option,
    quiet_option,
    read_workload,
    server_options,
    setup_options,
    version_of,
    workload_options,
)
from bench.cli.streams import out
from bench.experiments.coverage import run as covering
from bench.experiments.coverage.document import EXPERIMENT
from bench.measurement.clause_coverage import TIMEOUT_S
from bench.progress_bars import progress


@click.command("coverage")
@workload_options
@server_options
@query_option
@click.option("--timeout", default=TIMEOUT_S, show_default=True, type=click.FloatRange(0.01), help="Seconds after "
              "which one execution is cut off; what is then left open is told.")  # fmt: skip
@output_option
@quiet_option
def coverage(workload: Path | None, output: Path, quiet: bool, **chosen: Any) -> int:  # noqa: ANN401
    """Say which clauses of the queries no parameter class exercises.

    Each clause is changed by itself (a condition left out, LIMIT with a row more and halved, OFFSET and DISTINCT left
    out, a direction of ORDER BY turned), and the statement executed with every binding of every class. Where no answer
    is another one, nothing that pgproof compares would notice if that clause were lost.
    """
    found, shown = read_workload(workload, chosen), progress(out, quiet=quiet)
    setup = setup_options(found, chosen, shown, only=chosen["only"])
    results = begin(EXPERIMENT, output)
    seen = carry_out(
        EXPERIMENT, results, chosen, shown,
        lambda handle: covering.run(setup, chosen["timeout"], handle, results.keep),
        lambda handle: f"{found.name}, clauses: {setup.size}, {version_of(handle)}",
    )  # fmt: skip
    return exit_code(EXPERIMENT, seen)
