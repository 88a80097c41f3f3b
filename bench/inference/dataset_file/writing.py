"""A plan as the text of dataset.toml: every value that may be changed, with the reason for it behind."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import tomlkit

from bench.inference.plan import ColumnPlan, DatasetPlan, TablePlan
from bench.model.schema import ForeignKey

HEAD = """\
# How the rows are made. All of it was inferred from the schema; behind each # stands why.
# Change what you know better: what stands here wins, and what you take out is inferred again.
# docs/your-schema.md has the keys. Seed and size of a run are options: --seed, --rows.
"""
WIDTH = 60
"""Column at which the reasons begin, where the line is not longer."""

GIVEN = ("reference",)
"""Kinds that are no choice."""


def write_plan(plan: DatasetPlan, keys: Collection[tuple[str, str]] = (), *, fire_triggers: bool = False) -> str:
    """The text of dataset.toml; ``keys`` are columns (table, column) that are numbered, whatever their kind."""
    return "\n".join([HEAD, *_top(plan, fire_triggers=fire_triggers), *_tables(plan, keys)]) + "\n"


def _top(plan: DatasetPlan, *, fire_triggers: bool) -> Iterator[str]:
    yield _line("rows", plan.rows, "in all, beside those that the schema brings with it")
    yield _line("locales", list(plan.locales), "of names, addresses and texts")
    yield _line("fire_triggers", fire_triggers, "whether the schema's triggers fire while rows arrive")


def _tables(plan: DatasetPlan, keys: Collection[tuple[str, str]]) -> Iterator[str]:
    for table in sorted(plan.tables, key=lambda one: one.name):
        yield ""
        yield f"[{path_of(table.name)}]"
        yield _line("rows", table.rows, f"left out: {table.left_out}" if table.left_out else table.reason)
        if table.references:
            yield _line("skew", table.skew, "of its references: 0 is even, more has few parents with most rows")
        lines = tuple(_columns(table, keys, plan.locales))
        if lines and not table.left_out:
            yield f"[{path_of(table.name)}.columns]"
            yield from lines


def _columns(
    table: TablePlan, keys: Collection[tuple[str, str]], locales: Sequence[str]
) -> Iterator[str]:  # fmt: skip
    references = {name: key for key in table.references for name in key.columns}
    for column in table.columns:
        if key := references.get(column.name):
            yield from _reference(column, key)
        elif column.kind not in GIVEN and (table.name, column.name) not in keys:
            yield _line(column.name, _value(column, locales), column.reason)


def _reference(column: ColumnPlan, key: ForeignKey) -> Iterator[str]:
    why = key.reason or f"foreign key {key.name}"
    if len(key.columns) > 1:
        yield f"# {column.name}: part of ({', '.join(key.columns)}), which refers to {key.table}: {why}"
        return
    value: dict[str, Any] = {"references": f"{key.table}.{key.to[0]}"}
    yield _line(column.name, value | ({"nulls": column.nulls} if column.nulls else {}), why)


def _value(column: ColumnPlan, locales: Sequence[str]) -> Mapping[str, Any]:
    value: dict[str, Any] = {"kind": column.kind}
    if column.nulls:
        value["nulls"] = column.nulls
    told = {name: one for name, one in column.options.items() if _plain(one)}
    return value | {name: one for name, one in told.items() if (name, one) != ("locales", list(locales))}


def _plain(value: object) -> bool:
    """Whether TOML has such a value."""
    if isinstance(value, list | tuple):
        return all(map(_plain, value))
    if isinstance(value, dict):
        return all(isinstance(name, str) and _plain(one) for name, one in value.items())
    return isinstance(value, str | int | float | bool)


def path_of(table: str) -> str:
    """``public.orders`` as a key of TOML, quoted where it has to be."""
    schema, _, name = table.partition(".")
    return f"{_key(schema)}.{_key(name)}"


def _key(name: str) -> str:
    return str(tomlkit.key([name]).as_string())


def _line(name: str, value: object, why: str) -> str:
    said = f"{_key(name)} = {_written(value)}"
    return f"{said:<{WIDTH}}  # {' '.join(why.split())}" if why else said


def _written(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(name)} = {_written(one)}" for name, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_written, value))}]"
    return str(tomlkit.item(value).as_string())
