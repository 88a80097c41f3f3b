"""The skeleton of a table: for each row the parents that it refers to, and the numbers that make its keys unique.

Nothing in it depends on where and when it is made: it is a function of plan, sizes and seed, and each process that
needs it makes it anew. What several keys ask of the same references is found by drawing again what collides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from bench.inference.plan import Limits
from bench.inference.rows.carriers import Carrier, carrier_of
from bench.inference.rows.draws import Flags, Ints, ranks_within, shuffled, skewed, stream, together, uniform
from bench.inference.rows.joins import cluster, join, matched
from bench.inference.rows.lifetimes import Lifetimes, older
from bench.inference.rows.subjects import Subject
from bench.model.schema import ForeignKey, Index

NULL_REFERENCES = 0.12
"""Share of NULL in a reference that need not be given."""
NULL_SELVES = 0.25
"""The same in one to the table itself: the tops of its trees."""
ROUNDS = 40
"""Times that references are drawn again where keys collide; a row that collides after that is not made."""
DENSE = 2
"""A key of which the table needs at least one in so many possible values is enumerated instead of drawn."""


class World(Protocol):
    """What a skeleton asks of the other tables."""

    seed: int
    lives: Lifetimes

    def size(self, name: str) -> int:
        """Rows of a table that can be referred to, those that are there first."""

    def codes(self, name: str, columns: Sequence[str]) -> Ints:
        """A number for the values of ``columns`` in each of those rows: equal where all values are."""

    def joint_codes(self, places: Sequence[tuple[str, str]]) -> list[Ints]:
        """Numbers for several columns (table, column) that may be compared with each other."""

    def nullable(self, name: str, column: str) -> bool:
        """Whether the column of the table may be NULL."""

    def there(self, name: str) -> int:
        """Those of them that are no rows of ours."""

    def fitting(self, name: str, position: int) -> Ints | None:
        """Rows that a reference may go to, by what the table's own columns obey; None where it may go to all."""

    def is_late(self, name: str, position: int) -> bool:
        """Whether a reference waits for all others of its table, since it closes a circle."""

    def giver(self, name: str, column: str) -> int | None:
        """The reference that a column's value comes by, None where it comes from the row itself."""

    def matching_codes(self, name: str, column: str, table: str, to: str) -> tuple[Ints, Ints]:
        """Numbers of a column of the new rows, and of ``to`` of all rows of ``table``: equal where values are."""


@dataclass
class Skeleton:
    """Of ``rows`` new rows."""

    rows: int
    parents: dict[int, Ints] = field(default_factory=dict)
    """By position of the reference: which row of the table it refers to."""
    nulls: dict[str, Flags] = field(default_factory=dict)
    """Of columns with a reference: where they are NULL."""
    numbers: dict[str, Ints] = field(default_factory=dict)
    """Of columns that make a key unique: the number that their value comes from."""
    counts: dict[str, int] = field(default_factory=dict)
    """Of the same columns: how many numbers there may be."""
    slots: set[str] = field(default_factory=set)
    """Of them those that are an end of a period."""
    falsified: list[tuple[Flags, Index]] = field(default_factory=list)
    """Rows that a partial unique index must not hold, since others have their key."""
    candidates: Ints | None = None
    """The number that the values of each row come from, where it is not the row's own."""
    short: str = ""
    """The key that did not allow all rows that were asked for."""

    def origins(self, rows: Ints) -> Ints:
        """The candidates that rows were, where candidates were judged; else their own numbers."""
        return rows if self.candidates is None else self.candidates[rows]

    def keep(self, kept: Flags) -> None:
        """Only the rows ``kept``."""
        self.rows = int(kept.sum())
        self.parents = {position: values[kept] for position, values in self.parents.items()}
        self.nulls = {name: values[kept] for name, values in self.nulls.items()}
        self.numbers = {name: values[kept] for name, values in self.numbers.items()}
        self.falsified = [(flags[kept], key) for flags, key in self.falsified]


def build(
    world: World, subject: Subject, limits: Mapping[str, Limits], rows: int, skew: float, kept: Ints | None = None
) -> Skeleton:
    """The skeleton of the table's ``rows`` new rows, or of as many as its keys allow.

    Of ``rows`` candidates only those numbered in ``kept`` become rows, where the server judged them.
    """
    return _Builder(world, subject, limits, rows, skew).build(kept)


def complete(world: World, subject: Subject, early: Skeleton) -> Skeleton:
    """The same with the references that close circles."""
    builder = _Builder(world, subject, {}, early.rows, 0.0)
    builder.made = replace(early, parents=dict(early.parents), nulls=dict(early.nulls))
    builder.draw_late()
    return builder.made


class _Builder:
    def __init__(
        self, world: World, subject: Subject, limits: Mapping[str, Limits], rows: int, skew: float
    ) -> None:  # fmt: skip
        self.world, self.subject, self.limits, self.skew = world, subject, limits, skew
        self.made = Skeleton(rows)
        self.drawn = rows
        self.references = subject.references
        self.clusters = cluster(self.references, subject.name)
        self.hard: list[tuple[Index, Carrier]] = []

    def build(self, kept: Ints | None) -> Skeleton:
        """Draw references, settle the keys made of them, number the columns that make the other keys unique."""
        self._choose_carriers()
        everything = np.arange(self.made.rows, dtype=np.int64)
        for positions in self.clusters:
            self._draw(positions, everything, 0)
        self._settle()
        self._number()
        self._place_nulls(late=False)
        if kept is not None:
            flags = np.zeros(self.made.rows, bool)
            flags[kept[kept < self.made.rows]] = True
            self._keep(flags)
            self.made.candidates = np.flatnonzero(flags).astype(np.int64)
        return self.made

    def _size(self, name: str) -> int:
        """Rows of a table that can be referred to; of this one all candidates, which become rows or not."""
        return self.world.there(name) + self.drawn if name == self.subject.name else self.world.size(name)

    def _keep(self, kept: Flags) -> None:
        """Only the rows ``kept``; who referred to another row of this table takes the parent of that one, and so on."""
        there = self.world.there(self.subject.name)
        own, places = there + np.arange(self.made.rows, dtype=np.int64), there + np.cumsum(kept) - 1
        for position in [p for p in self.made.parents if self._is_self(p)]:
            parents = self.made.parents[position]
            instead = np.concatenate([np.arange(there, dtype=np.int64), np.where(kept, own, parents)])
            for _ in range(ROUNDS):  # each time twice as far up
                instead = instead[instead]
            found = instead[parents]
            found = np.where((found >= there) & ~kept[np.maximum(found - there, 0)], own, found)
            self.made.parents[position] = np.where(found < there, found, places[np.maximum(found - there, 0)])
        self.made.keep(kept)
        self.drawn = self.made.rows

    def _choose_carriers(self) -> None:
        """Which column makes which key unique; keys without such a column are hard ones."""
        self.chosen: list[tuple[Index, Carrier]] = []
        alone: set[str] = set()
        done: list[set[str]] = []
        for key in sorted(self.subject.keys, key=lambda key: len(key.columns)):  # stable: the primary key before others
            if alone & set(key.columns) or any(one <= set(key.columns) for one in done):
                continue
            carrier = carrier_of(self.subject, key, self.limits, self.made.rows)
            if carrier is None:
                continue
            shared = [n for n, (_, other) in enumerate(self.chosen) if set(other.columns) & set(carrier.columns)]
            if shared and carrier.radices == (None,):  # one column for two keys has to be unique by itself
                carrier = replace(carrier, within=False)
                for place in shared:
                    other_key, other = self.chosen[place]
                    if other.radices == (None,):
                        self.chosen[place] = other_key, replace(other, within=False)
            self.chosen.append((key, carrier))
            if carrier.radices == (None,) and not carrier.within:
                alone |= set(carrier.columns)
            if not key.predicate and not key.operators:
                done.append(set(key.columns))
        self.hard = [(key, carrier) for key, carrier in self.chosen if carrier.hard]

    # -- references ---------------------------------------------------------------------------------------------

    def _draw(self, positions: Sequence[int], rows: Ints, salt: int) -> None:
        """Choose parents for ``rows`` by references to other tables; several of them share columns."""
        positions = [p for p in positions if not self.world.is_late(self.subject.name, p)]
        if len(positions) > 1:
            key = self._key(positions[0], salt)
            found, unmet = join(self.world, self.subject, positions, rows, key, self.skew)
            for position, parents in found.items():
                self._parents(position)[rows] = parents
            for name, flags in unmet.items():
                self.made.nulls.setdefault(name, np.zeros(self.made.rows, bool))[rows] = flags
            return
        for position in positions:
            size, chosen = self._choice(position)
            if size == 0:
                self._null(self.references[position])
            else:
                skew = 0.0 if salt else self.skew
                drawn = skewed(self._key(position, salt), rows, size, skew)
                if not salt and self.world.lives.earlier(self.subject.name, position):
                    drawn = older(drawn, (rows + 1) / self.made.rows, size, self._key(position, -2), self.skew)
                self._parents(position)[rows] = drawn if chosen is None else chosen[drawn]

    def _choice(self, position: int) -> tuple[int, Ints | None]:
        """How many rows a reference may go to, and which where these are not all."""
        chosen = None if self._is_self(position) else self.world.fitting(self.subject.name, position)
        size = self._size(self.references[position].table) if chosen is None else len(chosen)
        return size, chosen

    def draw_late(self) -> None:
        """References to the table itself go to an earlier row, others that close a circle to any; both agree with what
        the other columns hold already."""
        for position, reference in enumerate(self.references):
            if self.world.is_late(self.subject.name, position) and position not in self.made.parents:
                if self.world.size(reference.table):
                    self._draw_one_late(position, reference)
                else:
                    self._null(reference)
        self._place_nulls(late=True)

    def _draw_one_late(self, position: int, reference: ForeignKey) -> None:
        name, key = self.subject.name, self._key(position, 0)
        rows = np.arange(self.made.rows, dtype=np.int64)
        fixed = [
            self.world.matching_codes(name, column, reference.table, to)
            for column, to in zip(reference.columns, reference.to, strict=True)
            if self.world.giver(name, column) != position
        ]
        size = self.world.size(reference.table)
        mine, theirs = np.zeros(len(rows), np.int64), np.zeros(size, np.int64)
        if fixed:
            both = together([np.concatenate(pair) for pair in fixed])
            mine, theirs = both[: len(rows)], both[len(rows) :]
        own = self.world.there(name) + rows if self._is_self(position) else None
        parents, alone = matched(mine, theirs, own, key)
        self.made.parents[position] = parents
        for column in self._open(reference):
            if self.world.giver(name, column) == position:
                self.made.nulls[column] = self.made.nulls.get(column, np.zeros(len(rows), bool)) | alone

    def _is_self(self, position: int) -> bool:
        return self.references[position].table == self.subject.name

    def _parents(self, position: int) -> Ints:
        return self.made.parents.setdefault(position, np.zeros(self.made.rows, np.int64))

    def _key(self, position: int, salt: int) -> np.uint64:
        return stream(self.world.seed, self.subject.name, self.references[position].columns, salt)

    def _null(self, reference: ForeignKey) -> None:
        """Leave a reference to nothing open."""
        for name in self._open(reference):
            self.made.nulls[name] = np.ones(self.made.rows, bool)

    def _open(self, reference: ForeignKey) -> list[str]:
        """Columns of it that are NULL where it refers to nothing."""
        found = [name for name in reference.columns if self.world.nullable(self.subject.name, name)]
        return [] if reference.match_full and len(found) < len(reference.columns) else found

    def _in_hard(self, position: int) -> bool:
        return any(position in carrier.positions for _, carrier in self.hard)

    # -- keys made of references --------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Draw again what collides in the hard keys; enumerate where there is little choice."""
        drawn = [pair for pair in self.hard if not (self._apart(pair[1]) and self._enumerate(*pair))]
        whole = [pair for pair in drawn if not pair[0].predicate]
        collides = np.zeros(self.made.rows, bool)
        for salt in range(1, ROUNDS + 1):
            collides[:] = False
            again: set[int] = set()
            for key, carrier in whole:
                bad = self._ranks(key, carrier) >= carrier.room
                if bad.any():
                    collides |= bad
                    again |= set(carrier.positions)
                    self.made.short = ", ".join(key.columns)
            if not collides.any():
                self.made.short = ""
                break
            if not again:
                break
            rows = np.flatnonzero(collides)
            for positions in self.clusters:
                if again & set(positions):
                    self._draw(positions, rows, salt)
        if collides.any():
            self._drop_collisions(whole)
        for key, carrier in drawn:
            if key.predicate:
                flags = self._ranks(key, carrier) >= carrier.room
                if flags.any():
                    self.made.falsified.append((flags, key))

    def _apart(self, carrier: Carrier) -> bool:
        """Whether no other hard key asks anything of the same references."""
        return not any(set(other.positions) & set(carrier.positions) for _, other in self.hard if other is not carrier)

    def _drop_collisions(self, whole: Sequence[tuple[Index, Carrier]]) -> None:
        """Keep the first of those that collide, key after key, until none does."""
        for _ in whole:
            for key, carrier in whole:
                self._keep(self._ranks(key, carrier) < carrier.room)

    def _ranks(self, key: Index, carrier: Carrier) -> Ints:
        """How many rows before each have the same parents in the key."""
        parts = [self._codes(position, key) for position in carrier.positions]
        return ranks_within(together(parts)) if parts else np.arange(self.made.rows, dtype=np.int64)

    def _codes(self, position: int, key: Index) -> Ints:
        """Numbers for what a reference brings into the key."""
        reference, parents = self.references[position], self.made.parents.get(position)
        if parents is None:
            return np.zeros(self.made.rows, np.int64)
        if set(reference.columns) <= set(key.columns):
            return parents
        to = [target for name, target in zip(reference.columns, reference.to, strict=True) if name in key.columns]
        return self.world.codes(reference.table, to)[parents]

    def _enumerate(self, key: Index, carrier: Carrier) -> bool:
        """Number all values of the key and take as many as there are rows, in an order of chance."""
        chosen = [self.references[position] for position in carrier.positions]
        alone = all([position] in self.clusters for position in carrier.positions)
        if key.predicate or not alone or any(set(r.columns) - set(key.columns) for r in chosen):
            return False
        choices = [self._choice(position) for position in carrier.positions]
        sizes = [size for size, _ in choices]
        possible = int(np.prod([float(size) for size in sizes])) * carrier.room
        if not 0 < possible <= DENSE * self.made.rows:
            return False
        if possible < self.made.rows:
            self._keep(np.arange(self.made.rows) < possible)
            self.made.short = ", ".join(key.columns)
        numbers = shuffled(stream(self.world.seed, self.subject.name, key.name), possible)[: self.made.rows]
        for position, (size, among) in zip(carrier.positions, choices, strict=True):
            place, numbers = numbers % size, numbers // size
            self.made.parents[position] = place if among is None else among[place]
        return True

    # -- NULLs and numbers --------------------------------------------------------------------------------------

    def _place_nulls(self, *, late: bool) -> None:
        """Leave a share of the references open that may be, but not in keys that count on them."""
        rows, shared = self.made.origins(np.arange(self.made.rows, dtype=np.int64)), _shared(self.references)
        for position, reference in enumerate(self.references):
            names = [name for name in self._open(reference) if name not in shared]
            partly = reference.match_full and len(names) < len(reference.columns)
            if not names or partly or position not in self.made.parents or self._in_hard(position):
                continue
            if self.world.is_late(self.subject.name, position) != late:
                continue
            share = NULL_SELVES if self._is_self(position) else NULL_REFERENCES
            flags = uniform(self._key(position, -1), rows) < share
            for name in names:
                self.made.nulls[name] = self.made.nulls.get(name, np.zeros(self.made.rows, bool)) | flags

    def _number(self) -> None:
        """Number the columns that make keys unique: over the whole table, or within the parents of the key."""
        rows = np.arange(self.made.rows, dtype=np.int64)
        for key, carrier in self.chosen:
            if not carrier.columns or self.made.numbers.keys() & set(carrier.columns):
                continue
            numbers = self._ranks(key, carrier) if carrier.within else rows
            if carrier.slots:
                low, high = carrier.columns
                self.made.numbers[low], self.made.numbers[high] = 2 * numbers, 2 * numbers + 1
                self.made.counts[low] = self.made.counts[high] = 2 * (int(numbers.max(initial=0)) + 1)
                self.made.slots |= {low, high}
                continue
            for name, room in zip(carrier.columns, carrier.radices, strict=True):
                digit = numbers if room is None else numbers % room
                self.made.numbers[name], numbers = digit, numbers // (room or 1)
                self.made.counts[name] = room or int(digit.max(initial=0)) + 1


def _shared(references: Sequence[ForeignKey]) -> set[str]:
    names = [name for reference in references for name in reference.columns]
    return {name for name in names if names.count(name) > 1}
