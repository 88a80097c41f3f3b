"""One set of objects held against another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bench.model.definition import DatabaseObject, Definition, Fact, Key

Kind = Literal["missing", "extra", "different"]


@dataclass(frozen=True, slots=True)
class Difference:
    """An object that one side has otherwise, or not at all."""

    key: Key
    wanted: DatabaseObject | None
    """As the first side has it."""
    there: DatabaseObject | None
    """As the other side has it."""
    inside: tuple[Key, ...] = ()
    """Of a table or view that one side lacks: what belongs to it, and is no difference of its own."""

    @property
    def kind(self) -> Kind:
        """What the other side is against the first."""
        return "missing" if self.there is None else "extra" if self.wanted is None else "different"

    @property
    def facts(self) -> dict[str, tuple[Fact | None, Fact | None]]:
        """By name the facts that are not the same: of the first side, and of the other."""
        first, other = (side.facts if side else {} for side in (self.wanted, self.there))
        names = [*first, *(name for name in other if name not in first)]
        return {name: (first.get(name), other.get(name)) for name in names if first.get(name) != other.get(name)}


def differences(wanted: Definition, there: Definition) -> tuple[Difference, ...]:
    """What ``there`` lacks, has otherwise, or has beside ``wanted``, in the order of the objects."""
    keys = [*wanted, *(key for key in there if key not in wanted)]
    found = (Difference(key, wanted.get(key), there.get(key)) for key in keys)
    return tuple(one for one in found if one.wanted is None or one.there is None or one.facts)


def folded(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """The differences, with what belongs to a table that one side lacks inside of that table."""
    known = list(found)
    inside: dict[tuple[str, Kind], list[Key]] = {
        (one.key.name, one.kind): [] for one in known if not one.key.table and one.kind != "different"
    }
    for one in known:
        if (one.key.table, one.kind) in inside:
            inside[one.key.table, one.kind].append(one.key)
    return tuple(
        Difference(one.key, one.wanted, one.there, tuple(inside.get((one.key.name, one.kind), ())))
        if not one.key.table
        else one
        for one in known
        if (one.key.table, one.kind) not in inside
    )


def same_index(wanted: DatabaseObject, there: Definition) -> str:
    """The name of another index of the table that is defined alike; empty where there is none."""
    text = _nameless(str(wanted.facts.get("definition", "")))
    for key, one in there.items():
        of_table = key.kind == "index" and key.table == wanted.key.table and key != wanted.key
        if of_table and _nameless(str(one.facts.get("definition", ""))) == text:
            return key.name
    return ""


def _nameless(definition: str) -> str:
    return re.sub(r'INDEX ("(?:[^"]|"")+"|\S+) ON', "INDEX ON", definition, count=1)
