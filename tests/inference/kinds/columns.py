"""Columns made by hand, and types by the name that a person would write."""

from __future__ import annotations

import re

from bench.inference.kinds import propose
from bench.inference.plan import ColumnPlan, Limits
from bench.model.schema import Column, DataType, Schema, Table

NAMES = {
    "integer": "int4", "bigint": "int8", "smallint": "int2", "boolean": "bool", "char": "bpchar", "real": "float4",
    "double precision": "float8",
}  # fmt: skip


def type_of(text: str) -> DataType:
    """``varchar(20)``, ``numeric(10,2)``, ``text[]``."""
    match = re.fullmatch(r"([a-z0-9 ]+?)(?:\((\d+)(?:,(\d+))?\))?(\[\])?", text)
    assert match, text
    name, first = NAMES.get(match[1], match[1]), int(match[2]) if match[2] else None
    number = name == "numeric" and first is not None
    plain = DataType(
        name, "pg_catalog", "base", text.removesuffix("[]"),
        length=first if name in ("varchar", "bpchar") else None,
        precision=first if number or name.startswith("time") else None,
        scale=int(match[3] or 0) if number else None,
    )  # fmt: skip
    return DataType(f"_{name}", "pg_catalog", "array", text, element=plain) if match[4] else plain


def column(name: str, type_: str = "text", **more: object) -> Column:
    return Column(name, type_of(type_), **more)  # type: ignore[arg-type]


def planned(one: Column, table: str = "things", limits: Limits | None = None) -> ColumnPlan:
    """The plan of a column alone in its table."""
    alone = Table("public", table, (one,))
    return propose(Schema((alone,)), alone, {one.name: limits} if limits else {})[0]
