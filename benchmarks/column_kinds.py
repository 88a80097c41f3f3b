"""What a value of each kind costs, and how many rows a second that makes of a table of ten narrow columns.

    python benchmarks/column_kinds.py

CPU time of one process, nothing copied anywhere; the median of five times 50,000 values, pools already made.
"""

from __future__ import annotations

from statistics import median
from time import process_time

import evidence
import numpy as np

from bench.inference.kinds import kinds, propose, values_of
from bench.inference.kinds.propose import FITS
from bench.inference.plan import ColumnPlan, Values
from bench.model.schema import Column, DataType, Schema, Table

CHUNK = np.arange(50_000, dtype=np.int64)
TIMES = 5
TYPES = {
    "text": "text", "int": "int4", "numeric": "numeric", "float": "float8", "bool": "bool", "time": "timestamptz",
    "date": "date", "clock": "time", "json": "jsonb", "uuid": "uuid", "bytes": "bytea", "inet": "inet",
    "mac": "macaddr",
}  # fmt: skip
NARROW = {
    "account_no": "int8", "name": "text", "email": "text", "status": "text", "amount": "numeric", "quantity": "int4",
    "is_active": "bool", "country": "text", "created_at": "timestamptz", "updated_at": "timestamptz",
}  # fmt: skip


def type_of(family: str) -> DataType:
    """The first type of a family."""
    if family == "list":
        return DataType(
            "_text", "pg_catalog", "array", "text[]", element=DataType("text", "pg_catalog", "base", "text")
        )
    return DataType(TYPES[family], "pg_catalog", "base", TYPES[family])


def seconds(made: list[Values]) -> float:
    """For one chunk of all of them."""
    taken = []
    for number in range(TIMES + 1):
        start = process_time()
        for values in made:
            values(CHUNK + number * len(CHUNK))
        taken.append(process_time() - start)
    return median(taken[1:])


def main() -> None:
    """Print the slowest kinds, and the ten columns."""
    options = {"rows": (TIMES + 1) * len(CHUNK)}
    costs = []
    for kind in kinds().values():
        families = FITS[kind.make].split()
        if families:
            column = Column(kind.name, type_of(families[0]))
            made = values_of("public.t", column, ColumnPlan(kind.name, kind.name, options=options), 1, "")
            costs.append((seconds([made]) / len(CHUNK) * 1e6, kind.name))
    costs.sort(reverse=True)
    print(f"{len(costs)} kinds; median {median(cost for cost, _ in costs):.3f} µs a value; the slowest:")
    for cost, name in costs[:12]:
        print(f"  {cost:6.3f} µs  {name}")
    columns = tuple(
        Column(name, DataType(type_, "pg_catalog", "base", type_, precision=None)) for name, type_ in NARROW.items()
    )
    table = Table("public", "accounts", columns)
    plans = propose(Schema((table,)), table, {})
    made = [
        values_of(table.name, column, ColumnPlan(plan.name, plan.kind, options={**plan.options, **options}), 1, "")
        for column, plan in zip(columns, plans, strict=True)
    ]
    rate = len(CHUNK) / seconds(made)
    print(f"ten narrow columns: {rate:,.0f} rows/s of CPU time")
    typical = round(median(cost for cost, _ in costs), 3)
    evidence.keep("column_kinds", {"kinds": len(costs), "median_us": typical, "ten_narrow_columns_per_s": round(rate)})
    for column, plan, one in zip(columns, plans, made, strict=True):
        print(f"  {seconds([one]) / len(CHUNK) * 1e6:6.3f} µs  {column.name} {column.type.text}: {plan.kind}")


if __name__ == "__main__":
    main()
