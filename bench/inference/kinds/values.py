"""A column's plan to its values: drawn, put into the type, judged by the limits, made unique, some of them NULL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.kinds.draws import Ints, Rows, key_of
from bench.inference.kinds.fit import Bounds, bounds_of, narrowed, null_where, obeys, shaped, to_type
from bench.inference.kinds.function import KIND as FUNCTION
from bench.inference.kinds.function import values_by_function
from bench.inference.kinds.letters import digits_of, has_digits, in_base, joined, room_for, strings_of
from bench.inference.kinds.makers import MAKERS
from bench.inference.kinds.people import OWN_UNIQUE
from bench.inference.kinds.rules import Kind, kinds
from bench.inference.kinds.times import LIFE
from bench.inference.plan import ColumnPlan, Values
from bench.inference.types import values_of_type
from bench.model.schema import Column

CLOCK = "2026-01-01T00:00:00"
"""Where a plan names none."""
ATTEMPTS = 4
"""Draws for a value that the limits refuse, before one that they are known to allow is taken."""
KNOWN = 256
"""Numbers whose values are looked at for such."""
NUMBER = 10
"""Characters for the number of a row behind a text, and the sign before it."""
SHORT = 6
"""Characters in base 36 for the number of a row where it is all that there is room for."""


@dataclass(frozen=True)
class _Maker:
    """All that decides about a column's values; called with numbers. It can be pickled."""

    table: str
    column: Column
    plan: ColumnPlan
    seed: int
    clock: dt.datetime
    kind: Kind
    options: Mapping[str, Any]
    bounds: Bounds

    def __call__(self, numbers: Ints) -> pa.Array:
        rows = Rows(
            np.ascontiguousarray(numbers, dtype=np.int64), self.seed, self.table, self.column.name,
            _group(self.kind, self.options), self.clock, int(self.options.get("rows", 0)),
        )  # fmt: skip
        values = self.made(rows)
        if self.judged:
            values = self._allowed(rows, values)
        return null_where(values, rows.bits("null"), self.plan.nulls)

    @property
    def judged(self) -> bool:
        """Whether values may come out that the limits refuse."""
        limits = self.plan.limits
        timed = self.bounds.family in ("time", "date") and (limits.low is not None or limits.high is not None)
        return bool(limits.patterns or limits.excluded or limits.octets or timed) or bool(
            limits.values and self.kind.make != "choice"
        )

    def made(self, rows: Rows) -> pa.Array:
        """Before anything is judged, none of them NULL."""
        values = MAKERS[self.kind.make](rows, self.options)
        if self.bounds.family == "text":
            values = to_type(values, self.column, self.bounds)
            if self.options.get("unique") and not _own_unique(self.kind, self.options, self.bounds):
                values = numbered(values, rows.numbers, self.bounds.longest)
            return shaped(values, self.bounds, self.plan.limits)
        return to_type(values, self.column, self.bounds)

    def _allowed(self, rows: Rows, values: pa.Array) -> pa.Array:
        """Those that are refused drawn again, the last of them replaced by what is known to be allowed."""
        fine = obeys(values, self.column, self.bounds, self.plan.limits)
        for attempt in range(1, ATTEMPTS):
            wrong = np.flatnonzero(~fine.to_numpy(zero_copy_only=False))
            if not len(wrong):
                return values
            again = self.made(replace(rows, numbers=rows.numbers[wrong], salt=attempt))
            mask = np.zeros(len(values), np.bool_)
            mask[wrong] = True
            values = pc.replace_with_mask(values, mask, again)
            fine = obeys(values, self.column, self.bounds, self.plan.limits)
        known = self.known()
        at = pa.array(rows.below(len(known), "known")) if len(known) else pa.nulls(len(values), pa.int64())
        return pc.if_else(fine, values, pc.take(known, at))

    def known(self) -> pa.Array:
        """Values of the first numbers that the limits allow."""
        first = Rows(np.arange(KNOWN, dtype=np.int64), self.seed, self.table, self.column.name, clock=self.clock)
        values = self.made(first)
        return values.filter(obeys(values, self.column, self.bounds, self.plan.limits))


def values_of(table: str, column: Column, plan: ColumnPlan, seed: int, clock: str) -> Values:
    """A function from numbers of rows to the values of a column, as ``plan`` has them.

    ``table`` is the qualified name. Besides the options of the kind (kinds.toml), ``plan.options`` may hold ``rows``
    (how many the table is going to have, so that later rows are newer), ``unique`` (no two numbers give one value),
    ``locales`` and ``group``.

    Raises:
        KeyError: there is no such kind.
        DatasetError: there is no such function of the user's.
        ValueError: a limit is of a form that kinds cannot read.
        CannotMake: (when first called) of kind ``type_only``: there is no such value.
    """
    if plan.kind == FUNCTION:
        return values_by_function(plan, seed)
    kind = kinds()[plan.kind]
    if kind.make == "type_only":
        return _OfType(table, column, plan, seed, clock)
    bounds = bounds_of(column, plan.limits)
    return _Maker(table, column, plan, seed, clock_of(clock), kind, options_of(kind, plan, column, bounds), bounds)


@dataclass(frozen=True)
class _OfType:
    """Values of the column's type that obey its limits, whatever they mean; made when it is first called."""

    table: str
    column: Column
    plan: ColumnPlan
    seed: int
    clock: str

    def __call__(self, numbers: Ints) -> pa.Array:
        rows = Rows(np.ascontiguousarray(numbers, dtype=np.int64), self.seed, self.table, self.column.name)
        return null_where(self.made(rows.numbers), rows.bits("null"), self.plan.nulls)

    @cached_property
    def made(self) -> Values:
        """Without NULL."""
        unique, key = bool(self.plan.options.get("unique")), key_of(self.seed, self.table, self.column.name)
        return values_of_type(self.column, self.plan.limits, key, distinct=unique, clock=self.clock)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "made"}


def options_of(kind: Kind, plan: ColumnPlan, column: Column, bounds: Bounds) -> dict[str, Any]:
    """The kind's options, those of the plan over them, and what the column's type and limits make of both."""
    options = {**kind.options, **plan.options, "family": bounds.family}
    if kind.make in ("number", "pieces"):
        options |= narrowed(options, bounds)
    if kind.make == "money":
        options |= {"floor": bounds.low, "ceiling": bounds.high, "step": bounds.step}
    if kind.make == "list" and column.type.plain.element:
        options["element"] = column.type.plain.element.plain.length
    if bounds.longest is not None:
        options["longest"] = bounds.longest
    options["shortest"] = bounds.shortest
    return options


def clock_of(text: str) -> dt.datetime:
    """The dataset's clock, in UTC. Raises ``ValueError``."""
    clock = dt.datetime.fromisoformat(text or CLOCK)
    return clock.astimezone(dt.UTC).replace(tzinfo=None) if clock.tzinfo else clock


def _group(kind: Kind, options: Mapping[str, Any]) -> str:
    """Columns share draws by it: those of a person, of a place (a person has the locale of theirs), of a row's life."""
    if kind.make in ("time", "period"):
        return LIFE
    if kind.make in ("money", "pieces"):
        return "account"
    return f"whose {options.get('group', '')}"


def _own_unique(kind: Kind, options: Mapping[str, Any], bounds: Bounds) -> bool:
    """Whether the kind makes distinct values itself, in whatever room the column has."""
    room = bounds.longest or 1 << 30
    if kind.make == "join":
        return has_digits(options["template"]) and (bounds.longest is None or room >= room_for(options["template"]))
    if kind.make == "person":
        return options["part"] in OWN_UNIQUE and room >= 28
    if kind.make == "place":
        return options["part"] == "phone" and room >= 28
    if kind.make == "digest":
        return room >= 16
    if kind.make == "token":
        return room >= 12
    made_so = ("uuid", "barcode", "iban", "serial", "choice", "json", "ip_address", "mac_address")
    return kind.make in made_so and room >= kind.needs


def numbered(values: pa.Array, numbers: Ints, longest: int | None) -> pa.Array:
    """The texts with the number of their row behind them, which no two rows share; the number alone in little room."""
    if longest is not None and longest < 2 * NUMBER:
        short = strings_of(in_base(numbers, min(longest, SHORT)))
        return (
            short
            if longest < SHORT + 3
            else joined(pc.utf8_slice_codeunits(values, 0, longest - SHORT - 1), "-", short)
        )
    if longest is not None:
        values = pc.utf8_slice_codeunits(values, 0, longest - NUMBER - 1)
    return joined(values, "-", digits_of(numbers))
