"""A condition as alternatives: of each row one holds at least, and each is limits by column and comparisons of columns.

That is the disjunctive normal form without what needs NULL in a NOT NULL column, or contradicts itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.inference.limits.atoms import Reader
from bench.inference.limits.expression import Expr
from bench.inference.limits.merge import Contradiction, both, either
from bench.inference.plan import Limits
from bench.model.schema import Column

MOST = 256
"""Alternatives of one condition. Beyond, the server judges: no CHECK of the corpus has more than 64."""


class TooMany(Exception):
    """A condition has more alternatives than ``MOST``."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two expressions with several columns in them: ``started_at <= ended_at``, ``total = net + tax``."""

    left: Expr
    operator: str
    right: Expr

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns on both sides."""
        return tuple(dict.fromkeys(self.left.columns + self.right.columns))


@dataclass(frozen=True, slots=True)
class Alternative:
    """What holds together."""

    limits: Mapping[str, Limits] = field(default_factory=dict)
    comparisons: tuple[Comparison, ...] = ()
    unread: tuple[Expr, ...] = ()
    """Conditions that nothing is known of."""

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that it says something about."""
        return tuple(dict.fromkeys([*self.limits, *(name for one in self.comparisons for name in one.columns)]))


def alternatives(condition: Expr, columns: Mapping[str, Column]) -> tuple[Alternative, ...]:
    """The alternatives of ``condition``, none of which is part of another; no one at all where it never holds.

    Raises:
        TooMany: there are too many to tell.
    """
    return tuple(_distinct(_expand(condition, Reader(columns)), columns))


def together(
    one: Iterable[Alternative], other: Sequence[Alternative], columns: Mapping[str, Column]
) -> list[Alternative]:
    """What holds where one of ``one`` and one of ``other`` does. Raises ``TooMany``."""
    found = [merged for left in one for right in other if (merged := _merged(left, right, columns))]
    if len(found) > MOST:
        raise TooMany
    return found


def _merged(one: Alternative, other: Alternative, columns: Mapping[str, Column]) -> Alternative | None:
    limits = dict(one.limits)
    try:
        for name, more in other.limits.items():
            limits[name] = both(limits[name], more, columns[name].type) if name in limits else more
    except Contradiction:
        return None
    comparisons = tuple(dict.fromkeys(one.comparisons + other.comparisons))
    return Alternative(limits, comparisons, tuple(dict.fromkeys(one.unread + other.unread)))


def _expand(node: Expr, reader: Reader) -> list[Alternative]:
    match node:
        case Expr("true" | "null"):  # a CHECK is passed by NULL
            return [Alternative()]
        case Expr("false"):
            return []
        case Expr("and", _, args):
            found = [Alternative()]
            for arg in args:
                found = together(found, _distinct(_expand(arg, reader), reader.columns), reader.columns)
            return found
        case Expr("or", _, args):
            return [one for arg in args for one in _expand(arg, reader)]
    return _atom(node, reader)


def _atom(node: Expr, reader: Reader) -> list[Alternative]:
    limits = reader.read(node) if set(node.columns) <= set(reader.columns) else None
    if limits is not None:
        forbidden = any(one.always_null and reader.columns[name].not_null for name, one in limits.items())
        return [] if forbidden else [Alternative(limits)]
    if comparison := _comparison(node, reader):
        return [Alternative(comparisons=(comparison,))]
    return [Alternative(unread=(node,))]


def _comparison(node: Expr, reader: Reader) -> Comparison | None:
    from bench.inference.limits.comparisons import comparable

    match node:
        case Expr("op", name, (left, right)):
            found = Comparison(reader.deep(left), name, reader.deep(right))
            return found if comparable(found, reader.columns) else None
    return None


def _distinct(found: Iterable[Alternative], columns: Mapping[str, Column]) -> list[Alternative]:
    """Without those that are part of another; those about one and the same column joined where that can be said."""
    read = list(found)
    if any(not one.unread for one in read):
        read = [one for one in read if not one.unread]  # any that is known to hold will do
    kept: list[Alternative] = []
    for index, one in enumerate(read):
        others = [*kept, *read[index + 1 :]]
        if not any(_is_part(one, other) for other in others):
            kept.append(one)
    if len(kept) > 1 and len({one.columns for one in kept}) == 1 and len(kept[0].columns) == 1:
        (name,) = kept[0].columns
        if not any(one.comparisons or one.unread for one in kept):
            joined = either([one.limits[name] for one in kept], columns[name].type)
            if joined is not None:
                return [Alternative({name: joined})]
    return kept


def _is_part(one: Alternative, other: Alternative) -> bool:
    """Whether ``other`` does not fail wherever ``one`` holds. A limit does not fail for NULL unless it says so."""
    if other.unread or not set(other.comparisons) <= set(one.comparisons):
        return False
    for name, limits in other.limits.items():
        mine = one.limits.get(name)
        if mine is None or not (mine == limits or (mine.always_null and not limits.not_null) or limits == Limits()):
            return False
    return True
