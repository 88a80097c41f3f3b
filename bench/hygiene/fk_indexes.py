"""Which index finds the rows that refer to a deleted one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bench.model.attribution import ForeignKeyFacts, IndexFacts

READS_MORE = 2.0
"""An index on a part of a foreign key's columns is enough if it finds at most so many times the rows that refer to the
deleted one: then that part all but identifies it, and one more column would save half of a short read."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """An index that finds by some columns of a foreign key."""

    index: IndexFacts
    columns: tuple[str, ...]
    sharing: float | None
    """The most rows of the referenced table that have the same values in these columns; None without statistics."""


def serves(index: IndexFacts, key: ForeignKeyFacts) -> bool:
    """Whether ``index`` finds what refers to a deleted row: by all columns of ``key``, or by enough of them."""
    columns = covered(index, key)
    if len(columns) == len(key.columns):
        return True
    sharing = _sharing(columns, key)
    return sharing is not None and sharing <= READS_MORE


def _sharing(columns: Collection[str], key: ForeignKeyFacts) -> float | None:
    """The most rows of the referenced table with the same values in ``columns``: no more than in any one of them."""
    by_column = zip(key.columns, key.sharing, strict=bool(key.sharing))
    return min((value for column, value in by_column if column in columns and value is not None), default=None)


def covered(index: IndexFacts, key: ForeignKeyFacts) -> frozenset[str]:
    """The columns of ``key`` by which ``index`` finds.

    A partial index finds nothing for a foreign key, but for one that leaves out NULL in its columns, which refer to
    nothing.
    """
    if index.table != key.table or not index.valid or not _reaches_all(index, key):
        return frozenset()
    collations = dict(zip(key.columns, key.collations, strict=True)) if key.collations else {}
    finds = [k.text in key.columns and k.collation == collations.get(k.text, k.collation) for k in index.keys]
    if index.method == "gin":  # any of its columns leads
        return frozenset(k.text for k, found in zip(index.keys, finds, strict=True) if found)
    if index.method not in ("btree", "hash", "gist"):
        return frozenset()
    length = finds.index(False) if False in finds else len(finds)
    return frozenset(k.text for k in index.keys[:length])


def _reaches_all(index: IndexFacts, key: ForeignKeyFacts) -> bool:
    parts = index.predicate.split(" AND ") if index.predicate else []
    return set(parts) <= {f"{column} IS NOT NULL" for column in key.columns}


def nearest(key: ForeignKeyFacts, indexes: Sequence[IndexFacts]) -> Nearest | None:
    """The index that finds best by a part of ``key``; None where none leads with any of its columns."""
    found = []
    for index in indexes:
        if columns := covered(index, key):
            ordered = tuple(column for column in key.columns if column in columns)
            found.append(Nearest(index, ordered, _sharing(columns, key)))
    unknown = float("inf")
    return min(
        found,
        key=lambda n: (unknown if n.sharing is None else n.sharing, -len(n.columns), n.index.size_bytes, n.index.name),
        default=None,
    )


def needed(indexes: Sequence[IndexFacts], foreign_keys: Sequence[ForeignKeyFacts], free: Collection[str]) -> set[str]:
    """Those of the ``free`` indexes that have to stay for a foreign key: no index that stays anyway finds as well.

    Where several could stay, it is the smallest.
    """
    stay: set[str] = set()
    for key in foreign_keys:
        for finding in _as_good(key, indexes):
            if all(index.name in free and index.name not in stay for index in finding):
                stay.add(min(finding, key=lambda index: (index.size_bytes, index.name)).name)
    return stay


def _as_good(key: ForeignKeyFacts, indexes: Sequence[IndexFacts]) -> Sequence[Sequence[IndexFacts]]:
    """Groups of indexes of each of which one has to stay: those that serve ``key``, or else those that come nearest."""
    serving = [index for index in indexes if serves(index, key)]
    if serving:
        return [serving]
    found = {columns for index in indexes if (columns := covered(index, key))}
    near = nearest(key, indexes)
    if near and near.sharing is not None:
        found = {frozenset(near.columns)}
    # Without statistics nobody knows which column finds best: an index for each.
    return [
        [index for index in indexes if covered(index, key) == columns]
        for columns in sorted(found, key=sorted)
        if not any(columns < more for more in found)
    ]
