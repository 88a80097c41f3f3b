"""The plan of a workload's rows: inferred from the catalog of its database, with what its dataset.toml says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.inference.dataset_file import FILE
from bench.inference.dataset_file.reading import PlanFile, onto, read_plan_file, references_with
from bench.inference.kinds import kinds, propose, references
from bench.inference.limits import limits_of
from bench.inference.plan import DatasetPlan, Limits
from bench.inference.rows.catalog import read_catalog
from bench.inference.rows.planning import plan_rows
from bench.model.schema import ForeignKey, Schema, Table
from bench.postgres.connection import Target
from bench.workload.sqlfile import read_text

LOCALES = ("en_US",)
"""Of names and texts where dataset.toml does not say."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a plan rests on, read once: the plans at two sizes share it."""

    schema: Schema
    limits: Mapping[str, Mapping[str, Limits]]
    found: Sequence[tuple[str, ForeignKey]]


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan for the database that has this schema."""

    schema: Schema
    plan: DatasetPlan
    fire_triggers: bool = False


def kind_names() -> frozenset[str]:
    """The kinds that a column may be given by name."""
    return frozenset(kinds()) | {"reference", "by type", "function"}


def planned(target: Target, database: str, root: Path, rows: int, seed: int, clock: str) -> Planned:
    """The plan for ``database``, in which the schema of the workload at ``root`` is, and no row of ours.

    Raises:
        WorkloadError: dataset.toml names what the schema does not have (file:line).
    """
    text = _text(root)
    with target.connect_as_ourselves(database) as connection:
        schema = read_catalog(connection)
    plan = plan_of(basis_of(schema), rows, seed, clock, text)
    fire = read_plan_file(text, schema, kind_names()).fire_triggers
    return Planned(schema, with_functions(plan, root / "dataset"), fire)


def basis_of(schema: Schema) -> Basis:
    """Read the limits of every table, and find the references that the schema does not declare."""
    limits = {table.name: limits_of(table, _leaves(schema, table), schema.functions)[0] for table in schema.tables}
    return Basis(schema, limits, tuple(references(schema)))


def references_of(schema: Schema, root: Path) -> Sequence[tuple[str, ForeignKey]]:
    """The references that the schema does not declare, as the dataset.toml of the workload at ``root`` has them."""
    said = read_plan_file(_text(root), schema, kind_names())
    return references_with(said, schema, tuple(references(schema)))


def _text(root: Path) -> str:
    file = root / FILE
    return read_text(file) if file.exists() else ""


def _leaves(schema: Schema, table: Table) -> list[Table]:
    leaves = table.partitioning.leaves if table.partitioning else ()
    return [schema.by_name[leaf] for leaf in leaves if leaf in schema.by_name]


def plan_of(basis: Basis, rows: int, seed: int, clock: str, text: str = "") -> DatasetPlan:
    """The plan of ``rows`` rows in all, with what a dataset.toml of this ``text`` says; empty, it says nothing.

    Raises:
        WorkloadError: the text names what the schema does not have (file:line).
    """
    said = read_plan_file(text, basis.schema, kind_names())
    found = references_with(said, basis.schema, basis.found)
    plan = usual = _inferred(basis, rows, seed, clock, found, said)
    if said.rows and said.rows != rows:
        usual = _inferred(basis, said.rows, seed, clock, found, said)
    return onto(plan, said, {table.name: table.rows for table in usual.tables})


def _inferred(
    basis: Basis, rows: int, seed: int, clock: str, found: Sequence[tuple[str, ForeignKey]], said: PlanFile
) -> DatasetPlan:
    locales = said.locales or LOCALES
    proposals = {
        table.name: propose(basis.schema, table, basis.limits[table.name], locales) for table in basis.schema.tables
    }
    return replace(plan_rows(basis.schema, rows, seed, proposals, basis.limits, found, clock), locales=locales)


def with_functions(plan: DatasetPlan, folder: Path) -> DatasetPlan:
    """Say of columns whose values a Python function gives where its module is."""
    tables = []
    for table in plan.tables:
        columns = tuple(
            replace(one, options={**one.options, "folder": str(folder)}) if one.kind == "function" else one
            for one in table.columns
        )
        tables.append(replace(table, columns=columns))
    return replace(plan, tables=tuple(tables))
