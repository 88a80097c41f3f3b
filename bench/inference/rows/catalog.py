"""Read a schema from the catalog of the server that holds it, PostgreSQL 15 to 18."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from psycopg import sql

from bench.inference.rows.types import Types
from bench.model.schema import Check, Column, ForeignKey, Index, Partitioning, Schema, SqlFunction, Table
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.postgres.stand_ins import stand_ins

Row = Mapping[str, Any]

_EXPRESSION = re.compile(
    r"\s*(?:BEGIN\s+ATOMIC\s+)?(?:SELECT|RETURN)\s+((?:[^;'\"]|'[^']*'|\"[^\"]*\")+?)\s*;?(?:\s*END)?\s*", re.IGNORECASE
)
_TABLES = re.compile(r"\b(?:from|select|into|limit)\b(?![^']*'(?:[^']*'[^']*')*[^']*$)", re.IGNORECASE)
"""What makes a body more than an expression, outside of quotes."""

_STRATEGIES: dict[str, Literal["range", "list", "hash"]] = {"r": "range", "l": "list", "h": "hash"}
_ON_DELETE: dict[str, Literal["no action", "restrict", "cascade", "set null", "set default"]] = {
    "a": "no action", "r": "restrict", "c": "cascade", "n": "set null", "d": "set default",
}  # fmt: skip


def read_catalog(connection: Connection) -> Schema:
    """Read all tables of the database that ``connection`` is at, without locking or changing any.

    Expressions come with every name in them qualified, since only PostgreSQL's own schema is in the search path here.
    The role has to be allowed to count the rows of tables that have some.
    """
    with connection.transaction():
        connection.execute("SET LOCAL search_path = pg_catalog")
        found = rows(connection, "describe_tables")
        oids = [row["oid"] for row in found]
        columns = rows(connection, "describe_columns", oids)
        types = Types.read(connection, {row["type"] for row in columns})
        checks = rows(connection, "describe_checks", oids, types.domains)
        types.add_checks((row["domain"], _check(row)) for row in checks if row["domain"])
        parts = _Parts(
            columns=_by_relation(columns),
            indexes=_by_relation(rows(connection, "describe_indexes", oids)),
            keys=_by_relation(rows(connection, "describe_foreign_keys", oids)),
            checks=_by_relation(check for check in checks if check["relation"]),
            names={row["oid"]: f"{row['schema_name']}.{row['table_name']}" for row in found},
            sizes=_count(connection, [row for row in found if row["may_hold_rows"]]),
            types=types,
        )
        extensions = tuple(row["name"] for row in rows(connection, "list_extensions"))
        standing_in = stand_ins(connection)
        functions = [_function(row) for row in rows(connection, "describe_sql_functions")]
    tables = tuple(_table(row, parts) for row in found)
    return Schema(tables, extensions, standing_in, tuple(one for one in functions if one))


class _Parts:
    """What was read, by the table that it belongs to."""

    def __init__(
        self, *, columns: Mapping[int, list[Row]], indexes: Mapping[int, list[Row]], keys: Mapping[int, list[Row]],
        checks: Mapping[int, list[Row]], names: Mapping[int, str], sizes: Mapping[int, int], types: Types,
    ) -> None:  # fmt: skip
        self.columns, self.indexes, self.keys, self.checks = columns, indexes, keys, checks
        self.names, self.sizes, self.types = names, sizes, types


def _by_relation(found: Iterable[Row]) -> Mapping[int, list[Row]]:
    grouped: defaultdict[int, list[Row]] = defaultdict(list)
    for row in found:
        grouped[row["relation"]].append(row)
    return grouped


def _count(connection: Connection, tables: Sequence[Row]) -> dict[int, int]:
    """Rows by table: those of a partitioned one are its partitions', those of a parent by inheritance its own."""
    if not tables:
        return {}
    one = sql.SQL("SELECT {}::bigint, count(*) FROM {} {}")
    counts = [
        one.format(row["oid"], sql.SQL("" if row["strategy"] else "ONLY"), _identifier(row)) for row in tables
    ]  # fmt: skip
    return dict(connection.execute(sql.SQL(" UNION ALL ").join(counts)).fetchall())


def _identifier(row: Row) -> sql.Identifier:
    return sql.Identifier(row["schema_name"], row["table_name"])


def _table(row: Row, parts: _Parts) -> Table:
    oid, parents = row["oid"], tuple(parts.names[parent] for parent in row["parents"] if parent in parts.names)
    return Table(
        row["schema_name"],
        row["table_name"],
        columns=tuple(_column(one, parts.types) for one in parts.columns.get(oid, ())),
        indexes=tuple(_index(one) for one in parts.indexes.get(oid, ())),
        foreign_keys=tuple(_foreign_key(one) for one in parts.keys.get(oid, ())),
        checks=tuple(_check(one) for one in parts.checks.get(oid, ())),
        partitioning=_partitioning(row, parts.names),
        partition_of=parents[0] if row["is_partition"] and parents else "",
        bounds=row["bounds"] or "",
        inherits=() if row["is_partition"] else parents,
        foreign=row["is_foreign"],
        rows=parts.sizes.get(oid, 0),
        triggers=tuple(row["triggers"]),
        always_triggers=tuple(row["always_triggers"]),
        has_insert_rule=row["has_insert_rule"],
        row_security=row["row_security"],
        owner=row["owner"],
        comment=row["comment"],
    )


def _column(row: Row, types: Types) -> Column:
    return Column(
        row["name"],
        types.type_of(row["type"], row["modifier"], row["text"]),
        not_null=row["not_null"],
        default=row["default"],
        generated=row["generated"],
        identity=row["identity"],
        sequence=row["sequence"],
        comment=row["comment"],
    )


def _index(row: Row) -> Index:
    return Index(
        row["name"],
        row["method"],
        keys=tuple(row["keys"]),
        columns=tuple(row["columns"]),
        include=tuple(row["include"]),
        unique=row["unique"],
        primary=row["primary"],
        nulls_not_distinct=row["nulls_not_distinct"],
        predicate=row["predicate"],
        operators=tuple(row["operators"]),
        deferrable=row["deferrable"],
        is_constraint=row["is_constraint"],
        valid=row["valid"],
    )


def _foreign_key(row: Row) -> ForeignKey:
    return ForeignKey(
        row["name"],
        tuple(row["columns"]),
        row["references"],
        tuple(row["to_columns"]),
        match_full=row["match_full"],
        deferrable=row["deferrable"],
        on_delete=_ON_DELETE[row["on_delete"]],
        validated=row["validated"],
        enforced=row["enforced"],
        period=row["period"],
    )


def _check(row: Row) -> Check:
    return Check(
        row["name"],
        row["expression"],
        columns=tuple(row["columns"]),
        validated=row["validated"],
        enforced=row["enforced"],
    )


def _function(row: Row) -> SqlFunction | None:
    """The function, where its body is one expression: ``SELECT …`` or ``RETURN …`` without a table."""
    match = _EXPRESSION.fullmatch(row["body"])
    if match is None or _TABLES.search(match[1]):
        return None
    return SqlFunction(row["name"], tuple(row["arguments"]), match[1])


def _partitioning(row: Row, names: Mapping[int, str]) -> Partitioning | None:
    if not row["strategy"]:
        return None
    expressions = iter(_apart(row["key_expressions"] or ""))
    keys = tuple(next(expressions) if name is None else name for name in row["keys"])
    return Partitioning(_STRATEGIES[row["strategy"]], keys, tuple(names[leaf] for leaf in row["leaves"]))


def _apart(text: str) -> list[str]:
    """A list of expressions cut at the commas that stand in no brackets and no quotes."""
    parts, depth, quote = [""], 0, ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        depth += 0 if quote else (char in "([") - (char in ")]")
        if char == "," and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]
