"""Columns whose values hang together, which no rule could guess: functions of the row's number."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa

from bench.inference.kinds.draws import Ints, hashed, key_of

Times = np.ndarray

CLOCK = np.datetime64("2026-06-15T12:00:00", "us")
MINUTE = np.timedelta64(60_000_000, "us")
ORDERS = 30_000
COLORS = [f"{tone} {hue}" for tone in ("dark", "light", "pale") for hue in ("red", "green", "blue", "grey", "sand")]
MATERIALS = ["cotton", "wool", "linen", "leather", "steel", "oak", "glass", "paper", "cork", "felt"]
TAGS = [f"{first}-{second}" for first in ("summer", "winter", "gift", "home", "travel", "office", "kids", "sport")
        for second in ("new", "sale", "classic", "limited", "handmade", "organic")]  # fmt: skip
OPINIONS = """arrived bought broke button charger cheap color comfortable delivery design expected favourite fits
fragile gift great handle instructions late leaks lid lovely manual missing noise packaging perfect poor price quality
quick recommend refund replaced returned scratch service shrinks size smell soft sturdy stylish support surface sweater
useful value warm washing wobbles zipper""".split()  # noqa: SIM905
RARE = ["allergy", "recall", "rust", "sparks"]


def below(numbers: Ints, seed: int, what: object, limit: int) -> Ints:
    """A number from 0 to ``limit - 1`` for each row, drawn by its number alone."""
    return (hashed(numbers, key_of(seed, what)) % np.uint64(limit)).astype(np.int64)


def attributes(numbers: Ints, seed: int) -> list[str]:
    """Color, material and size of a product."""
    picks = (below(numbers, seed, 1, len(COLORS)), below(numbers, seed, 2, len(MATERIALS)), below(numbers, seed, 3, 12))
    return [json.dumps({"color": COLORS[c], "material": MATERIALS[m], "size": int(30 + s)})
            for c, m, s in zip(*picks, strict=True)]  # fmt: skip


def tags(numbers: Ints, seed: int) -> pa.Array:
    """Three of 48."""
    picks = [below(numbers, seed, salt, len(TAGS)) for salt in (4, 5, 6)]
    return pa.array([[TAGS[i] for i in row] for row in zip(*picks, strict=True)])


def rating(numbers: Ints, seed: int) -> list[str]:
    """From 1.0 to 5.0."""
    return [f"{1 + i / 10:.1f}" for i in below(numbers, seed, 7, 41)]


def price_cents(numbers: Ints, seed: int) -> Ints:
    """From 1.00 to 900.00."""
    return 100 + below(numbers, seed, 8, 89_900)


def _status(numbers: Ints, seed: int) -> Ints:
    return below(numbers, seed, 11, 100)


def status(numbers: Ints, seed: int) -> list[str]:
    """Three in a hundred are paid and wait, wherever they stand in the table."""
    return ["paid" if i < 3 else "cart" if i < 5 else "returned" if i < 12 else "shipped" if i < 20 else "delivered"
            for i in _status(numbers, seed)]  # fmt: skip


def placed_at(numbers: Ints, seed: int) -> Times:
    """Within two years, in no order: the table was loaded anew by customer."""
    return CLOCK - MINUTE * (1 + below(numbers, seed, 12, 1_000_000))


def shipped_at(numbers: Ints, seed: int) -> pa.Array:
    """A day after the order was placed; nothing of carts and of orders that wait."""
    waits = _status(numbers, seed) < 5
    return pa.array(np.where(waits, np.datetime64("NaT"), placed_at(numbers, seed) + 1440 * MINUTE), from_pandas=True)


def reference(numbers: Ints, seed: int) -> list[str]:
    """What a provider of payments calls it."""
    return [f"pay_{int(i):016x}" for i in hashed(numbers, key_of(seed, 21))]


def body(numbers: Ints, seed: int) -> list[str]:
    """Twelve to twenty words; one review in 500 says something alarming."""
    length, alarm = below(numbers, seed, 31, 9), below(numbers, seed, 32, 500)
    picks = [below(numbers, seed, 40 + n, len(OPINIONS)) for n in range(20)]
    made = []
    for row, some, alarming in zip(zip(*picks, strict=True), length, alarm, strict=True):
        words = [OPINIONS[i] for i in row[: 12 + int(some)]]
        made.append(" ".join([*words, RARE[row[0] % len(RARE)]] if alarming == 0 else words))
    return made


def moved_at(numbers: Ints, seed: int) -> Times:
    """Within two years, in no order: warehouses report late."""
    return CLOCK - MINUTE * (1 + below(numbers, seed, 51, 1_000_000))


def viewed_at(numbers: Ints, seed: int) -> Times:
    """Within the last day."""
    return CLOCK - np.timedelta64(1, "us") * (1 + below(numbers, seed, 61, 86_400_000_000))
