"""``pgproof traps``: which queries' plans can turn against their users."""

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
from bench.errors import WorkloadError
from bench.experiments.traps import run as measured
from bench.experiments.traps.document import EXPERIMENT
from bench.experiments.traps.fresh import insist_on_class
from bench.experiments.traps.record import TrapsOptions
from bench.experiments.traps.stability import SERVER_TARGET
from bench.model import STATES, State
from bench.progress_bars import progress
from bench.workload import Workload


@click.command("traps")
@workload_options
@server_options
@query_option
@click.option("--state", type=click.Choice(list(STATES)), help="Which state to look at.  [default: after, or before "
              "where there are no optimizations]")  # fmt: skip
@click.option("--analyzes", default=10, show_default=True, type=click.IntRange(1, 1000), help="How often statistics "
              "are gathered anew.")  # fmt: skip
@click.option("--fresh", default="", metavar="CLASS", help="Class of whose size the new tenant is.  [default: hot, or "
              "else p90, or else the first]")  # fmt: skip
@click.option("--timeout", default=30.0, show_default=True, type=click.FloatRange(0.01), help="Seconds after which one "
              "execution is cut off.")  # fmt: skip
@output_option
@quiet_option
def traps_command(workload: Path | None, output: Path, quiet: bool, **chosen: Any) -> int:  # noqa: ANN401
    """Execute the plans that each query may get, beside the one that it has.

    The generic plan of a prepared statement, the plans that other random samples for the statistics give, the plan of
    another parameter class, and the one that a tenant gets who came after the last ANALYZE.
    """
    found, shown = read_workload(workload, chosen), progress(out, quiet=quiet)
    insist_on_class(found, chosen["fresh"])
    setup, options = setup_options(found, chosen, shown, only=chosen["only"]), _options(found, chosen)
    results = begin(EXPERIMENT, output)
    seen = carry_out(
        EXPERIMENT, results, chosen, shown, lambda handle: measured.run(setup, options, handle, results.keep),
        lambda handle: f"{found.name}, {options.state}: {setup.size}, {version_of(handle)}",
    )  # fmt: skip
    return exit_code(EXPERIMENT, seen)


def _options(workload: Workload, chosen: dict[str, Any]) -> TrapsOptions:
    state: State = chosen["state"] or ("after" if workload.optimizations else "before")
    if state == "after" and not workload.optimizations:
        raise WorkloadError("--state after: this workload has no optimizations", hint="leave --state out")
    return TrapsOptions(state, chosen["analyzes"], SERVER_TARGET, chosen["timeout"], chosen["fresh"])
