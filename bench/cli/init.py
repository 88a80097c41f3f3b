"""``pgproof init``: what pgproof makes of a schema, as files to edit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bench.cli.inferred import WorkloadParameter, is_schema, source_options, write_workload
from bench.cli.options import dataset_options, quiet_option, server, server_options, trust_option
from bench.cli.streams import out
from bench.errors import WorkloadError
from bench.inference.dataset_file import FILE, ROWS
from bench.progress_bars import progress


@click.command("init")
@click.argument("source", type=WorkloadParameter())
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--rows", "scale", help=f"Rows in all, of a run that asks for no other number.  [default: {ROWS}]")
@source_options
@trust_option
@dataset_options
@server_options
@quiet_option
def init_command(source: Path | str, folder: Path, quiet: bool, **chosen: Any) -> int:  # noqa: ANN401
    """Write a workload folder from a schema alone: schema.sql, dataset.toml, queries/ and pgproof.toml, to edit.

    SOURCE is a file of SQL, a pg_dump archive, a folder of migrations, or the DSN of a database, which is only read.
    """
    if not is_schema(source):
        raise WorkloadError(f"{source} is no schema", hint="give a .sql file, an archive, migrations, or a DSN")
    with progress(out, quiet=quiet) as shown:
        write_workload(source, folder, chosen, shown, server)
    queries = len(list((folder / "queries").glob("*.sql")))
    out.print(f"{folder}: schema.sql, {FILE}, {queries} queries, pgproof.toml", markup=False, soft_wrap=True)
    out.print(f"edit what you know better, then: pgproof run {folder}", markup=False, soft_wrap=True)
    return 0
