"""dataset/checks.sql: does the data have the shape that it should have?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import psycopg

from bench.errors import DatasetError, Refused, WorkloadError
from bench.model import Check
from bench.postgres.connection import Connection
from bench.postgres.failures import translated
from bench.progress import Progress
from bench.syntax.tree import NotParsed, inner, kind, parse, walk
from bench.workload.sqlfile import fill_in, header, read_text, split

FILE = "dataset/checks.sql"


def run_checks(
    connection: Connection, file: Path, values: Mapping[str, str], progress: Progress,
    *, refused: list[str] | None = None,
) -> tuple[Check, ...]:  # fmt: skip
    """Run each named check; every one gives a row of value, low and high.

    Of a cluster, which is where ``refused`` is given to be told why, some are left out: what it refuses, and what asks
    for the places of rows.
    """
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
        text = fill_in(statements[0].sql, values, FILE)
        if refused is not None and _asks_where_rows_lie(text):
            refused.append(f"check {head[0].value} was not asked: where rows lie (ctid) is another thing in shards.")
            continue
        try:
            row = connection.execute(text).fetchone()
        except psycopg.Error as error:
            failure = translated(error, f"{FILE}:{statements[0].line}")
            if refused is None or not isinstance(failure, Refused):
                raise failure from error
            refused.append(f"check {head[0].value} was not asked, since the cluster refuses it: {failure.message}.")
            continue
        if row is None or len(row) != 3:
            raise WorkloadError(f"{FILE}:{statements[0].line}: a check gives one row of value, low, high")
        value, low, high = (None if part is None else float(part) for part in row)
        if low is None or high is None:
            raise WorkloadError(f"{FILE}:{statements[0].line}: low and high must not be NULL")
        found.append(Check(head[0].value, value, low, high))
    progress("checking the data", len(starts), len(starts), "checks")
    return tuple(found)


def _asks_where_rows_lie(text: str) -> bool:
    try:
        tree = parse(text)
    except NotParsed:
        return False
    fields = [inner(field) for node in walk(tree) if kind(node) == "ColumnRef" for field in node.fields]
    return any(kind(field) == "String" and field.sval == "ctid" for field in fields)


def insist(checks: tuple[Check, ...]) -> None:
    """Refuse data that fails a check.

    Raises:
        DatasetError: names the checks that failed with value and range.
    """
    if failed := [check for check in checks if not check.ok]:
        words = "; ".join(f"{check.name} is {check.value}, not in {check.low}..{check.high}" for check in failed)
        raise DatasetError(f"the data failed its self-checks: {words}", hint="see dataset/checks.sql")
