"""``pgproof ship-script``: the optimizations of a workload as a script for a live database."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from bench.cli.options import read_workload, trust_option, workload_argument
from bench.errors import PgproofError, WorkloadError
from bench.model import Optimization
from bench.shipping import ship_script
from bench.workload import Workload


@click.command("ship-script")
@workload_argument
@trust_option
@click.option("--only", multiple=True, metavar="NAME", help="Only this optimization; may be given several times.")
@click.option("--undo", is_flag=True, help="The script that takes them back, last first.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write to.  [default: the "
              "terminal]")  # fmt: skip
def ship_script_command(
    workload: Path | None, only: tuple[str, ...], undo: bool, output: Path | None, **chosen: Any  # noqa: ANN401
) -> int:  # fmt: skip
    """Print a psql script that brings the optimizations to a live database without stopping it.

    Indexes CONCURRENTLY, invalid ones replaced; strong locks waited for shortly and often; constraints NOT VALID and
    then validated. It can be stopped and run again. Needs no server: it is text.
    """
    found = read_workload(workload, chosen)
    text = ship_script(found.name, _chosen(found, only), undo, queries=found.queries)
    if output is None:
        click.echo(text, nl=False)
        return 0
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise PgproofError(f"cannot write {output}: {reason}", hint="choose another file with --output") from None
    return 0


def _chosen(workload: Workload, only: tuple[str, ...]) -> list[Optimization]:
    known = [one.name for one in workload.optimizations]
    if unknown := [name for name in only if name not in known]:
        hint = f"there are {', '.join(known) or 'none'}"
        raise WorkloadError(f"--only {unknown[0]}: no such optimization", hint=hint)
    return [one for one in workload.optimizations if not only or one.name in only]
