"""From a server to a published result: what is the same for every command that measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

from bench.cli import all_results
from bench.cli.codes import EXIT_DIFFERS, EXIT_INCOMPATIBLE, EXIT_INCONCLUSIVE
from bench.cli.live import Live
from bench.cli.options import opened, server
from bench.cli.streams import answer, err, out
from bench.errors import PgproofError
from bench.experiments.experiment import Experiment, Outcome
from bench.postgres.servers import ServerHandle
from bench.progress import silent
from bench.progress_bars import Bars, Lines
from bench.results_folder import LATEST, Checkpoint, insist_on, make
from bench.storage import RUN
from bench.timestamps import now_text

Record = TypeVar("Record")

EXIT_CODES: Mapping[Outcome, int] = {
    "": 0, "differs": EXIT_DIFFERS, "incompatible": EXIT_INCOMPATIBLE, "inconclusive": EXIT_INCONCLUSIVE
}  # fmt: skip


def carry_out(
    experiment: Experiment[Record, Any], results: Checkpoint[Record], chosen: dict[str, Any], shown: Bars | Lines,
    measure: Callable[[ServerHandle], Record], headline: Callable[[ServerHandle], str],
) -> Record:  # fmt: skip
    """Open the server that was chosen, measure, publish and print; what a stopped experiment has seen is kept.

    Args:
        experiment: how it is kept and shown.
        results: where it is kept; ``measure`` gives it what was seen so far.
        chosen: the options of the server.
        shown: what shows that something goes on; it is opened here.
        measure: makes the record on the server.
        headline: what is begun, in a line.
    """
    with shown, server(chosen, shown) as handle:
        begun = headline(handle)
        shown.also = live = Live(experiment, results, begun)
        try:
            shown.say(begun)
            live.begin()
            opened(results.folder / experiment.page)
            record = measure(handle)
        except BaseException as error:
            part = _stop(experiment, results, error) if isinstance(error, KeyboardInterrupt | PgproofError) else None
            if not (part and experiment.worth_reporting(part)):
                live.stop(_how(error), kept=results.file.exists())
            raise
        shown.also = silent  # the page is about to be the report
        shown("writing the report", 0, 1)
        results.publish(record, experiment.write)
        everything = all_results.enter(experiment, record, results.folder)
        shown("writing the report", 1, 1)
    show(experiment, record, results.folder)
    shown.say(f"all results: {everything}")
    return record


def show(experiment: Experiment[Record, Any], record: Record, folder: Path) -> None:
    """Print what was found and where its report is, or its summary where ``--json`` asks for that; open the page where
    ``--open`` does, unless that was done when it was begun."""
    if out.as_json:
        answer(experiment.for_programs(record, folder))
    else:
        answer(None, experiment.show(record), f"{experiment.page_is}: {folder / experiment.page}")
    opened(folder / experiment.page)


def begin(experiment: Experiment[Record, Any], output: Path) -> Checkpoint[Record]:
    """Begin a result in ``output``, which is made at once, or refused in one line."""
    insist_on(output)
    name = experiment.carried_out_by
    link = LATEST if experiment.kind is RUN or name == "run" else f"{LATEST}-{name}"
    return Checkpoint(experiment.kind, lambda: make(output, name), link, experiment.worth_keeping)


def exit_code(experiment: Experiment[Record, Any], record: Record) -> int:
    """What the outcome is as an exit code."""
    return EXIT_CODES[experiment.ends_as(record)]


def store_part(experiment: Experiment[Record, Any], results: Checkpoint[Record], error: BaseException) -> Record | None:
    """Store what an experiment has seen that ``error`` stopped; None where nothing was measured."""
    seen: Any = results.latest
    if seen is None or not experiment.worth_keeping(seen):
        return None
    ended = {"status": _how(error), "finished_at": now_text()}
    part: Record = replace(seen, **{one.name: ended[one.name] for one in fields(seen) if one.name in ended})
    if experiment.worth_reporting(part):
        results.write(part, experiment.write)
    else:
        results.save(part)
    return part


def _how(error: BaseException) -> str:
    return "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"


def _stop(experiment: Experiment[Record, Any], results: Checkpoint[Record], error: BaseException) -> Record | None:
    """Store the part that was measured, and say where, or that there is nothing; returns it."""
    if experiment.kept is None:
        return None
    part = store_part(experiment, results, error)
    lines = experiment.kept(part, results.folder) if part else ()
    if isinstance(error, KeyboardInterrupt):  # they are the last words of the command
        for line in lines or ("nothing had been measured yet, so nothing is kept",):
            error.add_note(line)
        return part
    for line in lines:
        err.print(line, markup=False, soft_wrap=True)
    return part
