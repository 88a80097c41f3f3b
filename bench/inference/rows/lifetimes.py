"""When rows come into being: none before the rows that it refers to, where both say when they did."""

from __future__ import annotations

from datetime import UTC
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.kinds import kinds
from bench.inference.kinds.draws import Floats, Rows
from bench.inference.kinds.names import family_of
from bench.inference.kinds.times import LIFE, made_at
from bench.inference.plan import Limits
from bench.inference.rows.draws import Ints, skewed

if TYPE_CHECKING:
    from bench.inference.rows.world import World

NEVER = np.iinfo(np.int64).min
"""Of a row that nothing says a time of."""
KEPT_MOST = 2_000_000
"""Rows of a table whose times are kept, for the children that ask for them again and again."""
AGAIN = 4
"""Times that parents are drawn again that are newer than the row."""
FREE = (Limits(), Limits(not_null=True))
"""Limits of a column whose times may be moved."""


class Lifetimes:
    """The times at which the rows of a world are made, in microseconds since 1970, each a function of its number."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.kept: dict[str, Ints] = {}
        self.last: tuple[str, Ints, Ints, Ints] | None = None

    @cached_property
    def clock(self) -> int:
        """Behind which nothing is made."""
        return int(self.world.clock.replace(tzinfo=UTC).timestamp()) * 1_000_000

    @cached_property
    def timed(self) -> dict[str, dict[str, bool]]:
        """By table the columns that hold a time of a row's life, and whether it is the one of its making."""
        found: dict[str, dict[str, bool]] = {}
        for name, subject in self.world.subjects.items():
            for column in subject.table.columns:
                kind = kinds().get(self.world.column_plan(name, column.name).kind)
                if kind and kind.make in ("time", "period") and family_of(column.type) in ("time", "date"):
                    found.setdefault(name, {})[column.name] = kind.name == "created_at"
        return found

    def says_when(self, name: str) -> bool:
        """Whether the rows of the table say when they were made."""
        return any(self.timed.get(name, {}).values())

    @cached_property
    def above(self) -> dict[str, frozenset[str]]:
        """By table all tables that it refers to, directly or through others."""
        direct = {name: {one.table for one in subject.references} for name, subject in self.world.subjects.items()}
        found: dict[str, frozenset[str]] = {}
        for name, parents in direct.items():
            waiting, seen = list(parents), set(parents)
            while waiting:
                more = direct.get(waiting.pop(), set()) - seen
                seen |= more
                waiting += more
            found[name] = frozenset(seen)
        return found

    def follows(self, name: str, position: int) -> bool:
        """Whether rows of the table are younger than what a reference gives them: not so in circles."""
        table = self.world.subjects[name].references[position].table
        return table in self.world.states and name not in self.above.get(table, ()) and table != name

    def earlier(self, name: str, position: int) -> bool:
        """Whether rows are to refer to such as were made before, since both say when they were."""
        table = self.world.subjects[name].references[position].table
        timed = self.says_when(name) and self.says_when(table)
        return timed and self.follows(name, position) and not self.world.there(table)

    def made(self, name: str, rows: Ints) -> Ints:
        """When rows were made, by their number as references have it."""
        if not len(rows):
            return rows
        size = self.world.size(name)
        if size > KEPT_MOST:
            return self._made(name, rows)
        if name not in self.kept:
            self.kept[name] = self._made(name, np.arange(size, dtype=np.int64))
        return self.kept[name][rows]

    def _made(self, name: str, rows: Ints) -> Ints:
        there = self.world.there(name)
        new = rows >= there
        times = np.full(len(rows), NEVER)
        if new.any():
            mine = rows[new] - there
            own = self._drawn(name, mine) if self.says_when(name) else np.full(len(mine), NEVER)
            times[new] = np.maximum(own, self.parents(name, mine))
        return times

    def _drawn(self, name: str, rows: Ints) -> Ints:
        """What the table's own columns have it that rows were made at."""
        size = self.world.size(name)
        return made_at(
            Rows(self.world.early(name).origins(rows), self.world.seed, name, "", LIFE, self.world.clock, size)
        )

    def parents(self, name: str, rows: Ints) -> Ints:
        """When the last of what new rows refer to was made; rows of the same table, and circles, are not asked."""
        latest = np.full(len(rows), NEVER)
        early, references = self.world.early(name), self.world.subjects[name].references
        for position, chosen in early.parents.items():
            if self.follows(name, position):
                made = self.made(references[position].table, chosen[rows])
                for column in references[position].columns:
                    if column in early.nulls:
                        made = np.where(early.nulls[column][rows], NEVER, made)
                latest = np.maximum(latest, made)
        return latest

    def after_parents(self, name: str, column: str, rows: Ints, values: pa.Array) -> pa.Array:
        """The times of a column, a row's whole life laid between its parents' and the clock where it began before.

        The order of a row's times stays, and what lies behind the clock stays where it is.
        """
        free = self.world.limits_of(name, column) in FREE and column in self.timed.get(name, {})
        if not free or not self.world.early(name).parents:
            return values
        if self.last is None or self.last[0] != name or self.last[1] is not rows:  # one chunk, column after column
            self.last = name, rows, self.parents(name, rows), self._drawn(name, rows)
        _, _, parents, born = self.last
        late = np.flatnonzero((parents > born) & (parents < self.clock))
        return _moved(values, late, born[late], parents[late], self.clock) if len(late) else values


def older(parents: Ints, places: Floats, size: int, key: np.uint64, skew: float) -> Ints:
    """Parents as far up among their ``size`` as the rows are in their table (``places``, 0 to 1): later rows are newer.

    Drawn again some times where they are not, since a large parent stays one; then as many steps up as the row has.
    """
    for salt in range(AGAIN):
        late = np.flatnonzero(parents >= places * size)
        parents[late] = skewed(key ^ np.uint64(salt << 32), late, size, skew)
    return np.where(parents >= places * size, (parents * places).astype(np.int64), parents)


def _moved(values: pa.Array, late: Ints, born: Ints, parents: Ints, clock: int) -> pa.Array:
    """The values with those at ``late`` moved: their share of the life from ``born`` to the clock stays."""
    form = values.take(pa.array(late))
    times = np.asarray(pc.fill_null(form.cast(pa.timestamp("us")).cast(pa.int64()), clock).to_numpy(), np.int64)
    share = np.clip((times - born) / np.maximum(clock - born, 1), 0, 1)
    moved = np.where(times < clock, parents + (share * (clock - parents)).astype(np.int64), times)
    again = pc.cast(pa.array(moved).cast(pa.timestamp("us")), values.type, safe=False)
    mask = np.zeros(len(values), np.bool_)
    mask[late] = True
    return pc.replace_with_mask(values, mask, pc.if_else(pc.is_null(form), form, again))
