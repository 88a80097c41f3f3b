"""What several commands share: options, and what is made of them."""

from __future__ import annotations

import math
import os
import webbrowser
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bench.cli import names
from bench.cli.inferred import OF_A_SCHEMA, WorkloadParameter, inferred_folder, is_schema
from bench.cli.lazy_group import as_typed
from bench.cli.streams import err, out
from bench.cli.workers import WorkersParameter
from bench.dataset.source import insist_on, insist_on_scale
from bench.errors import PgproofError, WorkloadError
from bench.experiments.setup import SetupOptions
from bench.experiments.setup import with_queries as described
from bench.postgres.extensions import named
from bench.postgres.servers import SERVERS, SUPERUSER, ServerHandle, ServerOptions, open_server
from bench.postgres.servers.choice import DEFAULT_IMAGE, choose
from bench.progress import Progress
from bench.progress_bars import Bars, Lines, Silent
from bench.suggestions import did_you_mean
from bench.workload import Workload, read

GIB = 1024**3
OPEN = "pgproof.open"
"""Where a context keeps whether a page is to be opened."""
SIZE = ("--leads", "--rows", "--scale")
"""What the option of the size of a dataset is called."""
QUIET = "Print only the result, and nothing of what goes on."
SKEWS = ("mild", "default", "brutal")

Command = Callable[..., Any]


def server_options(command: Command, *, dsn: str = "--dsn") -> Command:
    """The options that say which PostgreSQL to use; ``dsn`` is what the one is called that names an existing server."""
    for option in reversed((
        click.option("--server", type=click.Choice(list(SERVERS)), help="Where PostgreSQL comes from: a "
                     "package that pgproof brings, what is installed here, a container, or a server that exists.  "
                     "[default: the first that has the extensions which the schema names, or dsn where one is given]"),
        click.option("--pg-bin", type=click.Path(path_type=Path, file_okay=False), help="Folder of the installed "
                     "programs for --server local (pg_config --bindir).  [default: the newest in the usual places]"),
        click.option(dsn, "dsn", envvar="PGPROOF_DSN", help="An existing server (PostgreSQL 15 or later); pgproof "
                     "makes databases of its own there and touches no other.  "
                     "[default: what PGPROOF_DSN says]"),
        click.option("--image", default=DEFAULT_IMAGE, show_default=True, help="Image for --server docker."),
        home_option,
    )):  # fmt: skip
        command = option(command)
    return command


def building_options(command: Command) -> Command:
    """The options that say where the files' state is built, beside a ``--dsn`` that names a living database."""
    return server_options(command, dsn="--server-dsn")


def home_option(command: Command) -> Command:
    """The option that says where servers of pgproof's own keep their data."""
    return click.option(
        "--home", type=click.Path(path_type=Path, file_okay=False), help="Folder for the data of a server that pgproof "
        "starts here.  [default: the user's cache folder]",
    )(command)  # fmt: skip


def workload_options(command: Command) -> Command:
    """The options that say which workload at which size."""
    size = click.option(
        *SIZE,
        "scale",
        help="Size of the dataset: 20k, 1M, or a preset (small, medium, large).  [default: 100k, or what pgproof.toml "
        "says; 200k of a schema]",
    )
    return _workload_argument(size(dataset_options(clock_option(command))))


def sized_options(command: Command) -> Command:
    """The options that say which workload, at sizes that the command has options of its own for."""
    return _workload_argument(dataset_options(clock_option(command)))


def _workload_argument(command: Command) -> Command:
    return workload_argument(trust_option(command))


def workload_argument(command: Command) -> Command:
    """What to work on: a workload's folder, or a schema in any form, of which one is made."""
    return click.argument("workload", required=False, type=WorkloadParameter())(command)


def trust_option(command: Command) -> Command:
    """The option by which a workload's SQL may reach beyond its own databases."""
    return click.option(
        "--allow-cluster-sql", is_flag=True, help="Trust the workload with the whole server: do not refuse statements "
        "that reach roles, other databases, files or programs; on a server of pgproof's own they run as superuser.",
    )(command)  # fmt: skip


def dataset_options(command: Command) -> Command:
    """The options that say what the rows are like, beside their number."""
    for option in reversed((
        click.option("--seed", default=1, show_default=True, type=click.IntRange(0, 2**31 - 1), help="Another seed, "
                     "other rows of the same shape."),
        click.option("--skew", default="default", show_default=True, type=click.Choice(SKEWS), help="How unequal the "
                     "tenants are."),
        click.option("--workers", default=str(os.cpu_count() or 1), show_default="number of cores",
                     type=WorkersParameter(), metavar="N|dask://HOST:PORT", help="Processes that make and load rows, "
                     "or the Dask cluster whose workers do; the rows are the same for any number."),
        click.option("--cache-limit", default=20, show_default=True, type=click.IntRange(0), help="GiB of filled "
                     "databases to keep for later runs."),
    )):  # fmt: skip
        command = option(command)
    return command


def clock_option(command: Command) -> Command:
    """The option that moves the present of the rows and of the queries."""
    return click.option(
        "--clock", callback=_clock, help="Another \"now\" than pgproof.toml's for rows and queries, in UTC where "
        "it names no zone: 2026-01-01T15:37. Midnight is the easiest moment for what is counted by day.  "
        "[default: the one of pgproof.toml]",
    )(command)  # fmt: skip


def _clock(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text} is no time: give one like 2026-01-01T15:37") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat()


def query_option(command: Command) -> Command:
    """The option that chooses queries by name."""
    return click.option(
        "--query", "only", multiple=True, shell_complete=names.queries, help="Only this query; may be given several "
        "times.  [default: all]",
    )(command)  # fmt: skip


def output_option(command: Command) -> Command:
    """The options that say where results go, and whether their page is opened."""
    return click.option(
        "--output", default=Path("reports"), show_default=True, type=click.Path(path_type=Path, file_okay=False),
        help="Folder for results; each makes a folder of its own in it.",
    )(open_option(command))  # fmt: skip


def open_option(command: Command) -> Command:
    """The option that opens the page (``opened``)."""
    return click.option(
        "--open", is_flag=True, expose_value=False, callback=_remember, help="Open the page in a browser: that of what "
        "takes its time as soon as it is begun, for it follows until the end.",
    )(command)  # fmt: skip


def _remember(context: click.Context, _parameter: click.Parameter, given: bool) -> None:
    context.meta[OPEN] = given


def opened(page: Path) -> None:
    """Open ``page`` in the user's browser where ``--open`` asks for that, once."""
    context = click.get_current_context(silent=True)
    if context and context.meta.pop(OPEN, False) and not webbrowser.open(page.resolve().as_uri()):
        err.print(f"no browser was found to open it with: {page}", markup=False, soft_wrap=True)


def quiet_option(command: Command) -> Command:
    """The options that say how much is printed: all that goes on, only the result, only its summary for programs."""
    return click.option("--quiet", is_flag=True, help=QUIET)(json_option(command))


def shows_options(command: Command) -> Command:
    """The same for a command that measures nothing: all that it prints is the result, with ``--quiet`` as without."""
    return click.option("--quiet", is_flag=True, expose_value=False, help=QUIET)(json_option(command))


def json_option(command: Command) -> Command:
    """The option that prints for programs; ``as_json`` says whether it was given."""
    return click.option(
        "--json", is_flag=True, expose_value=False, callback=_only_json, help="Print only the summary of the result, "
        "as one object of JSON.",
    )(command)  # fmt: skip


def _only_json(context: click.Context, _parameter: click.Parameter, given: bool) -> None:
    if given:
        out.quiet = out.as_json = True
        context.call_on_close(_talk_again)


def _talk_again() -> None:
    out.quiet = out.as_json = False


def workload_folder(given: Path | str | None, chosen: dict[str, Any]) -> Path:
    """The folder to work on: the one given, or the one made of a schema that is given, else the current one if it is a
    workload, else the packaged sample."""
    if given is not None and is_schema(given):
        return inferred_folder(given, chosen, _lines(), server)
    folder = names.default_workload() if given is None else Path(given)
    if folder.exists() and (said := [one for one in OF_A_SCHEMA if chosen.get(one)]):
        option = f"--{said[0].replace('_', '-')}"
        raise PgproofError(f"{option} is for a schema, and {folder} is a workload", hint=f"leave {option} out")
    return folder


def _lines() -> Lines:
    """What is said while a workload is made, before the command begins."""
    context = click.get_current_context(silent=True)
    return Silent(out) if context and context.params.get("quiet") else Lines(out)


def read_workload(given: Path | str | None, chosen: dict[str, Any]) -> Workload:
    """The workload to work on, all its queries ready to be executed: bare ones are described on a server.

    Raises:
        WorkloadError: a file is wrong, or a statement reaches beyond the workload's databases and may not (file:line).
        DatasetError: another clock is asked for, and the rows do not depend on it.
    """
    return with_queries(read_files(given, chosen), chosen)


def read_files(given: Path | str | None, chosen: dict[str, Any]) -> Workload:
    """What the workload's files say; it is made where a schema was given. The extensions that it names are noted.

    Raises:
        WorkloadError: a file is wrong, or a statement reaches beyond the workload's databases and may not (file:line).
        DatasetError: another clock is asked for, and the rows do not depend on it.
    """
    found = read(workload_folder(given, chosen), cluster_sql=chosen["allow_cluster_sql"])
    chosen["extensions"] = named(found.schema)
    if clock := chosen.get("clock"):
        insist_on("clock", found.dataset)
        found = replace(found, clock=clock)
    return found


def with_queries(workload: Workload, chosen: dict[str, Any], scale: str = "") -> Workload:
    """The workload with its bare queries described on a server; ``scale`` is taken where the user asked for none.

    Raises:
        WorkloadError: the server cannot prepare one of them (file:line).
    """
    if not workload.bare:
        return workload
    shown = _lines()
    options = setup_options(workload, {"scale": "", **chosen}, shown, scale=scale)
    with server(chosen, shown) as handle:
        return described(options, handle)


text_output_option = click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write to; - is the terminal.  [default: "
    "the terminal]", callback=lambda _context, _parameter, file: None if file == Path("-") else file,
)  # fmt: skip


def put_or_print(text: str, output: Path | None) -> None:
    """Write a text to the file that the user named, or to the terminal. Raises ``PgproofError``."""
    if output is None:
        return click.echo(text, nl=False)
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise PgproofError(f"cannot write {output}: {reason}", hint="choose another file with --output") from None


def setup_options(
    workload: Workload, chosen: dict[str, Any], progress: Progress, *, only: Iterable[str] = (), scale: str = ""
) -> SetupOptions:
    """What the options say of the rows; ``scale`` is taken where the user asked for none.

    Raises:
        WorkloadError: ``only`` names a query that the workload does not have.
        DatasetError: the dataset cannot make so few rows.
    """
    insist_on_queries(only, workload)
    size = workload.scale.parse(chosen["scale"] or scale or workload.scale.default, as_typed(*SIZE))
    insist_on_scale(workload.dataset, size, chosen["seed"], chosen["skew"])
    return SetupOptions(
        workload=workload, scale=size,
        seed=chosen["seed"], skew=chosen["skew"], workers=chosen["workers"].connections,
        scheduler=chosen["workers"].scheduler,
        cache_limit_bytes=chosen["cache_limit"] * GIB, only=tuple(only), progress=progress,
    )  # fmt: skip


def version_of(handle: ServerHandle) -> str:
    """The server in a line: ``PostgreSQL 18.6 (embedded)``."""
    return f"PostgreSQL {handle.version_num // 10000}.{handle.version_num % 10000} ({handle.kind})"


def share_of(option: str, text: str, most: float = 100) -> float:
    """The share that ``option`` asks for, up to ``most`` percent: ``20%`` is 0.2. Raises ``click.UsageError``."""
    try:
        value = float(text.strip().removesuffix("%"))
    except ValueError:
        value = math.nan
    if not 0 <= value <= most or math.isinf(value):
        up_to = "" if math.isinf(most) else f" to {most:g}%"
        raise click.UsageError(f"{option} {text}: give a percentage from 0%{up_to}: {option} 20%")
    return value / 100


def checked(check: Callable[[str], object]) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """Refuse a value as soon as the command line is read, before a schema is filled for it; ``check`` raises."""

    def call(_context: click.Context, _parameter: click.Parameter, value: Any) -> Any:  # noqa: ANN401
        for one in value if isinstance(value, tuple) else (value,):
            if one:
                check(one)
        return value

    return call


def insist_on_writable(option: str, file: Path | None) -> None:
    """Raise ``PgproofError`` where ``file`` cannot be written: before the work whose result it is to take."""
    if file is None or os.access(file if file.exists() else file.parent, os.W_OK):
        return
    why = "not a file that can be written" if file.parent.is_dir() else f"there is no folder {file.parent}"
    raise PgproofError(f"{option} {file}: {why}", hint=f"choose another file with {option}")


def insist_on_queries(only: Iterable[str], *workloads: Workload) -> None:
    """Raise ``WorkloadError`` where ``--query`` names one that no workload has."""
    known = {query.name for workload in workloads for query in workload.queries}
    if unknown := [name for name in only if name not in known]:
        raise WorkloadError(f"--query {unknown[0]}: no such query", hint=did_you_mean(unknown[0], known))


def is_existing(chosen: dict[str, Any]) -> bool:
    """Whether the options ask for a server that exists."""
    return _kind(chosen) == "dsn"


def _kind(chosen: dict[str, Any]) -> str:
    """The kind of server that the options ask for, or empty where they leave the choice."""
    if chosen["pg_bin"] and chosen["server"] not in (None, "local"):
        raise click.UsageError(f"--pg-bin is for --server local, not for --server {chosen['server']}")
    if not chosen["image"].strip():
        raise click.UsageError(f"--image: give the name of an image: --image {DEFAULT_IMAGE}")
    return chosen["server"] or ("local" if chosen["pg_bin"] else "dsn" if chosen["dsn"] else "")


@contextmanager
def server(chosen: dict[str, Any], shown: Bars | Lines) -> Iterator[ServerHandle]:
    """The server that the options ask for, or the first that has the extensions that the workload names.

    Why it is not the usual one is said, and a role that may do everything there is warned of.
    """
    asked = ServerOptions(
        chosen["dsn"], chosen["image"], chosen["home"], shown.say, chosen.get("allow_cluster_sql", False),
        chosen["pg_bin"],
    )  # fmt: skip
    kind, options, reason = choose(chosen.get("extensions", {}), asked, _kind(chosen))
    if reason:
        shown.say(reason)
    with open_server(kind, options) as handle:
        if handle.superuser:
            err.print(f"warning: {SUPERUSER}", markup=False, soft_wrap=True)
        yield handle
