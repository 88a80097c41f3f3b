"""A schema given where a workload is expected: the folder that is made of it, once, below pgproof's home."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench import __version__
from bench.cli.lazy_group import as_typed
from bench.cli.workers import Workers
from bench.dataset.rules import rules_hash
from bench.dataset.template import Build
from bench.errors import PgproofError
from bench.inference.dataset_file import ROWS
from bench.postgres import databases
from bench.postgres.connection import Target
from bench.postgres.extensions import named
from bench.postgres.servers import SESSION_SETTINGS, ServerHandle, redact
from bench.postgres.servers.account import server_account
from bench.postgres.servers.home import choose_home, own_folder
from bench.progress_bars import Bars, Lines
from bench.schema import SchemaSource, is_dsn, read_schema, with_prelude
from bench.workload import ScaleSettings

if TYPE_CHECKING:
    from bench.dataset.inferring import Asked

Command = Callable[..., Any]
Opens = Callable[[dict[str, Any], Bars | Lines], AbstractContextManager[ServerHandle]]

SCALE = ScaleSettings("rows", ROWS)
OF_A_SCHEMA = ("queries", "encoding", "prelude", "strict", "fire_triggers")
"""Options that say more of a schema, and nothing of a workload."""
KEPT = 50
"""Folders made of schemas that are kept: each is a few hundred kB of text, the ones used longest ago go."""


class WorkloadParameter(click.ParamType[Path | str]):
    """A folder, a file, or a DSN, which is no path."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | str:  # noqa: ANN401
        """A DSN as it is, all else as a path."""
        return value if isinstance(value, Path) or is_dsn(value) else Path(value)


def source_options(command: Command) -> Command:
    """The options that say more of a schema of which nothing else is given."""
    file = click.Path(path_type=Path, exists=True)
    for option in reversed((
        click.option("--queries", type=file, help="Of a schema: the statements that matter, one or many in a file, "
                     "without headers.  [default: probes made from the schema]"),
        click.option("--encoding", default="", help="Of a schema: its encoding, where it is not UTF-8 and does not "
                     "say so.  [default: UTF-8]"),
        click.option("--prelude", type=file, help="Of a schema: SQL that comes before it, for what it takes for "
                     "granted.  [default: none]"),
        click.option("--strict", is_flag=True, help="With --queries: fail where one of them cannot be prepared."),
        click.option("--fire-triggers", is_flag=True, help="Of a schema: let its triggers fire while rows arrive."),
    )):  # fmt: skip
        command = option(command)
    return command


def is_schema(given: Path | str) -> bool:
    """Whether this is a schema: no folder of a workload, and nothing that is not there."""
    if isinstance(given, str):
        return True
    if not given.is_dir():
        return given.exists()
    beside = any((given / name).exists() for name in ("schema.sql", "optimizations.sql", "dataset"))
    return not (((given / "queries").is_dir() and beside) or (given / "pgproof.toml").exists())


def inferred_folder(given: Path | str, chosen: dict[str, Any], shown: Bars | Lines, opens: Opens) -> Path:
    """The folder that is made of a schema: the one of an earlier command where nothing is another one.

    Raises:
        WorkloadError: the schema cannot be read or loaded (file:line).
        ServerError: no server has its extensions, or the one of the DSN does not answer.
    """
    schema = _read(given, chosen)
    asked = _asked(given, chosen)
    home = choose_home(chosen["home"], server_account(), shown.say) / "schemas"
    own_folder(home, None)
    folder = home / _key(schema, asked)
    if folder.exists():
        os.utime(folder)
    else:
        _make(schema, asked, folder, chosen, shown, opens)
        _forget(home)
    return folder


def write_workload(given: Path | str, folder: Path, chosen: dict[str, Any], shown: Bars | Lines, opens: Opens) -> None:
    """Make the workload of a schema as ``folder``, for its user to edit. Raises ``PgproofError`` where it is there."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PgproofError(f"{folder} is there already", hint="give a new folder, or an empty one")
    made = inferred_folder(given, chosen, shown, opens)
    shutil.copytree(made, folder, dirs_exist_ok=True)


def _read(given: Path | str, chosen: dict[str, Any]) -> SchemaSource:
    schema = read_schema(given, chosen.get("encoding") or "")
    return with_prelude(schema, chosen["prelude"]) if chosen.get("prelude") else schema


def _asked(given: Path | str, chosen: dict[str, Any]) -> Asked:
    from bench.dataset.inferring import Asked

    size = chosen.get("scale") or ROWS
    source = redact(given) if isinstance(given, str) else given.name
    rows = SCALE.parse(size, as_typed("--rows", "--leads", "--scale"))
    return Asked(
        rows=rows, size=size, source=source, queries=chosen.get("queries"),
        strict=bool(chosen.get("queries") and chosen.get("strict")), fire_triggers=bool(chosen.get("fire_triggers")),
        seed=chosen.get("seed", 1), skew=chosen.get("skew", "default"),
    )  # fmt: skip


def _key(schema: SchemaSource, asked: Asked) -> str:
    """A name for all that shapes the folder."""
    from bench.inference.queries.bare import read_bare

    queries = [[one.name, one.sql] for one in read_bare(asked.queries)] if asked.queries else []
    said = [schema.name, schema.text, queries, asked.strict, asked.fire_triggers, asked.source, asked.size]
    digest = hashlib.sha256(json.dumps([__version__, rules_hash(), *said]).encode(errors="surrogatepass")).hexdigest()
    return f"{''.join(c if c.isalnum() else '_' for c in schema.name)[:40]}-{digest[:12]}"


def _make(
    schema: SchemaSource, asked: Asked, folder: Path, chosen: dict[str, Any], shown: Bars | Lines, opens: Opens
) -> None:
    """Make it aside and move it into place whole; nothing stays where that fails or is stopped."""
    from bench.dataset.inferring import infer

    chosen["extensions"] = named(schema.steps)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as aside, opens(chosen, shown) as handle:
        target = Target(handle.dsn, SESSION_SETTINGS, handle.login)
        with target.connect() as admin:
            databases.clean(admin)
            workers = chosen.get("workers") or Workers(1)
            major, scheduler = handle.version_num // 10000, workers.scheduler
            how = Build(target, major, handle.bulk, workers.connections, shown, scheduler=scheduler)
            infer(schema, asked, Path(aside) / "workload", how, admin)
        (Path(aside) / "workload").rename(folder)


def _forget(home: Path) -> None:
    folders = [one for one in home.iterdir() if not one.name.startswith(".")]
    for folder in sorted(folders, key=lambda one: one.stat().st_mtime)[:-KEPT]:
        shutil.rmtree(folder, ignore_errors=True)
