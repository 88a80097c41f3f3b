"""Amounts of a row that belong together: net, discount, tax and total; a price and a quantity, and what they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from bench.inference.kinds.draws import Floats, Rows

NET = (2.0, 4000.0)
UNIT = (1.0, 900.0)
"""Least and most, each magnitude alike often."""
MOST = 20
"""Pieces of one line; few are most frequent."""
TAX_RATES = {0.0: 0.15, 0.05: 0.1, 0.07: 0.1, 0.1: 0.1, 0.19: 0.25, 0.2: 0.2, 0.21: 0.1}
DISCOUNTED = 0.25
"""Share of rows with a discount, of up to DISCOUNT of the net amount."""
DISCOUNT = 0.3
PAID = 0.8
"""Share of rows that are paid in full; of the others half in part."""
SHIPPING = (0.0, 4.9, 5.9, 9.9, 14.9)


def money(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """The ``part`` of the row's account, in units or (``cents``) hundredths.

    With ``lines`` net is price times quantity; with ``apart`` half the amount at least, other than in other columns.
    """
    if options.get("unique"):
        return pa.array(np.round(1 + rows.numbers * (options.get("step") or 0.01), 9))
    amount = PARTS[options["part"]](rows, bool(options.get("lines")))
    if options.get("apart"):
        amount = amount * (0.5 + rows.unit("apart") / 2)
    amount = np.round(amount, 2)
    if options.get("cents"):
        amount = np.round(amount * 100)
    floor, ceiling = options.get("floor"), options.get("ceiling")
    if floor is not None or ceiling is not None:
        amount = np.clip(amount, floor, ceiling)
    return pa.array(amount)


def pieces(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """How many the row is of: what its price is multiplied by."""
    low, high = options["low"], options["high"]
    if options.get("unique"):
        return pa.array(low + rows.numbers)
    return pa.array(np.clip(_quantity(rows), low, high).astype(np.int64))


def _log(rows: Rows, what: str, bounds: tuple[float, float]) -> Floats:
    low, high = np.log(bounds[0]), np.log(bounds[1])
    amount: Floats = np.round(np.exp(low + (high - low) * rows.unit(what, shared=True)), 2)
    return amount


def _quantity(rows: Rows) -> Floats:
    return 1 + np.floor(rows.unit("quantity", shared=True) ** 3 * MOST)


def _unit(rows: Rows, lines: bool) -> Floats:
    return _log(rows, "price", UNIT)


def _net(rows: Rows, lines: bool) -> Floats:
    return _unit(rows, lines) * _quantity(rows) if lines else _log(rows, "net", NET)


def _discount(rows: Rows, lines: bool) -> Floats:
    drawn = rows.unit("discount", shared=True)
    return np.round(_net(rows, lines) * np.where(drawn < DISCOUNTED, drawn / DISCOUNTED * DISCOUNT, 0), 2)


def _tax(rows: Rows, lines: bool) -> Floats:
    rates = np.array(list(TAX_RATES))
    rate = rates[rows.pick(list(TAX_RATES.values()), "tax", shared=True)]
    tax: Floats = np.round((_net(rows, lines) - _discount(rows, lines)) * rate, 2)
    return tax


def _shipping(rows: Rows, lines: bool) -> Floats:
    amount: Floats = np.array(SHIPPING)[rows.below(len(SHIPPING), "shipping", shared=True)]
    return amount


def _total(rows: Rows, lines: bool) -> Floats:
    """Without shipping: many tables have none, and those that have keep it apart as often."""
    total: Floats = _net(rows, lines) - _discount(rows, lines) + _tax(rows, lines)
    return total


def _paid(rows: Rows, lines: bool) -> Floats:
    drawn = rows.unit("paid", shared=True)
    share = np.where(drawn < PAID, 1.0, np.where(drawn < (1 + PAID) / 2, 0.0, drawn))
    return np.round(_total(rows, lines) * share, 2)


def _due(rows: Rows, lines: bool) -> Floats:
    left: Floats = np.maximum(_total(rows, lines) - _paid(rows, lines), 0)
    return left


PARTS: dict[str, Callable[[Rows, bool], Floats]] = {
    "net": _net,
    "discount": _discount,
    "tax": _tax,
    "shipping": _shipping,
    "total": _total,
    "paid": _paid,
    "due": _due,
    "unit": _unit,
}
