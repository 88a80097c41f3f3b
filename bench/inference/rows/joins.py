"""References that share columns: their parents are drawn together, so that the shared columns agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bench.inference.rows.draws import Flags, Ints, below, skewed, together
from bench.inference.rows.subjects import Subject
from bench.model.schema import ForeignKey

if TYPE_CHECKING:
    from bench.inference.rows.skeleton import World

ROUNDS = 8
"""Times that a row whose parents do not agree is drawn again."""


def cluster(references: Sequence[ForeignKey], itself: str) -> list[list[int]]:
    """Positions of references that share columns, directly or through others; in each those to other tables first,
    the ones of more columns before.
    """
    groups: list[set[int]] = []
    for position, reference in enumerate(references):
        touching = [g for g in groups if any(set(references[p].columns) & set(reference.columns) for p in g)]
        groups = [g for g in groups if g not in touching] + [{position}.union(*touching)]

    def rank(position: int) -> tuple[bool, int, int]:
        return references[position].table == itself, -len(references[position].columns), position

    return [sorted(group, key=rank) for group in sorted(groups, key=min)]


def join(
    world: World, subject: Subject, positions: Sequence[int], rows: Ints, key: np.uint64, skew: float
) -> tuple[dict[int, Ints], dict[str, Flags]]:
    """Parents for ``rows`` by each of the references, and where columns have to be NULL because nothing agrees."""
    return _Join(world, subject, positions, rows, key, skew).run()


class _Join:
    def __init__(
        self, world: World, subject: Subject, positions: Sequence[int], rows: Ints, key: np.uint64, skew: float
    ) -> None:  # fmt: skip
        self.world, self.subject, self.rows, self.key, self.skew = world, subject, rows, key, skew
        self.references = {position: subject.references[position] for position in positions}
        self.positions = [p for p in positions if world.size(self.references[p].table)]
        self.empty = [p for p in positions if p not in self.positions]
        self.sides = self._comparable()
        self.fitting = {position: self._fitting(position) for position in self.positions}

    def _fitting(self, position: int) -> Flags:
        """Rows of the parent that the reference may go to."""
        flags = np.ones(self.world.size(self.references[position].table), bool)
        if self.references[position].table == self.subject.name:
            return flags
        if (chosen := self.world.fitting(self.subject.name, position)) is not None:
            flags[:] = False
            flags[chosen] = True
        return flags

    def _comparable(self) -> dict[tuple[int, str], Ints]:
        """For each reference and shared column a number for the value in each row of the parent."""
        found = {}
        for name in {name for reference in self.references.values() for name in reference.columns}:
            places = [
                (position, reference.table, reference.to[reference.columns.index(name)])
                for position, reference in self.references.items()
                if name in reference.columns and position in self.positions
            ]  # fmt: skip
            codes = self.world.joint_codes([(table, column) for _, table, column in places])
            found.update({(place[0], name): code for place, code in zip(places, codes, strict=True)})
        return found

    def run(self) -> tuple[dict[int, Ints], dict[str, Flags]]:
        parents = {position: np.zeros(len(self.rows), np.int64) for position in self.positions}
        nulls: dict[str, Flags] = {}
        if self.positions:
            self._agree(self.positions, parents, nulls)
        for position in self.empty:
            self._forgo(position, np.ones(len(self.rows), bool), nulls, set())
        return parents, nulls

    def _agree(self, others: Sequence[int], parents: dict[int, Ints], nulls: dict[str, Flags]) -> None:
        lead, rest = others[0], others[1:]
        eligible = self._eligible(lead, rest)
        pending = np.ones(len(self.rows), bool)
        for salt in range(ROUNDS):
            at = np.flatnonzero(pending)
            if not len(at) or not len(eligible):
                break
            key = self.key ^ np.uint64(salt * 0x10001)
            parents[lead][at] = eligible[skewed(key, self.rows[at], len(eligible), 0.0 if salt else self.skew)]
            pending[at] = self._follow(lead, rest, at, parents, nulls, key)
        good = np.flatnonzero(~pending)
        if len(good) and pending.any():  # what never agreed takes the parents of a row that did
            at = np.flatnonzero(pending)
            source = good[below(self.key, self.rows[at], len(good))]
            for position in others:
                parents[position][at] = parents[position][source]
            for flags in nulls.values():
                flags[at] = flags[source]

    def _eligible(self, lead: int, rest: Sequence[int]) -> Ints:
        """Rows of the first parent with which each other reference that has to be given finds something."""
        flags = self.fitting[lead].copy()
        for position in rest:
            shared = self._shared(position, [lead])
            if shared and not self._may_forgo(position, {name for name, _ in shared}):
                mine, theirs = self._sides([(lead, name) for name, _ in shared], [(position, n) for n, _ in shared])
                flags &= np.isin(mine, theirs)
        return np.flatnonzero(flags).astype(np.int64)

    def _follow(
        self,
        lead: int,
        rest: Sequence[int],
        at: Ints,
        parents: dict[int, Ints],
        nulls: dict[str, Flags],
        key: np.uint64,
    ) -> Flags:
        """Parents by the other references that agree with those chosen; True where there is none."""
        unmet = np.zeros(len(at), bool)
        chosen = [lead]
        for position in rest:
            shared = self._shared(position, chosen)
            mine, theirs = self._sides(
                [(giver, name) for name, giver in shared], [(position, name) for name, _ in shared],
                [parents[giver][at] for _, giver in shared],
            )  # fmt: skip
            if len(theirs) == len(self.fitting[position]):
                theirs = np.where(self.fitting[position], theirs, -1)
            order = np.argsort(theirs, kind="stable")
            first = np.searchsorted(theirs[order], mine, "left")
            counts = np.searchsorted(theirs[order], mine, "right") - first
            found = counts > 0
            pick = first + below(key ^ np.uint64(position + 1), self.rows[at], np.maximum(counts, 1))
            parents[position][at] = order[np.minimum(pick, len(order) - 1)]
            absent = np.zeros(len(self.rows), bool)
            absent[at[~found]] = True
            present = np.zeros(len(self.rows), bool)
            present[at] = True
            if self._may_forgo(position, {name for name, _ in shared}):
                self._forgo(position, absent, nulls, {name for name, _ in shared}, present)
            else:
                unmet |= ~found
            chosen.append(position)
        return unmet

    def _sides(
        self, mine: Sequence[tuple[int, str]], theirs: Sequence[tuple[int, str]], rows: Sequence[Ints] = ()
    ) -> tuple[Ints, Ints]:  # fmt: skip
        """Values of shared columns on both sides, as numbers that may be compared."""
        left = [self.sides[place][rows[i]] if rows else self.sides[place] for i, place in enumerate(mine)]
        right = [self.sides[place] for place in theirs]
        if not left:  # nothing shared with those chosen so far: all agree
            return np.zeros(len(rows[0]) if rows else 0, np.int64), np.zeros(0, np.int64)
        both = together([np.concatenate([a, b]) for a, b in zip(left, right, strict=True)])
        return both[: len(left[0])], both[len(left[0]) :]

    def _shared(self, position: int, chosen: Sequence[int]) -> list[tuple[str, int]]:
        """Columns of a reference that one chosen before gives, and which."""
        return [
            (name, giver)
            for name in self.references[position].columns
            if (giver := next((p for p in chosen if name in self.references[p].columns), None)) is not None
        ]

    def _may_forgo(self, position: int, fixed: set[str]) -> bool:
        reference = self.references[position]
        own = [n for n in reference.columns if n not in fixed and self.world.nullable(self.subject.name, n)]
        return bool(own) and not (reference.match_full and fixed)

    def _forgo(
        self, position: int, flags: Flags, nulls: dict[str, Flags], fixed: set[str], touched: Flags | None = None
    ) -> None:  # fmt: skip
        """Leave a reference open where ``flags`` says so."""
        for name in self.references[position].columns:
            if name not in fixed and self.world.nullable(self.subject.name, name):
                before = nulls.setdefault(name, np.zeros(len(self.rows), bool))
                if touched is not None:
                    before[touched] = False
                before |= flags


def matched(mine: Ints, theirs: Ints, own: Ints | None, key: np.uint64) -> tuple[Ints, Flags]:
    """For each code of ``mine`` a row with the same among ``theirs``, and where there is none.

    ``own`` are the rows' own numbers among the others, where they refer to their own table: then an earlier one is
    taken, or the row itself where it is the first.
    """
    order = np.argsort(theirs, kind="stable").astype(np.int64)
    ordered = theirs[order]
    first = np.searchsorted(ordered, mine, "left")
    counts = np.searchsorted(ordered, mine, "right") - first
    if own is not None:
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        counts = np.minimum(counts, place[own] - first)
    found = counts > 0
    pick = first + below(key, np.arange(len(mine), dtype=np.int64), np.maximum(counts, 1))
    otherwise = own if own is not None else np.zeros(len(mine), np.int64)
    return np.where(found, order[np.minimum(pick, len(order) - 1)], otherwise), ~found
