"""``pgproof baseline`` and ``pgproof gate``: did this change make anything worse?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from bench import storage
from bench.cli.carry_out import begin, carry_out, exit_code
from bench.cli.options import (
    insist_on_queries,
    insist_on_writable,
    output_option,
    query_option,
    quiet_option,
    read_files,
    server,
    server_options,
    setup_options,
    with_queries,
    workload_options,
)
from bench.cli.streams import answer, out
from bench.errors import BaselineError, PgproofError
from bench.experiments.gate.arms import Arm, arm_of_recipe, arm_of_ref, head_arm
from bench.experiments.gate.document import EXPERIMENT
from bench.experiments.gate.record import BASELINE, Baseline, GateResult
from bench.experiments.gate.run import GateOptions, make_baseline
from bench.experiments.gate.run import run as run_gate
from bench.progress import Progress
from bench.progress_bars import progress
from bench.report.github import annotate
from bench.workload import Workload

_timeout = click.option(
    "--timeout", default=30.0, show_default=True, type=click.FloatRange(0.01), help="Seconds after which one execution "
    "is cut off.",
)  # fmt: skip
_baseline = click.option(
    "--baseline", "baseline_file", type=click.Path(path_type=Path, dir_okay=False), help=f"The baseline.  [default: "
    f"{BASELINE.file} in the workload]",
)  # fmt: skip


@click.command()
@workload_options
@server_options
@_baseline
@_timeout
@quiet_option
def baseline(workload: Path | None, baseline_file: Path | None, quiet: bool, **chosen: Any) -> int:  # noqa: ANN401
    """Write the baseline to commit: work counters, plans and rows of every query today.

    No times are in it that could be compared with another machine's; it says how to make the old state again, so that a
    gate can time both in one job. Accepted regressions ("expected" in a query's header) expire with it.
    """
    insist_on_writable("--baseline", baseline_file)
    with progress(out, quiet=quiet) as shown:
        found = read_files(workload, chosen)
        found = with_queries(found, chosen, found.scale.gate)
        options = gate_options(found, head_arm(found), None, None, chosen, shown)
        with server(chosen, shown) as handle:
            made = make_baseline(options, handle)
    file = baseline_file or found.root / BASELINE.file
    storage.save(made, BASELINE, file)
    size = file.stat().st_size / 1000
    where = f"commit {made.recipe.commit[:10]}" if made.recipe.commit else "the files as they are, kept in it"
    answer(
        {"baseline": str(file), "cells": len(made.cells), "size_bytes": file.stat().st_size},
        f"baseline: {file} ({len(made.cells)} cells at {options.setup.size}, {size:.0f} kB)",
        f"made from {where}; commit it, then run: pgproof gate",
    )
    return 0


@click.command()
@workload_options
@server_options
@_baseline
@click.option("--base", "ref", help="Git ref to compare with: its schema, queries and optimizations, on the rows of "
              "the working tree.  [default: what the baseline was made from]")  # fmt: skip
@query_option
@click.option("--counters-only", is_flag=True, help="Compare work, plans and rows with the baseline; no times.")
@click.option(
    "--strict", is_flag=True, help="Fail also when queries were added, removed, or ask with other parameters."
)
@click.option(
    "--github",
    is_flag=True,
    help="Print annotations for GitHub, and append to its step summary.",
    envvar="PGPROOF_GITHUB",
)
@output_option
@_timeout
@quiet_option
def gate(workload: Path | None, output: Path, github: bool, quiet: bool, **chosen: Any) -> int:  # noqa: ANN401
    """Judge the working tree: does any query do more work, take longer, miss its target, or return other rows?

    Work is compared with the baseline, time with the old arm, run side by side in the same job. Exit code 1 says
    regression, 3 that the baseline cannot be compared, 5 that the machine was too noisy to say anything.
    """
    if chosen["counters_only"] and chosen["ref"]:
        raise click.UsageError("--base is what times are compared with, and --counters-only compares none: give one")
    found = read_files(workload, chosen)
    stored = _stored(found, chosen["baseline_file"], chosen["ref"])
    found = with_queries(found, chosen, _scale(found, stored))
    shown, results = progress(out, quiet=quiet), begin(EXPERIMENT, output)
    with _old_arm(found, stored, chosen) as old:
        base = replace(old, workload=with_queries(old.workload, chosen, _scale(found, stored))) if old else None
        options = gate_options(found, head_arm(found), base, stored, chosen, shown)
        against = base.label if base else "the baseline"
        result = carry_out(
            EXPERIMENT, results, chosen, shown, lambda handle: run_gate(options, handle),
            lambda _: f"{found.name}: {options.setup.size}, {options.head.label} against {against}",
        )  # fmt: skip
    if github:
        _github(result, found)
    return exit_code(EXPERIMENT, result)


def _stored(workload: Workload, file: Path | None, ref: str | None) -> Baseline | None:
    """The baseline; none is needed where a git ref says what to compare with."""
    path = file or workload.root / BASELINE.file
    if ref and not file and not path.exists():
        return None
    return storage.load(BASELINE, path)


@contextmanager
def _old_arm(workload: Workload, stored: Baseline | None, chosen: dict[str, Any]) -> Iterator[Arm | None]:
    if chosen["counters_only"]:
        if stored is None:
            raise BaselineError("--counters-only compares with a baseline, and there is none", hint="pgproof baseline")
        yield None
    elif chosen["ref"]:
        with arm_of_ref(workload, chosen["ref"]) as arm:
            yield arm
    else:
        assert stored is not None
        with arm_of_recipe(workload, stored.recipe) as arm:
            yield arm


def gate_options(
    workload: Workload, head: Arm, base: Arm | None, stored: Baseline | None, chosen: dict[str, Any], shown: Progress
) -> GateOptions:
    """What to compare; a baseline says at which scale, unless the user does.

    Raises:
        WorkloadError: ``--query`` names one that neither arm has.
    """
    only = chosen.get("only", ())
    insist_on_queries(only, workload, *([base.workload] if base else []))
    return GateOptions(
        setup=setup_options(workload, chosen, shown, scale=_scale(workload, stored)), head=head, base=base,
        baseline=stored, timeout_s=chosen["timeout"], target_ms=workload.target_ms, strict=chosen.get("strict", False),
    ).of_queries(only)  # fmt: skip


def _scale(workload: Workload, stored: Baseline | None) -> str:
    """The size where the user asks for none: that of the baseline."""
    return str(stored.fingerprint.scale) if stored else workload.scale.gate


def _github(result: GateResult, workload: Workload) -> None:
    place = _below(workload.root, Path.cwd())
    click.echo(annotate(EXPERIMENT.look(result), "pgproof gate", EXPERIMENT.kind.file, place), nl=False)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with open(summary, "a", encoding="utf-8") as file:
                file.write(EXPERIMENT.markdown(result) + "\n")
        except OSError as error:
            raise PgproofError(f"cannot write the step summary {summary}: {error.strerror}") from None


def _below(folder: Path, root: Path) -> str:
    resolved = folder.resolve()
    return resolved.relative_to(root).as_posix() if resolved.is_relative_to(root) else str(resolved)
