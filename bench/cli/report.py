"""``pgproof report``: a stored result shown again."""

from __future__ import annotations

from pathlib import Path

import click

from bench import storage
from bench.cli import names
from bench.cli.carry_out import exit_code, show
from bench.cli.options import open_option, shows_options
from bench.cli.streams import out
from bench.experiments.before_after import only as part
from bench.experiments.before_after.files import FIGURES, write_figures
from bench.experiments.experiment import experiment_of, result_in
from bench.report.numbers import plural
from bench.results_folder import writing_to
from bench.storage import RUN

SELECTED = "selected"


@click.command("report")
@click.argument("result", type=click.Path(path_type=Path))
@click.option("--query", "only", multiple=True, shell_complete=names.queries_of_run, help="Only "
              "this query, into the folder selected/; may be given several times.  [default: all]")  # fmt: skip
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="Folder to write to.  [default: the "
              "result's own]")  # fmt: skip
@click.option("--figures", is_flag=True, help="Also write each figure as SVG and PNG, into figures/ in that folder.")
@open_option
@shows_options
def report_command(result: Path, only: tuple[str, ...], output: Path | None, figures: bool) -> int:
    """Write the reports of a stored result again, with no server.

    RESULT is the file that a command keeps (run.json, load.json, ...), or the folder that holds it.
    """
    file = result_in(result)
    experiment = experiment_of(file)
    if experiment.kind is not RUN and (only or figures):
        raise click.UsageError(f"a {experiment.kind.noun} has neither --query nor --figures")
    seen, folder = storage.load(experiment.kind, file), file.parent
    if only:
        # Beside the reports of the whole run, not instead of them.
        seen, folder = part.only(seen, only), folder / SELECTED
    folder = output or folder
    with writing_to(folder):
        experiment.write(seen, folder)
        drawn = write_figures(seen, folder) if figures else ()
    show(experiment, seen, folder)
    if figures:
        out.print(f"figures: {plural(len(drawn), 'file')} in {folder / FIGURES}", soft_wrap=True)
    return exit_code(experiment, seen)
