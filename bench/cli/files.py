"""What the files define, for the commands that hold it against databases: options, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from bench.cli.inferred import is_schema
from bench.cli.options import building_options, read_files, server
from bench.cli.streams import err
from bench.environments.files import Built, Files, alike, built
from bench.environments.judge import Judgement, judge
from bench.environments.living import read_environment
from bench.environments.record import Environment
from bench.postgres.extensions import named
from bench.postgres.servers import ServerHandle
from bench.progress_bars import Lines
from bench.schema import read_schema
from bench.workload import Workload

Command = Callable[..., Any]


def living_options(command: Command) -> Command:
    """The options that say which databases to look at, and where the files' state is built meanwhile."""
    dsn = click.option(
        "--dsn", "dsns", multiple=True, metavar="DSN", help="A living database to hold against the files, which is "
        "only read; its role needs no right beyond CONNECT. May be given several times.  [default: none]",
    )  # fmt: skip
    return dsn(building_options(command))


def files_of(given: Path | str | None, chosen: dict[str, Any]) -> Files:
    """The schema and the optimizations in the files: of a workload, or of a schema in any form.

    Raises:
        WorkloadError: a file is wrong (file:line).
    """
    if given is None or not is_schema(given):
        return files_of_workload(read_files(given, chosen))
    schema = read_schema(given)
    chosen["extensions"] = named(schema.steps)
    return Files(schema.name, schema.steps, schema.ordered)


def files_of_workload(workload: Workload) -> Files:
    """The schema and the optimizations of a workload."""
    return Files(
        workload.name, workload.schema, optimizations=workload.optimizations, queries=workload.queries,
        distribution=workload.distribution,
    )  # fmt: skip


@contextmanager
def built_files(files: Files, chosen: dict[str, Any]) -> Iterator[Built]:
    """The files' state, built on the server that the options choose, for as long as the block takes."""
    with Lines(err) as shown, server(chosen, shown) as handle, _built(files, handle, shown) as found:
        yield found


@contextmanager
def _built(files: Files, handle: ServerHandle, shown: Lines) -> Iterator[Built]:
    with built(files, handle, shown) as found:
        for note in found.defined.notes:
            err.print(f"note: {note}", markup=False, soft_wrap=True)
        yield found


def judged(
    files: Files, dsns: Sequence[str], chosen: dict[str, Any], ignored: Sequence[str] = ()
) -> tuple[Judgement, ...]:
    """Each of the databases held against the files; they are read first, before a server is started.

    Raises:
        ServerError: one of them cannot be read.
    """
    seen: list[Environment] = []
    for one in map(read_environment, dsns):
        same = sum(other.label.split(" #")[0] == one.label for other in seen)
        seen.append(replace(one, label=f"{one.label} #{same + 1}") if same else one)
    with Lines(err) as shown, server(chosen, shown) as handle, _built(files, handle, shown) as found:
        return tuple(judge(found.defined, alike(found, one), ignored) for one in seen)
