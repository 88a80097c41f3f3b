"""``pgproof dataset``: the rows by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bench.cli.options import quiet_option, read_workload, server, server_options, setup_options, workload_options
from bench.cli.streams import answer, out
from bench.dataset.parquet import Written, export
from bench.errors import PgproofError
from bench.experiments.setup import prepared
from bench.progress_bars import progress
from bench.report.numbers import plural


@click.group()
def dataset() -> None:
    """The rows of a workload, for other programs."""


@dataset.command("export")
@workload_options
@server_options
@click.option("--format", "form", default="parquet", show_default=True, type=click.Choice(["parquet"]), help="Of the "
              "files.")  # fmt: skip
@click.option("--output", default=Path("dataset-parquet"), show_default=True, help="Folder to write to: a new one, or "
              "an empty one.", type=click.Path(path_type=Path, file_okay=False))  # fmt: skip
@quiet_option
def dataset_export(workload: Path | None, form: str, output: Path, quiet: bool, **chosen: Any) -> int:  # noqa: ANN401
    """Write the rows of every table as Parquet, those of each tenant in a folder of their own.

    They are the rows that every other command measures on, read from the filled database, which is made where there
    is none. A table without the tenant's column (pgproof.toml) is one folder.
    """
    if output.exists() and any(output.iterdir()):
        raise PgproofError(f"{output} is there already", hint="give a new folder, or an empty one, with --output")
    found, shown = read_workload(workload, chosen), progress(out, quiet=quiet)
    options = setup_options(found, chosen, shown)
    with shown, server(chosen, shown) as handle, prepared(options, handle) as setup:
        written = export(setup.target, setup.template, found.tenant, output, shown)
    rows = sum(one.rows for one in written)
    answer(written, *map(_line, written), f"{plural(len(written), 'table')}, {rows:,} rows: {output}")
    return 0


def _line(one: Written) -> str:
    return f"{one.table}  {one.rows:,} rows  {plural(one.files, 'file')}"
