"""The keys of a figure: what each mark means, in as many lines as they need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.report.figures.drawing import GLYPH, Point, Shape, Sheet

GAP = 14.0
"""Units between two keys."""
ROOM = 16.0
"""Units for the mark of a key, in front of its words."""
LEADING = 1.5
"""Height of a line of keys, in heights of its font."""


@dataclass(frozen=True, slots=True)
class Key:
    """A mark and its meaning; ``paint`` draws the mark around the point that it is given."""

    words: str
    paint: Callable[[Sheet, Point], None]


def mark(words: str, shape: Shape, colour: str, *, size: float = 7, filled: bool = True) -> Key:
    """A key whose mark is a shape."""
    return Key(words, lambda sheet, at: sheet.marks([at], shape, size=size, colour=colour, filled=filled))


def sign(words: str, text: str, colour: str, size: float) -> Key:
    """A key whose mark is a character."""

    def paint(sheet: Sheet, at: Point) -> None:
        sheet.text((at[0], at[1] + 0.36 * size), text, size=size, colour=colour, anchor="center", bold=True)

    return Key(words, paint)


def height(keys: Sequence[Key], width: float, size: float) -> float:
    """Units that the keys need below each other where a line has ``width``."""
    return len(list(_lines(keys, width, size))) * LEADING * size


def draw(sheet: Sheet, keys: Sequence[Key], at: Point, width: float, size: float) -> None:
    """Write the keys from ``at``, the top left, in lines of ``width``."""
    y = at[1] + size
    for line in _lines(keys, width, size):
        x = at[0]
        for key in line:
            key.paint(sheet, (x + ROOM / 2 - 1, y - 0.36 * size))
            sheet.text((x + ROOM, y), key.words, size=size)
            x += _width(key, size)
        y += LEADING * size


def _width(key: Key, size: float) -> float:
    return ROOM + GLYPH * size * len(key.words) + GAP


def _lines(keys: Sequence[Key], width: float, size: float) -> Iterator[list[Key]]:
    line: list[Key] = []
    used = 0.0
    for key in keys:
        if line and used + _width(key, size) - GAP > width:
            yield line
            line, used = [], 0.0
        line.append(key)
        used += _width(key, size)
    if line:
        yield line
