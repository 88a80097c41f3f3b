"""From a schema to a plan of its rows: how many, which references, which columns are keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.inference.plan import ColumnPlan, DatasetPlan, Limits, TablePlan
from bench.inference.rows.sources import BY_TYPE, REFERENCE
from bench.inference.rows.subjects import Subject, subjects
from bench.inference.rows.volumes import share_out
from bench.model.schema import Column, ForeignKey, Schema

Proposals = Mapping[str, Sequence[ColumnPlan]]

CLOCK = "2026-01-01T00:00:00"
"""No time in the rows lies behind it, where nobody says another one."""


def plan_rows(
    schema: Schema, rows: int, seed: int, proposals: Proposals,
    limits: Mapping[str, Mapping[str, Limits]], found: Sequence[tuple[str, ForeignKey]] = (), clock: str = CLOCK,
) -> DatasetPlan:  # fmt: skip
    """Decide how many rows each table gets of ``rows``, and how keys and references are made.

    Args:
        schema: as the catalog has it.
        rows: in all.
        seed: another seed, other rows of the same shape.
        proposals: by table how columns that are in no foreign key get their values.
        limits: by table and column what values have to obey, as ``limits_of`` reads it.
        found: references that the schema does not declare, by table.
        clock: ISO 8601.
    """
    chosen = subjects(schema, found)
    plans = []
    for name, (count, share) in share_out(chosen, limits, rows).items():
        columns = _columns(chosen[name], proposals.get(name, ()), limits.get(name, {}))
        references = chosen[name].references
        weight = share.weight if share.rows is None else 0.0
        plans.append(
            TablePlan(name, count, share.reason, columns, references, capacity=share.capacity, weight=weight)
        )  # fmt: skip
    return DatasetPlan(tuple(plans), rows, seed, clock)


def _columns(
    subject: Subject, proposed: Sequence[ColumnPlan], limits: Mapping[str, Limits]
) -> tuple[ColumnPlan, ...]:  # fmt: skip
    """A plan for each column that gets a value, in the order of the table."""
    by_name = {plan.name: plan for plan in proposed}
    given = {column: reference for reference in subject.references for column in reference.columns}
    plans = []
    for column in subject.table.columns:
        if column.generated:
            continue
        if reference := given.get(column.name):
            reason = f"refers to {reference.table} ({', '.join(reference.to)})"
            reason += f": {reference.reason}" if reference.reason else ""
            plans.append(ColumnPlan(column.name, REFERENCE, reason, limits=limits.get(column.name, Limits())))
        elif (primary := subject.table.primary_key) and column.name in primary.columns and _is_number(column):
            plans.append(ColumnPlan(column.name, BY_TYPE, "PRIMARY KEY", limits=limits.get(column.name, Limits())))
        elif column.name in by_name:
            plans.append(by_name[column.name])
        else:
            reason = f"of type {column.type.text}"
            plans.append(ColumnPlan(column.name, BY_TYPE, reason, limits=limits.get(column.name, Limits())))
    return tuple(plans)


def _is_number(column: Column) -> bool:
    return column.type.plain.name in ("int2", "int4", "int8", "uuid", "oid")
