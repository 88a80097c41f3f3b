"""``pgproof ship-script``: the optimizations of a workload as a script for a live database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from bench.cli import names
from bench.cli.options import (
    building_options,
    insist_on_writable,
    put_or_print,
    read_files,
    text_output_option,
    trust_option,
    workload_argument,
)
from bench.errors import WorkloadError
from bench.model import Optimization
from bench.shipping import ship_script
from bench.suggestions import did_you_mean
from bench.workload import Workload

OF_A_SERVER = ("server", "pg_bin", "dsn", "image", "home")
"""Options that say where the files' state is built."""


@click.command("ship-script")
@workload_argument
@trust_option
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    shell_complete=names.optimizations,
    help="Only this optimization; may be given several times.  [default: all]",
)
@click.option("--undo", is_flag=True, help="The script that takes them back, last first.")
@text_output_option
@click.option("--dsn", "living", metavar="DSN", help="The live database, which is only read: the script holds what it "
              "lacks, with --undo what it has.  [default: none]")  # fmt: skip
@building_options
def ship_script_command(
    workload: Path | None, only: tuple[str, ...], undo: bool, output: Path | None, living: str | None,
    **chosen: Any,  # noqa: ANN401
) -> int:  # fmt: skip
    """Print a psql script that brings the optimizations to a live database without stopping it.

    Indexes CONCURRENTLY, invalid ones replaced; strong locks waited for shortly and often; constraints NOT VALID and
    then validated. It can be stopped and run again. Needs no server, it is text; with --dsn it holds no more than that
    database lacks, and the other options say where pgproof builds what it compares that with.
    """
    insist_on_writable("--output", output)
    if not living:
        _insist_on_no_server()
    found = read_files(workload, chosen)
    wanted = _chosen(found, only)
    if living:
        put_or_print(_script_for(living, found, wanted, only, undo, chosen), output)
    else:
        put_or_print(ship_script(found.name, wanted, undo, queries=found.queries), output)
    return 0


def _insist_on_no_server() -> None:
    """Raise ``click.UsageError`` where an option says where to build, and there is nothing to compare that with."""
    context = click.get_current_context()
    for option in context.command.params:
        given = context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE
        if given and option.name in OF_A_SERVER:
            raise click.UsageError(f"{option.opts[0]} is for --dsn: without it the script is text, and needs no server")


def _script_for(
    dsn: str, workload: Workload, wanted: list[Optimization], only: tuple[str, ...], undo: bool, chosen: dict[str, Any]
) -> str:
    """The script for one database, which is read for it."""
    from bench.cli.files import files_of_workload, judged
    from bench.environments.ship import lacking, there

    (found,) = judged(files_of_workload(workload), [dsn], chosen)
    what = there(found, wanted) if undo else lacking(found, wanted, only)
    return ship_script(
        workload.name, what.optimizations, undo, queries=workload.queries, about=what.about, remarks=what.remarks
    )


def _chosen(workload: Workload, only: tuple[str, ...]) -> list[Optimization]:
    known = [one.name for one in workload.optimizations]
    if unknown := [name for name in only if name not in known]:
        hint = did_you_mean(unknown[0], known) or "the workload has none"
        raise WorkloadError(f"--only {unknown[0]}: no such optimization", hint=hint)
    return [one for one in workload.optimizations if not only or one.name in only]
