"""``pgproof init``: what pgproof makes of a schema, as files to edit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bench.cli.inferred import WorkloadParameter, is_schema, source_options, write_workload
from bench.cli.options import dataset_options, quiet_option, server, server_options, trust_option
from bench.cli.streams import answer, out
from bench.errors import WorkloadError
from bench.inference.dataset_file import FILE, ROWS
from bench.progress_bars import progress
from bench.suggestions import file_nearby


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
        if isinstance(source, Path) and not source.exists():
            raise WorkloadError(f"there is no {source}", hint=file_nearby(source) or "give a schema that is there")
        raise WorkloadError(f"{source} is no schema", hint="give a .sql file, an archive, migrations, or a DSN")
    with progress(out, quiet=quiet) as shown:
        write_workload(source, folder, chosen, shown, server)
    queries = sorted(file.stem for file in (folder / "queries").glob("*.sql"))
    answer(
        {"folder": str(folder), "queries": queries},
        f"{folder}: schema.sql, {FILE}, {len(queries)} queries, pgproof.toml",
        f"edit what you know better, then: pgproof run {folder}",
    )
    return 0
