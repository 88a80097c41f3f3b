"""dataset/distributions.sql: what the rows look like, as counts to draw. Read only, and no part of what makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from bench.errors import WorkloadError
from bench.model import Bar, Distribution, Statement
from bench.postgres import ledger
from bench.postgres.connection import Connection
from bench.postgres.failures import translated
from bench.progress import Progress
from bench.workload.sqlfile import fill_in, header, read_text, split

FILE = "dataset/distributions.sql"
KEYS = ("distribution", "across", "counts")
BARS_MAX = 31
"""Bars of one distribution at most: the days of a month. More cannot be told apart on a telephone."""
RULES = 1
"""Raised when the way of counting changes: what was counted by older rules is then counted anew."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One block of the file: the words of a distribution, and the SELECT that counts."""

    name: str
    across: str
    counts: str
    statement: Statement


def read_distributions(file: Path) -> tuple[Asked, ...]:
    """Read the blocks of the file; an absent file means none.

    Raises:
        WorkloadError: a block is wrong (file:line).
    """
    if not file.exists():
        return ()
    lines = read_text(file).splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("-- distribution:")]
    if not starts:
        hint = "begin each with '-- distribution: NAME', or remove the file"
        raise WorkloadError(f"{FILE}:1: holds no distribution", hint=hint)
    stray = split("\n".join(lines[: starts[0]]), FILE)
    if stray:
        hint = "begin the block with '-- distribution: NAME'"
        raise WorkloadError(f"{FILE}:{stray[0].line}: a statement outside of a named block", hint=hint)
    return tuple(
        _block(lines[start:end], start + 1) for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)
    )


def _block(lines: Sequence[str], first_line: int) -> Asked:
    head, taken = header(lines, first_line)
    values = {entry.key: entry.value for entry in head}
    for entry in head:
        if entry.key not in KEYS:
            hint = f"known keys: {', '.join(KEYS)}"
            raise WorkloadError(f"{FILE}:{entry.line}: unknown header key '{entry.key}'", hint=hint)
    name = values.get("distribution", "")
    for key in KEYS:
        if not values.get(key):
            hint = "distribution: its name, across: what the labels are, counts: what is counted"
            raise WorkloadError(f"{FILE}:{first_line}: distribution {name} has no '-- {key}:' line", hint=hint)
    statements = split("\n".join(lines[taken:]), FILE, first_line + taken)
    if len(statements) != 1:
        raise WorkloadError(f"{FILE}:{first_line}: distribution {name} needs exactly one statement")
    return Asked(name, values["across"], values["counts"], statements[0])


def checksum(asked: Sequence[Asked]) -> str:
    """What the stored counts have to be of, to stand for ``asked``."""
    return ledger.checksum([str(RULES), *(repr((a.name, a.across, a.counts, a.statement.sql)) for a in asked)])


def count(
    connection: Connection, asked: Sequence[Asked], values: Mapping[str, str], progress: Progress
) -> tuple[Distribution, ...]:
    """Run each SELECT, read only; ``values`` are the variables of a script.

    Raises:
        WorkloadError: a statement fails, or gives anything but up to 31 rows of text and whole number (file:line).
    """
    found = []
    for number, one in enumerate(asked):
        progress("counting distributions", number, len(asked))
        found.append(Distribution(one.name, one.across, one.counts, _bars(connection, one.statement, values)))
    if asked:
        progress("counting distributions", len(asked), len(asked))
    return tuple(found)


def _bars(connection: Connection, statement: Statement, values: Mapping[str, str]) -> tuple[Bar, ...]:
    text = fill_in(statement.sql, values, FILE)
    try:
        with connection.transaction():
            connection.execute("SET TRANSACTION READ ONLY")
            cursor = connection.execute(text)
            rows = cursor.fetchall() if cursor.description else []
    except psycopg.Error as error:
        above = text.count("\n", 0, int(error.diag.statement_position or 1) - 1)
        raise translated(error, f"{FILE}:{statement.line + above}") from error
    where = f"{FILE}:{statement.line}"
    if len(rows) > BARS_MAX:
        hint = "count in steps: 1–9, 10–99, …"
        raise WorkloadError(f"{where}: gives {len(rows):,} rows, {BARS_MAX} at most can be drawn", hint=hint)
    return tuple(_bar(row, where) for row in rows)


def _bar(row: Sequence[Any], where: str) -> Bar:
    if len(row) != 2 or not isinstance(row[0], str) or not isinstance(row[1], int) or row[1] < 0:
        hint = "SELECT label::text, count(*)::bigint …"
        raise WorkloadError(f"{where}: a distribution gives rows of label (text) and count (bigint)", hint=hint)
    return Bar(row[0], row[1])
