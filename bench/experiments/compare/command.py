"""``pgproof compare``: stored runs side by side."""

from __future__ import annotations

from pathlib import Path

import click

from bench import storage
from bench.cli.options import opened, output_option, shows_options
from bench.cli.streams import answer
from bench.errors import PgproofError
from bench.experiments.compare import formats
from bench.experiments.compare.run import MOST
from bench.experiments.compare.run import compare as compare_runs
from bench.experiments.compare.summary import summarize
from bench.model import STATES, State
from bench.report.machine_readable import plain
from bench.report.numbers import plural
from bench.results_folder import oldest_first, publish
from bench.storage import RUN


@click.command()
@click.argument("runs", nargs=-1, metavar="[RUN RUN...]", type=click.Path(path_type=Path))
@click.option("--state", type=click.Choice(STATES), help="Cells to print.  [default: after, where a run has it]")
@click.option("--all", "everything", is_flag=True, help="Print every cell, not only those that moved.")
@output_option
@shows_options
def compare(runs: tuple[Path, ...], state: State | None, everything: bool, output: Path) -> int:
    """Show stored runs side by side, each held against the first.

    RUN is a run.json, or a folder that holds one; by default the last two of the folder for results. Work is compared
    where the rows, the server's major version, its settings and the query are the same; times where the machine is as
    well. Where not, it says why.

    This only shows, with exit code 0 whatever it finds: "pgproof gate" is what fails a pull request.
    """
    runs = runs or last_two(output)
    if not 2 <= len(runs) <= MOST:
        raise click.UsageError(f"give 2 to {MOST} runs, not {len(runs)}; for more there is: pgproof history")
    found = compare_runs([storage.load(RUN, _file(path)) for path in runs])
    folder = publish(output, "compare", lambda folder: formats.write(found, folder))
    page = folder / "compare.html"
    answer(
        {"report": str(page), "summary": plain(summarize(found, state, everything=everything))},
        formats.show(found, state, everything=everything),
        f"comparison: {page}",
    )
    opened(page)
    return 0


def last_two(folder: Path) -> tuple[Path, ...]:
    """The folders of the two newest runs in ``folder``, the older one first.

    Raises:
        PgproofError: there are not two.
    """
    found = [file.parent for file in oldest_first(folder, RUN)]
    if len(found) < 2:
        raise PgproofError(
            f"{folder} holds {plural(len(found), 'run')}", hint="make two with pgproof run, or name them"
        )
    return tuple(found[-2:])


def _file(path: Path) -> Path:
    return path / RUN.file if path.is_dir() else path
