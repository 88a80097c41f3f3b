"""``pgproof run`` and ``pgproof report``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from bench import database, experiment, report, store
from bench.cli.codes import EXIT_DIFFERS
from bench.cli.options import GIB, server, server_options, workload_options
from bench.cli.streams import err, out
from bench.console import Bars, Lines, progress
from bench.errors import PgproofError, WorkloadError
from bench.experiment import Plan
from bench.model import Options, Run, RunStatus
from bench.output import Folder
from bench.summary import summarize
from bench.workload import read


@click.command()
@workload_options
@server_options
@click.option("--query", "only", multiple=True, help="Only this query; may be given several times.")
@click.option(
    "--budget",
    default=60.0,
    show_default=True,
    type=click.FloatRange(0),
    help="Seconds of measuring after which no cell gets more than its first executions (--rounds).",
)
@click.option(
    "--rounds",
    default=15,
    show_default=True,
    type=click.IntRange(1, 60),
    help="Timed executions that every cell gets at least.",
)
@click.option(
    "--timeout",
    default=30.0,
    show_default=True,
    type=click.FloatRange(0.01),
    help="Seconds after which one execution is cut off and counted as 'longer than'.",
)
@click.option(
    "--target",
    type=click.FloatRange(0, min_open=True),
    help="Milliseconds at p95 that every class must meet.  [default: 100, or what pgproof.toml says]",
)
@click.option(
    "--output",
    default=Path("reports"),
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the results; each run makes a folder in it.",
)
@click.option(
    "--attribution/--no-attribution",
    default=True,
    show_default=True,
    help="Measure the four sides of each optimization.",
)
@click.option("--keep", is_flag=True, help="Keep the before and after databases for a look with psql.")
@click.option("--check", is_flag=True, help="Exit with 1 when a query misses the target after the optimizations.")
@click.option("--quiet", is_flag=True, help="Plain lines instead of progress bars.")  # fmt: skip
def run(workload: Path | None, output: Path, check: bool, quiet: bool, **chosen: Any) -> int:  # noqa: ANN401
    """Run the experiment: fill, clone, optimize, compare, measure, report.

    WORKLOAD is a folder with schema.sql, queries/, optimizations.sql and dataset/; by default the current folder if it
    is one, else the CRM that comes with pgproof.
    """
    with progress(out, quiet=quiet) as shown:
        plan = _plan(workload, shown, chosen)
        with server(chosen, shown) as handle, Folder(output) as folder:
            try:
                shown.say(f"{plan.workload.name}: {plan.scale:,} {plan.workload.scale.unit}, PostgreSQL "
                          f"{handle.version_num // 10000}.{handle.version_num % 10000} ({handle.kind})")  # fmt: skip
                seen = experiment.run(plan, handle, folder.keep)
            except (KeyboardInterrupt, PgproofError) as error:
                _partial(folder, "interrupted" if isinstance(error, KeyboardInterrupt) else "failed")
                raise
            shown("writing the report", 0, 1)
            folder.publish(seen)
            shown("writing the report", 1, 1)
    out.print(report.show(seen))
    out.print(f"report: {folder.path / 'report.html'}", soft_wrap=True)
    if plan.keep_databases:
        out.print(f"kept databases: {database.PREFIX}{seen.id}_before and _after", soft_wrap=True)
    return _verdict(seen, check)


def _partial(folder: Folder, status: RunStatus) -> None:
    """Store what an unfinished run has seen, and say where, or that there is nothing."""
    if kept := folder.abandon(status):
        err.print(f"the part that was measured is kept: {kept}", markup=False)
        err.print(f"to see it: pgproof report {kept}", markup=False)
    elif status == "interrupted":
        err.print("nothing had been measured yet, so nothing is kept", markup=False)


def _verdict(seen: Run, check: bool) -> int:
    if any(pair.equality and not pair.equality.equal for pair in seen.pairs):
        return EXIT_DIFFERS
    return EXIT_DIFFERS if check and not summarize(seen).good else 0


def _plan(folder: Path | None, shown: Bars | Lines, chosen: dict[str, Any]) -> Plan:
    workload = read(experiment.workload_folder(folder))
    if chosen["target"]:
        workload = replace(workload, target_ms=chosen["target"])
    known = {query.name for query in workload.queries}
    if unknown := [name for name in chosen["only"] if name not in known]:
        raise WorkloadError(f"--query {unknown[0]}: no such query", hint=f"there are {', '.join(sorted(known))}")
    options = Options(
        rounds=chosen["rounds"], budget_s=chosen["budget"], timeout_s=chosen["timeout"], warmups=1,
        seed=chosen["seed"], target_ms=workload.target_ms,
    )  # fmt: skip
    return Plan(
        workload=workload, scale=workload.scale.parse(chosen["scale"] or workload.scale.default), seed=chosen["seed"],
        skew=chosen["skew"], workers=chosen["workers"], options=options, only=chosen["only"],
        cache_limit_bytes=chosen["cache_limit"] * GIB, keep_databases=chosen["keep"], attribute=chosen["attribution"],
        progress=shown,
    )  # fmt: skip


@click.command("report")
@click.argument("run_json", type=click.Path(path_type=Path))
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="Folder to write to.  [default: the "
              "run's own]")  # fmt: skip
def report_command(run_json: Path, output: Path | None) -> int:
    """Write the reports of a stored run again, with no server."""
    seen = store.load(run_json)
    folder = output or run_json.parent
    folder.mkdir(parents=True, exist_ok=True)
    report.write(seen, folder)
    out.print(report.show(seen))
    out.print(f"report: {folder / 'report.html'}", soft_wrap=True)
    return 0
