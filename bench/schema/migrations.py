"""A folder of SQL as steps: the parts that lead up, in their order.

Known by the names and markers that the tools document: golang-migrate, Flyway, dbmate, goose, sql-migrate, sqlx,
Diesel, Prisma, Drizzle, Supabase, Sqitch, refinery, tern, node-pg-migrate, graphile-migrate, Postgrator, MyBatis
Migrations, rambler, Play's evolutions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from bench.schema.folder import Folder
from bench.workload.text import read_text

_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_DASHED = re.compile(r"(?<!\d)(\d{4})-(\d\d?)-(\d\d?)-(\d{4,6})(?!\d)")
TO_THE_SECOND = 14
"""Digits of 20240501103000."""
_REPEATABLE = re.compile(r"^R__")
_VERSION = re.compile(r"^[VB](\d+(?:[._]\d+)*)__", re.IGNORECASE)
_BREAKPOINT = re.compile(r"^--> statement-breakpoint", re.MULTILINE)
"""Drizzle's end of a statement, whether or not a semicolon stands before it."""
_EVOLUTION = re.compile(r"^#.*!Ups\b", re.MULTILINE)
_INCLUDES = re.compile(r"^\s*\\(?:i|ir|include|include_relative)\s+'?([^\s';]+)", re.MULTILINE)

_MARK = re.compile(
    r"""\s*(?:--|\#)\s*(?:
        (?:migrate:\s*|\+goose\s+|\+migrate\s+|rambler\s+|-*\s*!)(?P<word>up|down)s?\b
      | (?P<first>up|down)\s+migration\b
      | -*\s*(?P<below>create\s+above\s*/\s*drop\s+below)\b
      | //\s*(?P<undo>@UNDO)\b
    )""",
    re.VERBOSE | re.IGNORECASE,
)


def migrations(folder: Path, found: Folder, encoding: str = "") -> list[tuple[Path, str]]:
    """Each file and its text, in the order in which they are applied or, where none is known, tried.

    What leads down is blank in a text, so that lines keep their numbers. A file that another one includes is no step of
    its own.
    """
    files = list(found.files) if found.planned else _sorted(folder, found.files)
    texts = [(file, only_up(read_text(file, encoding))) for file in files]
    included = {
        place.resolve()
        for file, text in texts
        for name in _INCLUDES.findall(text)
        for place in (file.parent / name, folder / name)
    }
    return [(file, text) for file, text in texts if file.resolve() not in included]


def only_up(text: str) -> str:
    """``text`` with the lines blank that lead down."""
    kept, lines, evolution = True, text.splitlines(keepends=True), bool(_EVOLUTION.search(text))
    for number, line in enumerate(lines):
        if mark := _MARK.match(line):
            kept = (mark["word"] or mark["first"] or "down").lower() == "up"
        if not kept or (evolution and line.startswith("#")):
            lines[number] = "\n"
    return _BREAKPOINT.sub("; --", "".join(lines))


def _sorted(folder: Path, files: Sequence[Path]) -> list[Path]:
    """Flyway's versions by themselves, wherever they lie, from the newest baseline on; all else by the path."""
    if sum(bool(_VERSION.match(file.name)) for file in files) * 2 > len(files):
        base = max((_version(file.name) for file in files if file.name.startswith("B")), default=None)
        files = [file for file in files if not (base and file.name[0] == "V" and _version(file.name) <= base)]
        return sorted(files, key=lambda file: (*_version(file.name), _place(file.relative_to(folder))))
    return sorted(files, key=lambda file: _place(file.relative_to(folder)))


def _version(name: str) -> tuple[bool, list[int]]:
    version = _VERSION.match(name)
    return version is None, [int(part) for part in re.split(r"[._]", version[1])] if version else []


def _place(name: Path) -> tuple[object, ...]:
    """Numbers by their value, so that 10 comes behind 9, and dates by their time, so that 20240501 comes behind
    20240101000000; what may be repeated comes behind all versions.
    """
    parts = re.split(r"(\d+)", _DASHED.sub(_joined, name.as_posix()))
    return bool(_REPEATABLE.match(name.name)), [
        (0, _number(part), "") if part.isdigit() else (1, 0, part) for part in parts
    ]


def _joined(date: re.Match[str]) -> str:
    return f"{date[1]}{date[2]:0>2}{date[3]:0>2}{date[4]:0<6}"


def _number(digits: str) -> int:
    return int(digits.ljust(TO_THE_SECOND, "0") if _DATE.match(digits) else digits)
