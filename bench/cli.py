"""The command line: reads flags and environment, calls the stages in order, prints, and chooses the exit code.

Exit codes: 0 fine; 1 rows differ between before and after, or, with --check, a query misses the target; 2 usage or
expected failure; 4 a bug; 130 interrupted.
"""

from __future__ import annotations

import logging
import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from bench import __version__, database, experiment, report, store
from bench.console import Bars, Lines, progress
from bench.database import Target
from bench.errors import DriftError, PgproofError, WorkloadError
from bench.experiment import Plan
from bench.model import Options, Run, RunStatus
from bench.output import Folder
from bench.servers import SERVERS, SESSION_SETTINGS, ServerHandle, ServerOptions, open_server
from bench.summary import summarize
from bench.workload import read

EXIT_DIFFERS, EXIT_EXPECTED, EXIT_BUG, EXIT_INTERRUPTED = 1, 2, 4, 130
GIB = 1024**3
SKEWS = ("mild", "default", "brutal")

WIDE = 130
"""Columns of a pipe or log, which has no width of its own."""

out = Console(highlight=False, soft_wrap=False)
if not out.is_terminal:
    out.width = WIDE
err = Console(stderr=True, highlight=False, soft_wrap=True)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code; the only place that catches everything."""
    signal.signal(signal.SIGTERM, _interrupt)
    logging.getLogger("psycopg").addHandler(logging.NullHandler())  # what it warns of is reported, in our words
    try:
        result = cli.main(args=arguments, prog_name="pgproof", standalone_mode=False)
        return int(result or 0)
    except PgproofError as error:
        err.print(f"[bold red]error:[/] {_plain(error.message)}", markup=True)
        if error.hint:
            err.print(f"  [dim]{_plain(error.hint)}[/]", markup=True)
        return EXIT_EXPECTED
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        error.show()
        return EXIT_EXPECTED
    except (KeyboardInterrupt, click.Abort):
        err.print("interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        return 0
    except BaseException:  # the one place: what nobody expected is a bug, and says so
        err.print(traceback.format_exc(), markup=False)
        err.print("this is a bug in pgproof: please report the lines above", markup=False)
        return EXIT_BUG


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _plain(text: str) -> str:
    """Text for a markup console: errors quote SQL and data, which may hold square brackets; one line."""
    return " ".join(text.split()).replace("[", r"\[")


# -------------------------------------------------------------------------------------------------- options
Command = Callable[..., Any]


def server_options(command: Command) -> Command:
    """The options that say which PostgreSQL to use."""
    for option in reversed((
        click.option("--server", type=click.Choice(list(SERVERS)), help="Where PostgreSQL comes from.  [default: "
                     "embedded, or dsn where one is given]"),
        click.option("--dsn", envvar="PGPROOF_DSN", help="An existing server (PostgreSQL 15 or later); pgproof makes "
                     "databases of its own there and touches no other."),
        click.option("--image", default="postgres:18", show_default=True, help="Image for --server docker."),
        click.option("--home", type=click.Path(path_type=Path, file_okay=False), help="Folder for the embedded "
                     "server's data.  [default: the user's cache folder]"),
    )):  # fmt: skip
        command = option(command)
    return command


def workload_options(command: Command) -> Command:
    """The options that say which workload at which size."""
    for option in reversed((
        click.argument("workload", required=False, type=click.Path(path_type=Path)),
        click.option("--leads", "--scale", "scale", help="Size of the dataset: 20k, 1M, or a preset (small, medium, "
                     "large).  [default: 100k, or what pgproof.toml says]"),
        click.option("--seed", default=1, show_default=True, type=click.IntRange(0, 2**31 - 1), help="Another seed, "
                     "other rows of the same shape."),
        click.option("--skew", default="default", show_default=True, type=click.Choice(SKEWS), help="How unequal the "
                     "tenants are."),
        click.option("--workers", default=os.cpu_count() or 1, show_default="number of cores", type=click.IntRange(1),
                     help="Processes that make and load rows; the rows are the same for any number."),
        click.option("--cache-limit", default=20, show_default=True, type=click.IntRange(0), help="GiB of filled "
                     "databases to keep for later runs."),
    )):  # fmt: skip
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="pgproof")
def cli() -> None:
    """Prove PostgreSQL optimizations: realistic data, queries before and after, evidence for every claim."""


# ------------------------------------------------------------------------------------------------------ run
@cli.command()
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
        with _server(chosen, shown) as server, Folder(output) as folder:
            try:
                shown.say(f"{plan.workload.name}: {plan.scale:,} {plan.workload.scale.unit}, PostgreSQL "
                          f"{server.version_num // 10000}.{server.version_num % 10000} ({server.kind})")  # fmt: skip
                seen = experiment.run(plan, server, folder.keep)
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
        cache_limit_bytes=chosen["cache_limit"] * GIB, keep_databases=chosen["keep"], progress=shown,
    )  # fmt: skip


def _server(chosen: dict[str, Any], shown: Bars | Lines) -> Any:  # noqa: ANN401 (a context manager of ServerHandle)
    kind = chosen["server"] or ("dsn" if chosen["dsn"] else "embedded")
    return open_server(kind, ServerOptions(chosen["dsn"], chosen["image"], chosen["home"], shown.say))


# ----------------------------------------------------------------------------------- report, verify, cache
@cli.command("report")
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


@cli.command()
@click.argument("workload", required=False, type=click.Path(path_type=Path))
@server_options
def verify(workload: Path | None, **chosen: Any) -> int:  # noqa: ANN401
    """Compare the files with the catalogs of the databases made from them; fail on drift."""
    with Lines(err) as shown, _server(chosen, shown) as server:
        findings = experiment.verify(read(experiment.workload_folder(workload)), server)
    for name, found in findings.items():
        out.print(f"{name}: {'; '.join(found) if found else 'as the files say'}", markup=False, soft_wrap=True)
    if any(findings.values()):
        raise DriftError("the catalog is not what the files say", hint="see the lines above")
    return 0


@cli.group()
def cache() -> None:
    """Filled databases that later runs start from."""


@cache.command("list")
@server_options
def cache_list(**chosen: Any) -> int:  # noqa: ANN401
    """List the cached datasets with size and last use."""
    with Lines(err) as shown, _server(chosen, shown) as server, _admin(server) as admin:
        found = [d for d in database.own_databases(admin) if d.complete]
    for item in found:
        about = ", ".join(f"{key} {value}" for key, value in sorted(item.about.items()))
        size = f"{item.size_bytes / GIB:.2f} GiB"
        out.print(f"{item.name}  {item.kind}  {size}  used {item.used_at}  {about}", markup=False, soft_wrap=True)
    if not found:
        out.print("the cache is empty")
    return 0


@cache.command("clear")
@server_options
def cache_clear(**chosen: Any) -> int:  # noqa: ANN401
    """Drop every database that pgproof made and no run is using."""
    dropped = 0
    with Lines(err) as shown, _server(chosen, shown) as server, _admin(server) as admin:
        for item in database.own_databases(admin):
            if not item.connections and database.claim(admin, item.name):
                database.drop(admin, item.name)
                dropped += 1
    out.print(f"dropped {dropped} databases")
    return 0


def _admin(server: ServerHandle) -> database.Connection:
    return Target(server.dsn, SESSION_SETTINGS).connect()
