"""Sharing out rows: how many each table gets of those asked for, and why."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from bench.inference.plan import DatasetPlan, Limits, TablePlan
from bench.inference.rows import capacity
from bench.inference.rows.graph import above, depths, ordered
from bench.inference.rows.subjects import Subject

GENERATION = 3.0
"""Children that a parent has on average, where nothing else is known."""
DEEPEST = 4
"""Generations after which tables grow no further."""
ROUNDS = 4
"""Times that rows which do not fit are shared out among the others."""
LOOK_UP_COLUMNS = 3
"""Columns at most of a table that the file filled and that counts as a look-up table whatever its name and key."""

SPARED, SPARED_FROM = 20, 5
"""One in so many parents has no row yet of a table that could have one for each: a profile that nobody filled in. So an
INSERT finds a place, and a LEFT JOIN nothing. From so many possible rows on.
"""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True, slots=True)
class Share:
    """Of one table: ``weight`` says which part of the rows it gets, ``rows`` that it gets so many whatever is asked."""

    reason: str
    weight: float = 0.0
    rows: int | None = None
    capacity: int | None = None


def share_out(
    chosen: Mapping[str, Subject], limits: Mapping[str, Mapping[str, Limits]], asked: int
) -> dict[str, tuple[int, Share]]:
    """New rows of each table, and the share that they come from.

    Tables that hold all that they may give what is left to the others.
    """
    parents = above(chosen)
    referred = {
        reference.table for name, one in chosen.items() for reference in one.references if reference.table != name
    }
    deep = depths(parents)
    shares = {name: _share(one, deep[name], name in referred, asked) for name, one in chosen.items()}
    order, full = ordered(parents), set[str]()
    sizes: dict[str, int] = {}
    for _ in range(ROUNDS):
        left = asked - sum(sizes[name] for name in full)
        left -= sum(share.rows or 0 for name, share in shares.items() if name not in full)
        total = sum(share.weight for name, share in shares.items() if name not in full and share.rows is None)
        each = max(left, 0) / total if total else 0.0
        offered = {name: asked if name in full else each * share.weight for name, share in shares.items()}
        capped = _capped(order, chosen, limits, shares, offered, sizes)
        if capped <= full:
            break
        full |= capped
    return {name: (sizes[name], shares[name]) for name in order}


def share_again(chosen: Mapping[str, Subject], planned: DatasetPlan, found: DatasetPlan) -> DatasetPlan:
    """``found``, in which tables got fewer rows than ``planned``, with those that are missing given to the others.

    They go to tables whose number is not their own, by weight, as far as their keys have room.
    """
    before = {table.name: table.rows for table in planned.tables}
    missing = sum(before.values()) - sum(table.rows for table in found.tables)
    sizes = {table.name: table.rows for table in found.tables}
    open_ = {table.name: table for table in found.tables if table.weight and table.rows == before[table.name] > 0}
    while missing > 0 and open_:
        total = sum(table.weight for table in open_.values())
        for name, table in list(open_.items()):
            room = missing if table.capacity is None else _room(chosen[name], table, table.capacity) - sizes[name]
            more = min(room, math.ceil(missing * table.weight / total), missing)
            total -= table.weight
            sizes[name], missing = sizes[name] + max(more, 0), missing - max(more, 0)
            if more >= room:
                del open_[name]
    tables = (replace(table, rows=sizes[table.name]) for table in found.tables)
    return replace(found, tables=tuple(tables))


def _capped(
    order: Iterable[str], chosen: Mapping[str, Subject], limits: Mapping[str, Mapping[str, Limits]],
    shares: dict[str, Share], offered: Mapping[str, float], sizes: dict[str, int],
) -> set[str]:  # fmt: skip
    """Fill ``sizes``, parents first; return the tables that would have got more than they may have."""
    found, known = set(), dict[str, int]()
    for name in order:
        share, there = shares[name], chosen[name].table.rows
        wanted = share.rows if share.rows is not None else max(1, round(offered[name]))
        most, why = capacity.of_table(chosen[name], limits.get(name, {}), known)
        shares[name] = replace(share, capacity=most)
        if most is not None and wanted > (room := _room(chosen[name], share, most)):
            wanted = room
            if share.weight:
                found.add(name)
            shares[name] = replace(shares[name], reason=f"{share.reason.split('; ')[0]}; {why}")
        sizes[name] = wanted
        known[name] = wanted + there
    return found


def _room(subject: Subject, share: Share | TablePlan, most: int) -> int:
    """New rows that a table gets at most, of those that its keys allow."""
    room = max(0, most - subject.table.rows)
    spared = share.weight and subject.references and room >= SPARED_FROM
    return room - max(1, room // SPARED) if spared else room


def _share(subject: Subject, deep: int, referred: bool, asked: int) -> Share:
    table, words = subject.table, words_of(subject.table.table)
    shape = _shape(subject.table.table, words)
    if shape.get("name") == "migrations":
        return Share(shape["reason"], rows=0)
    parents = [reference.table for reference in subject.references if reference.table != subject.name]
    if table.rows and not subject.references and ("rows" in shape or _looked_up(subject)):
        return Share(f"the file filled it with {table.rows:,} rows, which are kept", rows=0)
    if "rows" in shape and not parents:
        return Share(shape["reason"], rows=min(int(shape["rows"]), asked))
    named = list(dict.fromkeys(parent.split(".")[-1] for parent in parents))
    after = f"{', '.join(named[:3])}{' and others' if len(named) > 3 else ''}"
    weight = GENERATION ** min(deep, DEEPEST)
    if _joins(subject):
        return Share(f"join of {after}", weight * GENERATION / 2)
    if _one_to_one(subject):
        return Share(f"one for each of {named[0]} at most", weight / GENERATION)
    if "weight" in shape and not referred:
        return Share(f"{shape['reason']}{f', child of {after}' if named else ''}", weight * float(shape["weight"]))
    if named:
        return Share(f"child of {after}", weight)
    return Share("nothing above it, others refer to it" if referred else "stands alone", weight)


def _looked_up(subject: Subject) -> bool:
    """Whether a table that the file filled is complete: its key is a word, or it has hardly a column."""
    primary = subject.table.primary_key
    keys = [subject.table.column(name) for name in primary.columns] if primary else []
    made = any(column.sequence or column.default or column.type.plain.name == "uuid" for column in keys)
    return (bool(keys) and not made) or len(subject.table.columns) <= LOOK_UP_COLUMNS


def _joins(subject: Subject) -> bool:
    """Whether a key of the table consists of two foreign keys or more."""
    given = {column for reference in subject.references for column in reference.columns}
    return any(
        len(capacity.inside(subject, key)) > 1 and set(key.columns) <= given and not key.predicate
        for key in subject.keys
    )


def _one_to_one(subject: Subject) -> bool:
    """Whether a key of the table is a foreign key."""
    made = {frozenset(key.columns) for key in subject.keys if not key.predicate}
    return any(frozenset(ref.columns) in made for ref in subject.references if ref.table != subject.name)


def words_of(name: str) -> list[str]:
    """The words of a name, in lower case."""
    return [word.lower() for word in _WORD.findall(name)]


@cache
def _shapes() -> list[dict[str, Any]]:
    text = (resources.files("bench.inference.rows") / "volumes.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["shape"])


def _shape(name: str, words: list[str]) -> dict[str, Any]:
    last = words[-1] if words else ""
    singular = {last, last.removesuffix("s"), last.removesuffix("es"), last.removesuffix("ies") + "y"}
    for shape in _shapes():
        if name.lower() in shape.get("names", ()) or singular & set(shape.get("last", ())):
            return shape
        if set(words) & set(shape.get("any", ())):
            return shape
    return {}
