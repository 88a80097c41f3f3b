"""Expressions of columns worked out over Arrow columns, as PostgreSQL would: numbers, times, lengths, texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.limits.expression import Expr
from bench.inference.limits.literals import TIMES, seconds
from bench.inference.types.parse import typed
from bench.inference.types.take_apart import array_elements
from bench.model.schema import Column, DataType

Columns = Mapping[str, pa.Array]
Value = Any
"""An Arrow array, or a scalar."""

_MONTHS = re.compile(r"([-+]?\d+)\s*(year|mon)[a-z]*")


def value_of(node: Expr, columns: Columns, kinds: Mapping[str, Column]) -> Value:
    """What an expression comes to.

    Raises:
        ValueError: it is none that is worked out here (``pyarrow.ArrowInvalid`` is one).
    """
    match node:
        case Expr("column", name):
            return typed(kinds[name].type, columns[name])
        case Expr("const", text):
            return _constant(text, node.type)
        case Expr("op", "+" | "-" as name, (left, Expr("const", text) as right)) if right.type == "interval":
            return _shifted(value_of(left, columns, kinds), text, 1 if name == "+" else -1)
        case Expr("op", "+", (Expr("const", text) as left, right)) if left.type == "interval":
            return _shifted(value_of(right, columns, kinds), text, 1)
        case Expr("op", "||", (left, right)):
            return pc.binary_join_element_wise(value_of(left, columns, kinds), value_of(right, columns, kinds), "")
        case Expr("op", name, (left, right)):
            return _calculated(name, value_of(left, columns, kinds), value_of(right, columns, kinds))
        case Expr("call", name, args):
            return _called(name, args, columns, kinds)
    raise ValueError(f"{node.kind} {node.name}")


def _constant(text: str, kind: str) -> pa.Scalar:
    if kind == "interval":
        return pa.scalar(timedelta(seconds=seconds(text)), pa.duration("us"))
    if kind in TIMES:
        return typed(DataType(kind, "", "base", kind), pa.array([text]))[0]
    if re.fullmatch(r"-?\d{1,18}", text):
        return pa.scalar(int(text), pa.int64())
    return pa.scalar(Decimal(text)) if re.fullmatch(r"-?\d*\.?\d+", text) else pa.scalar(text)


def _shifted(value: Value, interval: str, sign: int) -> Value:
    """Moments later or earlier, months by the calendar."""
    months = sum(int(amount) * (12 if unit == "year" else 1) for amount, unit in _MONTHS.findall(interval))
    rest = timedelta(seconds=sign * seconds(_MONTHS.sub("", interval)))
    if pa.types.is_date(value.type):
        value = pc.cast(value, pa.timestamp("us"))
    if pa.types.is_time(value.type):  # past midnight it begins anew
        micros = np.asarray(pc.fill_null(pc.cast(value, pa.int64()), 0)) + round(rest.total_seconds() * 1e6)
        return pc.if_else(value.is_valid(), pa.array(micros % 86_400_000_000, value.type), pa.scalar(None, value.type))
    if months and not isinstance(value, pa.Scalar) and pa.types.is_timestamp(value.type):
        value = _months_later(value, sign * months)
    elif months:
        rest += timedelta(days=30 * sign * months)
    return pc.add(value, pa.scalar(rest, pa.duration("us")))


def _months_later(value: pa.Array, months: int) -> pa.Array:
    micros = np.asarray(pc.fill_null(pc.cast(value, pa.int64()), 0))
    days, time = np.divmod(micros, 86_400_000_000)
    month = days.astype("M8[D]").astype("M8[M]")
    place = (days.astype("M8[D]") - month.astype("M8[D]")).astype(np.int64)
    wanted = month + months
    last = ((wanted + 1).astype("M8[D]") - wanted.astype("M8[D]")).astype(np.int64) - 1
    moved = wanted.astype("M8[D]").astype(np.int64) + np.minimum(place, last)
    made = pa.array(moved * 86_400_000_000 + time, mask=~np.asarray(value.is_valid()))
    return pc.cast(made, value.type)


def _calculated(name: str, left: Value, right: Value) -> Value:
    dates = [pa.types.is_date(one.type) for one in (left, right)]
    if all(dates) and name == "-":
        return pc.subtract(*(pc.cast(pc.cast(one, pa.int32()), pa.int64()) for one in (left, right)))
    if dates[0] and pa.types.is_integer(right.type):
        days = pc.cast(left, pa.int32())
        return pc.cast((pc.add if name == "+" else pc.subtract)(days, pc.cast(right, pa.int32())), pa.date32())
    if dates[1] and pa.types.is_integer(left.type) and name == "+":
        return _calculated(name, right, left)
    left, right = (pc.cast(one, pa.timestamp("us")) if pa.types.is_date(one.type) else one for one in (left, right))
    if any(pa.types.is_floating(one.type) for one in (left, right)):
        left, right = (pc.cast(one, pa.float64()) for one in (left, right))
    digits = 17 if name == "*" else 30
    return {"+": pc.add, "-": pc.subtract, "*": pc.multiply}[name](_narrow(left, digits), _narrow(right, digits))


def _narrow(value: Value, digits: int) -> Value:
    """Decimals with room for a result: Arrow has 38 digits in all."""
    if pa.types.is_decimal(value.type):
        return pc.cast(value, pa.decimal128(max(digits, value.type.scale + 1), value.type.scale), safe=False)
    return value


def _called(name: str, args: tuple[Expr, ...], columns: Columns, kinds: Mapping[str, Column]) -> Value:
    first = value_of(args[0], columns, kinds)
    match name:
        case "abs":
            return pc.abs(first)
        case "floor" | "ceil" | "ceiling":
            return first if pa.types.is_integer(first.type) else (pc.floor if name == "floor" else pc.ceil)(first)
        case "round":
            places = int(args[1].name) if len(args) > 1 else 0
            return first if pa.types.is_integer(first.type) else pc.round(first, places, "half_towards_infinity")
        case "lower" | "upper":
            return pc.utf8_lower(first) if name == "lower" else pc.utf8_upper(first)
        case "btrim":
            return pc.utf8_trim(first, " ")
        case "coalesce" | "greatest" | "least":
            rest = [value_of(arg, columns, kinds) for arg in args[1:]]
            return {"coalesce": pc.coalesce, "greatest": pc.max_element_wise, "least": pc.min_element_wise}[name](
                first, *rest
            )
    if kinds[args[0].name].type.plain.kind == "array":
        counts = pa.array(np.diff(np.asarray(array_elements(first)[0])), pa.int64())
        return pc.if_else(first.is_valid(), counts, pa.scalar(None, pa.int64()))
    return pc.cast(pc.binary_length(first) if name == "octet_length" else pc.utf8_length(first), pa.int64())


def alike(left: Value, right: Value) -> tuple[Value, Value]:
    """Both as one type that Arrow compares."""
    kinds = (left.type, right.type)
    zones = [kind.tz for kind in kinds if pa.types.is_timestamp(kind)]
    if zones or any(map(pa.types.is_date, kinds)):
        if all(map(pa.types.is_date, kinds)):
            return left, right
        wanted = pa.timestamp("us", next((zone for zone in zones if zone), None))
        return _as_stamp(left, wanted), _as_stamp(right, wanted)
    if any(map(pa.types.is_decimal, kinds)) and any(map(pa.types.is_floating, kinds)):
        return pc.cast(left, pa.float64()), pc.cast(right, pa.float64())
    return _narrow(left, 28), _narrow(right, 28)


def _as_stamp(value: Value, wanted: pa.DataType) -> Value:
    if pa.types.is_date(value.type):
        value = pc.cast(value, pa.timestamp("us"))
    if pa.types.is_timestamp(value.type) and value.type != wanted:
        return pc.cast(pc.cast(value, pa.int64()), wanted)
    return value
