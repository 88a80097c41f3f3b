"""Queries for a schema: those that somebody gave, or probes, described on the filled database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from psycopg import sql

from bench.inference import queries as inferring
from bench.inference.plan import DatasetPlan
from bench.inference.queries import BareQuery, Reference, probes, read_bare, surroundings
from bench.inference.queries.probes import PROBES
from bench.inference.rows.catalog import read_catalog
from bench.model import Query
from bench.model.assumed import Assumed
from bench.model.schema import Schema
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.progress import Progress

CHOOSING_S = 20.0
"""Seconds for the classes of all queries together, so that a report is there within two minutes."""


def queries_of(
    connection: Connection, plan: DatasetPlan, given: Path | None, clock: str, progress: Progress, *, strict: bool
) -> tuple[tuple[Query, ...], tuple[Assumed, ...]]:
    """The statements in ``given``, or probes where there are none, and what is to be told of them.

    Raises:
        WorkloadError: none can be prepared, or, where ``strict``, one cannot.
    """
    schema, found = read_catalog(connection), _references(plan)
    bare = read_bare(given) if given else _probes(connection, schema, found)
    around = surroundings(connection, schema, clock=clock, found=found)
    made = inferring.infer(around, bare, strict=strict, seconds=CHOOSING_S, progress=progress)
    refused = tuple(Assumed("query", _place(said), "left out", _reason(said)) for said in made.refused)
    return made.queries, refused


def _references(plan: DatasetPlan) -> tuple[Reference, ...]:
    """The references of the plan that the schema does not declare."""
    return tuple((table.name, key) for table in plan.tables for key in table.references if not key.declared)


def _probes(connection: Connection, schema: Schema, found: Sequence[Reference]) -> list[BareQuery]:
    sizes: Mapping[str, int] = dict(_sizes(connection, schema))
    return probes(schema, sizes, found) or [_whole(max(sizes, key=lambda name: sizes[name]))]


def _sizes(connection: Connection, schema: Schema) -> Iterator[tuple[str, int]]:
    """Rows of each table; of a partitioned one those of its partitions."""
    counted = {f"{row['schema_name']}.{row['table_name']}": int(row["rows"]) for row in rows(connection, "list_tables")}
    for table in schema.tables:
        leaves = table.partitioning.leaves if table.partitioning else (table.name,)
        yield table.name, sum(counted.get(leaf, 0) for leaf in leaves)


def _whole(table: str) -> BareQuery:
    """Of a schema without a single key or filter: how many rows its largest table has."""
    text = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*table.split(".", 1))).as_string()
    return BareQuery("count_rows", text, PROBES, 1, "Probe: Count rows", "How many rows are there?")


def _place(said: str) -> str:
    return ":".join(said.split(":")[:2])


def _reason(said: str) -> str:
    return ":".join(said.split(":")[2:]).strip() or said
