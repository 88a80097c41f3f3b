"""``pgproof history``: stored runs in the order of time."""

from __future__ import annotations

from pathlib import Path

import click

from bench import storage
from bench.cli.options import opened, output_option, quiet_option
from bench.cli.streams import answer, out
from bench.errors import PgproofError, RunFileError
from bench.experiments.compare.history import formats
from bench.experiments.compare.history.archive import Archive
from bench.experiments.compare.history.summary import summarize
from bench.progress_bars import progress
from bench.report.machine_readable import plain
from bench.results_folder import publish
from bench.storage import RUN


@click.command()
@click.argument("folder", default=Path("reports"), type=click.Path(path_type=Path))
@output_option
@quiet_option
def history(folder: Path, output: Path, quiet: bool) -> int:
    """Show how every query went through the runs below FOLDER, in groups of runs that compare.

    FOLDER is by default reports/, where "pgproof run" puts its runs. Lines of a trend are broken where the rows, the
    server or the machine are others, and where the query asks otherwise; each change of a plan is named.

    This only shows, with exit code 0 whatever it finds: "pgproof gate" is what fails a pull request.
    """
    archive, files = Archive(), _files(folder)
    with progress(out, quiet=quiet) as shown:
        for number, file in enumerate(files, start=1):
            try:
                archive.add(storage.load(RUN, file), str(file))
            except RunFileError as error:
                archive.skip(str(file), error.message.removeprefix(f"{file}: "))
            shown("reading", number, len(files), "runs")
    if not archive.kept:
        why = f" that can be read ({archive.skipped[0].reason})" if archive.skipped else ""
        raise PgproofError(f"{folder} holds no run{why}", hint="make one with: pgproof run")
    found = archive.history()
    written = publish(output, "history", lambda folder: formats.write(found, folder))
    page = written / "history.html"
    answer({"report": str(page), "summary": plain(summarize(found))}, formats.show(found), f"history: {page}")
    opened(page)
    return 0


def _files(folder: Path) -> list[Path]:
    """Every run below ``folder``, each once: ``latest`` is a link to one of them."""
    if not folder.is_dir():
        raise PgproofError(f"{folder} is no folder", hint="give the folder that holds the folders of the runs")
    found = [folder / RUN.file] if (folder / RUN.file).exists() else []
    found += sorted(folder.glob(f"*/{RUN.file}"))
    once = {file.resolve(): file for file in sorted(found, key=lambda file: not file.parent.is_symlink())}
    return sorted(once.values())
