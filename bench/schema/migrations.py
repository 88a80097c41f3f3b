"""A folder of migrations in plain SQL: the parts that lead up, in their order.

Known by the names and markers that the tools document: golang-migrate, Flyway, dbmate, goose, sql-migrate, sqlx,
Diesel, Prisma, Drizzle, Supabase, refinery, tern, node-pg-migrate, Postgrator, MyBatis Migrations, rambler.
"""

from __future__ import annotations

import re
from pathlib import Path

from bench.errors import WorkloadError
from bench.workload.text import read_text

_DOWN_FILE = re.compile(r"(?:^|[._-])(?:down|undo|rollback|revert)\.sql$|\.undo\.|^U[\d._]+__", re.IGNORECASE)
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
TO_THE_SECOND = 14
"""Digits of 20240501103000."""
_REPEATABLE = re.compile(r"^R__")
_NO_MIGRATION = re.compile(r"^seeds?[._-]|^seeds?\.sql$", re.IGNORECASE)
_BREAKPOINT = re.compile(r"^--> statement-breakpoint", re.MULTILINE)
"""Drizzle's end of a statement, whether or not a semicolon stands before it."""

_OTHERS = {"mysql", "mariadb", "sqlite", "sqlite3", "mssql", "sqlserver", "oracle", "clickhouse", "h2"}
"""Folders with the same migrations for other systems."""

_MARK = re.compile(
    r"""\s*--\s*(?:
        (?:migrate:\s*|\+goose\s+|\+migrate\s+|rambler\s+)(?P<word>up|down)\b
      | (?P<first>up|down)\s+migration\b
      | -*\s*(?P<below>create\s+above\s*/\s*drop\s+below)\b
      | //\s*(?P<undo>@UNDO)\b
    )""",
    re.VERBOSE | re.IGNORECASE,
)


def migrations(folder: Path, encoding: str = "") -> list[tuple[str, str]]:
    """The name below ``folder`` and the text of each file, in the order in which they are applied.

    What leads down is blank in a text, so that lines keep their numbers.

    Raises:
        WorkloadError: there is no file of SQL in it, or none that leads up.
    """
    files = [file for file in folder.rglob("*.sql") if not _hidden(file.relative_to(folder))]
    if not files:
        raise WorkloadError(
            f"{folder} holds no .sql file", hint="give a schema's file, a folder of migrations, or a DSN"
        )
    up = [file for file in files if not _DOWN_FILE.search(file.name) and not _NO_MIGRATION.match(file.name)]
    if not up:
        raise WorkloadError(f"{folder} holds no migration that leads up, of {len(files)} files")
    named = sorted(((file.relative_to(folder), file) for file in up), key=lambda both: _place(both[0]))
    return [(name.as_posix(), only_up(read_text(file, encoding))) for name, file in named]


def only_up(text: str) -> str:
    """``text`` with the lines blank that lead down."""
    kept, lines = True, text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if mark := _MARK.match(line):
            kept = (mark["word"] or mark["first"] or "down").lower() == "up"
        if not kept:
            lines[number] = "\n"
    return _BREAKPOINT.sub("; --", "".join(lines))


def _hidden(name: Path) -> bool:
    return any(part.startswith((".", "node_modules")) or part.lower() in _OTHERS for part in name.parts)


def _place(name: Path) -> tuple[object, ...]:
    """Numbers by their value, so that 10 comes behind 9, and dates by their time, so that 20240501 comes behind
    20240101000000; what may be repeated comes behind all versions.
    """
    parts = re.split(r"(\d+)", name.as_posix())
    return bool(_REPEATABLE.match(name.name)), [
        (0, _number(part), "") if part.isdigit() else (1, 0, part) for part in parts
    ]


def _number(digits: str) -> int:
    return int(digits.ljust(TO_THE_SECOND, "0") if _DATE.match(digits) else digits)
