"""Queries described on the filled database: of a schema, given ones or probes; of a workload its bare ones."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from psycopg import sql

from bench.dataset.bindings import class_rows
from bench.dataset.plans import references_of
from bench.dataset.rules import rules_hash
from bench.dataset.template import Build, ensure
from bench.dataset.worker import Recipe
from bench.inference import queries as inferring
from bench.inference.plan import DatasetPlan
from bench.inference.queries import BareQuery, Reference, bare_in, probes, read_bare, surroundings
from bench.inference.queries.probes import PROBES
from bench.inference.rows.catalog import read_catalog
from bench.model import Query
from bench.model.assumed import Assumed
from bench.model.schema import Schema
from bench.postgres import databases, ledger
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target
from bench.progress import Progress
from bench.workload import Workload
from bench.workload.sqlfile import read_text

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


def described(workload: Workload, recipe: Recipe, how: Build, admin: Connection) -> Workload:
    """The workload with each bare query as the filled database shows it: types, parameters, classes and their reasons.

    What was found is kept with that database, so that every command has the same cells.

    Raises:
        WorkloadError: the server cannot prepare one of them (file:line), or the dataset's files are wrong.
    """
    if not workload.bare:
        return workload
    template, _ = ensure(admin, workload, recipe, how)
    told = {query.name: _text_hash(query, workload) for query in workload.bare}
    with how.target.connect(template) as connection:
        known = {name: ledger.read_described(connection, name, text_hash) for name, text_hash in told.items()}
    if missing := [query for query in workload.bare if known[query.name] is None]:
        with _copy(admin, template, how.target) as connection:
            found = _described(connection, workload, missing, how.progress)
        with how.target.connect(template) as connection:
            for one in found:
                ledger.write_described(connection, one, told[one.name])
        known |= {one.name: one for one in found}
    return replace(workload, queries=tuple(known.get(query.name) or query for query in workload.queries))


def _text_hash(query: Query, workload: Workload) -> str:
    """Of all that a description rests on beside the rows."""
    return ledger.checksum([rules_hash(), read_text(workload.root / query.file), workload.clock])


@contextmanager
def _copy(admin: Connection, template: str, target: Target) -> Iterator[Connection]:
    """A copy to execute in: what is rolled back leaves traces all the same, and the template is what is measured."""
    name = f"{databases.PREFIX}describing_{secrets.token_hex(4)}"
    with databases.passing(admin, name):
        databases.clone(admin, template, name, "scratch")
        with target.connect(name) as connection:
            yield connection


def _described(
    connection: Connection, workload: Workload, queries: Sequence[Query], progress: Progress
) -> tuple[Query, ...]:
    schema = read_catalog(connection)
    around = surroundings(
        connection, schema, clock=workload.clock, found=references_of(schema, workload.root),
        cluster_sql=workload.cluster_sql,
    )  # fmt: skip
    bare = [bare_in(workload.root / query.file, workload.root) for query in queries]
    made = inferring.infer(around, bare, strict=True, seconds=CHOOSING_S, progress=progress)
    given = class_rows(connection, workload.dataset / "classes.sql", workload.clock)[0].keys()
    return tuple(_of_file(one, query, given) for one, query in zip(made.queries, queries, strict=True))


def _of_file(found: Query, query: Query, given: Collection[str]) -> Query:
    """``found`` with what its file says; classes of dataset/classes.sql win where they ``give`` all that it needs."""
    asked = {one.name for one in found.parameters if one.source == "class"}
    if asked and asked.issubset(given):
        found = replace(found, extra_classes={}, class_reasons={})
    return replace(found, file=query.file, expects=query.expects, expected=query.expected, weight=query.weight)


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
