"""A plan of rows from a schema alone."""

from __future__ import annotations

from bench.inference.kinds import propose, references
from bench.inference.limits import limits_of
from bench.inference.plan import DatasetPlan
from bench.inference.rows.planning import CLOCK, plan_rows
from bench.inference.rows.subjects import subjects
from bench.model.schema import Schema


def infer_rows(schema: Schema, rows: int, seed: int = 1, clock: str = CLOCK) -> DatasetPlan:
    """Decide everything about ``rows`` rows of the schema: kinds, limits, references that are not declared, volumes."""
    found = references(schema)
    chosen = subjects(schema, found)
    limits = {name: limits_of(one.table, one.leaves, schema.functions)[0] for name, one in chosen.items()}
    proposals = {name: propose(schema, one.table, limits[name]) for name, one in chosen.items()}
    return plan_rows(schema, rows, seed, proposals, limits, found, clock)
