"""Which index does everything that another one does."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bench.model.attribution import ForeignKeyFacts, IndexFacts, IndexKey

Relation = Literal["duplicate", "unique", "reversed", "included", "prefix"]
RELATIONS: tuple[Relation, ...] = ("duplicate", "unique", "reversed", "included", "prefix")
"""From the surest to the one that costs something."""

SAME_ANSWERS = {"btree", "hash", "gin", "gist", "spgist"}
"""Methods whose storage parameters change size and speed alone. Those of BRIN, bloom or a vector index decide how well
it finds, so that two of them are two indexes."""


def relation(index: IndexFacts, other: IndexFacts) -> Relation | None:
    """Say in what way ``other`` makes ``index`` superfluous; None where it does not."""
    if (index.table, index.method, index.predicate) != (other.table, other.method, other.predicate):
        return None
    if index.options != other.options and index.method not in SAME_ANSWERS:
        return None
    head = other.keys[: len(index.keys)] if index.method == "btree" else other.keys
    if head not in (index.keys, backwards(index)) or not _guards(other, index):
        return None
    # A B-tree can give back its key columns like those that it includes.
    given = {key.text for key in other.keys} if index.method == "btree" else set()
    if not set(index.include) <= given | set(other.include):
        return None
    if len(other.keys) > len(index.keys):
        return "prefix"
    if set(index.include) != set(other.include):
        return "included"
    if head != index.keys:
        return "reversed"
    return "unique" if other.unique and not index.unique else "duplicate"


def backwards(index: IndexFacts) -> tuple[IndexKey, ...] | None:
    """The keys in the order in which a scan from the end meets them; None where there is no such scan."""
    if index.method != "btree":
        return None
    return tuple(replace(key, descending=not key.descending, nulls_first=not key.nulls_first) for key in index.keys)


def _guards(other: IndexFacts, index: IndexFacts) -> bool:
    """Whether ``other`` rejects every row that ``index`` rejects, as soon as it does."""
    if not index.unique:
        return True
    same = len(other.keys) == len(index.keys) and other.nulls_not_distinct == index.nulls_not_distinct
    return other.unique and same and (index.deferrable or not other.deferrable)


def droppable(index: IndexFacts, foreign_keys: Collection[ForeignKeyFacts]) -> bool:
    """Whether DROP INDEX takes it, and takes nothing else with it: constraint, identity, order of the table, parent."""
    bound = index.constraint or index.replica_identity or index.clustered or index.parent
    return not bound and all(key.key_index != index.name for key in foreign_keys)


@dataclass(frozen=True, slots=True)
class Redundant:
    """One index that can go, because ``other`` stays."""

    index: IndexFacts
    other: IndexFacts
    kind: Relation


def twins(indexes: Sequence[IndexFacts], foreign_keys: Collection[ForeignKeyFacts]) -> dict[str, IndexFacts]:
    """Map each index that can go, because another one is as good, to the one to keep.

    Of two that do the same, what a constraint or the table relies on stays, then the schema's own, then the one with
    the fewest descending keys, then the first by name.
    """

    def preference(index: IndexFacts) -> tuple[bool, bool, int, str]:
        descending = sum(key.descending for key in index.keys)
        return droppable(index, foreign_keys), bool(index.optimization), descending, index.name

    found = {}
    for index in indexes:
        equal = [other for other in indexes if other is index or (relation(index, other) and relation(other, index))]
        best = min(equal, key=preference)
        if best is not index and droppable(index, foreign_keys):
            found[index.name] = best
    return found


def redundant(
    indexes: Sequence[IndexFacts], foreign_keys: Collection[ForeignKeyFacts], leaving: Collection[str]
) -> tuple[Redundant, ...]:
    """Find the indexes that can go because another one stays; an index that is ``leaving`` replaces no other."""
    twin = twins(indexes, foreign_keys)
    replaces: Mapping[str, list[IndexFacts]] = {
        index.name: [
            other
            for other in indexes
            if other is not index and other.name not in leaving and relation(index, other)
            # Of two that do the same, only one can go.
            if not relation(other, index) or (index.name in twin and other.name not in twin)
        ]
        for index in indexes
        if droppable(index, foreign_keys)
    }
    going = {name for name, others in replaces.items() if others}
    # What replaces one that goes and goes itself, is replaced by one that replaces both.
    return tuple(
        Redundant(index, *_best(index, [other for other in replaces[index.name] if other.name not in going]))
        for index in indexes
        if index.name in going
    )


def _best(index: IndexFacts, others: Sequence[IndexFacts]) -> tuple[IndexFacts, Relation]:
    """The one to name: the most alike, one that stays for sure, the smallest."""
    found = [(other, kind) for other in others if (kind := relation(index, other))]
    return min(found, key=lambda o: (RELATIONS.index(o[1]), not o[0].constraint, o[0].size_bytes, o[0].name))


def clashing(indexes: Sequence[IndexFacts]) -> tuple[tuple[IndexFacts, IndexFacts], ...]:
    """Pairs of constraints that keep the same index each; of the two the first is the one that matters more."""
    own = sorted((i for i in indexes if i.constraint and not i.parent), key=lambda i: (not i.primary, i.name))
    return tuple(
        (first, second)
        for place, first in enumerate(own)
        for second in own[place + 1 :]
        if relation(first, second) == relation(second, first) == "duplicate"
    )
