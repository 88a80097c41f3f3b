"""What a shell completes beside commands, options and files: names of queries, optimizations and cells.

A line that is being typed may name a workload or a run that is not there: then there is nothing to complete.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import click

from bench.errors import PgproofError

_BLOCK = re.compile(r"^--\s*optimization:\s*(\S+)", re.MULTILINE)
SAMPLE = Path(__file__).parents[1] / "sample"
"""The workload that the package carries."""


def default_workload() -> Path:
    """The folder to work on where none is named: the current one if it is a workload, else the packaged sample."""
    return Path() if Path("schema.sql").exists() and Path("queries").is_dir() else SAMPLE


def queries(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Those of the workload that the line names, by the names of their files."""
    return _beginning(incomplete, (file.stem for file in (_workload(context) / "queries").glob("*.sql")))


def optimizations(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Those of the workload that the line names, by the heads of their blocks."""
    try:
        text = (_workload(context) / "optimizations.sql").read_text("utf-8", errors="replace")
    except OSError:
        return []
    return _beginning(incomplete, _BLOCK.findall(text))


def cells_of_run(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Those of the run that the line names: ``open_orders/hot``."""
    return _beginning(incomplete, (f"{query}/{name}" for query, name in _pairs(context)))


def queries_of_run(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Those of the run that the line names."""
    return _beginning(incomplete, (query for query, _ in _pairs(context)))


def _workload(context: click.Context) -> Path:
    return _named(context, "workload") or default_workload()


def _named(context: click.Context, parameter: str) -> Path | None:
    """The path that the line gives. Click takes no argument apart behind an option whose value is still missing."""
    named = context.params.get(parameter)
    if isinstance(named, Path):
        return named
    return next((Path(one) for one in context.args if not one.startswith("-")), None)


def _pairs(context: click.Context) -> list[tuple[str, str]]:
    from bench import storage
    from bench.experiments.experiment import result_in

    named = _named(context, "result")
    try:
        run = storage.load(storage.RUN, result_in(named)) if named else None
    except PgproofError:
        return []
    return [(pair.query, pair.parameter_class) for pair in run.pairs] if run else []


def _beginning(incomplete: str, known: Iterable[str]) -> list[str]:
    return sorted({name for name in known if name.startswith(incomplete)})
