"""A schema in whatever form it is kept: a script, a folder of migrations, an archive of pg_dump, a running database."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import WorkloadError
from bench.schema.archive import is_archive, script_of_archive, script_of_database
from bench.schema.migrations import migrations
from bench.workload.psql import Step, read_script, read_statements
from bench.workload.text import read_text
from bench.workload.tolerance import sorted_out

__all__ = ["SchemaSource", "Step", "is_dsn", "read_schema", "with_prelude"]

_DSN = re.compile(r"postgres(?:ql)?://|.*\b(?:host|dbname|service)\s*=", re.IGNORECASE)
_SETS = re.compile(r"\s*SET\s+(?!LOCAL)|\s*SELECT\s+(?:pg_catalog\.)?set_config", re.IGNORECASE)
_NEEDS_TRANSACTION = re.compile(
    r"\bON\s+COMMIT\s+(?:DROP|DELETE)|^\s*SET\s+(?:LOCAL|CONSTRAINTS)\b|^\s*(?:LOCK|DECLARE)\b",
    re.IGNORECASE | re.MULTILINE,
)
_TRANSACTION = re.compile(r"\s*(?:BEGIN|START\s+TRANSACTION)\b", re.IGNORECASE)
_ENCODING = re.compile(r"(SET\s+client_encoding\s*(?:=|TO)\s*'?|\\encoding\s+)([\w-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SchemaSource:
    """A schema that was read: what is to be carried out, in order, each step with its file and line."""

    name: str
    """``structure``, ``migrations``, the database's name: what a workload made of it may be called."""
    steps: tuple[Step, ...]
    notes: tuple[str, ...]
    """What is no schema and left out, each in a line."""
    text: str
    """All of it as one script in UTF-8 that is read to the same steps."""


def is_dsn(source: str) -> bool:
    """Whether this names a running database and no file."""
    return bool(_DSN.match(source)) and not Path(source).exists()


def read_schema(source: Path | str, encoding: str = "") -> SchemaSource:
    """Read a script, an archive of pg_dump (``-Fc``, ``-Fd``, ``-Ft``), a folder of migrations, or a database.

    The database is named by its DSN. Nothing is written to that database: pg_dump reads its schema.

    Raises:
        WorkloadError: there is none, it cannot be read, or it reaches beyond its database (file:line).
        ServerError: pg_dump or pg_restore is missing, too old, or fails.
    """
    if isinstance(source, str) and is_dsn(source):
        name, script = script_of_database(source)
        return _source(name, read_statements(script, f"pg_dump of {name}"), script)
    path = Path(source)
    if not path.exists():
        raise WorkloadError(
            f"no schema {path}", hint="give a .sql file, a pg_dump archive, a folder of migrations, or a DSN"
        )
    if is_archive(path):
        script = script_of_archive(path)
        return _source(path.stem, read_statements(script, path.name), script)
    if path.is_dir():
        return _of_folder(path, encoding)
    steps = read_script(path, encoding=encoding)
    alone = all(step.file == path.name for step in steps)
    return _source(path.stem, steps, _as_utf8(read_text(path, encoding)) if alone else "")


def with_prelude(schema: SchemaSource, prelude: Path) -> SchemaSource:
    """The schema after a script that makes what it takes for granted, under the same rules.

    Raises:
        WorkloadError: as ``read_schema`` does, of the prelude.
    """
    before = read_schema(prelude)
    text = f"{before.text.rstrip()}\n\n{schema.text}"
    return SchemaSource(schema.name, (*before.steps, *schema.steps), (*before.notes, *schema.notes), text)


def _of_folder(folder: Path, encoding: str) -> SchemaSource:
    steps: list[Step] = []
    for name, text in migrations(folder, encoding):
        if any(_SETS.match(step.sql) for step in steps):
            steps.append(Step("RESET ALL", 1, name))  # each file had a session of its own
        steps += _in_transaction(read_statements(text, name))
    return _source(folder.resolve().name, steps, "")


def _in_transaction(steps: list[Step]) -> list[Step]:
    """A file that leans on the transaction which a tool has around each, with one; any other runs as with psql."""
    needs = any(_NEEDS_TRANSACTION.search(step.sql) for step in steps)
    if not needs or any(_TRANSACTION.match(step.sql) for step in steps):
        return steps
    first, last = steps[0], steps[-1]
    return [Step("BEGIN", first.line, first.file), *steps, Step("COMMIT", last.line, last.file)]


def _source(name: str, steps: Sequence[Step], text: str) -> SchemaSource:
    kept, notes = sorted_out(steps)
    if not kept:
        raise WorkloadError(f"{name}: there is no statement in it")
    return SchemaSource(name, kept, notes, text or _written(kept))


def _as_utf8(text: str) -> str:
    return _ENCODING.sub(r"\g<1>UTF8", text)


def _written(steps: Sequence[Step]) -> str:
    """The steps as one script, each file under its name."""
    parts, file = [], ""
    for step in steps:
        if step.file != file:
            file = step.file
            parts.append(f"\n-- {file}\n")
        comment = "--" in step.sql.rpartition("\n")[2]  # a semicolon behind it would be part of it
        parts.append(f"{step.sql}\n;\n" if comment else f"{step.sql};\n")
        if step.rows is not None:
            parts.append(f"{step.rows}\\.\n")
    return "".join(parts)
