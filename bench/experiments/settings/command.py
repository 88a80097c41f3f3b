"""``pgproof settings``: the same queries under two named groups of settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bench.cli.carry_out import begin, carry_out, exit_code
from bench.cli.options import (
    checked,
    output_option,
    query_option,
    quiet_option,
    read_workload,
    server_options,
    setup_options,
    version_of,
    workload_options,
)
from bench.cli.streams import out
from bench.experiments.settings import run as comparing
from bench.experiments.settings.document import EXPERIMENT
from bench.experiments.settings.record import SettingsGroup
from bench.model import STATES, Options, State
from bench.progress_bars import progress
from bench.statistics.looks import FIRST_MEETS, LAST, rule

AS_MEASURED = SettingsGroup("as measured", {})
"""What a single group is held against: the settings with which every experiment measures."""


@click.command("settings")
@workload_options
@server_options
@click.option("--group", "groups", multiple=True, required=True, metavar="'NAME: SETTING=VALUE, ...'",
              callback=checked(lambda text: group(text)), help="A group "
              "of settings, once or twice; one alone is held against those that pgproof measures with.")  # fmt: skip
@query_option
@click.option("--state", type=click.Choice(list(STATES)), help="Which state to measure in.  [default: after, or before "
              "where there are no optimizations]")  # fmt: skip
@click.option("--rounds", default=FIRST_MEETS, show_default=True, type=click.IntRange(1, LAST), help="Timed executions "
              "that a cell gets under each group while its verdict is open.")  # fmt: skip
@click.option("--budget", default=60.0, show_default=True, type=click.FloatRange(0), help="Seconds of measuring after "
              "which no cell gets more than its first executions (--rounds).")  # fmt: skip
@click.option("--timeout", default=30.0, show_default=True, type=click.FloatRange(0.01), help="Seconds after which one "
              "execution is cut off.")  # fmt: skip
@click.option("--target", type=click.FloatRange(0, min_open=True), help="Milliseconds at p95.  [default: 100, or what "
              "pgproof.toml says]")  # fmt: skip
@output_option
@quiet_option
def settings(workload: Path | None, output: Path, quiet: bool, groups: tuple[str, ...], **chosen: Any) -> int:  # noqa: ANN401
    """Time the same queries under two named groups of settings, interleaved.

    What a session can set is compared: pgproof settings --group 'parallel: max_parallel_workers_per_gather=4' times
    every query that only reads on one database, in turn with and without, and says which are faster, which slower.
    """
    if len(groups) > 2:
        raise click.UsageError(f"--group: give one or two groups, not {len(groups)}")
    found, shown = read_workload(workload, chosen), progress(out, quiet=quiet)
    state: State = chosen["state"] or ("after" if found.optimizations else "before")
    setup = setup_options(found, chosen, shown, only=chosen["only"])
    options = Options(
        rounds=chosen["rounds"], budget_s=chosen["budget"], timeout_s=chosen["timeout"], warmups=1, seed=chosen["seed"],
        target_ms=chosen["target"] or found.target_ms, verdicts=rule(),
    )  # fmt: skip
    first, second = [AS_MEASURED, *(group(text) for text in groups)][-2:]
    results = begin(EXPERIMENT, output)
    seen = carry_out(
        EXPERIMENT, results, chosen, shown,
        lambda handle: comparing.run(setup, options, state, (first, second), handle, results.keep),
        lambda handle: f"{found.name}, {state}: {setup.size}, {first.name} against {second.name}, {version_of(handle)}",
    )  # fmt: skip
    return exit_code(EXPERIMENT, seen)


def group(text: str) -> SettingsGroup:
    """Read ``NAME: SETTING=VALUE, SETTING=VALUE``. Raises ``click.UsageError``."""
    name, colon, listed = (part.strip() for part in text.partition(":"))
    settings = {}
    for part in listed.split(","):
        setting, equals, value = (word.strip() for word in part.partition("="))
        if not (name and colon and setting and equals and value):
            raise click.UsageError(f"--group {text!r}: give a name and settings: 'big: work_mem=64MB, jit=on'")
        settings[setting] = value
    return SettingsGroup(name, settings)
