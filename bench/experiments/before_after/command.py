"""``pgproof run`` and ``pgproof attribute``."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from bench.attribution.prove_smallest import PROOF_S
from bench.cli.all_results import known
from bench.cli.carry_out import begin, carry_out
from bench.cli.codes import EXIT_DIFFERS
from bench.cli.inferred import source_options
from bench.cli.options import (
    checked,
    is_existing,
    output_option,
    query_option,
    quiet_option,
    read_workload,
    server_options,
    setup_options,
    share_of,
    version_of,
    workload_options,
)
from bench.cli.streams import out
from bench.errors import WorkloadError
from bench.experiments.before_after import run as experiment
from bench.experiments.before_after.document import EXPERIMENT
from bench.experiments.before_after.run import RunOptions
from bench.experiments.before_after.summary import RunSummary, summarize
from bench.experiments.compare.since import since_last
from bench.experiments.experiment import Experiment
from bench.experiments.now import run as now
from bench.experiments.now.document import EXPERIMENT as NOW_EXPERIMENT
from bench.experiments.origin import origin_of
from bench.model import Options, Run
from bench.postgres import databases
from bench.postgres.servers import ServerHandle
from bench.progress_bars import Bars, Lines, progress
from bench.statistics.looks import FIRST_MEETS, LAST, rule
from bench.workload import Workload
from bench.workload.churn import CHURN_FILE, read_churn

BUDGET_S = 60.0
NOW_S = 20.0
"""Seconds of measuring where the user says none; less for one state, so that a schema has its report in two minutes."""
TIMEOUT_S = 30.0
NOW_TIMEOUT_S = 5.0
"""Seconds of one execution where the user says none; what takes fifty times the target has missed it."""

_timeout = click.option(
    "--timeout",
    type=click.FloatRange(0.01),
    help="Seconds after which one execution is cut off and counted as 'longer than'.  [default: "
    f"{TIMEOUT_S:g}; {NOW_TIMEOUT_S:g} without optimizations]",
)
_target = click.option(
    "--target",
    type=click.FloatRange(0, min_open=True),
    help="Milliseconds at p95 that every class must meet.  [default: 100, or what pgproof.toml says]",
)

_proof = click.option(
    "--proof-budget",
    "proof_s",
    default=PROOF_S,
    show_default=True,
    type=click.FloatRange(0),
    help="Seconds for executing the smallest set of optimizations, and that set without each of its members.",
)


@click.command()
@workload_options
@source_options
@server_options
@query_option
@click.option(
    "--budget",
    type=click.FloatRange(0),
    help="Seconds of measuring after which no cell gets more than its first executions (--rounds).  [default: "
    f"{BUDGET_S:g}; {NOW_S:g} without optimizations]",
)
@click.option(
    "--rounds",
    default=FIRST_MEETS,
    show_default=True,
    type=click.IntRange(1, LAST),
    help='Timed executions that a cell gets whose verdict is open; with fewer than 80, "meets" is an assumption.',
)
@_timeout
@_target
@output_option
@click.option(
    "--attribution/--no-attribution",
    default=True,
    show_default=True,
    help="Measure the four sides of each optimization.",
)
@_proof
@click.option(
    "--coverage/--no-coverage",
    default=True,
    show_default=True,
    help="Find out which clauses of the queries their classes exercise, in 30 s at most.",
)
@click.option(
    "--cold",
    default=0,
    show_default=True,
    type=click.IntRange(0, LAST),
    metavar="N",
    help="Also execute every cell that only reads N times with emptied caches, the whole server's: not for one that "
    "others use. With fewer than 5 no cell can meet the target, with fewer than 80 only by assuming log-normal times.",
)
@click.option(
    "--drop-caches",
    is_flag=True,
    help="With --cold: where the server's files cannot be reached (a container, --dsn), drop what the whole machine "
    "has cached instead. Linux, root, the server on this machine.",
)
@click.option(
    "--aged",
    default="0%",
    show_default=True,
    metavar="PERCENT",
    callback=checked(partial(share_of, "--aged")),
    help="Write that share of the rows of each table by churn.sql before measuring, both states alike, so that dead "
    "rows and the visibility map are those of a table that lives; reads are timed before it, too.",
)
@click.option(
    "--aa/--no-aa",
    default=True,
    show_default=True,
    help="Time a second copy of the database after in turn with the others, and widen the intervals of ratios by what "
    "two copies differ by.",
)
@click.option(
    "--settings",
    "settings_of",
    type=click.Choice(["pgproof", "server"]),
    help="server: time what reads under the server's own settings too, beside those that pgproof forces.  [default: "
    "server with --dsn, else pgproof]",
)
@click.option(
    "--one-copy/--no-one-copy",
    default=None,
    help="Measure before, apply the optimizations, and measure after in a single copy of the database, one after the "
    "other: for data of which no more copies fit. What needs another one is left out, and no ratio is free of drift.  "
    "[default: where the disk has no room for the copies]",
)
@click.option("--keep", is_flag=True, help="Keep the before and after databases for a look with psql.")
@click.option("--check", is_flag=True, help="Exit with 1 when a query misses the target after the optimizations.")
@quiet_option
def run(workload: Path | str | None, output: Path, check: bool, quiet: bool, **chosen: Any) -> int:  # noqa: ANN401
    """Run the experiment: fill, clone, optimize, compare, measure, report.

    WORKLOAD is a folder with schema.sql, queries/, optimizations.sql and dataset/; by default the current folder if it
    is one, else the CRM that comes with pgproof. Or a schema alone: a file of SQL, a pg_dump archive, a folder of
    migrations, or the DSN of a database, which is only read. Without optimizations the schema is measured as it is.
    """
    if chosen["drop_caches"] and not chosen["cold"]:
        raise click.UsageError("--drop-caches is for --cold N")
    if chosen["one_copy"]:
        _insist_on_one_copy(chosen)
    found, shown = _workload(workload, chosen), progress(out, quiet=quiet)
    usual_s = BUDGET_S if found.optimizations else NOW_S
    budget_s = usual_s if chosen["budget"] is None else chosen["budget"]
    options = _options(found, chosen, rounds=chosen["rounds"], budget_s=budget_s)
    what = RunOptions(
        replace(options, aged=_aged(found, chosen["aged"])), keep_databases=chosen["keep"],
        attribute=chosen["attribution"], given=_given(workload), cold=chosen["cold"], drop_caches=chosen["drop_caches"],
        aa=chosen["aa"], one_copy=chosen["one_copy"], coverage=chosen["coverage"], proof_s=chosen["proof_s"],
        as_set=(chosen["settings_of"] or ("server" if is_existing(chosen) else "pgproof")) == "server",
    )  # fmt: skip
    if not found.optimizations and not (what.cold or what.options.aged):
        return _now(found, what.options, output, shown, chosen, check=check)
    seen = _carry_out(EXPERIMENT, found, what, output, shown, chosen)
    if what.keep_databases:
        kept = "database: {}_after" if seen.options.one_copy else "databases: {}_before and _after"
        out.print(f"kept {kept.format(f'{databases.PREFIX}{seen.id}')}", soft_wrap=True)
    return _verdict(seen, check)


@click.command()
@workload_options
@server_options
@query_option
@_timeout
@_target
@_proof
@output_option
@quiet_option
def attribute(workload: Path | None, output: Path, quiet: bool, **chosen: Any) -> int:  # noqa: ANN401
    """Measure the four sides of every optimization: what it gains, costs to write, to store and to ship.

    The last part of "pgproof run" by itself: gains by execution, in every set of optimizations that can matter to a
    query; costs by write statements, by sizes after a phase of writes, and by applying each one under load. The queries
    are not timed before and after.
    """
    found, shown = _workload(workload, chosen), progress(out, quiet=quiet)
    if not found.optimizations:
        hint = "write blocks that begin with '-- optimization: NAME' into optimizations.sql"
        raise WorkloadError("there is no optimization to measure", hint=hint)
    options = _options(found, chosen, rounds=1, budget_s=0.0)
    given = _given(workload)
    what = RunOptions(options, measure=False, attribute=True, given=given, proof_s=chosen["proof_s"])
    _carry_out(replace(EXPERIMENT, name="attribute"), found, what, output, shown, chosen)
    return 0


def _now(
    workload: Workload, options: Options, output: Path, shown: Bars | Lines, chosen: dict[str, Any], *, check: bool
) -> int:
    """Without optimizations there is one state, and nothing to compare it with."""
    setup = setup_options(workload, chosen, shown, only=chosen["only"])
    results, origin = begin(NOW_EXPERIMENT, output), origin_of(workload)
    seen = carry_out(
        NOW_EXPERIMENT, results, chosen, shown,
        lambda handle: now.run(setup, options, origin, handle, results.keep, keep_database=chosen["keep"]),
        lambda handle: f"{workload.name}: {setup.size}, {version_of(handle)}",
    )  # fmt: skip
    if chosen["keep"]:
        out.print(f"kept database: {databases.PREFIX}{seen.id}_before", soft_wrap=True)
    return EXIT_DIFFERS if check and not NOW_EXPERIMENT.summarize(seen).good else 0


def _carry_out(
    kept_as: Experiment[Run, RunSummary], workload: Workload, what: RunOptions, output: Path, shown: Bars | Lines,
    chosen: dict[str, Any],
) -> Run:  # fmt: skip
    setup = setup_options(workload, chosen, shown, only=chosen["only"])
    results = begin(kept_as, output)

    def measure(handle: ServerHandle) -> Run:
        seen = experiment.run(setup, what, handle, results.keep, say=shown.say)
        if not what.measure:
            return seen
        return replace(seen, since=since_last(seen, output), known=known(seen, results.folder))

    return carry_out(
        kept_as, results, chosen, shown, measure,
        lambda handle: f"{workload.name}: {setup.size}, {version_of(handle)}",
    )  # fmt: skip


def _verdict(seen: Run, check: bool) -> int:
    if any(pair.equality and not pair.equality.equal for pair in seen.pairs):
        return EXIT_DIFFERS
    return EXIT_DIFFERS if check and not summarize(seen).good else 0


def _insist_on_one_copy(chosen: dict[str, Any]) -> None:
    """Raise ``click.UsageError`` where what the user asked for beside ``--one-copy`` takes another one."""
    typed = click.get_current_context().get_parameter_source
    asked = {
        "--aged": share_of("--aged", chosen["aged"]) > 0,
        "--cold": chosen["cold"] > 0,
        "--aa": chosen["aa"] and typed("aa") is ParameterSource.COMMANDLINE,
        "--attribution": chosen["attribution"] and typed("attribution") is ParameterSource.COMMANDLINE,
        "--settings server": chosen["settings_of"] == "server",
    }
    if too_many := [option for option, given in asked.items() if given]:
        raise click.UsageError(f"{too_many[0]} takes further copies of the database: leave it or --one-copy out")


def _aged(workload: Workload, asked: str) -> float:
    share = share_of("--aged", asked)
    if share and not read_churn(workload.root):
        hint = "write UPDATE, INSERT and DELETE statements into it (docs/maintenance.md), or leave --aged out"
        raise WorkloadError(f"--aged {asked}: the workload has no {CHURN_FILE}, which says how it ages", hint=hint)
    return share


def _workload(folder: Path | str | None, chosen: dict[str, Any]) -> Workload:
    found = read_workload(folder, chosen)
    return replace(found, target_ms=chosen["target"]) if chosen["target"] else found


def _given(workload: Path | str | None) -> str:
    """The workload as a command line names it again; a database is not kept, whose address may hold a password."""
    return str(workload) if isinstance(workload, Path) else ""


def _options(workload: Workload, chosen: dict[str, Any], *, rounds: int, budget_s: float) -> Options:
    timeout_s = chosen["timeout"] or (TIMEOUT_S if workload.optimizations else NOW_TIMEOUT_S)
    return Options(
        rounds=rounds, budget_s=budget_s, timeout_s=timeout_s, warmups=1,
        seed=chosen["seed"], target_ms=workload.target_ms, verdicts=rule(),
    )  # fmt: skip
