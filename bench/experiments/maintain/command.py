"""``pgproof maintain``: what maintenance mends after a phase of writes, and what it costs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from bench import storage
from bench.cli.checkpoint import Kept
from bench.cli.codes import EXIT_DIFFERS
from bench.cli.options import GIB, server, server_options, workload_options
from bench.cli.streams import out
from bench.experiments.before_after import run as experiment
from bench.experiments.compare.command import written
from bench.experiments.maintain import formats as maintenance_report
from bench.experiments.maintain import run as measured
from bench.experiments.maintain.procedures import known as known_procedures
from bench.experiments.maintain.record import MAINTENANCE, MaintenanceOptions, MaintenanceRun
from bench.experiments.maintain.run import MaintenancePlan
from bench.experiments.maintain.sentences import percent
from bench.experiments.maintain.summary import summarize
from bench.postgres.servers.disk import free_bytes_of
from bench.progress_bars import progress
from bench.report.numbers import plural
from bench.workload import Workload, read

ROUNDS = 9
"""Timed executions on each side of a cell whose work a procedure changed: the work is the first witness, and of nine
executions a median has an interval."""


@click.command("maintain")
@workload_options
@server_options
@click.option("--churn", default="20%", show_default=True, metavar="PERCENT", help="Rows that are written before, as a "
              "share of the rows of each table; 0% measures the procedures on fresh copies.")  # fmt: skip
@click.option("--only", default="", metavar="NAME,...", help="Only these procedures: vacuum, autovacuum, gin, reindex, "
              "analyze, or the workload's own by the names of their blocks.  [default: all]")  # fmt: skip
@click.option("--timeout", default=30.0, show_default=True, type=click.FloatRange(0.01), help="Seconds after which one "
              "execution of a query is cut off.")  # fmt: skip
@click.option("--output", default=Path("reports/maintenance"), show_default=True, help="Folder for maintenance.json, "
              "maintenance.md and maintenance.html.", type=click.Path(path_type=Path, file_okay=False))  # fmt: skip
@click.option("--quiet", is_flag=True, help="Plain lines instead of progress bars.")
def maintain(workload: Path | None, output: Path, quiet: bool, **chosen: Any) -> int:  # noqa: ANN401
    """Measure maintenance: age a copy of the optimized database, then carry out each procedure on a copy of that.

    VACUUM, what autovacuum would do, pending lists of GIN indexes, REINDEX CONCURRENTLY, ANALYZE and the workload's own
    upkeep: time, log, size and locks of each, and what the queries read before, after and without it. Rows that differ
    where a procedure must not change any are exit code 1.
    """
    with progress(out, quiet=quiet) as shown:
        found = read(experiment.workload_folder(workload))
        plan = MaintenancePlan(
            workload=found, scale=found.scale.parse(chosen["scale"] or found.scale.default), seed=chosen["seed"],
            skew=chosen["skew"], workers=chosen["workers"], cache_limit_bytes=chosen["cache_limit"] * GIB,
            options=_options(found, chosen), progress=shown,
        )  # fmt: skip
        seen = _carry_out(plan, output, chosen, shown)
    return show_maintenance(seen, output)


def _carry_out(plan: MaintenancePlan, output: Path, chosen: dict[str, Any], shown: Any) -> MaintenanceRun:  # noqa: ANN401
    """Measure; what an interrupted or failed one has seen is kept, with its reports."""
    kept = Kept[MaintenanceRun](
        output, maintenance_report.JSON, "maintenance.html",
        lambda seen, path: storage.save(seen, MAINTENANCE, path), maintenance_report.write,
        lambda seen: plural(len(seen.stages), "stage") if seen.stages else "",
    )  # fmt: skip
    with kept.also_when_stopped(), server(chosen, shown) as handle:
        if free_bytes_of(handle) is None:
            shown.say("the server's disk cannot be looked at from here: whether the copies fit is not checked")
        shown.say(f"{plan.workload.name}: {plan.scale:,} {plan.workload.scale.unit}, "
                  f"{percent(plan.options.share)} churn, {plural(len(plan.procedures), 'procedure')}")  # fmt: skip
        return measured.run(plan, handle, kept.keep)


def show_maintenance(seen: MaintenanceRun, output: Path) -> int:
    """Write and print the reports; the exit code says whether rows differ where they must not."""
    written(lambda: maintenance_report.write(seen, output), output)
    out.print(maintenance_report.show(seen))
    out.print(f"maintenance: {output / 'maintenance.html'}", soft_wrap=True, markup=False)
    return EXIT_DIFFERS if summarize(seen).wrong_rows else 0


def _options(workload: Workload, chosen: dict[str, Any]) -> MaintenanceOptions:
    return MaintenanceOptions(
        share=share(chosen["churn"]), only=only(chosen["only"], workload), rounds=ROUNDS, timeout_s=chosen["timeout"],
        seed=chosen["seed"],
    )  # fmt: skip


def share(text: str) -> float:
    """The share that ``--churn`` asks for: ``20%`` and ``20`` are 0.2."""
    try:
        value = float(text.strip().removesuffix("%"))
    except ValueError:
        value = math.nan
    if not 0 <= value <= 100:
        raise click.UsageError(f"--churn {text}: give a percentage from 0% to 100%: --churn 20%")
    return value / 100


def only(text: str, workload: Workload) -> tuple[str, ...]:
    """The procedures that ``--only`` names, each once; none where it names none."""
    known = [one.name for one in known_procedures(workload)]
    found = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for name in found:
        if name not in known:
            raise click.UsageError(f"--only: there is no procedure '{name}'; there are {', '.join(known)}")
    return found
