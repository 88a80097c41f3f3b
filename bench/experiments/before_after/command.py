"""``pgproof run`` and ``pgproof report``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from bench import storage
from bench.cli.codes import EXIT_DIFFERS
from bench.cli.options import GIB, insist_on_queries, server, server_options, workload_options
from bench.cli.streams import err, out
from bench.errors import PgproofError, WorkloadError
from bench.experiments.before_after import formats as report
from bench.experiments.before_after import only as part
from bench.experiments.before_after import run as experiment
from bench.experiments.before_after.run import Plan
from bench.experiments.before_after.summary import summarize
from bench.experiments.load import formats as load_report
from bench.experiments.load.command import show_load
from bench.experiments.load.record import LOAD
from bench.experiments.maintain import formats as maintenance_report
from bench.experiments.maintain.command import show_maintenance
from bench.experiments.maintain.record import MAINTENANCE
from bench.experiments.traps import formats as traps_report
from bench.experiments.traps.command import show_traps
from bench.experiments.traps.record import TRAPS
from bench.model import Options, Run, RunStatus
from bench.postgres import databases
from bench.progress_bars import Bars, Lines, progress
from bench.report.numbers import plural
from bench.results_folder import Folder
from bench.workload import read

SELECTED = "selected"

_query = click.option("--query", "only", multiple=True, help="Only this query; may be given several times.")
_timeout = click.option(
    "--timeout",
    default=30.0,
    show_default=True,
    type=click.FloatRange(0.01),
    help="Seconds after which one execution is cut off and counted as 'longer than'.",
)
_target = click.option(
    "--target",
    type=click.FloatRange(0, min_open=True),
    help="Milliseconds at p95 that every class must meet.  [default: 100, or what pgproof.toml says]",
)
_output = click.option(
    "--output",
    default=Path("reports"),
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the results; each run makes a folder in it.",
)
_quiet = click.option("--quiet", is_flag=True, help="Plain lines instead of progress bars.")


@click.command()
@workload_options
@server_options
@_query
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
@_timeout
@_target
@_output
@click.option(
    "--attribution/--no-attribution",
    default=True,
    show_default=True,
    help="Measure the four sides of each optimization.",
)
@click.option(
    "--cold",
    default=0,
    show_default=True,
    type=click.IntRange(0, 60),
    metavar="N",
    help="Also execute every cell that only reads N times with emptied caches, the whole server's: not for one that "
    "others use. With fewer than 5 no cell can meet the target.",
)
@click.option(
    "--drop-caches",
    is_flag=True,
    help="With --cold: where the server's files cannot be reached (a container, --dsn), drop what the whole machine "
    "has cached instead. Linux, root, the server on this machine.",
)
@click.option("--keep", is_flag=True, help="Keep the before and after databases for a look with psql.")
@click.option("--check", is_flag=True, help="Exit with 1 when a query misses the target after the optimizations.")
@_quiet
def run(workload: Path | None, output: Path, check: bool, quiet: bool, **chosen: Any) -> int:  # noqa: ANN401
    """Run the experiment: fill, clone, optimize, compare, measure, report.

    WORKLOAD is a folder with schema.sql, queries/, optimizations.sql and dataset/; by default the current folder if it
    is one, else the CRM that comes with pgproof.
    """
    if chosen["drop_caches"] and not chosen["cold"]:
        raise click.UsageError("--drop-caches is for --cold N")
    with progress(out, quiet=quiet) as shown:
        plan = replace(
            _plan(workload, shown, chosen, rounds=chosen["rounds"], budget_s=chosen["budget"]),
            keep_databases=chosen["keep"],
            attribute=chosen["attribution"],
            cold=chosen["cold"],
            drop_caches=chosen["drop_caches"],
        )
        seen, folder = _carry_out(plan, output, shown, chosen)
    _show(seen, folder)
    if plan.keep_databases:
        out.print(f"kept databases: {databases.PREFIX}{seen.id}_before and _after", soft_wrap=True)
    return _verdict(seen, check)


@click.command()
@workload_options
@server_options
@_query
@_timeout
@_target
@_output
@_quiet
def attribute(workload: Path | None, output: Path, quiet: bool, **chosen: Any) -> int:  # noqa: ANN401
    """Measure the four sides of every optimization: what it gains, costs to write, to store and to ship.

    The last part of "pgproof run" by itself: gains by execution, in every set of optimizations that can matter to a
    query; costs by write statements, by sizes after a phase of writes, and by applying each one under load. The queries
    are not timed before and after.
    """
    with progress(out, quiet=quiet) as shown:
        plan = replace(_plan(workload, shown, chosen, rounds=1, budget_s=0.0), measure=False, attribute=True)
        if not plan.workload.optimizations:
            hint = "write blocks that begin with '-- optimization: NAME' into optimizations.sql"
            raise WorkloadError("there is no optimization to measure", hint=hint)
        seen, folder = _carry_out(plan, output, shown, chosen)
    _show(seen, folder)
    return 0


def _carry_out(plan: Plan, output: Path, shown: Bars | Lines, chosen: dict[str, Any]) -> tuple[Run, Folder]:
    """Run the experiment and write its reports; what an interrupted one has seen is kept."""
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
    return seen, folder


def _show(seen: Run, folder: Folder) -> None:
    out.print(report.show(seen))
    out.print(f"report: {folder.path / 'report.html'}", soft_wrap=True)


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


def _plan(folder: Path | None, shown: Bars | Lines, chosen: dict[str, Any], *, rounds: int, budget_s: float) -> Plan:
    workload = read(experiment.workload_folder(folder))
    if chosen["target"]:
        workload = replace(workload, target_ms=chosen["target"])
    insist_on_queries(workload, chosen["only"])
    options = Options(
        rounds=rounds, budget_s=budget_s, timeout_s=chosen["timeout"], warmups=1,
        seed=chosen["seed"], target_ms=workload.target_ms,
    )  # fmt: skip
    return Plan(
        workload=workload, scale=workload.scale.parse(chosen["scale"] or workload.scale.default), seed=chosen["seed"],
        skew=chosen["skew"], workers=chosen["workers"], options=options, only=chosen["only"],
        cache_limit_bytes=chosen["cache_limit"] * GIB, progress=shown,
    )  # fmt: skip


@click.command("report")
@click.argument("run_json", type=click.Path(path_type=Path))
@click.option("--query", "only", multiple=True, help="Only this query, into the folder selected/; may be given several "
              "times.")  # fmt: skip
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="Folder to write to.  [default: the "
              "run's own]")  # fmt: skip
@click.option("--figures", is_flag=True, help="Also write each figure as SVG and PNG, into figures/ in that folder.")
def report_command(run_json: Path, only: tuple[str, ...], output: Path | None, figures: bool) -> int:
    """Write the reports of a stored run again, with no server; of a stored load, maintenance or look for traps too."""
    if run_json.name == load_report.JSON:
        if only or figures:
            raise click.UsageError("a load has neither --query nor --figures")
        return show_load(storage.load(LOAD, run_json), output or run_json.parent)
    if run_json.name == maintenance_report.JSON:
        if only or figures:
            raise click.UsageError("a maintenance experiment has neither --query nor --figures")
        return show_maintenance(storage.load(MAINTENANCE, run_json), output or run_json.parent)
    if run_json.name == traps_report.JSON:
        if only or figures:
            raise click.UsageError("a look for traps has neither --query nor --figures")
        return show_traps(storage.load(TRAPS, run_json), output or run_json.parent)
    seen = storage.load(storage.RUN, run_json)
    folder = run_json.parent
    if only:
        # Beside the reports of the whole run, not instead of them.
        seen, folder = part.only(seen, only), folder / SELECTED
    folder = output or folder
    folder.mkdir(parents=True, exist_ok=True)
    report.write(seen, folder)
    drawn = report.write_figures(seen, folder) if figures else ()
    out.print(report.show(seen))
    out.print(f"report: {folder / 'report.html'}", soft_wrap=True)
    if figures:
        out.print(f"figures: {plural(len(drawn), 'file')} in {folder / report.FIGURES}", soft_wrap=True)
    return 0
