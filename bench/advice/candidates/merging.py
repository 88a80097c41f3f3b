"""One index for two: those that begin alike, put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bench.advice.candidates.btree import INCLUDED
from bench.advice.candidates.idea import Idea

MERGES = 5
"""Of one table."""


def merged(ideas: Sequence[Idea]) -> Iterator[Idea]:
    """For each two of different queries of which one has the keys that the other begins with: both their columns.

    Without columns that are carried along the longer one stands for the shorter as it is.
    """
    trees = [idea for idea in ideas if idea.shape.method == "btree"]
    known = {idea.shape.identity for idea in ideas}
    made: dict[str, int] = {}
    for short in trees:
        for long in trees:
            if short is long or short.query == long.query or not short.shape.include:
                continue
            one, other = short.shape, long.shape
            if (one.table.name, one.predicate) != (other.table.name, other.predicate):
                continue
            if other.keys[: len(one.keys)] != one.keys:
                continue
            have = {column for key in other.keys for column in key.columns}
            include = tuple(sorted({*one.include, *other.include} - have))
            shape = replace(other, include=include)
            if len(include) > INCLUDED + 1 or shape.identity in known or made.get(one.table.name, 0) >= MERGES:
                continue
            known.add(shape.identity)
            made[one.table.name] = made.get(one.table.name, 0) + 1
            for idea in (short, long):
                yield replace(idea, shape=shape, family="merge", reason=f"{idea.reason[:-1]}; for two queries at once.")
