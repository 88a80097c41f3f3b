"""What cannot be read is tried: the server says which values and rows pass, and values that passed are learnt from.

A CHECK may call functions of the schema's, so ``connection`` has to be one for a workload's SQL (``Target.connect``),
whose role is no superuser. Everything is done in a temporary table.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from importlib import resources

import numpy as np
import psycopg
import pyarrow as pa
from psycopg import sql

from bench.inference.limits.evaluate import Mask
from bench.inference.limits.expression import read
from bench.inference.limits.merge import Contradiction, both
from bench.inference.plan import Limits
from bench.inference.types import CannotMake, values_of_type
from bench.inference.types.text_form import copy_rows, text_form
from bench.model.schema import Check, Column, Index, SqlFunction, Table
from bench.postgres.connection import Connection

TRIED = 4096
"""Values of a column that are tried."""
KEPT = 2000
"""Values that passed and are used: a generator takes them as it takes a list of the schema's own."""
_PLENTY = 0.999
"""Share of values that pass above which a condition needs no values of its own."""
_STAGE = sql.Identifier("pg_temp", "pgproof_candidates")


def judge(connection: Connection, table: Table, checks: Sequence[Check], rows: Mapping[str, pa.Array]) -> Mask:
    """Which of ``rows`` pass all ``checks``: those that the server does not say false for, and that raise no error.

    Args:
        connection: in the database of the schema, for a workload's SQL, in autocommit.
        table: whose columns the rows are of; those that ``rows`` lacks are NULL, generated ones are worked out.
        checks: of the table, about its columns.
        rows: columns of one length, in Arrow types or PostgreSQL's text form.
    """
    count = len(next(iter(rows.values())))
    passed = np.zeros(count, bool)
    with connection.transaction(force_rollback=True):
        _stage(connection, table, rows)
        condition = sql.SQL(" AND ").join(
            sql.SQL("({}) IS NOT FALSE").format(sql.SQL(_about(check, table).replace("%", "%%"))) for check in checks
        )
        statement = sql.SQL("SELECT pgproof_number FROM {} WHERE pgproof_number >= %s AND pgproof_number < %s AND {}")
        for number in _passing(connection, statement.format(_STAGE, condition), 0, count):
            passed[number] = True
    return passed


def repeated(connection: Connection, table: Table, key: Index, rows: Mapping[str, pa.Array]) -> Mask:
    """Which of ``rows`` have what a unique index says in common with an earlier one; none where it raises an error."""
    found = np.zeros(len(next(iter(rows.values()))), bool)
    keys = [sql.Identifier(one) if one in key.columns else sql.SQL("({})").format(sql.SQL(one)) for one in key.keys]
    held: list[sql.Composable] = [sql.SQL("({})").format(sql.SQL(key.predicate or "true"))]
    if not key.nulls_not_distinct:
        held += [sql.SQL("{} IS NOT NULL").format(one) for one in keys]
    statement = sql.SQL(
        "SELECT pgproof_number FROM (SELECT pgproof_number,"
        " row_number() OVER (PARTITION BY {} ORDER BY pgproof_number) AS place FROM {} WHERE {}) AS t WHERE place > 1"
    ).format(sql.SQL(", ").join(keys), _STAGE, sql.SQL(" AND ").join(held))
    with suppress(psycopg.Error), connection.transaction(force_rollback=True):
        _stage(connection, table, rows)
        found[[row[0] for row in connection.execute(statement).fetchall()]] = True
    return found


def _stage(connection: Connection, table: Table, rows: Mapping[str, pa.Array]) -> None:
    columns = [sql.SQL("pgproof_number bigint")]
    for column in table.columns:  # of the type below a domain, whose own conditions are among the checks
        generated = f" GENERATED ALWAYS AS ({column.default}) STORED" if column.generated else ""
        kind = column.type.plain.text
        columns.append(sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(kind + generated)))  # type: ignore[arg-type]
    connection.execute(sql.SQL("CREATE TEMP TABLE pgproof_candidates ({})").format(sql.SQL(", ").join(columns)))
    names = [sql.Identifier("pgproof_number"), *map(sql.Identifier, rows)]
    copying = sql.SQL("COPY {} ({}) FROM STDIN").format(_STAGE, sql.SQL(", ").join(names))
    count = len(next(iter(rows.values())))
    texts = [text_form(table.column(name).type, array) for name, array in rows.items()]
    with connection.cursor().copy(copying) as copy:
        copy.write(copy_rows([pa.array(range(count)).cast(pa.string()), *texts]))


def _passing(connection: Connection, statement: sql.Composed, first: int, end: int) -> list[int]:
    """Numbers of the rows that pass, halves by themselves where one of them raises an error."""
    try:
        with connection.transaction():
            return [row[0] for row in connection.execute(statement, [first, end]).fetchall()]
    except psycopg.Error:
        if end - first == 1:
            return []
        middle = (first + end) // 2
        return _passing(connection, statement, first, middle) + _passing(connection, statement, middle, end)


def learn(
    connection: Connection,
    table: Table,
    limits: Mapping[str, Limits],
    unread: Iterable[Check],
    seed_key: int | str,
    *,
    functions: Iterable[SqlFunction] = (),
    clock: str = "",
) -> tuple[dict[str, Limits], tuple[Check, ...]]:
    """Limits for columns whose conditions were not read, from values that the server let pass.

    Args:
        connection: as for ``judge``.
        table: of the columns.
        limits: as far as read.
        unread: what ``limits_of`` could not read.
        seed_key: of the values tried.
        functions: of the schema, in whose bodies there may be values that pass.
        clock: ISO 8601.

    Returns:
        All limits, and the conditions left: those of several columns, which ``judge`` decides row by row, and those
        that no value passed.
    """
    found, left = dict(limits), []
    by_column: dict[str, list[Check]] = {}
    for check in unread:
        if len(check.columns) == 1:
            by_column.setdefault(check.columns[0], []).append(check)
        else:
            left.append(check)
    texts = " ".join(function.body for function in functions)
    for name, checks in by_column.items():
        column = table.column(name)
        key = f"{seed_key} {name}"
        learnt = _learnt(connection, table, column, found.get(name, Limits()), checks, key, texts, clock)
        if learnt is None:
            left += checks
        else:
            found[name] = learnt
    return found, tuple(left)


def _about(check: Check, table: Table) -> str:
    """The condition; a domain's, which is about VALUE, about the column."""
    if len(check.columns) != 1 or table.column(check.columns[0]).type.base is None:
        return check.expression
    quoted = '"' + check.columns[0].replace('"', '""') + '"'
    return re.sub(r"'(?:[^']|'')*'|\bVALUE\b", lambda m: quoted if m[0] == "VALUE" else m[0], check.expression)


def _learnt(
    connection: Connection, table: Table, column: Column, limits: Limits, checks: Sequence[Check], key: str, texts: str,
    clock: str,
) -> Limits | None:  # fmt: skip
    tried = _candidates(column, limits, checks, key, texts, clock)
    if not tried:
        return None
    for values in (tried, _of_type(column, limits, key, clock)):
        array = pa.array(values, pa.string())
        try:
            passed = judge(connection, table, checks, {column.name: array}) if values else np.zeros(0, bool)
            break
        except psycopg.Error as error:  # one of them is no value of the type, or the server has no such values
            if error.diag.sqlstate is None:
                raise
    else:
        return None
    if not passed.any():
        return None
    usual = passed[: len(_of_type(column, limits, key, clock))]
    if len(usual) and usual.mean() >= _PLENTY:
        return limits
    try:
        return both(limits, Limits(values=tuple(array.filter(pa.array(passed)).to_pylist()[:KEPT])), column.type)
    except Contradiction:
        return None


def _candidates(column: Column, limits: Limits, checks: Sequence[Check], key: str, texts: str, clock: str) -> list[str]:
    """Values to try: those of the type, what the condition mentions, and what is often asked of a text."""
    found = dict.fromkeys(_of_type(column, limits, key, clock))
    constants = [node for check in checks for node in read(check.expression).walk() if node.kind == "const"]
    written = [node.name for node in constants] + re.findall(r"'((?:[^']|'')*)'", texts)
    if column.type.plain.name in ("text", "varchar", "bpchar", "citext"):
        found.update(dict.fromkeys([*samples(), *map(str, range(100))]))
        for text in written:
            found[text] = None
            if re.search(r"[\[\]\\^$*+?]", text):
                found.update(dict.fromkeys(_of_type(column, Limits(patterns=(text,)), key, clock)[:256]))
    elif column.type.plain.name in ("date", "time", "timestamp", "timestamptz"):
        found.update(dict.fromkeys(_rounded(list(found)[:512], column.type.plain.name)))
    elif column.type.plain.name in ("json", "jsonb"):
        found.update(dict.fromkeys(_documents(list(dict.fromkeys(written)))))
    elif column.type.plain.name in ("int2", "int4", "int8", "numeric"):
        numbers = [int(text) for text in written if re.fullmatch(r"-?\d{1,9}", text)]
        found.update({str(number + step): None for number in numbers for step in range(-3, 4) if number + step >= 0})
    longest = column.type.plain.length or 2**30
    return [text for text in found if len(text) <= longest]


def _rounded(texts: Sequence[str], kind: str) -> Iterator[str]:
    """Times cut to minutes, hours, days, months and years."""
    cuts = {
        "date": ((8, "01"), (5, "01-01")), "time": ((6, "00"), (3, "00:00"), (3, "30:00")),
        "timestamp": ((17, "00"), (14, "00:00"), (11, "00:00:00"), (8, "01 00:00:00"), (5, "01-01 00:00:00")),
    }  # fmt: skip
    zone = "+00" if kind == "timestamptz" else ""
    for length, rest in cuts[kind.removesuffix("tz") if kind != "date" else kind]:
        yield from (text[:length] + rest + zone for text in texts)


def _documents(constants: Sequence[str]) -> Iterator[str]:
    """JSON made of what a condition mentions: documents themselves, keys with values of each sort, paths."""
    for text in constants:
        with suppress(ValueError):
            json.loads(text)
            yield text
    keys = [text for text in constants if re.fullmatch(r"[\w-]+", text)]
    values: tuple[object, ...] = ([1], [{}], {}, 1, "text", True, None, *keys)
    for value in values:
        yield json.dumps(dict.fromkeys(keys, value))
        yield from (json.dumps({key: value}) for key in keys)
        for depth in range(1, len(keys) + 1):
            document = value
            for key in reversed(keys[:depth]):
                document = {key: document}
            yield json.dumps(document)


def _of_type(column: Column, limits: Limits, key: str, clock: str) -> list[str]:
    try:
        values = values_of_type(column, limits, key, clock=clock)(np.arange(TRIED))
    except CannotMake:
        return []
    return list(dict.fromkeys(text_form(column.type, values).to_pylist()))


@lru_cache(maxsize=1)
def samples() -> tuple[str, ...]:
    """Texts of many forms (``samples.toml``)."""
    text = (resources.files("bench.inference.limits") / "samples.toml").read_text("utf-8")
    return tuple(value for values in tomllib.loads(text).values() for value in values)
