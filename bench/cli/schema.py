"""``pgproof schema``: what the files define as one document to commit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bench.cli.files import built_files, files_of
from bench.cli.options import (
    insist_on_writable,
    put_or_print,
    server_options,
    text_output_option,
    trust_option,
    workload_argument,
)
from bench.environments import lock

FORMATS = {"yaml": lock.as_yaml, "json": lock.as_json}


@click.command("schema")
@workload_argument
@trust_option
@click.option("--format", "form", default="yaml", show_default=True, type=click.Choice(list(FORMATS)), help="Of the "
              "document; comments are in YAML alone.")  # fmt: skip
@text_output_option
@server_options
def schema_command(workload: Path | str | None, form: str, output: Path | None, **chosen: Any) -> int:  # noqa: ANN401
    """Write what the files define as one sorted document, to commit: schema.lock.yaml.

    Schemas, types, tables with all that belongs to them, views, functions, and what each optimization does to them, a
    fact a line, as the catalog of a server of pgproof's own has them. Its diff in a pull request says what a change
    does; pgproof verify holds it against the files.
    """
    insist_on_writable("--output", output)
    with built_files(files_of(workload, chosen), chosen) as found:
        put_or_print(FORMATS[form](found.defined), output)
    return 0
