"""``pgproof traps``: which queries' plans can turn against their users."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bench import storage
from bench.cli.checkpoint import Kept
from bench.cli.options import GIB, insist_on_queries, server, server_options, workload_options
from bench.cli.streams import out
from bench.errors import WorkloadError
from bench.experiments.before_after import run as experiment
from bench.experiments.compare.command import written
from bench.experiments.traps import formats as traps_report
from bench.experiments.traps import run as measured
from bench.experiments.traps.fresh import insist_on_class
from bench.experiments.traps.record import TRAPS, TrapsOptions, TrapsRun
from bench.experiments.traps.run import TrapsPlan
from bench.experiments.traps.stability import SERVER_TARGET
from bench.model import STATES, State
from bench.progress_bars import progress
from bench.workload import Workload, read


@click.command("traps")
@workload_options
@server_options
@click.option("--query", "only", multiple=True, help="Only this query; may be given several times.")
@click.option("--state", type=click.Choice(list(STATES)), help="Which state to look at.  [default: after, or before "
              "where there are no optimizations]")  # fmt: skip
@click.option("--analyzes", default=10, show_default=True, type=click.IntRange(1, 1000), help="How often statistics "
              "are gathered anew.")  # fmt: skip
@click.option("--fresh", default="", metavar="CLASS", help="Class of whose size the new tenant is.  [default: hot, or "
              "else p90, or else the first]")  # fmt: skip
@click.option("--timeout", default=30.0, show_default=True, type=click.FloatRange(0.01), help="Seconds after which one "
              "execution is cut off.")  # fmt: skip
@click.option("--output", default=Path("reports/traps"), show_default=True, help="Folder for traps.json, traps.md and "
              "traps.html.", type=click.Path(path_type=Path, file_okay=False))  # fmt: skip
@click.option("--quiet", is_flag=True, help="Plain lines instead of progress bars.")
def traps_command(workload: Path | None, output: Path, quiet: bool, **chosen: Any) -> int:  # noqa: ANN401
    """Execute the plans that each query may get, beside the one that it has.

    The generic plan of a prepared statement, the plans that other random samples for the statistics give, the plan of
    another parameter class, and the one that a tenant gets who came after the last ANALYZE.
    """
    with progress(out, quiet=quiet) as shown:
        found = read(experiment.workload_folder(workload))
        insist_on_queries(found, chosen["only"])
        insist_on_class(found, chosen["fresh"])
        plan = TrapsPlan(
            workload=found, scale=found.scale.parse(chosen["scale"] or found.scale.default), seed=chosen["seed"],
            skew=chosen["skew"], workers=chosen["workers"], cache_limit_bytes=chosen["cache_limit"] * GIB,
            options=_options(found, chosen), only=chosen["only"], progress=shown,
        )  # fmt: skip
        seen = _carry_out(plan, output, chosen, shown)
    return show_traps(seen, output)


def _options(workload: Workload, chosen: dict[str, Any]) -> TrapsOptions:
    state: State = chosen["state"] or ("after" if workload.optimizations else "before")
    if state == "after" and not workload.optimizations:
        raise WorkloadError("--state after: this workload has no optimizations", hint="leave --state out")
    return TrapsOptions(state, chosen["analyzes"], SERVER_TARGET, chosen["timeout"], chosen["fresh"])


def _carry_out(plan: TrapsPlan, output: Path, chosen: dict[str, Any], shown: Any) -> TrapsRun:  # noqa: ANN401
    """Look; what an interrupted or failed look has seen is kept, with its reports."""
    kept = Kept[TrapsRun](
        output, traps_report.JSON, "traps.html", lambda seen, path: storage.save(seen, TRAPS, path), traps_report.write,
        lambda seen: "what was seen is" if seen.cells else "",
    )  # fmt: skip
    with kept.also_when_stopped(), server(chosen, shown) as handle:
        version = f"{handle.version_num // 10000}.{handle.version_num % 10000}"
        size = f"{plan.scale:,} {plan.workload.scale.unit}"
        shown.say(f"{plan.workload.name}, {plan.options.state}: {size}, PostgreSQL {version} ({handle.kind})")
        return measured.run(plan, handle, kept.keep)


def show_traps(seen: TrapsRun, output: Path) -> int:
    """Write and print the reports of a look for traps."""
    written(lambda: traps_report.write(seen, output), output)
    out.print(traps_report.show(seen))
    out.print(f"traps: {output / 'traps.html'}", soft_wrap=True, markup=False)
    return 0
