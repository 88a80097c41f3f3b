"""A schema in whatever form it is kept: a script, a folder of migrations, an archive of pg_dump, a running database."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.errors import WorkloadError
from bench.schema.archive import is_archive, script_of_archive, script_of_database
from bench.schema.folder import look_into, numbered
from bench.schema.migrations import migrations
from bench.workload.dialects import dialect, foreign, template
from bench.workload.psql import Step, read_companion, read_script, read_statements
from bench.workload.text import read_text
from bench.workload.tolerance import sorted_out

__all__ = ["SchemaSource", "Step", "is_dsn", "read_schema", "with_prelude", "written"]

_DSN = re.compile(r"postgres(?:ql)?://|.*\b(?:host|dbname|service)\s*=", re.IGNORECASE)
_SETS = re.compile(r"\s*SET\s+(?!LOCAL)|\s*SELECT\s+(?:pg_catalog\.)?set_config", re.IGNORECASE)
_NEEDS_TRANSACTION = re.compile(
    r"\bON\s+COMMIT\s+(?:DROP|DELETE)|\A(?:\s|--[^\n]*\n)*(?:SET\s+(?:LOCAL|CONSTRAINTS)|LOCK|DECLARE)\b",
    re.IGNORECASE,
)
_TRANSACTION = re.compile(r"\s*(?:BEGIN|START\s+TRANSACTION)\b", re.IGNORECASE)
_SAYS_NOTHING = re.compile(r"\s*(?:SET|BEGIN|START|COMMIT|END)\b", re.IGNORECASE)
_EMPTIES = re.compile(r"\s*(?:DROP|TRUNCATE|DELETE|ALTER\b.*\bDROP\b[^;]*$)", re.IGNORECASE | re.DOTALL)
_MAKES = re.compile(r"^\s*(?:CREATE|ALTER|DO)\b", re.IGNORECASE | re.MULTILINE)
_RIGHTS = re.compile(
    r"""\s*(?: GRANT\b | REVOKE\b | ALTER\s+DEFAULT\b | ALTER\s+TABLE\b [^;]* \b(?:ENABLE|DISABLE|FORCE|OWNER)\b
           | CREATE\s+ (?:ROLE|USER|GROUP|POLICY|(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?TRIGGER)\b )""",
    re.IGNORECASE | re.VERBOSE,
)
_FOR_A_WHILE = re.compile(r"\s*CREATE\s+(?:(?:LOCAL|GLOBAL)\s+)?TEMP", re.IGNORECASE)
_ROWS = re.compile(
    r"\s*(?:CREATE\s+(?:(?:LOCAL|GLOBAL)\s+)?TEMP|CREATE\s+(?:UNIQUE\s+)?INDEX|WITH|SELECT|INSERT|UPDATE|DELETE|COPY|TRUNCATE|ANALYZE|VACUUM|LOCK|DROP)",
    re.IGNORECASE,
)
_ABOUT_SERVER = re.compile(
    r"\s*(?:(?:CREATE|ALTER|DROP)\s+(?:DATABASE|ROLE|USER)\b|GRANT\b.*\bON\s+DATABASE\b|\\connect|SELECT\s+pg_terminate)",
    re.IGNORECASE | re.DOTALL,
)
_DUMP = "-- PostgreSQL database dump"
"""What pg_dump begins with, and ends with, `` complete`` behind it; other tools add their rows below."""
_NO_ROWS = "rows are left out: there is no file"
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
    ordered: bool = True
    """False where several files have no order that is known: the server finds one."""
    hint: str = ""
    """Why it may fail, seen from outside: a part of it is missing."""


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
        return _source(path.stem, read_statements(script, path.name), script, path.name)
    if path.is_dir():
        return _of_folder(path, encoding)
    steps = _script(path, encoding)
    alone = all(step.file == path.name for step in steps)
    return _source(path.name.split(".")[0], steps, _as_utf8(read_text(path, encoding)) if alone else "", path.name)


def with_prelude(schema: SchemaSource, prelude: Path) -> SchemaSource:
    """The schema after a script that makes what it takes for granted, under the same rules.

    Raises:
        WorkloadError: as ``read_schema`` does, of the prelude.
    """
    before = read_schema(prelude)
    text = f"{before.text.rstrip()}\n\n{schema.text}"
    steps, notes = (*before.steps, *schema.steps), (*before.notes, *schema.notes)
    return replace(schema, steps=steps, notes=notes, text=text)


def _script(path: Path, encoding: str) -> list[Step]:
    try:
        return read_script(path, encoding=encoding)
    except WorkloadError as error:
        place = re.match(r"[^:]+:\d+(?=:)", error.message)
        system, sign = dialect(read_text(path, encoding)) if place else ("", "")
        raise (foreign(place[0], system, sign) if place and system else error) from None


def _of_folder(folder: Path, encoding: str) -> SchemaSource:
    found = look_into(folder)
    steps: list[Step] = []
    notes = list(found.notes)
    for file, text in migrations(folder, found, encoding):
        try:
            read = read_companion(text, file, folder, encoding)
        except WorkloadError as error:
            if found.ordered or _MAKES.search(text):
                raise
            notes.append(f"{file.relative_to(folder).as_posix()} is left out: it makes nothing ({error.message})")
            continue
        if not (found.ordered or numbered(file)) and (said := _no_schema(read)):
            notes.append(f"{file.relative_to(folder).as_posix()} is left out: {said}")
            continue
        if any(_SETS.match(step.sql) for step in steps):
            steps.append(
                Step("RESET ALL", 1, file.relative_to(folder).as_posix())
            )  # each file had a session of its own
        steps += _in_transaction(read)
    hint = f"{found.code} beside it are programs, and are not carried out" if found.code else ""
    made = _source(folder.resolve().name, steps, "", str(folder))
    return replace(made, notes=(*notes, *made.notes), ordered=found.ordered, hint=hint)


def _no_schema(steps: Sequence[Step]) -> str:
    """Why a file whose order nobody says is no part of the schema; empty where it may be one."""
    said = [step for step in steps if not _SAYS_NOTHING.match(step.sql)]
    kinds = {"it only empties or drops": _EMPTIES, "it is about databases and roles": _ABOUT_SERVER}
    if any(_FOR_A_WHILE.match(step.sql) for step in said):
        kinds["it works on rows, by temporary tables"] = _ROWS
    if any(template(step.place, step.sql) for step in said):
        kinds["a program fills it in, and it makes rights and triggers alone"] = _RIGHTS
    return next((why for why, kind in kinds.items() if said and all(kind.match(step.sql) for step in said)), "")


def _in_transaction(steps: list[Step]) -> list[Step]:
    """A file that leans on the transaction which a tool has around each, with one; any other runs as with psql."""
    needs = any(_NEEDS_TRANSACTION.search(step.sql) for step in steps)
    if not needs or any(_TRANSACTION.match(step.sql) for step in steps):
        return steps
    first, last = steps[0], steps[-1]
    return [Step("BEGIN", first.line, first.file), *steps, Step("COMMIT", last.line, last.file)]


def _source(name: str, steps: Sequence[Step], text: str, told: str = "") -> SchemaSource:
    kept, notes = sorted_out(steps)
    if not kept:
        raise WorkloadError(
            f"{told or name}: there is no statement in it", hint="give the file that creates the tables"
        )
    made = SchemaSource(name, kept, notes, text or written(kept))
    last = text.rfind(f"\n{_DUMP}")
    if last >= 0 and not text.startswith(f"{_DUMP} complete", last + 1):
        said = "the dump is cut off: pg_dump's last line is not there"
        return replace(made, notes=(said, *notes), hint=said)
    return replace(made, hint=next((note for note in notes if _NO_ROWS in note), ""))


def _as_utf8(text: str) -> str:
    return _ENCODING.sub(r"\g<1>UTF8", text)


def written(steps: Sequence[Step]) -> str:
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
