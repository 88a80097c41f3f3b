"""Comparisons between columns made to hold: sides swapped, or one of the columns moved to the other side's value."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.limits.alternatives import Alternative, Comparison
from bench.inference.limits.calculate import Value, value_of
from bench.inference.limits.comparisons import solutions
from bench.inference.limits.evaluate import Mask, holds, obeys
from bench.inference.limits.expression import Expr
from bench.inference.plan import Limits
from bench.inference.types.numbers import decimals
from bench.inference.types.parse import arrow_type, typed
from bench.inference.types.space import Numbers, below
from bench.model.schema import Column

_DAY = 86_400
_FAR = {
    "date": 30,
    "timestamp": 30 * _DAY,
    "timestamptz": 30 * _DAY,
    "time": 8 * 3600,
    "money": 100,
    "numeric": 100,
    "float4": 100,
    "float8": 100,
}
"""Units that a column is moved beyond the other side at most: days, seconds, whole numbers."""
_SOME = 20
"""The same of integers."""
_TRIES = 6
"""Distances that are tried, each half of the one before, so that the limits of the column are kept to."""


class Repairer:
    """Repairs comparisons in the rows of one table."""

    def __init__(
        self, columns: Mapping[str, Column], limits: Mapping[str, Limits], kept: Collection[str], key: int
    ) -> None:
        self.columns, self.limits, self.kept, self.key = columns, limits, kept, key

    def repair(
        self,
        comparison: Comparison,
        alternative: Alternative,
        rows: dict[str, pa.Array],
        numbers: Numbers,
        chosen: Mask,
    ) -> None:
        """Have ``comparison`` hold in the ``chosen`` rows, as far as the limits of its columns let it."""
        wrong = chosen & ~holds(comparison, rows, self.columns)
        if wrong.any():
            wrong = self._swap(comparison, alternative, rows, wrong)
        wrong = self._move(comparison, alternative, rows, numbers, wrong)
        if wrong.any() and self._lower(comparison, alternative, rows, wrong):
            self._move(comparison, alternative, rows, numbers, wrong)

    def _lower(self, comparison: Comparison, alternative: Alternative, rows: dict[str, pa.Array], wrong: Mask) -> bool:
        """Have columns that should be less be the least they may be, where moving one of them was not enough."""
        lowered = False
        for name, operator, _ in solutions(comparison):
            low = self.limits.get(name, Limits()).low
            if operator in ("<", "<=") and name not in self.kept and low is not None:
                kind = self.columns[name].type
                least = typed(kind, pa.array([low] * len(wrong))).cast(rows[name].type, safe=False)
                fits = wrong & self._allowed(name, alternative, least) & np.asarray(rows[name].is_valid())
                rows[name] = pc.if_else(pa.array(fits), least, rows[name])
                lowered |= bool(fits.any())
        return lowered

    def _move(
        self,
        comparison: Comparison,
        alternative: Alternative,
        rows: dict[str, pa.Array],
        numbers: Numbers,
        wrong: Mask,
    ) -> Mask:
        """Rows that are wrong still after each column that the comparison can be solved for was moved."""
        for name, operator, other in solutions(comparison):
            if not wrong.any():
                break
            if name in self.kept:
                continue
            found = self._moved(comparison, alternative, rows, numbers, (name, operator, other))
            if found is None:
                continue
            array, fits = found
            rows[name] = pc.if_else(pa.array(wrong & fits), array, rows[name])
            wrong = wrong & ~fits
        return wrong

    def _allowed(self, name: str, alternative: Alternative, array: pa.Array) -> Mask:
        found = obeys(self.columns[name].type, self.limits.get(name, Limits()), array)
        return found & obeys(self.columns[name].type, alternative.limits.get(name, Limits()), array)

    def _swap(self, comparison: Comparison, alternative: Alternative, rows: dict[str, pa.Array], wrong: Mask) -> Mask:
        """Give two columns each other's values where that is enough, which changes the shape of neither."""
        match (comparison.left, comparison.right):
            case (Expr("column", one), Expr("column", other)):
                pass
            case _:
                return wrong
        if {one, other} & set(self.kept) or rows[one].type != rows[other].type or comparison.operator in ("=", "<>"):
            return wrong
        swapped = {one: rows[other], other: rows[one]}
        fits = holds(comparison, swapped, self.columns) & wrong
        for name, array in swapped.items():
            fits &= self._allowed(name, alternative, array)
        for name, array in swapped.items():
            swapped[name] = pc.if_else(pa.array(fits), array, rows[name])
        rows.update(swapped)
        return wrong & ~fits

    def _moved(
        self,
        comparison: Comparison,
        alternative: Alternative,
        rows: dict[str, pa.Array],
        numbers: Numbers,
        solution: tuple[str, str, Expr],
    ) -> tuple[pa.Array, Mask] | None:
        """The column beside what the rest of the comparison comes to, and where that is allowed and enough."""
        name, operator, other = solution
        kind = self.columns[name].type
        if pa.types.is_string(arrow_type(kind)):
            return self._written(comparison, alternative, rows, solution)
        try:
            at = _steps(value_of(other, rows, self.columns), arrow_type(kind), len(numbers), operator)
        except (pa.ArrowNotImplementedError, ValueError, OverflowError):
            return None
        valid = np.asarray(rows[name].is_valid())
        best, fits, all_fit = rows[name], np.zeros(len(numbers), bool), np.zeros(len(numbers), bool)
        others = [one for one in alternative.comparisons if one != comparison and name in one.columns]
        reach = _FAR.get(kind.plain.name, _SOME) * _per_unit(arrow_type(kind))
        for turn in range(_TRIES if operator not in ("=",) else 1):
            step = 1 + below(numbers, self.key + turn, max(1, int(reach) >> (turn * 4)))
            distance = {">": step, ">=": step - 1, "<": -step, "<=": 1 - step, "<>": step, "=": 0 * step}[operator]
            array = _from_steps(at + distance, arrow_type(kind)).cast(rows[name].type, safe=False)
            array = pc.if_else(pa.array(valid), array, pa.scalar(None, rows[name].type))
            changed = {**rows, name: array}
            good = self._allowed(name, alternative, array) & holds(comparison, changed, self.columns)
            better = good & np.logical_and.reduce([good, *(holds(one, changed, self.columns) for one in others)])
            best = pc.if_else(pa.array((good & ~fits) | (better & ~all_fit)), array, best)
            fits, all_fit = fits | good, all_fit | better
            if all_fit.all():
                break
        return best, fits

    def _written(
        self,
        comparison: Comparison,
        alternative: Alternative,
        rows: dict[str, pa.Array],
        solution: tuple[str, str, Expr],
    ) -> tuple[pa.Array, Mask] | None:
        """The same of a text, which is what the other side comes to."""
        name, operator, other = solution
        if operator != "=":
            return None
        array = value_of(other, rows, self.columns).cast(rows[name].type)
        array = pc.if_else(rows[name].is_valid(), array, pa.scalar(None, array.type))
        return array, self._allowed(name, alternative, array)


def _per_unit(kind: pa.DataType) -> int:
    """Steps of a unit."""
    return 10**kind.scale if pa.types.is_decimal(kind) else 100 if pa.types.is_floating(kind) else 1


def _steps(value: Value, kind: pa.DataType, count: int, operator: str) -> Numbers:
    """What a column of that Arrow type counts in: whole numbers, units of the last digit, days, seconds."""
    if isinstance(value, pa.Scalar):
        value = pa.array([value.as_py()] * count, value.type)
    value = value.combine_chunks() if isinstance(value, pa.ChunkedArray) else value
    up = operator in (">", ">=")
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return _times(value, kind, up)
    if pa.types.is_duration(kind) or pa.types.is_time(kind):
        whole: Numbers = np.asarray(pc.fill_null(value.cast(pa.int64()), 0)) // 1_000_000
        return whole
    scaled = np.asarray(pc.fill_null(value.cast(pa.float64()), 0.0)) * _per_unit(kind)
    # a strict one goes a step further, which the distance says; a billionth is what a sum of floats is off by
    off = 0.0 if operator == "=" else -1e-9 if up else 1e-9
    rounding = np.rint if operator == "=" else np.ceil if up else np.floor
    return np.asarray(rounding(scaled + off), np.int64)


def _times(value: pa.Array, kind: pa.DataType, up: bool) -> Numbers:
    if pa.types.is_date(value.type):
        days = np.asarray(pc.fill_null(value.cast(pa.int32()), 0)).astype(np.int64)
        return days if pa.types.is_date(kind) else days * _DAY
    micros = np.asarray(pc.fill_null(value.cast(pa.int64()), 0))
    unit = 1_000_000 * (_DAY if pa.types.is_date(kind) else 1)
    whole: Numbers = -(-micros // unit) if up else micros // unit
    return whole


def _from_steps(steps: Numbers, kind: pa.DataType) -> pa.Array:
    if pa.types.is_decimal(kind):
        return decimals(steps, kind.scale)
    if pa.types.is_date(kind):
        return pa.array(steps.astype(np.int32), pa.date32())
    if pa.types.is_time(kind):
        return pa.array((steps % _DAY) * 1_000_000, kind)
    if pa.types.is_timestamp(kind) or pa.types.is_duration(kind):
        return pa.array(steps * 1_000_000, kind)
    return pa.array(steps / 100.0) if pa.types.is_floating(kind) else pa.array(steps, pa.int64())
