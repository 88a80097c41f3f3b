"""``pgproof selftest``: the gate's own false alarms and detections, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bench.cli.options import (
    insist_on_writable,
    quiet_option,
    read_files,
    server,
    server_options,
    with_queries,
    workload_options,
)
from bench.cli.streams import answer, out
from bench.experiments.gate.arms import head_arm
from bench.experiments.gate.command import gate_options
from bench.experiments.gate.run import GateOptions, make_baseline
from bench.experiments.selftest import false_alarms
from bench.experiments.selftest.formats import show_attempts, show_series
from bench.experiments.selftest.inject import everything
from bench.experiments.selftest.record import Attempt, RunLine, append, read_attempts, read_log
from bench.experiments.selftest.summary import summarize_attempts, summarize_series
from bench.postgres.servers import ServerHandle
from bench.progress_bars import Bars, Lines, progress

SHORT = 10
"""Runs of a series when nobody says how many."""


@click.command()
@workload_options
@server_options
@click.option("--aa", type=click.IntRange(1), help="Run the gate that often on identical files: every red is a false "
              "alarm. 300 runs without one show that at most 1 % are.  [default: 10 runs]")  # fmt: skip
@click.option("--inject", is_flag=True, help="Put regressions in on purpose and say which the gate finds.")
@click.option("--log", type=click.Path(path_type=Path, dir_okay=False), help="File that keeps every run of --aa or "
              "--inject, a line each; a series goes on where the file ends, until it holds as many.  "
              "[default: none]")  # fmt: skip
@click.option("--tries", default=50, show_default=True, type=click.IntRange(1), help="Injected slow-downs of each size "
              "for --inject.")  # fmt: skip
@click.option("--timeout", default=30.0, show_default=True, type=click.FloatRange(0.01), help="Seconds after which one "
              "execution is cut off.")  # fmt: skip
@quiet_option
def selftest(
    workload: Path | None,
    aa: int | None,
    inject: bool,
    log: Path | None,
    tries: int,
    quiet: bool,
    **chosen: Any,  # noqa: ANN401
) -> int:
    """Test the gate on itself: how often does it cry wolf here, and how small a wolf does it see?

    Without --aa and --inject: a short series of 10 runs on identical files.
    """
    if aa and inject:
        raise click.UsageError("--aa and --inject are two tests: run one after the other")
    insist_on_writable("--log", log)
    found = read_files(workload, chosen)
    found = with_queries(found, chosen, found.scale.gate)
    done = read_log(log) if log and not inject else []
    if not inject and len(done) >= (aa or SHORT):
        answer(summarize_series(done), show_series(done))
        return 0
    with progress(out, quiet=quiet) as shown:
        options = gate_options(found, head_arm(found), None, None, chosen, shown)
        with server(chosen, shown) as handle:
            if inject:
                attempts = _inject(options, handle, tries, log, shown)
            else:
                runs = _series(options, handle, aa or SHORT, log, done, shown)
    if inject:
        answer(summarize_attempts(attempts), show_attempts(attempts))
    else:
        answer(summarize_series(runs), show_series(runs))
    return 0


def _series(
    options: GateOptions, handle: ServerHandle, number: int, log: Path | None, done: list[RunLine], shown: Bars | Lines
) -> list[RunLine]:
    """Add runs to those that are ``done`` until there are ``number``."""
    lines = list(done)

    def told(line: RunLine) -> None:
        lines.append(line)
        if log:
            append(line, log)
        red = sum(one.red for one in lines)
        shown.say(f"run {len(lines)}: {line.overall} in {line.seconds:.0f} s; {red} of {len(lines)} red so far")

    false_alarms.series(options, handle, number - len(lines), len(lines), told)
    return lines


def _inject(
    options: GateOptions, handle: ServerHandle, tries: int, log: Path | None, shown: Bars | Lines
) -> list[Attempt]:
    attempts = read_attempts(log) if log else []

    def told(attempt: Attempt) -> None:
        attempts.append(attempt)
        if log:
            append(attempt, log)
        shown.say(f"{attempt.kind}, {attempt.name}: {attempt.witness}; {attempt.detail}")

    baseline = make_baseline(options, handle)
    everything(options, handle, baseline, tries, list(attempts), told)
    return attempts
