"""What a table asks of the rows that it refers to: values that its own columns may have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.limits import limits_of
from bench.inference.limits.evaluate import obeys
from bench.inference.plan import Limits, Values
from bench.inference.rows.draws import Flags, Ints
from bench.inference.rows.subjects import Subject, constant
from bench.inference.types.parse import typed
from bench.inference.types.text_form import text_form
from bench.model.schema import Check, Column, Index, Table

if TYPE_CHECKING:
    from bench.inference.rows.world import World

ALIKE, MOST_SHARED = 5, 200
"""Rows for each value that several parents have to share, and so many values at most."""


def fits(world: World, name: str, position: int) -> Ints | None:
    """Rows that a reference may go to, None where it may go to all, or none of them would do."""
    reference, table = world.subjects[name].references[position], world.subjects[name].table
    flags: Flags = np.ones(world.size(reference.table), bool)
    for own, to in zip(reference.columns, reference.to, strict=True):
        mine, theirs = table.column(own), world.subjects[reference.table].table.column(to)
        value = constant(mine)
        limits = Limits(values=(value,)) if value is not None else world.limits_of(name, own)
        limits = replace(limits, not_null=False, always_null=False)
        if limits in (Limits(), replace(world.limits_of(reference.table, to), not_null=False)):
            continue
        values = world.everything(reference.table, to)
        if len(values) == len(flags):
            flags &= obeys(mine.type, limits, converted(values, theirs, mine))
    return np.flatnonzero(flags).astype(np.int64) if flags.any() and not flags.all() else None


def required(chosen: Iterable[Subject]) -> set[tuple[str, str]]:
    """Columns that others refer to."""
    return {(key.table, to) for subject in chosen for key in subject.references for to in key.to}


def called_for(
    chosen: Mapping[str, Subject], limits: Mapping[str, Mapping[str, Limits]]
) -> dict[tuple[str, str], tuple[str, ...]]:
    """Of columns that others refer to the values that those have to be among: one of each should be there."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for name, subject in chosen.items():
        for key in subject.references:
            for own, to in zip(key.columns, key.to, strict=True):
                value = constant(subject.table.column(own))
                values = (value,) if value is not None else limits[name].get(own, Limits()).values
                if values and key.table in chosen and not chosen[key.table].table.rows:
                    found.setdefault((key.table, to), {}).update(dict.fromkeys(values))
    return {place: tuple(values) for place, values in found.items()}


def shared_values(
    chosen: Mapping[str, Subject], sizes: Mapping[str, int]
) -> dict[tuple[str, str], tuple[str, str, int]]:
    """Columns of several parents that a child has to have alike, where nothing else makes them so: ``tenant_id`` of
    tables without a table of tenants. Each gets the values of the first of them, so many of which there are.
    """
    found: dict[tuple[str, str], tuple[str, str, int]] = {}
    for subject in chosen.values():
        for column in {column for key in subject.references for column in key.columns}:
            keys = [key for key in subject.references if column in key.columns and key.table in chosen]
            places = [(key.table, key.to[key.columns.index(column)]) for key in keys]
            own = [place for place in dict.fromkeys(places) if _is_own(chosen[place[0]], place[1])]
            if len(own) > 1 and len(own) == len(set(places)):
                first = min(own)
                count = max(2, min(min(sizes.get(table, 0) for table, _ in own) // ALIKE, MOST_SHARED))
                found.update(dict.fromkeys(own, (*first, count)))
    return found


def _is_own(subject: Subject, column: str) -> bool:
    given = any(column in key.columns for key in subject.references if key.table != subject.name)
    return not given and not subject.table.rows


def first(values: Sequence[str], column: Column, limits: Limits, made: Values) -> Values:
    """``made`` with these values for the first numbers, where the column is a text that may be any."""
    if not values or limits.values or column.type.plain.name not in ("text", "varchar", "bpchar", "citext"):
        return made
    listed = pa.array(values, pa.string())
    listed = listed.filter(pa.array(obeys(column.type, limits, listed)))

    def with_them(numbers: Ints) -> pa.Array:
        found, first = made(numbers), np.asarray(numbers) < len(listed)
        if not first.any():
            return found
        return pc.replace_with_mask(found, pa.array(first), listed.take(pa.array(numbers[first])).cast(found.type))

    return with_them


def converted(values: pa.Array, theirs: Column, mine: Column) -> pa.Array:
    """Values of a parent's column as the child's type has them."""
    if theirs.type.plain.text == mine.type.plain.text:
        return values
    wanted = typed(mine.type, pa.array([], pa.string())).type
    if values.type == wanted:
        return values
    return typed(mine.type, text_form(theirs.type, values))


def falsifying(table: Table, key: Index) -> dict[str, Limits]:
    """What columns obey in rows that a partial index does not hold."""
    only = replace(table, checks=(Check("", f"NOT ({key.predicate})"),), indexes=(), bounds="")
    limits, relations, _ = limits_of(only)
    own = limits_of(replace(only, checks=()))[0]
    found = {column: one for column, one in limits.items() if one != own.get(column)}
    for relation in relations:
        for one in relation.alternatives:
            if not getattr(one, "comparisons", ()):
                found |= {c: v for c, v in one.limits.items() if v != own.get(c)}
                break
    return found
