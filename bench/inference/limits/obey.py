"""Rows made to obey what their columns have to obey together, a batch at a time.

Each row goes to the alternative that it is nearest to: what is already so stays, lists decide before NULLs do, and
between equals the hashed number of the row. Then the columns that are not as the alternative has them get other values,
and comparisons are made to hold by moving one side. All of it is a pure function of the rows and their numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.limits import Relation
from bench.inference.limits.alternatives import Alternative
from bench.inference.limits.calculate import Columns
from bench.inference.limits.evaluate import Mask, holds, obeys
from bench.inference.limits.merge import Contradiction, both
from bench.inference.limits.repair import Repairer
from bench.inference.plan import Limits, Values
from bench.inference.types import CannotMake, values_of_type
from bench.inference.types.space import Numbers, hashed, key_of
from bench.model.schema import Table

Rows = dict[str, pa.Array]
_PASSES = 4
"""Times that all relations are gone through: one may undo what another did."""
_LIST, _VALUE, _NULL, _MOVED, _KEPT = 4.0, 2.0, 1.0, 0.5, 1000.0
"""What it costs to change a column: that has a list of values, another, to or from NULL, beside another, to be kept."""


class Obeyer:
    """Makes rows of one table obey its relations."""

    def __init__(
        self,
        table: Table,
        limits: Mapping[str, Limits],
        relations: Sequence[Relation],
        seed_key: int | str,
        *,
        kept: Collection[str] = (),
        values: Mapping[str, Values] | None = None,
        clock: str = "",
    ) -> None:
        """Make one for a table.

        Args:
            table: its columns.
            limits: by column, as ``limits_of`` gives them.
            relations: the same.
            seed_key: other keys, other choices.
            kept: columns whose values nobody may change, as those of keys and references; they may become NULL
                where the column may be.
            values: how the values of a column are made, where a row has NULL and needs one.
            clock: ISO 8601, as ``values_of_type`` has it.
        """
        self.columns = {column.name: column for column in table.columns}
        self.limits, self.relations = dict(limits), tuple(relations)
        self.key, self.clock = key_of(seed_key), clock
        self.kept, self.values = frozenset(kept), dict(values or {})
        self._made: dict[tuple[str, Limits], Callable[[Numbers], pa.Array] | None] = {}
        self._repairer = Repairer(self.columns, self.limits, self.kept, self.key)

    def __call__(self, rows: Columns, numbers: Numbers) -> Rows:
        """The rows, changed where they have to be. Columns that no relation is about stay as they are."""
        changed = dict(rows)
        for _ in range(_PASSES):
            changes = [self._relation(relation, changed, numbers) for relation in self.relations]
            if not any(changes):
                break
        return changed

    def disobedient(self, rows: Columns) -> Mask:
        """Rows that do not obey a relation, whatever was tried."""
        count = len(next(iter(rows.values())))
        wrong = np.zeros(count, bool)
        for relation in self.relations:
            if set(relation.columns) <= set(rows):
                fits = [self._costs(one, rows) == 0 for one in relation.alternatives]
                wrong |= ~np.logical_or.reduce(fits)
        return wrong

    def _relation(self, relation: Relation, rows: Rows, numbers: Numbers) -> bool:
        """Whether anything had to be changed."""
        if not set(relation.columns) <= set(rows):
            return False
        costs = np.stack([self._costs(one, rows) for one in relation.alternatives])
        wrong = costs.min(axis=0) > 0
        if not wrong.any():
            return False
        for place in range(len(relation.alternatives)):
            costs[place] += (hashed(numbers, self.key + place) >> np.uint64(12)) / 2.0**54
        nearest = costs.argmin(axis=0)
        for place, alternative in enumerate(relation.alternatives):
            chosen = wrong & (nearest == place)
            if chosen.any():
                self._make(alternative, rows, numbers, chosen)
        return True

    def _costs(self, alternative: Alternative, rows: Columns) -> np.ndarray:
        """Of each row what it costs to have the alternative hold; 0 where it does."""
        count = len(next(iter(rows.values())))
        costs = np.zeros(count)
        for name, limits in alternative.limits.items():
            wrong = ~obeys(self.columns[name].type, limits, rows[name])
            if wrong.any():
                costs += wrong * self._price(name, limits, rows[name])
        for comparison in alternative.comparisons:
            costs += ~holds(comparison, rows, self.columns) * _MOVED
        return costs

    def _price(self, name: str, limits: Limits, array: pa.Array) -> np.ndarray | float:
        if limits.always_null:
            return _NULL
        if name in self.kept:
            return _KEPT
        if limits.not_null:  # a value for NULL is cheaper than another value
            return np.where(np.asarray(array.is_null()), _NULL, _VALUE + (_LIST - _VALUE) * bool(limits.values))
        return _LIST if limits.values or limits.excluded else _VALUE

    def _make(self, alternative: Alternative, rows: Rows, numbers: Numbers, chosen: Mask) -> None:
        for name, limits in alternative.limits.items():
            wrong = chosen & ~obeys(self.columns[name].type, limits, rows[name])
            if wrong.any() and (name not in self.kept or limits.always_null):
                rows[name] = self._replaced(name, limits, rows[name], numbers, wrong)
        for comparison in alternative.comparisons:
            self._repairer.repair(comparison, alternative, rows, numbers, chosen)

    def _replaced(self, name: str, limits: Limits, array: pa.Array, numbers: Numbers, wrong: Mask) -> pa.Array:
        if limits.always_null:
            return pc.if_else(pa.array(wrong), pa.scalar(None, array.type), array)
        made = self._values(name, limits, numbers[wrong])
        return array if made is None else scatter(array, wrong, made)

    def _values(self, name: str, limits: Limits, numbers: Numbers) -> pa.Array | None:
        """Values of the column that obey ``limits``: the column's own as far as they do."""
        plain = self._fallback(name, limits)
        if name not in self.values:
            return plain and plain(numbers)
        own = self.values[name](numbers)
        wrong = ~obeys(self.columns[name].type, limits, own) | np.asarray(own.is_null())
        if not wrong.any() or plain is None:
            return own
        return scatter(own, wrong, plain(numbers[wrong]))

    def _fallback(self, name: str, limits: Limits) -> Callable[[Numbers], pa.Array] | None:
        if (name, limits) not in self._made:
            column = self.columns[name]
            try:
                wanted = both(self.limits.get(name, Limits()), limits, column.type)
                made: Callable[[Numbers], pa.Array] | None = values_of_type(
                    column, wanted, f"{self.key} {name}", clock=self.clock
                )
            except (Contradiction, CannotMake):
                made = None
            self._made[name, limits] = made
        return self._made[name, limits]


def scatter(array: pa.Array, where: Mask, values: pa.Array) -> pa.Array:
    """``array`` with ``values`` at the places of ``where``, of one type or the other."""
    if pa.types.is_null(array.type):
        array = array.cast(values.type)
    if values.type != array.type:
        values = values.cast(array.type, safe=False)
    return pc.replace_with_mask(array, pa.array(where), values)
