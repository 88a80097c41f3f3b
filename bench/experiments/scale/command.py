"""``pgproof scale``: the same experiment at growing volume, and when each query will cross its target."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

from bench import __version__, storage, timestamps
from bench.cli.carry_out import begin, carry_out, exit_code, store_part
from bench.cli.options import (
    GIB,
    checked,
    insist_on_queries,
    output_option,
    query_option,
    quiet_option,
    read_files,
    server_options,
    sized_options,
    version_of,
    with_queries,
)
from bench.cli.streams import err, out
from bench.dataset.source import insist_on
from bench.errors import PgproofError, RunFileError
from bench.experiments import about
from bench.experiments.before_after.document import EXPERIMENT as STEP
from bench.experiments.before_after.run import Keep
from bench.experiments.scale import curves, nodes_run
from bench.experiments.scale import run as scaling
from bench.experiments.scale.document import EXPERIMENT
from bench.experiments.scale.record import SCALE, Asked, Axis, Scaling, Step
from bench.experiments.scale.steps import geometric
from bench.experiments.setup import SetupOptions
from bench.model import Options, Run
from bench.postgres.servers import ServerHandle
from bench.progress import Progress
from bench.progress_bars import Lines, Silent, progress
from bench.results_folder import Checkpoint
from bench.statistics.looks import FIRST_MEETS, LAST, rule
from bench.storage import RUN
from bench.workload import Workload

GROWS: tuple[Axis, ...] = ("everything", "tenant")
STEPS = 5
"""Steps where none are asked for: three to fit, one more to check the fit, and one to spare for a plan that changes."""

_steps = (
    click.option("--from", "first", help="Size of the smallest step, in units of the workload: 10k.  "
                 "[default: none; needed without --resume]"),
    click.option("--to", "last", help="Size of the largest step: 1M.  [default: none; needed without --resume]"),
    click.option("--steps", type=int, help=f"How many, each as many times the one before.  [default: {STEPS}]"),
    click.option("--grow", type=click.Choice(GROWS), help="What grows: more tenants and larger ones, or one tenant "
                 "while the others stay as they are at the smallest step.  [default: everything]"),
    click.option("--nodes", callback=checked(lambda text: node_counts(text)), help="1,2: not the rows grow "
                 "but the workers of the Citus cluster that --dsn names: the rows of --from with shards on the first "
                 "of them, then on the first two.  [default: none]"),
    click.option("--resume", type=click.Path(path_type=Path, file_okay=False), help="Go on with the experiment in this "
                 "folder: the steps that are missing, with the settings that it was begun with.  [default: a new one]"),
)  # fmt: skip
_options = (
    query_option,
    click.option("--budget", default=60.0, show_default=True, type=click.FloatRange(0), help="Seconds of measuring in "
                 "each step after which no cell gets more than its first executions (--rounds)."),
    click.option("--rounds", default=FIRST_MEETS, show_default=True, type=click.IntRange(1, LAST), help="Timed "
                 "executions that a cell gets whose verdict is open; with fewer than 80, \"meets\" is an assumption."),
    click.option("--timeout", default=30.0, show_default=True, type=click.FloatRange(0.01), help="Seconds after which "
                 "one execution is cut off and counted as 'longer than'."),
    click.option("--target", type=click.FloatRange(0, min_open=True), help="Milliseconds at p95 that no class may "
                 "cross.  [default: 100, or what pgproof.toml says]"),
)  # fmt: skip


def _all_options(command: Any) -> Any:  # noqa: ANN401 (click's decorators take and give anything)
    command = output_option(quiet_option(command))
    for option in reversed(_options):
        command = option(command)
    command = sized_options(server_options(command))
    for option in reversed(_steps):
        command = option(command)
    return command


@click.command()
@_all_options
def scale(workload: Path | None, output: Path, resume: Path | None, quiet: bool, **chosen: Any) -> int:  # noqa: ANN401
    """Say when each query will cross its target: the experiment before and after, at growing scale.

    WORKLOAD is a folder as for "pgproof run". Each step is a run of its own, without attribution, in its own folder.
    Whether all steps fit on the disk is checked before they begin. What was measured stays when it is interrupted.
    With --nodes: what more workers of a Citus cluster do at one size, and on paper what still more would.
    """
    if chosen["nodes"]:
        return _on_nodes(workload, output, resume, quiet, chosen)
    found, shown = read_files(workload, chosen), Silent(out) if quiet else Lines(out)
    kept = _resumed(resume, found, chosen) if resume else _begun(output, found, chosen)
    asked = kept.scaling.asked
    found = with_queries(found, chosen, str(max(asked.scales)))
    setup = _setup(found, asked, chosen)

    def measure(handle: ServerHandle) -> Scaling:
        kept.save()
        with _Steps(kept, shown.also, quiet=quiet) as steps:
            hooks = scaling.Hooks(steps.begin, steps.done, shown.say)
            scaling.carry_out(setup, asked.options, kept.scaling.missing, handle, hooks)
        return replace(kept.scaling, status="complete")

    seen = carry_out(
        EXPERIMENT, kept.results, chosen, shown, measure,
        lambda handle: f"{found.name}: {len(kept.scaling.missing)} steps, {version_of(handle)}",
    )  # fmt: skip
    return exit_code(EXPERIMENT, seen)


def _on_nodes(workload: Path | None, output: Path, resume: Path | None, quiet: bool, chosen: dict[str, Any]) -> int:
    found, shown = read_files(workload, chosen), progress(out, quiet=quiet)
    asked = _asked_of_nodes(found, {**chosen, "resume": resume})
    found = with_queries(found, chosen, str(asked.scales[0]))
    results = begin(EXPERIMENT, output)
    begun = Scaling("running", timestamps.now_text(), __version__, asked)
    setup = replace(_setup(found, asked, chosen), progress=shown)
    numbers = ", ".join(map(str, asked.nodes))
    seen = carry_out(
        EXPERIMENT, results, chosen, shown, lambda handle: nodes_run.carry_out(setup, begun, handle, results.keep),
        lambda handle: f"{found.name}: {setup.size} on {numbers} workers, {version_of(handle)}",
    )  # fmt: skip
    return exit_code(EXPERIMENT, seen)


def node_counts(text: str) -> tuple[int, ...]:
    """Read ``1,2``: at least two numbers of workers, each larger than the one before. Raises ``click.UsageError``."""
    words = [word.strip() for word in text.split(",")]
    numbers = tuple(int(word) for word in words if word.isascii() and word.isdecimal())
    grow = all(one < other for one, other in pairwise(numbers))
    if len(numbers) != len(words) or len(numbers) < 2 or numbers[0] < 1 or not grow:
        raise click.UsageError(f"--nodes {text}: give two or more whole numbers of workers, each larger: 1,2")
    return numbers


def _asked_of_nodes(workload: Workload, chosen: dict[str, Any]) -> Asked:
    """What ``--nodes`` asks for. Raises ``PgproofError`` where other options do not go with it."""
    others = {"last": "--to", "steps": "--steps", "grow": "--grow", "resume": "--resume"}
    if given := [option for name, option in others.items() if chosen[name] is not None]:
        raise PgproofError(f"{given[0]} cannot be used with --nodes", hint="--from gives the one size")
    if not workload.distribution:
        raise PgproofError(
            f"--nodes: the workload {workload.name} does not say how its tables are spread",
            hint="add distribution.sql to it (docs/own-workload.md)",
        )
    insist_on_queries(chosen["only"], workload)
    size = workload.scale.parse(chosen["first"] or workload.scale.default, "--from")
    return Asked(
        workload.name, workload.content_hash(), workload.scale.unit, (size,), chosen["seed"], chosen["skew"],
        _measured_so(workload, chosen), tuple(chosen["only"]), nodes=node_counts(chosen["nodes"]),
    )  # fmt: skip


def _measured_so(workload: Workload, chosen: dict[str, Any]) -> Options:
    return Options(
        rounds=chosen["rounds"], budget_s=chosen["budget"], timeout_s=chosen["timeout"], warmups=1, seed=chosen["seed"],
        target_ms=chosen["target"] or workload.target_ms, verdicts=rule(),
    )  # fmt: skip


@dataclass
class _Kept:
    """A scale experiment and the runs of its steps, in its folder."""

    results: Checkpoint[Scaling]
    scaling: Scaling
    runs: list[Run] = field(default_factory=list)

    def add(self, run: Run) -> None:
        """Take in a finished step."""
        self.runs = sorted([*self.runs, run], key=lambda one: one.dataset.scale)
        done = {step.scale: step for step in self.scaling.steps}
        done[run.dataset.scale] = curves.step_of(run, _name(run.dataset.scale))
        self._count(tuple(done[scale] for scale in sorted(done)))
        self.save()

    def _count(self, steps: tuple[Step, ...]) -> None:
        last = self.runs[-1]
        self.scaling = replace(
            self.scaling,
            steps=steps,
            titles={query.name: query.title or query.name for query in last.queries},
            tracks=curves.cell_curves(self.runs),
            alarms=curves.alarms(self.runs),
            server=f"PostgreSQL {last.server.version} ({last.server.kind})",
            machine=f"{last.machine.cpu}, {last.machine.cores} cores",
            notes=tuple(
                dict.fromkeys(note for run in self.runs for note in (*run.notes, *about.forced_sentences(run.server)))
            ),
        )

    def save(self) -> None:
        """Write scale.json."""
        self.results.save(self.scaling)


class _Steps(ExitStack):
    """The steps as they go on: each with bars and a folder of its own."""

    def __init__(self, kept: _Kept, also: Progress, *, quiet: bool) -> None:
        super().__init__()
        self._kept, self._also, self._quiet = kept, also, quiet
        self.current: Checkpoint[Run] | None = None

    def begin(self, scale: int) -> tuple[Progress, Keep]:
        """Open the folder of the next step."""
        scales = self._kept.scaling.asked.scales
        if not self._quiet:
            out.print(f"step {scales.index(scale) + 1} of {len(scales)}: {scale:,} {self._kept.scaling.asked.unit}")
        shown = progress(out, quiet=self._quiet)
        shown.also = self._also
        self.enter_context(shown)
        folder = self._kept.results.folder / _name(scale)
        self.current = Checkpoint(RUN, lambda: folder)
        return shown, self.current.keep

    def done(self, run: Run) -> None:
        """Write the reports of the step and close it."""
        assert self.current
        self.current.publish(run, STEP.write)
        self.current = None
        self.close()
        self._kept.add(run)

    def __exit__(self, *details: Any) -> bool:  # noqa: ANN401
        if self.current and details[0] is not None:
            store_part(STEP, self.current, details[1])
        return bool(super().__exit__(*details))


def _begun(output: Path, workload: Workload, chosen: dict[str, Any]) -> _Kept:
    if not (chosen["first"] and chosen["last"]):
        raise PgproofError(
            "a scale experiment needs both ends", hint="give --from and --to: pgproof scale --from 10k --to 1M"
        )
    first, last = (workload.scale.parse(chosen[end], option) for end, option in (("first", "--from"), ("last", "--to")))
    insist_on_queries(chosen["only"], workload)
    steps = STEPS if chosen["steps"] is None else chosen["steps"]
    grows = chosen["grow"] or GROWS[0]
    if grows == "tenant":
        insist_on("base", workload.dataset)
    asked = Asked(
        workload.name, workload.content_hash(), workload.scale.unit, geometric(first, last, steps), chosen["seed"],
        chosen["skew"], _measured_so(workload, chosen), tuple(chosen["only"]), grows,
    )  # fmt: skip
    return _Kept(begin(EXPERIMENT, output), Scaling("running", timestamps.now_text(), __version__, asked))


def _resumed(folder: Path, workload: Workload, chosen: dict[str, Any]) -> _Kept:
    """Take up the experiment in ``folder``. A step whose run cannot be read any more is measured again."""
    if given := [name for name in ("first", "last", "steps", "grow") if chosen[name] is not None]:
        option = {"first": "--from", "last": "--to", "steps": "--steps", "grow": "--grow"}[given[0]]
        raise PgproofError(f"{option} cannot be used with --resume", hint="the steps are those it was begun with")
    found = storage.load(SCALE, folder / SCALE.file)
    if (found.asked.workload, found.asked.workload_hash) != (workload.name, workload.content_hash()):
        raise PgproofError(
            f"{folder} was begun with other files of the workload {found.asked.workload}",
            hint="give the same WORKLOAD as then, or begin anew with --from and --to",
        )
    begun = replace(found, status="running", steps=(), tracks=(), alarms=())
    kept = _Kept(Checkpoint(SCALE, lambda: folder), begun)
    for step in found.steps:
        try:
            run = storage.load(RUN, folder / step.folder / RUN.file)
        except RunFileError as error:
            err.print(f"measured again: {error.message}", markup=False)
            continue
        if run.status == "complete":
            kept.add(run)
    return kept


def _setup(workload: Workload, asked: Asked, chosen: dict[str, Any]) -> SetupOptions:
    return SetupOptions(
        workload=replace(workload, target_ms=asked.options.target_ms), scale=asked.scales[0], seed=asked.seed,
        skew=asked.skew, workers=chosen["workers"].connections, scheduler=chosen["workers"].scheduler,
        cache_limit_bytes=chosen["cache_limit"] * GIB, only=asked.only,
        base=asked.scales[0] if asked.grows == "tenant" else None,
    )  # fmt: skip


def _name(scale: int) -> str:
    return str(scale)
