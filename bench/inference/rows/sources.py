"""Where the values of a column come from: its kind where somebody proposed one, its type otherwise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.kinds import values_of
from bench.inference.plan import ColumnPlan, DatasetPlan, Limits, Values
from bench.inference.rows.draws import Ints, stream, uniform
from bench.inference.types import CannotMake, values_of_type
from bench.model.schema import Column

BY_TYPE = "type_only"
"""The kind that says nothing but which type a column has."""
REFERENCE = "reference"
"""The kind of a column whose values are those of a parent."""


def plain_values(name: str, column: Column, plan: ColumnPlan, limits: Limits, whole: DatasetPlan) -> Values:
    """Values that may repeat, NULLs among them as ``plan`` has it. Raises ``CannotMake``."""
    if plan.kind not in (BY_TYPE, REFERENCE):
        return _of_kind(name, column, plan, limits, whole)
    made = values_of_type(column, limits, _key(name, column, whole), clock=whole.clock)
    return _with_nulls(made, plan.nulls, (whole.seed, name, column.name, "null"))


def distinct_values(
    name: str, column: Column, plan: ColumnPlan, limits: Limits, count: int, whole: DatasetPlan, opaque: bool
) -> Values:  # fmt: skip
    """Values of which no two of ``count`` numbers have the same, as far as the kind can promise it.

    ``opaque``: the kind cannot, so the type has to. Raises ``CannotMake``.
    """
    if plan.kind not in (BY_TYPE, REFERENCE) and not opaque:
        options = {**plan.options, "unique": True, "rows": count}
        return _of_kind(name, column, replace(plan, options=options, limits=limits), limits, whole)
    kind = column.type.plain
    ranged = kind.kind in ("range", "multirange")
    return values_of_type(
        column, limits, _key(name, column, whole), distinct=True, apart=ranged, clock=whole.clock
    )  # fmt: skip


def _of_kind(name: str, column: Column, plan: ColumnPlan, limits: Limits, whole: DatasetPlan) -> Values:
    """Values of the plan's kind; of the type, where the kind cannot read a limit or put its values into the type."""
    distinct, using = bool(plan.options.get("unique")), list[Values]()

    def of_type() -> Values:
        return values_of_type(column, limits, _key(name, column, whole), distinct=distinct, clock=whole.clock)

    def values(numbers: Ints) -> pa.Array:
        try:
            return using[-1](numbers)
        except ValueError:
            using.append(of_type())  # from here on: its first values are those of a trial
            return using[-1](numbers)

    try:
        using.append(values_of(name, column, plan, whole.seed, whole.clock))
    except ValueError:
        return of_type()
    return values


def _key(name: str, column: Column, whole: DatasetPlan) -> str:
    return f"{whole.seed} {name} {column.name}"


def _with_nulls(made: Values, share: float, names: tuple[object, ...]) -> Values:
    if not share:
        return made
    key = stream(*names)

    def values(numbers: Ints) -> pa.Array:
        found = made(numbers)
        return pc.if_else(pa.array(uniform(key, np.asarray(numbers)) < share), pa.scalar(None, found.type), found)

    return values


__all__ = ["CannotMake", "distinct_values", "plain_values"]
