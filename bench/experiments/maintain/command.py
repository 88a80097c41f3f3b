"""``pgproof maintain``: what maintenance mends after a phase of writes, and what it costs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from bench.cli.carry_out import begin, carry_out, exit_code
from bench.cli.options import (
    checked,
    output_option,
    quiet_option,
    read_workload,
    server_options,
    setup_options,
    share_of,
    workload_options,
)
from bench.cli.streams import out
from bench.errors import PgproofError
from bench.experiments.maintain import run as measured
from bench.experiments.maintain.document import EXPERIMENT
from bench.experiments.maintain.procedures import chosen as chosen_procedures
from bench.experiments.maintain.procedures import known as known_procedures
from bench.experiments.maintain.record import MaintenanceOptions
from bench.experiments.maintain.sentences import percent
from bench.postgres.servers import ServerHandle
from bench.postgres.servers.disk import free_bytes_of
from bench.progress_bars import progress
from bench.report.numbers import plural
from bench.suggestions import did_you_mean
from bench.workload import Workload

ROUNDS = 9
"""Timed executions on each side of a cell whose work a procedure changed: the work is the first witness, and of nine
executions a median has an interval."""


@click.command("maintain")
@workload_options
@server_options
@click.option("--churn", default="20%", show_default=True, metavar="PERCENT", callback=checked(partial(
              share_of, "--churn")), help="Rows that are written before, as a "
              "share of the rows of each table; 0% measures the procedures on fresh copies.")  # fmt: skip
@click.option("--only", default="", metavar="NAME,...", help="Only these procedures: vacuum, autovacuum, gin, reindex, "
              "analyze, or the workload's own by the names of their blocks.  [default: all]")  # fmt: skip
@click.option("--timeout", default=30.0, show_default=True, type=click.FloatRange(0.01), help="Seconds after which one "
              "execution of a query is cut off.")  # fmt: skip
@output_option
@quiet_option
def maintain(workload: Path | None, output: Path, quiet: bool, **chosen: Any) -> int:  # noqa: ANN401
    """Measure maintenance: age a copy of the optimized database, then carry out each procedure on a copy of that.

    VACUUM, what autovacuum would do, pending lists of GIN indexes, REINDEX CONCURRENTLY, ANALYZE and the workload's own
    upkeep: time, log, size and locks of each, and what the queries read before, after and without it. Rows that differ
    where a procedure must not change any are exit code 1.
    """
    found, shown = read_workload(workload, chosen), progress(out, quiet=quiet)
    setup, options = setup_options(found, chosen, shown), _options(found, chosen)
    results = begin(EXPERIMENT, output)

    def headline(handle: ServerHandle) -> str:
        if free_bytes_of(handle) is None:
            shown.say("the server's disk cannot be looked at from here: whether the copies fit is not checked")
        number = len(chosen_procedures(found, options.only))
        return f"{found.name}: {setup.size}, {percent(options.share)} churn, {plural(number, 'procedure')}"

    seen = carry_out(
        EXPERIMENT, results, chosen, shown, lambda handle: measured.run(setup, options, handle, results.keep), headline
    )
    return exit_code(EXPERIMENT, seen)


def _options(workload: Workload, chosen: dict[str, Any]) -> MaintenanceOptions:
    return MaintenanceOptions(
        share=share_of("--churn", chosen["churn"]), only=only(chosen["only"], workload), rounds=ROUNDS,
        timeout_s=chosen["timeout"], seed=chosen["seed"],
    )  # fmt: skip


def only(text: str, workload: Workload) -> tuple[str, ...]:
    """The procedures that ``--only`` names, each once; none where it names none."""
    known = [one.name for one in known_procedures(workload)]
    found = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for name in found:
        if name not in known:
            raise PgproofError(f"--only {name}: no such procedure", hint=did_you_mean(name, known))
    return found
