"""Read what a database is made of from its catalog, object by object, PostgreSQL 15 to 18.

Nothing but the catalog is read, and nothing is written. The functions that print definitions see what is committed when
they are asked, beside the snapshot of the transaction, as in pg_dump.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from psycopg import sql

from bench.model.definition import INVALID, WITH, DatabaseObject, Definition, Fact, Key
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.settings import PARTS

Row = Mapping[str, Any]
Facts = dict[str, Fact]

PRINTING = {
    "search_path": "pg_catalog", "quote_all_identifiers": "off", "standard_conforming_strings": "on",
    **{one.name: one.value for one in PARTS["results"]},
}  # fmt: skip
"""Settings that shape the text of a definition."""
TARGET = "statistics target"
ROUTINE = (
    "arguments", "returns", "language", "volatility", "parallel", "strict", "security_definer", "leakproof", "cost",
    "rows", "support", "transition", "state", "final", "combine", "initial", "comment",
)  # fmt: skip
"""What is a fact of a function as it stands in its row; settings and body come behind."""


def read_definition(connection: Connection) -> Definition:
    """Read all objects that no extension made, in one transaction (or in the one that is open).

    Names in expressions are qualified, since only PostgreSQL's own schema is in the search path here, and values in
    them are printed alike whatever the session's settings.
    """
    with connection.transaction():
        for name, value in PRINTING.items():
            connection.execute(sql.SQL("SET LOCAL {} = {}").format(sql.Identifier(name), sql.Literal(value)))
        found = [one for part in (_schemas, _types, _relations, _others) for one in part(connection)]
    return {one.key: one for one in found}


def _made(kind: str, row: Row, facts: Mapping[str, Any]) -> DatabaseObject:
    """An object whose table stands in its row, with those facts that are some."""
    said = {name: _fact(value) for name, value in facts.items() if value not in (None, False, "", [], ())}
    return DatabaseObject(Key(kind, row["identifier"], row.get("table_identifier") or ""), said)


def _fact(value: Any) -> Fact:  # noqa: ANN401 - as the driver gives it
    if isinstance(value, list | tuple):
        return tuple(map(str, value))
    if isinstance(value, float):
        return int(value) if value.is_integer() else str(value)
    return value if isinstance(value, int) else str(value)


def _options(row: Row, name: str = "options") -> Facts:
    """Storage parameters, one a fact."""
    return {f"{WITH}{one.partition('=')[0]}": one.partition("=")[2] for one in row[name] or ()}


# ------------------------------------------------------------------------------------------------------------- types
def _schemas(connection: Connection) -> Iterator[DatabaseObject]:
    for row in rows(connection, "describe_schemas"):
        yield _made("schema", row, {"comment": row["comment"]})
    for row in rows(connection, "list_extensions"):
        yield _made("extension", row, {"schema": row["schema"]})


def _types(connection: Connection) -> Iterator[DatabaseObject]:
    oids = {row["oid"] for row in rows(connection, "list_own_types")}
    found = [row for row in rows(connection, "describe_types", sorted(oids)) if row["oid"] in oids]
    checks, fields = defaultdict(list), defaultdict(list)
    for check in rows(connection, "describe_checks", [], [row["oid"] for row in found if row["kind"] == "d"]):
        checks[check["domain"]].append(check)
    for one in rows(connection, "describe_columns", [row["relation"] for row in found if row["relation"]]):
        fields[one["relation"]].append(one)
    for row in sorted(found, key=lambda row: str(row["identifier"])):
        yield _type(row, checks[row["oid"]], fields[row["relation"]])


def _type(row: Row, checks: Sequence[Row], fields: Sequence[Row]) -> DatabaseObject:
    facts: dict[str, Any] = {"values": row["labels"]}
    if row["kind"] == "d":
        facts |= {"type": row["base_text"], "collation": row["collation"], "not null": row["not_null"]}
        facts |= {"default": row["default"]}
        facts |= {
            f"check {one['name']}": one["expression"] + ("" if one["validated"] else " NOT VALID") for one in checks
        }
    if row["kind"] == "r":
        facts |= {"range of": row["element_text"]}
    facts |= {f"field {one['identifier']}": one["text"] for one in fields}
    return _made("domain" if row["kind"] == "d" else "type", row, facts | {"comment": row["comment"]})


# --------------------------------------------------------------------------------------------------------- relations
def _relations(connection: Connection) -> Iterator[DatabaseObject]:
    for row in rows(connection, "describe_sequences"):
        facts = {name.replace("_", " "): value for name, value in row.items() if name != "identifier"}
        yield _made("sequence", row, facts)
    tables = rows(connection, "describe_tables")
    yield from map(_table, tables)
    yield from _columns(connection, tables)
    for row in rows(connection, "describe_views"):
        kind = "materialized view" if row["materialized"] else "view"
        yield _made(kind, row, {"definition": row["definition"], **_options(row), "comment": row["comment"]})
    yield from _indexes_and_constraints(connection, {row["identifier"] for row in tables})
    for row in rows(connection, "list_statistics_objects"):
        named = {"identifier": row["name"], "table_identifier": row["table_identifier"]}
        facts = {"definition": row["definition"], TARGET: row["statistics_target"], "comment": row["comment"]}
        yield _made("statistics", named, facts)
    for row in rows(connection, "describe_triggers"):
        facts = {"definition": row["definition"], "fires": row["fires"], "comment": row["comment"]}
        yield _made(row["kind"], row, facts)
    for row in rows(connection, "describe_policies"):
        names = ("command", "restrictive", "roles", "using", "check", "comment")
        yield _made("policy", row, {name: row[name] for name in names})


def _table(row: Row) -> DatabaseObject:
    parents = row["parent_identifiers"]
    security = "forced" if row["force_row_security"] else "enabled"
    facts = {
        "foreign server": row["foreign_server"],
        "partition by": row["partition_key"],
        "partition of": parents[0] if row["is_partition"] and parents else None,
        "bounds": row["partition_bound"],
        "inherits": () if row["is_partition"] else parents,
        "unlogged": row["unlogged"],
        "access method": row["access_method"],
        **_options(row),
        **_options(row, "toast_options"),
        "row security": security if row["row_security"] else None,
        "replica identity": row["replica_identity"],
        "comment": row["comment"],
    }
    return _made("table", row, facts)


def _columns(connection: Connection, tables: Sequence[Row]) -> Iterator[DatabaseObject]:
    """The columns, but for those that a partition or child by inheritance has as its parent has them."""
    by_oid = {row["oid"]: row for row in tables}
    seen: dict[tuple[str, str], Facts] = {}
    found = rows(connection, "describe_columns", list(by_oid))
    made = [(row, _made("column", row | {"table_identifier": by_oid[row["relation"]]["identifier"]}, _column(row)))
            for row in found]  # fmt: skip
    for _, one in made:
        seen[one.key.table, one.key.name] = dict(one.facts)
    for row, one in made:
        parents = by_oid[row["relation"]]["parent_identifiers"] if row["inherited"] else ()
        if not any(seen.get((parent, one.key.name)) == one.facts for parent in parents):
            yield one


def _column(row: Row) -> dict[str, Any]:
    return {
        "type": row["text"],
        "collation": row["collation"],
        "not null": "not validated" if row["not_null_unvalidated"] else row["not_null"],
        "generated": f"{row['generated']}: {row['default']}" if row["generated"] else None,
        "default": None if row["generated"] else row["default"],
        "identity": row["identity"],
        TARGET: row["statistics_target"],
        "storage": row["storage"],
        "compression": row["compression"],
        **_options(row),
        "comment": row["comment"],
    }


def _indexes_and_constraints(connection: Connection, tables: Iterable[str]) -> Iterator[DatabaseObject]:
    """What an index has beside its definition is a fact of the constraint that it belongs to, where it does."""
    behind: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows(connection, "list_index_definitions"):
        facts = {
            INVALID: not row["valid"],
            "clustered": row["clustered"],
            TARGET: row["statistics_targets"],
            "comment": row["comment"],
        }
        if row["constraint_name"]:
            behind[row["table_identifier"], row["constraint_name"]] = facts | _options(row)
        elif not row["attached"]:
            yield _made("index", row, {"definition": row["definition"], **facts})
    known = set(tables)
    for row in rows(connection, "describe_constraints"):
        if row["table_identifier"] in known:
            index = behind.get((row["table_identifier"], row["identifier"]), {})
            invalid = row["unvalidated"] or index.get(INVALID)
            facts = {"definition": row["definition"], **index, INVALID: invalid, "comment": row["comment"]}
            yield _made("constraint", row, facts)


# ------------------------------------------------------------------------------------------------------------ others
def _others(connection: Connection) -> Iterator[DatabaseObject]:
    for row in rows(connection, "describe_routines"):
        facts: dict[str, Any] = {name.replace("_", " "): row[name] for name in ROUTINE}
        settings = {f"set {one.partition('=')[0]}": one.partition("=")[2] for one in row["options"] or ()}
        yield _made(row["kind"] or "function", row, facts | settings | {"body": row["body"]})
    for row in rows(connection, "list_other_objects"):
        yield _made(row["kind"], row, {})
