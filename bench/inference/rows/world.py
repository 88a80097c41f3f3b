"""All rows of a plan as functions: any column of any table, at any of its rows, in any process.

Rows that were there before come first in the numbering of a table's rows that references use; new ones follow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.limits import limits_of
from bench.inference.limits.merge import Contradiction, both
from bench.inference.limits.obey import Obeyer
from bench.inference.plan import ColumnPlan, DatasetPlan, Limits, Values
from bench.inference.rows import skeleton
from bench.inference.rows.circles import circles
from bench.inference.rows.draws import Flags, Ints, skewed, stream, together
from bench.inference.rows.fitting import called_for, converted, falsifying, first, fits, required, shared_values
from bench.inference.rows.lifetimes import Lifetimes
from bench.inference.rows.skeleton import Skeleton
from bench.inference.rows.sources import BY_TYPE, distinct_values, plain_values
from bench.inference.rows.subjects import subjects
from bench.inference.rows.unique import apart, codes_of, ends
from bench.inference.types.parse import typed
from bench.model.schema import Column, DataType, Index, Schema

KEPT_FROM, KEPT_MOST, OFTEN = 1_000, 2_000_000, 16
"""Rows of a table whose key columns are kept whole, where its children ask for a sixteenth of them at a time."""


@dataclass
class State:
    """What became known of a table in the server, beside its plan."""

    rows: int
    """New ones."""
    asked: int = 0
    """So many are drawn, of which keys may leave fewer; the same number each time, so that the same rows come out."""
    drawn: int = 0
    """Candidates for them, where the server judged whole rows; 0 where it did not."""
    kept: Ints | None = None
    """Numbers of the candidates that it accepted."""
    copied: int | None = None
    """New ones that are in the server already, counted as ``there`` since its triggers had a part in them."""
    there: int = 0
    """Rows that were there and can be referred to."""
    existing: dict[str, pa.Array] = field(default_factory=dict)
    """Of those the columns that others refer to."""
    taken: dict[str, pa.Array] = field(default_factory=dict)
    """Columns of keys in all rows that were there, where new ones come beside them."""
    bases: dict[str, int] = field(default_factory=dict)
    """Of whole numbers that make a key unique the largest that is there."""
    repeated: dict[str, bytes] = field(default_factory=dict)
    """Of texts that make a key unique a bit for each row: its text is told apart by its number."""
    pools: dict[str, Ints] = field(default_factory=dict)
    """Of columns that the server judged the candidates that it accepted."""
    opaque: frozenset[str] = frozenset()
    """Unique columns whose generator repeats itself too much: their values come from the type alone."""


class World:
    """The rows of a plan; picklable, and made anew piece by piece where it is unpickled."""

    def __init__(self, schema: Schema, plan: DatasetPlan, states: Mapping[str, State] | None = None) -> None:
        self.schema, self.plan, self.seed = schema, plan, plan.seed
        self.clock = datetime.fromisoformat(plan.clock).replace(tzinfo=None)
        found = [(one.name, key) for one in plan.tables for key in one.references if not key.declared]
        self.subjects = subjects(schema, found)
        self.plans = {one.name: one for one in plan.tables if one.name in self.subjects}
        self.states: dict[str, State] = dict(states or {n: State(p.rows, p.rows) for n, p in self.plans.items()})
        read = {n: limits_of(s.table, s.leaves, schema.functions) for n, s in self.subjects.items()}
        self.limits = {name: limits for name, (limits, _, _) in read.items()}
        self.relations = {name: relations for name, (_, relations, _) in read.items()}
        self.unread = {name: unread for name, (_, _, unread) in read.items() if unread}
        self.required = required(self.subjects.values())
        self.shared = shared_values(self.subjects, {name: plan.rows for name, plan in self.plans.items()})
        self.called_for = called_for(self.subjects, self.limits)
        self.late, self.givers = circles(self.subjects)
        self.children: dict[str, set[str]] = {name: set() for name in self.subjects}
        for name, subject in self.subjects.items():
            for reference in subject.references:
                self.children.setdefault(reference.table, set()).add(name)
        self.shortened: dict[str, str] = {}
        """Tables that had to get fewer rows than the plan says, and the key for whose sake."""
        self.forget_all()

    def forget(self, name: str) -> None:
        """Make rows anew from a state that has changed: the table's, and those of whoever refers to it."""
        waiting, touched = [name], {name}
        while waiting:
            found = self.children[waiting.pop()] - touched
            touched |= found
            waiting += found
        self.lives = Lifetimes(self)
        for one in touched:
            for made in (self._early, self._skeletons, self._obeyers):
                made.pop(one, None)
        for key in [key for key in self._values if key[0] in touched]:
            del self._values[key]
        for place in [place for place in self._wholes if place[0] in touched]:
            del self._wholes[place]
        for reference in [reference for reference in self._fitting if reference[0] in touched]:
            del self._fitting[reference]

    def forget_all(self) -> None:
        """Make everything anew."""
        self.lives = Lifetimes(self)
        self._early: dict[str, Skeleton] = {}
        self._skeletons: dict[str, Skeleton] = {}
        self._values: dict[tuple[str, str, bool], Values] = {}
        self._obeyers: dict[str, Obeyer] = {}
        self._wholes: dict[tuple[str, str], pa.Array] = {}
        self._fitting: dict[tuple[str, int], Ints | None] = {}

    def forget_values(self, name: str, column: str) -> None:
        """Make the values of one column anew."""
        self._values.pop((name, column, True), None)
        self._wholes.pop((name, column), None)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if not name.startswith("_") and name != "lives"}

    def __setstate__(self, kept: dict[str, Any]) -> None:
        self.__dict__.update(kept)
        self.forget_all()

    # -- what a skeleton asks -----------------------------------------------------------------------------------

    def size(self, name: str) -> int:
        """Rows of a table that can be referred to."""
        state = self.states.get(name)
        if state is None:
            return 0
        return state.there + (state.drawn if state.drawn and state.kept is None else state.rows)

    def there(self, name: str) -> int:
        """Those of them that are no rows of ours."""
        return self.states[name].there

    def nullable(self, name: str, column: str) -> bool:
        """Whether the column may be NULL: nothing forbids it, and nobody refers to it."""
        found = self.subjects[name].table.column(column)
        limits = self.limits[name].get(column, Limits())
        forbidden = found.not_null or limits.not_null or (name, column) in self.required
        kind: DataType | None = found.type
        while kind is not None and not forbidden:
            forbidden, kind = kind.not_null, kind.base
        return not forbidden

    def codes(self, name: str, columns: Sequence[str]) -> Ints:
        """A number for the values of ``columns`` in each row: equal where all values are."""
        return together([self.joint_codes([(name, column)])[0] for column in columns])

    def joint_codes(self, places: Sequence[tuple[str, str]]) -> list[Ints]:
        """Numbers for several columns (table, column) that may be compared with each other."""
        columns = [self.everything(name, column) for name, column in places]
        texts = [column.cast(pa.string()) for column in columns]
        return np.split(codes_of(pa.concat_arrays(texts)), np.cumsum([len(text) for text in texts])[:-1])

    def matching_codes(self, name: str, column: str, table: str, to: str) -> tuple[Ints, Ints]:
        """Numbers of a column of the new rows, and of ``to`` of all rows of ``table``: equal where values are."""
        mine = self.raw(name, column, np.arange(self.early(name).rows, dtype=np.int64))
        both = [mine.cast(pa.string()), self.everything(table, to).cast(pa.string())]
        codes = codes_of(pa.concat_arrays(both))
        return codes[: len(mine)], codes[len(mine) :]

    def fitting(self, name: str, position: int) -> Ints | None:
        """Rows that a reference may go to, by what the table's own columns obey; None where it may go to all."""
        if (name, position) not in self._fitting:
            self._fitting[name, position] = None  # who asks for this in a circle is told of all
            self._fitting[name, position] = fits(self, name, position)
        return self._fitting[name, position]

    def is_late(self, name: str, position: int) -> bool:
        """Whether a reference waits for all others of its table, since it closes a circle."""
        return position in self.late[name]

    def giver(self, name: str, column: str) -> int | None:
        """The reference that a column's value comes by, None where it comes from the row itself."""
        found = self.givers[name].get(column)
        return found[0] if found else None

    # -- rows ---------------------------------------------------------------------------------------------------

    def early(self, name: str) -> Skeleton:
        """The skeleton without references that close circles."""
        if name not in self._early:
            state = self.states[name]
            made = self._early[name] = skeleton.build(
                self,
                self.subjects[name],
                self.limits[name],
                state.drawn or state.asked,
                self.plans[name].skew,
                state.kept,
            )
            if made.rows < state.rows and (not state.drawn or state.kept is not None):
                state.rows, self.shortened[name] = made.rows, made.short
        return self._early[name]

    def skeleton(self, name: str) -> Skeleton:
        """Of the table's new rows; ``states`` says how many."""
        if name not in self._skeletons:
            self._skeletons[name] = skeleton.complete(self, self.subjects[name], self.early(name))
        return self._skeletons[name]

    def everything(self, name: str, column: str) -> pa.Array:
        """A column of all rows that can be referred to."""
        self.early(name)  # which may come out with fewer rows than were asked for
        return self.referred(name, column, np.arange(self.size(name), dtype=np.int64))

    def referred(self, name: str, column: str, rows: Ints) -> pa.Array:
        """A column at rows as references number them; the whole column is kept where many of its rows are asked for."""
        if (name, column) in self._wholes:
            return self._wholes[name, column].take(pa.array(rows))
        if KEPT_FROM <= self.size(name) <= min(KEPT_MOST, OFTEN * len(rows)):
            whole = self._referred(name, column, np.arange(self.size(name), dtype=np.int64))
            self._wholes[name, column] = whole
            return whole.take(pa.array(rows))
        return self._referred(name, column, rows)

    def _referred(self, name: str, column: str, rows: Ints) -> pa.Array:
        state = self.states[name]
        if not state.there:
            return self.raw(name, column, rows)
        old = rows < state.there
        existing = state.existing[column]
        if old.all():
            return existing.take(pa.array(rows))
        made = self.raw(name, column, rows[~old] - state.there)
        both = pa.concat_arrays([existing.take(pa.array(rows[old])).cast(made.type), made])
        place = np.empty(len(rows), np.int64)
        place[old], place[~old] = np.arange(old.sum()), old.sum() + np.arange((~old).sum())
        return both.take(pa.array(place))

    def column(self, name: str, column: str, rows: Ints) -> pa.Array:
        """A column at new rows, by their number from 0."""
        return self.columns(name, [column], rows)[column]

    def columns(self, name: str, wanted: Sequence[str], rows: Ints) -> dict[str, pa.Array]:
        """Several columns at new rows; what CHECKs say of columns together is obeyed."""
        related = {column for relation in self.relations[name] for column in relation.columns}
        if not related & set(wanted):
            return {column: self.raw(name, column, rows) for column in wanted}
        made = {column: self.raw(name, column, rows) for column in dict.fromkeys([*wanted, *sorted(related)])}
        origins = self.early(name).origins(rows)
        made |= self._obeyer(name)({column: made[column] for column in sorted(related)}, origins)
        return {column: made[column] for column in wanted}

    def _obeyer(self, name: str) -> Obeyer:
        """Makes rows of the table obey its relations; keys and references stay."""
        if name not in self._obeyers:
            subject = self.subjects[name]
            referred = {column for table, column in self.required if table == name}
            kept = referred | self.givers[name].keys() | self.early(name).numbers.keys()
            values = {
                column.name: self._plain(name, column, nulls=False)
                for column in subject.table.columns
                if not column.generated and column.name not in kept
            }
            self._obeyers[name] = Obeyer(
                subject.table, self.limits[name], self.relations[name], f"{self.seed} {name}",
                kept=kept, values=values, clock=self.plan.clock,
            )  # fmt: skip
        return self._obeyers[name]

    def raw(self, name: str, column: str, rows: Ints) -> pa.Array:
        """A column before it obeys what CHECKs say of several; what others refer to never changes by that."""
        giver = self.givers[name].get(column)
        made = self.skeleton(name) if giver and self.is_late(name, giver[0]) else self.early(name)
        if giver and giver[0] in made.parents:
            values = self._given(name, column, giver, made.parents[giver[0]][rows])
        elif giver:
            values = pa.nulls(len(rows), self._type(name, column))
        else:
            values = self._own(name, column, rows, made)
        if column in made.nulls:
            values = pc.if_else(pa.array(made.nulls[column][rows]), pa.scalar(None, values.type), values)
        for flags, key in made.falsified:
            values = self._falsify(name, column, rows, values, flags[rows], key)
        return values

    def _given(self, name: str, column: str, giver: tuple[int, str], parents: Ints) -> pa.Array:
        position, to = giver
        reference = self.subjects[name].references[position]
        values = self.referred(reference.table, to, parents)
        mine = self.subjects[name].table.column(column)
        theirs = self.subjects[reference.table].table.column(to)
        return converted(values, theirs, mine)

    def _type(self, name: str, column: str) -> pa.DataType:
        return typed(self.subjects[name].table.column(column).type, pa.array([], pa.string())).type

    # -- values -------------------------------------------------------------------------------------------------

    def _own(self, name: str, column: str, rows: Ints, made: Skeleton | None) -> pa.Array:
        """The value of a column that no reference gives."""
        state, found = self.states[name], self.subjects[name].table.column(column)
        numbers = made.numbers.get(column) if made else None
        if numbers is None or made is None:
            numbers = rows if made is None else made.origins(rows)
            if (name, column) in self.shared:
                return self._shared(name, found, numbers)
            pool = state.pools.get(column)
            values = self._plain(name, found)(numbers if pool is None else pool[numbers % len(pool)])
            return self.lives.after_parents(name, column, rows, values) if pool is None and made else values
        if column in made.slots:
            return ends(numbers[rows], made.counts[column], self.clock, found.type.plain.name)
        values = self._distinct(name, found, made.counts[column])(numbers[rows])
        if column in state.repeated:
            flags = np.unpackbits(np.frombuffer(state.repeated[column], np.uint8))[made.origins(rows)].astype(bool)
            values = apart(values, numbers[rows], flags, _longest(found, self.limits_of(name, column)))
        return values

    def _shared(self, name: str, column: Column, numbers: Ints) -> pa.Array:
        """Values that other tables have, too."""
        table, other, count = self.shared[name, column.name]
        theirs = self.subjects[table].table.column(other)
        key = table, other, False
        if key not in self._values:
            plan, limits = self.column_plan(table, other), self.limits_of(table, other)
            self._values[key] = distinct_values(table, theirs, plan, limits, count, self.plan, opaque=True)
        chosen = skewed(stream(self.seed, name, column.name, "shared"), numbers, count, self.plans[name].skew)
        chosen = np.where(numbers < count, numbers, chosen)  # each table has the first of them
        return converted(self._values[key](chosen), theirs, column)

    def numbered(self, name: str, column: str, numbers: Ints) -> pa.Array:
        """Values of a column that makes a key unique, by the numbers that they come from."""
        found = self.subjects[name].table.column(column)
        return self._distinct(name, found, self.early(name).counts[column])(numbers)

    def _plain(self, name: str, column: Column, *, nulls: bool = True) -> Values:
        key = name, column.name, nulls
        if key not in self._values:
            plan = self.column_plan(name, column.name)
            if not nulls or not self.nullable(name, column.name):
                plan = replace(plan, nulls=0.0)
            plan = replace(plan, options={"rows": self.size(name), **plan.options})
            self._values[key] = plain_values(name, column, plan, self.limits_of(name, column.name), self.plan)
        return self._values[key]

    def _distinct(self, name: str, column: Column, count: int) -> Values:
        key = name, column.name, True
        if key not in self._values:
            state, limits = self.states[name], self.limits_of(name, column.name)
            if column.name in state.bases:
                limits = replace(limits, low=str(state.bases[column.name] + 1), low_open=False)
            plan = self.column_plan(name, column.name)
            strict = not self.nullable(name, column.name) or self._nulls_count(name, column.name)
            plan = replace(plan, nulls=0.0) if strict else plan
            opaque = column.name in state.opaque
            made = distinct_values(name, column, plan, limits, count, self.plan, opaque)
            self._values[key] = first(self.called_for.get((name, column.name), ()), column, limits, made)
        return self._values[key]

    def _nulls_count(self, name: str, column: str) -> bool:
        """Whether two NULLs in the column would collide in a key."""
        return any(
            key.nulls_not_distinct or key.primary or set(key.keys) - set(key.columns) or key.operators
            for key in self.subjects[name].keys
            if column in key.columns
        )

    def column_plan(self, name: str, column: str) -> ColumnPlan:
        """How the column's values come into being."""
        found = next((plan for plan in self.plans[name].columns if plan.name == column), None)
        return found or ColumnPlan(column, BY_TYPE)

    def limits_of(self, name: str, column: str) -> Limits:
        """What the values of the column obey."""
        return self.limits[name].get(column, Limits())

    def _falsify(
        self, name: str, column: str, rows: Ints, values: pa.Array, flags: Flags, key: Index
    ) -> pa.Array:  # fmt: skip
        """``values`` such that rows with ``flags`` are not in a partial index."""
        limits = falsifying(self.subjects[name].table, key).get(column)
        if limits is None or not flags.any():
            return values
        if limits.always_null:
            return pc.if_else(pa.array(flags), pa.scalar(None, values.type), values)
        found = self.subjects[name].table.column(column)
        try:
            limits = both(self.limits_of(name, column), limits, found.type)
        except Contradiction:
            return values
        origins = self.early(name).origins(rows)
        other = plain_values(name, found, ColumnPlan(column, BY_TYPE), limits, self.plan)(origins)
        return pc.if_else(pa.array(flags), other.cast(values.type), values)


def _longest(column: Column, limits: Limits) -> int | None:
    return min((n for n in (column.type.plain.length, limits.longest) if n is not None), default=None)
