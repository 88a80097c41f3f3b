"""``pgproof scale``: the same experiment at growing volume, and when each query will cross its target."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from bench import __version__, storage, timestamps
from bench.cli.codes import EXIT_DIFFERS
from bench.cli.options import GIB, insist_on_queries, server, server_options, sized_options
from bench.cli.streams import err, out
from bench.dataset.source import insist_on_base
from bench.errors import PgproofError, RunFileError
from bench.experiments.before_after import run as experiment
from bench.experiments.before_after.run import Keep, Plan
from bench.experiments.scale import curves
from bench.experiments.scale import formats as growth_report
from bench.experiments.scale import run as scaling
from bench.experiments.scale.formats import FILE
from bench.experiments.scale.record import SCALE, Asked, Axis, Scaling, Step
from bench.experiments.scale.steps import geometric
from bench.model import Options, Run, RunStatus
from bench.progress import Progress
from bench.progress_bars import Lines, progress
from bench.results_folder import RUN_FILE, Folder, stamp
from bench.workload import Workload, read

GROWS: tuple[Axis, ...] = ("everything", "tenant")
STEPS = 5
"""Steps where none are asked for: three to fit, one more to check the fit, and one to spare for a plan that changes."""

_steps = (
    click.option("--from", "first", help="Size of the smallest step: 10k."),
    click.option("--to", "last", help="Size of the largest step: 1M."),
    click.option("--steps", type=int, help=f"How many, each as many times the one before.  [default: {STEPS}]"),
    click.option("--grow", type=click.Choice(GROWS), help="What grows: more tenants and larger ones, or one tenant "
                 "while the others stay as they are at the smallest step.  [default: everything]"),
    click.option("--resume", type=click.Path(path_type=Path, file_okay=False), help="Go on with the experiment in this "
                 "folder: the steps that are missing, with the settings that it was begun with."),
)  # fmt: skip
_options = (
    click.option("--query", "only", multiple=True, help="Only this query; may be given several times."),
    click.option("--budget", default=60.0, show_default=True, type=click.FloatRange(0), help="Seconds of measuring in "
                 "each step after which no cell gets more than its first executions (--rounds)."),
    click.option("--rounds", default=15, show_default=True, type=click.IntRange(1, 60), help="Timed executions that "
                 "every cell gets at least."),
    click.option("--timeout", default=30.0, show_default=True, type=click.FloatRange(0.01), help="Seconds after which "
                 "one execution is cut off and counted as 'longer than'."),
    click.option("--target", type=click.FloatRange(0, min_open=True), help="Milliseconds at p95 that no class may "
                 "cross.  [default: 100, or what pgproof.toml says]"),
    click.option("--output", default=Path("reports"), show_default=True, type=click.Path(path_type=Path,
                 file_okay=False), help="Folder for the results; each experiment makes a folder in it."),
    click.option("--quiet", is_flag=True, help="Plain lines instead of progress bars."),
)  # fmt: skip


def _all_options(command: Any) -> Any:  # noqa: ANN401 (click's decorators take and give anything)
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
    """
    found = read(experiment.workload_folder(workload))
    kept = _resumed(resume, found, chosen) if resume else _begun(output, found, chosen)
    plan = _plan(found, kept.scaling.asked, chosen)
    shown = Lines(out)
    with server(chosen, shown) as handle:
        version = f"PostgreSQL {handle.version_num // 10000}.{handle.version_num % 10000} ({handle.kind})"
        try:
            kept.save("running")
            with _Steps(kept, quiet=quiet) as steps:
                hooks = scaling.Hooks(steps.begin, steps.done, shown.say)
                shown.say(f"{found.name}: {len(kept.scaling.missing)} steps, {version}")
                scaling.carry_out(plan, kept.scaling.missing, handle, hooks)
        except (KeyboardInterrupt, PgproofError) as error:
            _partial(kept, "interrupted" if isinstance(error, KeyboardInterrupt) else "failed")
            raise
    kept.save("complete")
    growth_report.write(kept.scaling, kept.folder)
    out.print(growth_report.show(kept.scaling))
    out.print(f"report: {kept.folder / 'scale.html'}", soft_wrap=True, markup=False)
    return EXIT_DIFFERS if kept.scaling.alarms else 0


@dataclass
class _Kept:
    """A scale experiment and the runs of its steps, in its folder."""

    folder: Path
    scaling: Scaling
    runs: list[Run] = field(default_factory=list)

    def add(self, run: Run) -> None:
        """Take in a finished step."""
        self.runs = sorted([*self.runs, run], key=lambda one: one.dataset.scale)
        done = {step.scale: step for step in self.scaling.steps}
        done[run.dataset.scale] = curves.step_of(run, _name(run.dataset.scale))
        self._count(tuple(done[scale] for scale in sorted(done)))
        self.save("running")

    def _count(self, steps: tuple[Step, ...]) -> None:
        last = self.runs[-1]
        self.scaling = replace(
            self.scaling,
            steps=steps,
            titles={query.name: query.title or query.name for query in last.queries},
            tracks=curves.tracks(self.runs),
            alarms=curves.alarms(self.runs),
            server=f"PostgreSQL {last.server.version} ({last.server.kind})",
            machine=f"{last.machine.cpu}, {last.machine.cores} cores",
            notes=tuple(dict.fromkeys(note for run in self.runs for note in run.notes)),
        )

    def save(self, status: RunStatus) -> None:
        """Write scale.json."""
        self.scaling = replace(self.scaling, status=status)
        self.folder.mkdir(parents=True, exist_ok=True)
        storage.save(self.scaling, SCALE, self.folder / FILE)


class _Steps(ExitStack):
    """The steps as they go on: each with bars and a folder of its own."""

    def __init__(self, kept: _Kept, *, quiet: bool) -> None:
        super().__init__()
        self._kept, self._quiet = kept, quiet
        self.current: Folder | None = None

    def begin(self, scale: int) -> tuple[Progress, Keep]:
        """Open the folder of the next step."""
        scales = self._kept.scaling.asked.scales
        out.print(f"step {scales.index(scale) + 1} of {len(scales)}: {scale:,} {self._kept.scaling.asked.unit}")
        shown = progress(out, quiet=self._quiet)
        self.enter_context(shown)
        self.current = self.enter_context(Folder(self._kept.folder, _name(scale)))
        return shown, self.current.keep

    def done(self, run: Run) -> None:
        """Write the reports of the step and close it."""
        assert self.current
        self.current.publish(run)
        self.current = None
        self.close()
        self._kept.add(run)

    def __exit__(self, *details: Any) -> bool:  # noqa: ANN401
        if self.current and details[0] is not None:
            self.current.abandon("interrupted" if details[0] is KeyboardInterrupt else "failed")
        return bool(super().__exit__(*details))


def _begun(output: Path, workload: Workload, chosen: dict[str, Any]) -> _Kept:
    if not (chosen["first"] and chosen["last"]):
        raise PgproofError(
            "a scale experiment needs both ends", hint="give --from and --to: pgproof scale --from 10k --to 1M"
        )
    first, last = (workload.scale.parse(chosen[end]) for end in ("first", "last"))
    insist_on_queries(workload, chosen["only"])
    options = Options(
        rounds=chosen["rounds"], budget_s=chosen["budget"], timeout_s=chosen["timeout"], warmups=1, seed=chosen["seed"],
        target_ms=chosen["target"] or workload.target_ms,
    )  # fmt: skip
    steps = STEPS if chosen["steps"] is None else chosen["steps"]
    grows = chosen["grow"] or GROWS[0]
    if grows == "tenant":
        insist_on_base(workload.dataset)
    asked = Asked(
        workload.name, workload.content_hash(), workload.scale.unit, geometric(first, last, steps), chosen["seed"],
        chosen["skew"], options, tuple(chosen["only"]), grows,
    )  # fmt: skip
    folder = Folder(output)
    with folder:  # makes ``output``, or says why not
        pass
    begun = Scaling("running", timestamps.now_text(), __version__, asked)
    return _Kept(output / f"{stamp()}-scale", begun)


def _resumed(folder: Path, workload: Workload, chosen: dict[str, Any]) -> _Kept:
    """Take up the experiment in ``folder``. A step whose run cannot be read any more is measured again."""
    if given := [name for name in ("first", "last", "steps", "grow") if chosen[name] is not None]:
        option = {"first": "--from", "last": "--to", "steps": "--steps", "grow": "--grow"}[given[0]]
        raise PgproofError(f"{option} cannot be used with --resume", hint="the steps are those it was begun with")
    found = storage.load(SCALE, folder / FILE)
    if (found.asked.workload, found.asked.workload_hash) != (workload.name, workload.content_hash()):
        raise PgproofError(
            f"{folder} was begun with other files of the workload {found.asked.workload}",
            hint="give the same WORKLOAD as then, or begin anew with --from and --to",
        )
    kept = _Kept(folder, replace(found, steps=(), tracks=(), alarms=()))
    for step in found.steps:
        try:
            run = storage.load(storage.RUN, folder / step.folder / RUN_FILE)
        except RunFileError as error:
            err.print(f"measured again: {error.message}", markup=False)
            continue
        if run.status == "complete":
            kept.add(run)
    return kept


def _plan(workload: Workload, asked: Asked, chosen: dict[str, Any]) -> Plan:
    return Plan(
        workload=replace(workload, target_ms=asked.options.target_ms), scale=asked.scales[0], seed=asked.seed,
        skew=asked.skew, workers=chosen["workers"], options=asked.options, only=asked.only,
        base=asked.scales[0] if asked.grows == "tenant" else None,
        cache_limit_bytes=chosen["cache_limit"] * GIB,
    )  # fmt: skip


def _partial(kept: _Kept, status: RunStatus) -> None:
    """Store what there is, and say how to go on."""
    kept.save(status)
    if kept.scaling.steps:
        growth_report.write(kept.scaling, kept.folder)
    err.print(
        f"{len(kept.scaling.steps)} of {len(kept.scaling.asked.scales)} steps are kept: {kept.folder}", markup=False
    )
    err.print(f"to go on: pgproof scale --resume {kept.folder}", markup=False)


def _name(scale: int) -> str:
    return str(scale)
