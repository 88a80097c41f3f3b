"""Columns whose values hang together, which no rule could guess: functions of the row's number."""

from __future__ import annotations

import numpy as np

from bench.inference.kinds.draws import Ints, hashed, key_of

Times = np.ndarray

WORDS = """almond antique aquamarine azure beige bisque black blanched blue blush brown burlywood burnished chartreuse
chiffon chocolate coral cornflower cornsilk cream cyan dark deep dim dodger drab firebrick floral forest frosted
gainsboro ghost goldenrod green grey honeydew hot indian ivory khaki lace lavender lawn lemon light lime linen magenta
maroon medium metallic midnight mint misty moccasin navajo navy olive orange orchid pale papaya peach peru pink plum
powder puff purple red rose rosy royal saddle salmon sandy seashell sienna sky slate smoke snow spring steel tan
thistle tomato turquoise violet wheat white yellow""".split()  # noqa: SIM905
FIRST_DAY = np.datetime64("2020-01-01")
DAYS = 2200
LINES = 100_000


def below(numbers: Ints, seed: int, what: object, limit: int) -> Ints:
    """A number from 0 to ``limit - 1`` for each row, drawn by its number alone."""
    return (hashed(numbers, key_of(seed, what)) % np.uint64(limit)).astype(np.int64)


def part_name(numbers: Ints, seed: int) -> list[str]:
    """Five words of 92, as TPC-H names its parts."""
    picks = [below(numbers, seed, salt, len(WORDS)) for salt in range(5)]
    return [" ".join(WORDS[i] for i in row) for row in zip(*picks, strict=True)]


def _brand(numbers: Ints, seed: int) -> Ints:
    return below(numbers, seed, 11, 10)


def brand(numbers: Ints, seed: int) -> list[str]:
    """One of 10."""
    return [f"Brand#{1 + i // 2}{1 + i % 2}" for i in _brand(numbers, seed)]


def maker(numbers: Ints, seed: int) -> list[str]:
    """The one maker of the brand, one of 5."""
    return [f"Maker#{1 + i // 2}" for i in _brand(numbers, seed)]


def packaging(numbers: Ints, seed: int) -> list[str]:
    """The one kind of packaging of the brand."""
    return [f"{('small', 'medium', 'large', 'jumbo', 'wrap')[i % 5]} {1 + i // 5}" for i in _brand(numbers, seed)]


def order_date(numbers: Ints, seed: int) -> Times:
    """Any day: orders come from several branches, each with its own block of numbers."""
    return FIRST_DAY + below(numbers, seed, 21, DAYS).astype("timedelta64[D]")


def total_price(numbers: Ints, seed: int) -> list[str]:
    """From 1,000.00 to 400,000.00."""
    return [f"{(100_000 + i) / 100:.2f}" for i in below(numbers, seed, 22, 39_900_000)]


def ship_date(numbers: Ints, seed: int) -> Times:
    """Lines are entered as they are shipped: nearly in the order of rows, a week back and forth."""
    day = numbers * DAYS // LINES + below(numbers, seed, 31, 7)
    return FIRST_DAY + day.astype("timedelta64[D]")
