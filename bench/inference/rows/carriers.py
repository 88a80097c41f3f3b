"""Which columns of a key make it unique, and within what."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.inference.plan import Limits
from bench.inference.rows import capacity
from bench.inference.rows.subjects import Subject
from bench.model.schema import Column, Index

_RANGE_OF = re.compile(r'^(?:pg_catalog\.)?\w*range\(\(?"?(\w+)"?\)?[^,]*, *\(?"?(\w+)"?\)?')
"""An expression that makes a period of two columns: ``tstzrange(starts_at, ends_at)``."""
_RANKED = {"int2", "int4", "int8", "date", "numeric"}
"""Types whose small values say something within a parent: positions, line numbers, days."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """How a key becomes unique."""

    columns: tuple[str, ...] = ()
    """That get a number; none where its references alone have to do."""
    radices: tuple[int | None, ...] = ()
    """Of each column how many values it has, None for enough."""
    positions: tuple[int, ...] = ()
    """Of the references in the key."""
    within: bool = False
    """Numbers begin anew for each combination of parents."""
    hard: bool = False
    """The references must not come together in more than ``room`` rows."""
    room: int = 1
    slots: bool = False
    """Two columns are the ends of a period that meets no other."""


def carrier_of(subject: Subject, key: Index, limits: Mapping[str, Limits], rows: int) -> Carrier | None:
    """What makes ``key`` unique in ``rows`` rows; None where nothing of ours can."""
    if not key.columns:
        return None
    given = {name for reference in subject.references for name in reference.columns} - subject.own
    free = [subject.table.column(name) for name in key.columns if name not in given]
    free = [column for column in free if not column.generated]
    positions = tuple(subject.references.index(reference) for reference in capacity.inside(subject, key))
    if key.operators:
        return _of_exclusion(subject, key, positions, [column.name for column in free])
    many = [column for column in free if _room(column, limits, rows) is None]
    if many:
        chosen = min(many, key=lambda column: _order(column, key))
        ranked = bool(positions) and chosen.type.plain.name in _RANKED and not subject.table.rows
        return Carrier((chosen.name,), (None,), positions, within=ranked)
    radices = tuple(capacity.values_of(column, limits.get(column.name, Limits())) or 1 for column in free)
    room = 1
    for radix in radices:
        room *= radix
    if not positions and not free:
        return None
    return Carrier(
        tuple(column.name for column in free), radices, positions, bool(positions),
        hard=bool(positions or key.predicate), room=room,
    )  # fmt: skip


def _room(column: Column, limits: Mapping[str, Limits], rows: int) -> int | None:
    """How many values the column has where they are fewer than rows."""
    count = capacity.values_of(column, limits.get(column.name, Limits()))
    return None if count is None or count >= rows else count


def _order(column: Column, key: Index) -> tuple[int, int]:
    """What had better be unique first: numbers and identifiers, then texts, then times."""
    kind = column.type.plain.name
    if kind in ("int4", "int8", "int2", "uuid"):
        return 0, -key.columns.index(column.name)
    return (1 if kind in ("text", "varchar", "bpchar", "citext", "numeric") else 2), -key.columns.index(column.name)


def _of_exclusion(subject: Subject, key: Index, positions: tuple[int, ...], free: Sequence[str]) -> Carrier | None:
    """Consecutive periods; those of a key WITHOUT OVERLAPS, or of EXCLUDE with ``&&``.

    Where the period comes from a parent, another column or the parent has to be unique.
    """
    pairs = list(zip(key.keys, key.operators, strict=False))
    equal = [name for name, operator in pairs if operator == "=" and name in free]
    for expression, operator in pairs:
        if operator != "&&":
            continue
        if expression in free:
            return Carrier((expression,), (None,), positions, within=bool(positions))
        if expression in key.columns:
            break
        match = _RANGE_OF.match(expression)
        if match and {match[1], match[2]} <= {column.name for column in subject.table.columns}:
            return Carrier((match[1], match[2]), (None, None), positions, within=bool(positions), slots=True)
    if equal:
        return Carrier((equal[0],), (None,))
    return Carrier(positions=positions, hard=True) if positions else None
