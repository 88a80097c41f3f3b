"""``pgproof advise``: what would help a workload, proved by execution."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from bench.cli import names as known_names
from bench.cli.carry_out import begin, carry_out
from bench.cli.inferred import is_schema, source_options
from bench.cli.options import (
    checked,
    output_option,
    quiet_option,
    read_workload,
    server_options,
    setup_options,
    share_of,
    version_of,
    workload_options,
)
from bench.cli.streams import out
from bench.errors import PgproofError
from bench.experiments.advise import run as advising
from bench.experiments.advise.document import EXPERIMENT
from bench.experiments.advise.one_query import with_query
from bench.experiments.advise.run import AdviseOptions
from bench.experiments.origin import origin_of
from bench.model import Options
from bench.model.advised import Limits
from bench.progress_bars import progress
from bench.statistics.looks import FIRST_MEETS, LAST, rule
from bench.suggestions import file_nearby
from bench.workload import Workload

TRYING_S = 120.0
"""Seconds of executing candidates where the user says none."""
BUDGET_S = 30.0
ONE_TRYING_S, ONE_BUDGET_S = 20.0, 10.0
"""The same for one query, which is to be answered within a minute."""
TIMEOUT_S = 5.0
"""Seconds of one execution: what takes fifty times the target has missed it."""

UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*")


@click.command("advise")
@workload_options
@source_options
@server_options
@click.option(
    "--query",
    "only",
    multiple=True,
    shell_complete=known_names.queries,
    help="Advise on this query alone, by its name or as a file of SQL; may be given several times.  [default: all]",
)
@click.option(
    "--disk",
    callback=checked(lambda text: _bytes(text)),
    help="What all new indexes may take together: 200MB, 2GB.  [default: no limit]",
)
@click.option(
    "--write-cost",
    callback=checked(partial(share_of, "--write-cost", most=math.inf)),
    help="How much more the workload's write statements may write into the log (WAL) for them: 5%.  [default: no "
    "limit]",
)
@click.option(
    "--beyond-target",
    is_flag=True,
    help="Propose also what halves the work of classes that are well within the target.  [default: leave that out, and "
    "show it]",
)
@click.option(
    "--on-top",
    is_flag=True,
    help="Advise on top of the workload's optimizations.  [default: on its schema, as if there were none]",
)
@click.option(
    "--budget",
    type=click.FloatRange(0),
    help=f"Seconds of proving the set chosen.  [default: {BUDGET_S:g}; {ONE_BUDGET_S:g} for one query]",
)
@click.option(
    "--trying",
    type=click.FloatRange(0, min_open=True),
    help=f"Seconds after which no candidate is executed any more.  [default: {TRYING_S:g}; {ONE_TRYING_S:g} for one "
    "query]",
)
@click.option(
    "--rounds",
    default=FIRST_MEETS,
    show_default=True,
    type=click.IntRange(1, LAST),
    help="Timed executions that a cell gets at most while its verdict is open.",
)
@click.option(
    "--timeout",
    default=TIMEOUT_S,
    show_default=True,
    type=click.FloatRange(0.01),
    help="Seconds after which one execution is cut off and counted as 'longer than'.",
)
@click.option("--target", type=click.FloatRange(0, min_open=True), help="Milliseconds at p95 that every class is to "
              "meet.  [default: 100, or what pgproof.toml says]")  # fmt: skip
@click.option("--shipping/--no-shipping", default=None, help="See who waits while each change is applied under load.  "
              "[default: yes; not for one query]")  # fmt: skip
@output_option
@quiet_option
def advise(workload: Path | str | None, output: Path, quiet: bool, only: tuple[str, ...], **chosen: Any) -> int:  # noqa: ANN401
    """Find the indexes that a workload lacks, and prove by execution what each brings and costs.

    WORKLOAD is a folder or a schema alone, as for "pgproof run". Candidates are read from plans and statements, built
    on a copy, executed in every parameter class and priced; the set that is proposed is proved by executing everything
    with it and without. advised.sql holds it as blocks for optimizations.sql.
    """
    granted = chosen["write_cost"]
    writes = share_of("--write-cost", granted, math.inf) if granted else None
    limits = Limits(_bytes(chosen["disk"]), writes, chosen["beyond_target"])
    found, names = _workload(workload, only, chosen)
    shown, options = progress(out, quiet=quiet), _options(found, chosen, limits, one=bool(names))
    setup, origin = setup_options(found, chosen, shown, only=names), origin_of(found)
    results = begin(EXPERIMENT, output)
    seen = carry_out(
        EXPERIMENT, results, chosen, shown,
        lambda handle: advising.run(setup, options, origin, handle, results.keep),
        lambda handle: f"{found.name}, advice: {setup.size}, {version_of(handle)}",
    )  # fmt: skip
    if seen.chosen:
        out.print(f"blocks for optimizations.sql: {results.folder / 'advised.sql'}", soft_wrap=True, markup=False)
    return 0


def _workload(
    given: Path | str | None, only: tuple[str, ...], chosen: dict[str, Any]
) -> tuple[Workload, tuple[str, ...]]:
    """The workload, and the names of the queries that are asked about; all of them where that is empty."""
    files = [Path(one) for one in only if one.endswith(".sql")]
    names = [one for one in only if not one.endswith(".sql")]
    for file in files:
        if not file.is_file():
            raise PgproofError(f"--query {file}: there is no such file", hint=file_nearby(file))
    if given is not None and is_schema(given) and files:
        if len(files) > 1 or names or chosen["queries"]:
            raise click.UsageError("of a schema alone --query takes one file; --queries takes several statements")
        chosen["queries"] = files[0]
        found = read_workload(given, chosen)
        names = [query.name for query in found.queries]
    else:
        found = read_workload(given, chosen)
        for file in files:
            found, name = with_query(found, file)
            names.append(name)
    return (replace(found, target_ms=chosen["target"]) if chosen["target"] else found), tuple(names)


def _options(workload: Workload, chosen: dict[str, Any], limits: Limits, *, one: bool) -> AdviseOptions:
    budget_s = (ONE_BUDGET_S if one else BUDGET_S) if chosen["budget"] is None else chosen["budget"]
    measure = Options(
        rounds=chosen["rounds"], budget_s=budget_s, timeout_s=chosen["timeout"], warmups=1, seed=chosen["seed"],
        target_ms=workload.target_ms, verdicts=rule(),
    )  # fmt: skip
    return AdviseOptions(
        measure=measure,
        limits=limits,
        explore_s=chosen["trying"] or (ONE_TRYING_S if one else TRYING_S),
        on_top=chosen["on_top"],
        ship=not one if chosen["shipping"] is None else chosen["shipping"],
    )


def _bytes(text: str | None) -> int | None:
    """What a size means, in bytes. Raises ``click.UsageError``."""
    if text is None:
        return None
    found = _SIZE.fullmatch(text)
    if not found or found[2].upper() not in UNITS:
        raise click.UsageError(f"--disk {text}: give a size with its unit: --disk 200MB")
    return round(float(found[1]) * UNITS[found[2].upper()])
