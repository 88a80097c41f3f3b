"""``pgproof check-up``: what one asks before a release, one command after the other, within a given time."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import click
from click.core import ParameterSource

from bench.cli import all_results
from bench.cli.codes import EXIT_DIFFERS, EXIT_EXPECTED, EXIT_INCONCLUSIVE, EXIT_INTERRUPTED
from bench.cli.lazy_group import as_typed
from bench.cli.options import (
    SIZE,
    is_existing,
    opened,
    output_option,
    quiet_option,
    read_files,
    server,
    server_options,
    workload_options,
)
from bench.cli.streams import answer, out
from bench.experiments.gate.record import BASELINE
from bench.experiments.setup import insist_on_one_server
from bench.overview import check_up as page
from bench.overview.check_up import CheckUp, Ending, Step
from bench.overview.summary import summarize
from bench.progress_bars import Silent
from bench.report import terminal
from bench.report.files import put
from bench.report.html import render as html
from bench.report.machine_readable import plain
from bench.results_folder import insist_on, publish
from bench.workload import Workload

OWN = ("minutes", "output", "quiet")
"""Options that no command gets."""
LEAST_S = 5.0
"""Seconds below which nothing is begun: a server takes that long to start and to stop."""


class Part(NamedTuple):
    """A command of the check-up, and its share of the time that is left when it begins.

    ``timed`` is the option that takes seconds, as which it gets its share divided by ``of``.
    """

    command: str
    arguments: tuple[str, ...]
    share: int
    timed: str = ""
    of: int = 1


@click.command("check-up")
@workload_options
@server_options
@click.option("--minutes", default=15.0, show_default=True, type=click.FloatRange(0.1, 1440), help="Minutes for all of "
              "it; what is not done by then is stopped, and keeps what it has.")  # fmt: skip
@output_option
@quiet_option
def check_up(workload: Path | str | None, minutes: float, output: Path, quiet: bool, **chosen: Any) -> int:  # noqa: ANN401
    """Answer what one asks before a release, within a given time: target, plans, load, cold, scale, ageing, gate.

    Each is a command of its own, carried out small enough for its share of the time, with a result and a page of its
    own; the check-up has one page over them. Exit code 1 where an answer is no, 2 where a command failed, 5 where
    something could not be told, else 0. The gate is asked where a baseline is committed.
    """
    insist_on(output)
    found = read_files(workload, chosen)
    size = found.scale.parse(chosen["scale"] or found.scale.default, as_typed(*SIZE))
    parts = list(_parts(found, size, is_existing(chosen)))
    with Silent(out) as shown, server(chosen, shown) as handle:  # one that cannot be had is told once, before anything
        insist_on_one_server("pgproof check-up", found, handle)
    typed, steps, until = _typed(workload), list[Step](), time.monotonic() + 60 * minutes
    for place, part in enumerate(parts):
        left = until - time.monotonic()
        words = [part.command, *typed(part.command), *_arguments(part, left / sum(p.share for p in parts[place:]))]
        steps.append(_carried_out(words, output, left, quiet=quiet or out.as_json))
        if steps[-1].ended == "interrupted":
            stopped = KeyboardInterrupt()
            stopped.add_note(f"what was found by then is kept: {output / all_results.PAGE}")
            raise stopped
    return _told(CheckUp(found.name, minutes, tuple(steps)), output)


def _parts(workload: Workload, scale: int, shared: bool) -> Iterator[Part]:
    """The commands. Caches are emptied on no server that others use; a gate needs a baseline."""
    cold = () if shared else ("--cold", "5")
    yield Part("run", ("--no-attribution", "--no-coverage", *cold), 4, "--budget", 2)
    yield Part("traps", ("--analyzes", "3"), 2)
    yield Part("load", ("--clients", "4"), 2, "--seconds", 4)
    if scale >= 10:
        yield Part("scale", ("--from", str(scale // 10), "--to", str(scale), "--steps", "3"), 3, "--budget", 6)
    yield Part("maintain", (), 2)
    if (workload.root / BASELINE.file).exists():
        yield Part("gate", ("--counters-only",), 1)


def _arguments(part: Part, share_s: float) -> list[str]:
    """What a command is given beside what was typed; ``share_s``: seconds of a share."""
    if not part.timed:
        return list(part.arguments)
    return [*part.arguments, part.timed, f"{max(part.share * share_s / part.of, 1):.0f}"]


def _typed(workload: Path | str | None) -> Callable[[str], Iterator[str]]:
    """What of the command line a command gets: the options that it knows, and the workload."""
    context = click.get_current_context()
    given = {
        option.name: [option.opts[0]] if option.is_flag else [option.opts[0], str(context.params[option.name])]
        for option in context.command.params
        if isinstance(option, click.Option) and option.name in context.params and option.name not in OWN
        and context.get_parameter_source(option.name) is ParameterSource.COMMANDLINE
    }  # fmt: skip

    def words(command: str) -> Iterator[str]:
        yield from (word for one in _parameters(command) for word in given.get(one.name, ()))
        if workload is not None:
            yield str(workload)

    return words


def _parameters(command: str) -> Sequence[click.Parameter]:
    from bench.cli import cli

    found = cli.get_command(click.Context(cli), command)
    return found.params if found else ()


def _carried_out(words: Sequence[str], output: Path, left: float, *, quiet: bool) -> Step:
    """Carry a command out, and find what it left in ``output``."""
    from bench.cli import main, typed

    line = typed(words)
    if left < LEAST_S:
        return Step(line, "not begun", 0.0, "", None)
    if not quiet:
        out.rule(line, align="left")
    before, begun = _folders(output), time.monotonic()
    with _stopped_after(left) as clock, _silent(quiet):
        code = main([*words, "--output", str(output), *(["--quiet"] if quiet else [])])
    made = max(_folders(output) - before, default="")
    entry = all_results.entry_in(output / made) if made else None
    return Step(line, "time over" if clock.over else _ended(code), time.monotonic() - begun, made, entry)


class _Clock:
    """Whether the time of a command was over."""

    over = False


@contextmanager
def _stopped_after(seconds: float) -> Iterator[_Clock]:
    """Interrupt what is carried out as Ctrl-C would: it keeps what it has seen."""
    clock = _Clock()

    def ring(_number: int, _frame: object) -> None:
        clock.over = True
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield clock
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def _ended(code: int) -> Ending:
    if code == EXIT_INTERRUPTED:
        return "interrupted"
    return "done" if code in (0, EXIT_DIFFERS, EXIT_INCONCLUSIVE) else "failed"


@contextmanager
def _silent(quiet: bool) -> Iterator[None]:
    """Where only the end is to be printed, a command of the check-up prints nothing."""
    with redirect_stdout(StringIO()) if quiet else nullcontext():
        yield


def _folders(output: Path) -> set[str]:
    return {one.name for one in output.iterdir() if one.is_dir() and not one.is_symlink()}


def _told(made: CheckUp, output: Path) -> int:
    """Write the page, print the answers, and give the exit code."""
    shown = page.document(made, summarize(made.listed, (), datetime.now(UTC), of=(made.workload,)))
    folder = publish(output, "check-up", lambda folder: put({page.PAGE: html.render(shown)}, folder))
    all_results.rewrite(output)
    answer(
        {"report": str(folder / page.PAGE), "check_up": plain(made)},
        terminal.render(shown),
        f"check-up: {folder / page.PAGE}",
    )
    opened(folder / page.PAGE)
    return {"no": EXIT_DIFFERS, "failed": EXIT_EXPECTED, "cannot tell": EXIT_INCONCLUSIVE, "yes": 0}[made.outcome]
