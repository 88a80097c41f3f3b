"""A workload folder from a schema alone, on a server: its rows planned and filled in, its queries described on them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.dataset.describing import queries_of
from bench.dataset.inferred import ready
from bench.dataset.plans import basis_of, plan_of
from bench.dataset.template import Begun, Build, go_on
from bench.dataset.worker import Recipe
from bench.errors import WorkloadError
from bench.inference.folder import Inferred, write_folder, write_queries
from bench.inference.plan import DatasetPlan
from bench.inference.rows.catalog import read_catalog
from bench.model import Query
from bench.model.assumed import Assumed
from bench.model.schema import Schema
from bench.postgres import databases
from bench.postgres.connection import Connection
from bench.postgres.schema_loader import LoadedSchema, load_schema
from bench.postgres.schema_roles import drop_unused
from bench.postgres.stand_ins import stand_ins
from bench.schema import SchemaSource, written
from bench.workload import CLOCK
from bench.workload import read as read_workload

NUMBERED = ("int2", "int4", "int8", "uuid")

PLACEHOLDER = Query("placeholder", "-", "-", (), (), (), {}, (), False, "", "SELECT 1", 1, "")
"""Stands in a folder whose queries are not described yet: a workload has one at least."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user said beside the schema."""

    rows: int
    size: str
    """The same as it was written: ``200k``."""
    source: str
    """What the schema was read from, as it is told."""
    queries: Path | None = None
    strict: bool = False
    fire_triggers: bool = False
    seed: int = 1
    skew: str = "default"


def infer(schema: SchemaSource, asked: Asked, folder: Path, how: Build, admin: Connection) -> Inferred:
    """Make the workload of ``schema`` in ``folder``, which must not be there, and fill its database.

    Raises:
        WorkloadError: the schema cannot be loaded, makes no table, or, where ``asked`` is strict, a query cannot be
            prepared.
    """
    with _scratch(admin) as name, how.bulk():
        made, begun = _planned(schema, asked, name, how)
        write_folder(made, folder)
        workload = read_workload(folder)
        recipe = Recipe(workload.dataset, asked.rows, asked.seed, asked.skew)
        template, _ = go_on(admin, name, workload, recipe, how, begun)
    with how.target.connect(template) as connection:
        queries, told = queries_of(
            connection, made.plan, asked.queries, workload.clock, how.progress, strict=asked.strict
        )
    made = replace(made, queries=queries, assumed=(*made.assumed, *told))
    write_queries(made, folder)
    return made


def _planned(schema: SchemaSource, asked: Asked, name: str, how: Build) -> tuple[Inferred, Begun]:
    """Load the schema into the database ``name``, and plan its rows."""
    begin = time.perf_counter()
    how.progress("reading the schema", 0, 1)
    try:
        loaded = load_schema(how.target, name, schema.steps, ordered=schema.ordered)
    except WorkloadError as error:
        raise WorkloadError(error.message, hint=schema.hint or error.hint) from error
    ms = (time.perf_counter() - begin) * 1e3
    with how.target.connect_as_ourselves(name) as connection:
        found = read_catalog(connection)
        standing_in = stand_ins(connection)
    if not found.tables:
        raise WorkloadError(f"{schema.name}: it makes no table", hint="give the file that creates the tables")
    how.progress("reading the schema", 1, 1)
    how.progress("planning rows", 0, 1)
    world = ready(how.target, name, found, plan_of(basis_of(found), asked.rows, asked.seed, CLOCK))
    if not any(table.rows for table in world.plan.tables) and not loaded.rows:
        raise WorkloadError(_nothing(schema.name, world.plan))
    how.progress("planning rows", 1, 1)
    made = Inferred(
        name=schema.name, schema=written(loaded.steps) if loaded.steps else schema.text, plan=world.plan,
        queries=(PLACEHOLDER,),
        assumed=tuple(_of_schema(schema, loaded, standing_in)), source=asked.source, probes=asked.queries is None,
        fire_triggers=asked.fire_triggers, size=asked.size,
        keys=_numbered(found),
    )  # fmt: skip
    return made, Begun(loaded, ms, world, asked.fire_triggers)


def _numbered(schema: Schema) -> frozenset[tuple[str, str]]:
    """Keys of one column that are whole numbers or UUIDs: each row gets its own."""
    return frozenset(
        (table.name, key.keys[0])
        for table in schema.tables
        if (key := table.primary_key) and len(key.keys) == 1
        if table.column(key.keys[0]).type.plain.name in NUMBERED
    )


def _nothing(name: str, plan: DatasetPlan) -> str:
    """Why no table can be filled."""
    first = next((table for table in plan.tables if table.left_out), None)
    return f"{name}: no table can be filled" + (f": {first.name}: {first.left_out}" if first else "")


@contextmanager
def _scratch(admin: Connection) -> Iterator[str]:
    """An empty database of ours that goes at the end of the block."""
    name = f"{databases.PREFIX}reading_{secrets.token_hex(4)}"
    databases.claim(admin, name)
    databases.create(admin, name, "scratch")
    try:
        yield name
    finally:
        databases.drop(admin, name)  # it is gone where it became a template
        drop_unused(admin)
        databases.release(admin, name)


def _of_schema(schema: SchemaSource, loaded: LoadedSchema, standing_in: tuple[str, ...]) -> Iterator[Assumed]:
    for name in standing_in:
        yield Assumed("stand-in", name, "functions of ours in plain SQL", "the server lacks the extension")
    for note in (*schema.notes, *loaded.notes):
        yield Assumed("schema", schema.name, note)
