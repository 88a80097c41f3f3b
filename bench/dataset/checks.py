"""dataset/checks.sql: does the data have the shape that it should have?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import psycopg

from bench.errors import DatasetError, WorkloadError
from bench.model import Check
from bench.postgres.connection import Connection
from bench.postgres.failures import translated
from bench.progress import Progress
from bench.workload.sqlfile import fill_in, header, read_text, split

FILE = "dataset/checks.sql"


def run_checks(connection: Connection, file: Path, values: Mapping[str, str], progress: Progress) -> tuple[Check, ...]:
    """Run each named check; every one gives a row of value, low and high."""
    if not file.exists():
        return ()
    lines = read_text(file).splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("-- check:")]
    if not starts:
        raise WorkloadError(f"{FILE}:1: holds no check", hint="begin each with '-- check: NAME', or remove the file")
    found = []
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(lines)], strict=True)):
        progress("checking the data", number, len(starts), "checks")
        head, taken = header(lines[start:end], start + 1)
        statements = split("\n".join(lines[start + taken : end]), FILE, start + taken + 1)
        if len(statements) != 1:
            raise WorkloadError(f"{FILE}:{start + 1}: check {head[0].value} needs exactly one statement")
        try:
            row = connection.execute(fill_in(statements[0].sql, values, FILE)).fetchone()
        except psycopg.Error as error:
            raise translated(error, f"{FILE}:{statements[0].line}") from error
        if row is None or len(row) != 3:
            raise WorkloadError(f"{FILE}:{statements[0].line}: a check gives one row of value, low, high")
        value, low, high = (None if part is None else float(part) for part in row)
        if low is None or high is None:
            raise WorkloadError(f"{FILE}:{statements[0].line}: low and high must not be NULL")
        found.append(Check(head[0].value, value, low, high))
    progress("checking the data", len(starts), len(starts), "checks")
    return tuple(found)


def insist(checks: tuple[Check, ...]) -> None:
    """Refuse data that fails a check.

    Raises:
        DatasetError: names the checks that failed with value and range.
    """
    if failed := [check for check in checks if not check.ok]:
        words = "; ".join(f"{check.name} is {check.value}, not in {check.low}..{check.high}" for check in failed)
        raise DatasetError(f"the data failed its self-checks: {words}", hint="see dataset/checks.sql")
