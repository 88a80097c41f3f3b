"""Statements of a workload that reach beyond its own databases are refused, file by file, before any of them is run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bench.errors import WorkloadError
from bench.workload import sqlfile
from bench.workload.reach import beyond

FOLDERS = ("queries", "citus", "writes", "injections", "dataset")
FILES = ("optimizations.sql", "churn.sql", *(f"{folder}/*.sql" for folder in FOLDERS))
"""Where a workload has SQL, but for schema.sql, of which more is tolerated (``tolerance``)."""

HEADER_SQL = {"param", "class", "undo", "upkeep", "staleness", "invariant"}
"""First words of the header keys that hold a statement."""

HINT = "take it out, or trust this workload with the whole server: --allow-cluster-sql (docs/security.md)"

_SECTION = re.compile(r"-- (?:rewrite|optimization|check|distribution):")
_STATEMENT = re.compile(r"\s*(?:SELECT|WITH|VALUES|TABLE)\b", re.IGNORECASE)

Piece = tuple[str, int]
"""A statement as it will be run, but for the values of its parameters, and the line on which it begins."""


def refuse_cluster_sql(root: Path, clock: str = "") -> None:
    """Look at all SQL of the workload in ``root`` but its schema; ``clock`` is put into some of it as a literal.

    Raises:
        WorkloadError: a statement reaches beyond the database that it runs in (file:line).
    """
    if re.search(r"['\\\0]", clock):
        raise WorkloadError("pgproof.toml: clock is no point in time", hint='clock = "2026-01-01T00:00:00+00:00"')
    for file in _files(root):
        where = file.relative_to(root).as_posix()
        for sql, line in pieces(sqlfile.read_text(file), where):
            reason, offset = beyond(sql)
            if reason:
                at = line + sql.count("\n", 0, offset)
                raise WorkloadError(f"{where}:{at}: {reason} is refused: it reaches beyond the database", hint=HINT)


def _files(root: Path) -> list[Path]:
    return [file for pattern in FILES for file in sorted(root.glob(pattern))]


def pieces(text: str, where: str) -> Iterator[Piece]:
    """Every statement of a file, those in headers too.

    Raises:
        WorkloadError: a string or comment is never closed, or the text holds a zero byte, which would end it early.
    """
    if "\0" in text:
        raise WorkloadError(f"{where}:{text.count(chr(10), 0, text.index(chr(0))) + 1}: a zero byte")
    lines = text.splitlines()
    starts = [0, *(number for number, line in enumerate(lines) if number and _SECTION.match(line))]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        for entry in sqlfile.header(lines[start:end], start + 1)[0]:
            if _holds_sql(entry):
                yield from (
                    (_bound(one.sql, where), entry.line) for one in sqlfile.split(entry.value, where, entry.line)
                )
        for statement in sqlfile.split("\n".join(lines[start:end]), where, start + 1):
            yield _bound(statement.sql, where), statement.line


def _holds_sql(entry: sqlfile.HeaderLine) -> bool:
    kind = entry.key.partition(" ")[0]
    # The source of a parameter may be a literal, which is sent as a value and never as SQL.
    return kind in HEADER_SQL and (kind in ("undo", "upkeep") or bool(_STATEMENT.match(entry.value)))


def _bound(sql: str, where: str) -> str:
    """The statement with a literal for each parameter, as the grammar has no ``:name``."""
    return sqlfile.fill_in(sql, dict.fromkeys(sqlfile.placeholders(sql, where), "'0'"), where)
