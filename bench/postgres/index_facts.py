"""Read the indexes and foreign keys of a schema from the catalog; what is wrong with them is decided elsewhere."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from psycopg import sql

from bench.model.attribution import ForeignKeyFacts, IndexFacts, IndexKey
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.postgres.failures import explained

DENSITY_EXTENSION = "pgstattuple"


def index_facts(connection: Connection, made_by: Mapping[str, str]) -> tuple[IndexFacts, ...]:
    """Every index of the workload, by name; ``made_by`` maps ``schema.index`` to the optimization that made it.

    The density of B-trees is read where extension pgstattuple is there already, which reads the indexes whole.
    """
    with explained("reading the indexes of the schema"):
        found = rows(connection, "list_index_facts")
        density = leaf_densities(
            connection,
            [row["name"] for row in found if row["method"] == "btree" and row["valid"] and not row["partitioned"]],
        )
    return tuple(_index(row, density.get(row["name"]), made_by.get(row["name"], "")) for row in found)


def _index(row: Mapping[str, Any], density: float | None, optimization: str) -> IndexFacts:
    taken = ("name", "method", "predicate", "unique", "nulls_not_distinct", "primary", "deferrable", "valid",
             "replica_identity", "clustered", "parent", "partitioned", "size_bytes")  # fmt: skip
    return IndexFacts(
        **{name: row[name] for name in taken},
        table=row["table_name"],
        constraint=row["constraint_name"],
        keys=tuple(IndexKey(**key) for key in row["keys"]),
        include=tuple(row["include"]),
        options=tuple(row["options"]),
        leaf_density=density,
        optimization=optimization,
    )


def foreign_keys(connection: Connection) -> tuple[ForeignKeyFacts, ...]:
    """Every foreign key of the workload, by table and name."""
    with explained("reading the foreign keys of the schema"):
        found = rows(connection, "list_foreign_keys")
    return tuple(
        ForeignKeyFacts(
            name=row["name"],
            table=row["table_name"],
            columns=tuple(row["columns"]),
            references=row["references"],
            table_rows=row["table_rows"],
            collations=tuple(row["collations"]),
            key_index=row["key_index"],
            partitioned=row["partitioned"],
            sharing=tuple(row["sharing"]),
        )
        for row in found
    )


def index_scans(connection: Connection) -> dict[str, int]:
    """How often each index (``schema.index``) was scanned in this database, statements inside functions included.

    The difference over an upkeep statement says what it uses, which no plan shows. Sessions report when they end, so
    run the statement on a connection of its own and close that first.
    """
    with explained("reading the statistics of the indexes"):
        return {row["name"]: row["scans"] for row in rows(connection, "list_index_scans")}


# ------------------------------------------------------------------------------------------------- density
def can_create_pgstattuple(connection: Connection) -> bool:
    """Whether this role can have pgstattuple in this database: it is there, or ``CREATE EXTENSION`` would succeed."""
    found = rows(connection, "find_extension", DENSITY_EXTENSION)
    return bool(found) and (found[0]["schema_name"] is not None or found[0]["creatable"])


def leaf_densities(connection: Connection, names: list[str]) -> dict[str, float]:
    """Percent of the leaf pages in use, for those of these valid B-trees (``schema.index``) that have entries.

    Empty without extension pgstattuple, and for a role that may not call it.
    """
    found = rows(connection, "find_extension", DENSITY_EXTENSION)
    if not found or found[0]["schema_name"] is None:
        return {}
    function = sql.Identifier(found[0]["schema_name"], "pgstatindex")
    signature = f"{function.as_string()}(regclass)"
    if not connection.execute("SELECT has_function_privilege(%s, 'EXECUTE')", [signature]).fetchall()[0][0]:
        return {}
    ask = sql.SQL("SELECT name, (SELECT avg_leaf_density FROM {}(name::regclass)) FROM unnest(%s::text[]) AS name")
    densities = connection.execute(ask.format(function), [names]).fetchall()
    return {name: float(density) for name, density in densities if not math.isnan(density)}
