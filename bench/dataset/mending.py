"""Rows that a constraint refuses after all: taken back, and told, so that the other tables go on.

Rows are planned to obey everything, so there should be none. Where a plan is wrong, a few rows less are a smaller
loss than no database.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg import sql

from bench.dataset.holdback import Held
from bench.model.schema import ForeignKey, Index, Schema
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.postgres.failures import translated
from bench.report.numbers import plural

BROKEN = (psycopg.errors.UniqueViolation, psycopg.errors.ExclusionViolation, psycopg.errors.ForeignKeyViolation)


def mend(connection: Connection, held: Held, schema: Schema) -> tuple[str, ...]:
    """Build what of ``held`` is missing, one after the other; return what was taken back for that, each in a line.

    ``connection`` may write past row-level security; ``schema`` is as it was before keys were held back.

    Raises:
        DatasetError: rows break something else than a key, an exclusion or a foreign key, or still do.
    """
    connection.execute("SET session_replication_role = replica")
    there = {(row["table_name"], row["name"]) for row in rows(connection, "list_indexes_and_constraints")}
    notes = []
    for entry in sorted(held, key=lambda entry: int(entry["phase"])):
        if (entry["table_name"], entry["name"]) in there:
            continue
        try:
            connection.execute(entry["create_sql"])
        except BROKEN as error:
            taken = _taken_back(connection, entry["name"], error, schema)
            notes.append(f"{plural(taken, 'row')} of {entry['table_name']} taken back: they broke {entry['name']}")
            _again(connection, entry["create_sql"], entry["name"])
        except psycopg.Error as error:
            raise translated(error, f"building {entry['name']}") from error
        if entry["comment_sql"]:
            connection.execute(entry["comment_sql"])
    return tuple(notes)


def _taken_back(connection: Connection, name: str, error: psycopg.Error, schema: Schema) -> int:
    try:
        return sum(max(0, connection.execute(one).rowcount) for one in _deletions(name, error, schema))
    except psycopg.Error as another:
        raise translated(another, f"taking back what breaks {name}") from another


def _again(connection: Connection, statement: str, name: str) -> None:
    try:
        connection.execute(statement)
    except psycopg.Error as error:
        raise translated(error, f"building {name}") from error


def _deletions(name: str, error: psycopg.Error, schema: Schema) -> Iterator[sql.Composed]:
    where = f"{error.diag.schema_name}.{error.diag.table_name}"
    table = schema.by_name.get(where)
    if table is None:
        return
    target = sql.Identifier(table.schema, table.table)
    for index in table.indexes:
        if index.name == name and index.operators:
            yield from _excluded(table.schema, target, index)
        elif index.name == name and index.unique:
            yield _repeated(target, index)
    for key in table.foreign_keys:
        if key.name == name and key.table in schema.by_name:
            parent = schema.by_name[key.table]
            yield _orphans(target, key, sql.Identifier(parent.schema, parent.table))


def _excluded(schema: str, table: sql.Identifier, index: Index) -> Iterator[sql.Composed]:
    """All rows that an earlier one excludes, found by an index of the same kind that forbids nothing."""
    keys, name = _keys(index), f"{index.name[:40]}_to_mend"
    held = sql.SQL(index.predicate or "true")
    yield sql.SQL("CREATE INDEX {} ON {} USING {} ({}) WHERE {}").format(
        sql.Identifier(name), table, sql.Identifier(index.method), sql.SQL(", ").join(keys), held
    )
    named = [sql.Identifier(f"key_{number}") for number in range(len(keys))]
    shown = sql.SQL(", ").join(sql.SQL("{} AS {}").format(key, alias) for key, alias in zip(keys, named, strict=True))
    some = sql.SQL("(SELECT tableoid AS part, ctid AS place, {} FROM {} WHERE {})").format(shown, table, held)
    met = sql.SQL(" AND ").join(
        sql.SQL("p.{alias} {by} c.{alias}").format(alias=alias, by=sql.SQL(operator))
        for alias, operator in zip(named, index.operators, strict=True)
    )
    yield sql.SQL(
        "DELETE FROM {} WHERE (tableoid, ctid) IN (SELECT part, place FROM {some} AS c WHERE EXISTS ("
        "SELECT FROM {some} AS p WHERE (p.part, p.place) < (c.part, c.place) AND {met}))"
    ).format(table, some=some, met=met)
    yield sql.SQL("DROP INDEX {}").format(sql.Identifier(schema, name))


def _keys(index: Index) -> list[sql.Composable]:
    """Columns by name, expressions in brackets."""
    return [sql.Identifier(key) if key in index.columns else sql.SQL("({})").format(sql.SQL(key)) for key in index.keys]


def _repeated(table: sql.Identifier, index: Index) -> sql.Composed:
    """All rows but the first of each key."""
    keys = _keys(index)
    held: list[sql.Composable] = [sql.SQL("({})").format(sql.SQL(index.predicate))] if index.predicate else []
    if not index.nulls_not_distinct:
        held += [sql.SQL("{} IS NOT NULL").format(key) for key in keys]
    return sql.SQL(
        "DELETE FROM {table} WHERE (tableoid, ctid) IN ("
        "SELECT tableoid, ctid FROM (SELECT tableoid, ctid,"
        " row_number() OVER (PARTITION BY {keys} ORDER BY tableoid, ctid) AS number"
        " FROM {table} WHERE {held}) AS t WHERE number > 1)"
    ).format(table=table, keys=sql.SQL(", ").join(keys), held=sql.SQL(" AND ").join([sql.SQL("true"), *held]))


def _orphans(table: sql.Identifier, key: ForeignKey, parent: sql.Identifier) -> sql.Composed:
    """Rows that refer to none."""
    own, to = ([sql.Identifier(name) for name in names] for names in (key.columns, key.to))
    met = sql.SQL(" AND ").join(sql.SQL("p.{} = c.{}").format(b, a) for a, b in zip(own, to, strict=True))
    given = sql.SQL(" AND ").join(sql.SQL("c.{} IS NOT NULL").format(a) for a in own)
    return sql.SQL("DELETE FROM {} AS c WHERE {} AND NOT EXISTS (SELECT FROM {} AS p WHERE {})").format(
        table, given, parent, met
    )
