"""Texts that match a regular expression, by index: Python's own parser takes the pattern apart.

Every part is a space of texts, and a sequence their product. What cannot be said by construction (look-around, a word's
end, the text of a group repeated) is left out here, and found by trying what came out against the pattern.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.limits.merge import within
from bench.inference.limits.patterns import Unreadable, compiled
from bench.inference.plan import Limits
from bench.inference.types.space import CannotMake, Numbers, Space, chosen, digits, product, scrambled
from bench.model.schema import DataType

Item = Any
"""A node of the parser, or what belongs to one."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ANY = _LETTERS + "0123456789"
_ALL = _ANY + _LETTERS.upper() + "!#$%*+-?@_"
"""For ``.`` where something is demanded of the text besides."""
_PRINTED = [chr(code) for code in range(32, 127)]
_MORE = 8
"""Repetitions of ``*`` and ``+`` beyond the least."""
_AROUND = 6
"""Letters before and after a pattern that is not anchored there, where a text may be longer."""
_POOL = 2048
"""Texts that are tried; where each of them matches, the others are taken to, where none of two pools does, none."""
_TRIED = 16 * _POOL

_CATEGORIES: dict[Item, str] = {
    c.CATEGORY_DIGIT: r"\d", c.CATEGORY_NOT_DIGIT: r"\D", c.CATEGORY_SPACE: r"\s", c.CATEGORY_NOT_SPACE: r"\S",
    c.CATEGORY_WORD: r"\w", c.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip


def matching(kind: DataType, limits: Limits, key: int) -> Space:
    """Texts that obey ``limits``, which has patterns.

    Raises:
        CannotMake: nothing that was tried does, or a pattern is none of Python's.
    """
    try:
        patterns = [compiled(text) for text in limits.patterns]
    except Unreadable as error:
        raise CannotMake(f"pattern {error} is not understood") from None
    longest = _least(limits.longest, kind.length)
    for space in _candidates(patterns, limits.shortest or 0, longest, key):
        found = _sieved(space, patterns, limits, longest)
        if found:
            return found
    raise CannotMake("no text was found that matches " + " and ".join(limits.patterns))


def _least(one: int | None, other: int | None) -> int:
    return min(one if one is not None else 10_000, other if other is not None else 10_000)


def _sieved(space: Space, patterns: Sequence[re.Pattern[str]], limits: Limits, longest: int) -> Space | None:
    tried = min(space.capacity, _TRIED)
    step = max(1, space.capacity // tried)
    kept: dict[str, None] = {}
    missed = 0
    for start in range(0, tried, _POOL):
        indexes = np.arange(start, min(start + _POOL, tried), dtype=np.int64) * step
        for text in _shaped(space.at(indexes), limits).to_pylist():
            if _obeys(text, patterns, limits, longest) and text not in kept:
                kept[text] = None
            else:
                missed += 1
        if len(kept) >= _POOL or (not kept and start >= _POOL):
            break
    if not kept:
        return None
    if not missed and space.capacity > len(kept):
        return Space(space.capacity, lambda indexes: _shaped(space.at(indexes), limits), space.usual)
    return chosen(pa.array(list(kept), pa.string()))


def _shaped(texts: pa.Array, limits: Limits) -> pa.Array:
    texts = pc.utf8_trim_whitespace(texts) if limits.trimmed else texts
    return pc.utf8_lower(texts) if limits.lower_case else texts


def _obeys(text: str, patterns: Sequence[re.Pattern[str]], limits: Limits, longest: int) -> bool:
    return (
        (limits.shortest or 0) <= len(text) <= longest
        and text not in limits.excluded
        and within(text, limits, str)
        and all(pattern.search(text) for pattern in patterns)
    )


def _candidates(patterns: Sequence[re.Pattern[str]], shortest: int, longest: int, key: int) -> Iterator[Space]:
    """Texts to try: of each pattern, the one with most to say first, then of all of them one behind the other."""
    order = sorted(patterns, key=lambda one: -len(one.pattern.replace("(?!", "")))
    for pattern in order:
        for around in (_LETTERS, "", " "):
            yield _space_of_pattern(pattern, shortest, longest, around, key)
    makers = [(_Maker(pattern, longest), list(_parsed(pattern))) for pattern in order]
    cores = [_joined(maker.sequence(tree)) for maker, tree in makers]
    least = sum(maker.least(tree) for maker, tree in makers)
    fill = max(0, min(max(shortest - least, _AROUND), longest - least))
    yield _mixed(_joined([*cores, _of_characters(_LETTERS, fill)] if fill else cores), key)


def _parsed(pattern: re.Pattern[str]) -> Item:
    return parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)


def _repeats(tree: Sequence[Item]) -> int:
    """How many parts are repeated without end, inside of others too."""
    count = 0
    for operator, value in tree:
        if operator in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
            count += (value[1] is c.MAXREPEAT) + _repeats(value[2])
        elif operator is c.SUBPATTERN:
            count += _repeats(value[3])
        elif operator is c.BRANCH:
            count += max(map(_repeats, value[1]))
    return count


def _space_of_pattern(pattern: re.Pattern[str], shortest: int, longest: int, around: str, key: int) -> Space:
    """Texts of one pattern, with letters, nothing or blanks ``around`` it where it is not anchored."""
    maker, tree = _Maker(pattern, longest), list(_parsed(pattern))
    parts, least = maker.sequence(tree), maker.least(tree)
    head = 0 if _anchored(tree, 0, (c.AT_BEGINNING, c.AT_BEGINNING_STRING)) else 1
    tail = 0 if _anchored(tree, -1, (c.AT_END, c.AT_END_STRING)) else 1
    room = max(0, longest - least)
    width = min(_AROUND, room // max(head + tail, 1))
    if shortest > least and head + tail:
        width = min(-(-(shortest - least) // (head + tail)), room)
    if width and around:
        word = [_of_characters(_LETTERS, width)]
        if around == " ":
            word = [_of_characters(_LETTERS, max(width - 1, 1))]
        blank = [_of_characters(" ", 1)] if around == " " else []
        parts = (word + blank) * head + parts + (blank + word) * tail
    return _mixed(_joined(parts), key)


def _mixed(whole: Space, key: int) -> Space:
    if whole.capacity < 2:
        return whole
    return Space(whole.capacity, lambda indexes: whole.at(scrambled(indexes, key, whole.capacity)))


def _anchored(tree: list[Item], end: int, marks: tuple[Item, ...]) -> bool:
    """Whether a sequence, or each branch of it, begins (``end`` 0) or ends (-1) with an anchor."""
    if not tree:
        return False
    operator, value = tree[end]
    if operator is c.AT:
        return value in marks
    if operator is c.SUBPATTERN:
        return _anchored(list(value[3]), end, marks)
    if operator is c.BRANCH:
        return all(_anchored(list(branch), end, marks) for branch in value[1])
    if operator in (c.ASSERT, c.ASSERT_NOT):
        return _anchored(tree[1:] if end == 0 else tree[:-1], end, marks)
    return False


def _of_characters(alphabet: str, length: int) -> Space:
    """Texts of ``length`` characters of ``alphabet``."""
    used = min(length, 12 if len(alphabet) > 1 else length)
    letters = np.array(list(alphabet))
    capacity = product([len(alphabet)] * used)

    def at(indexes: Numbers) -> pa.Array:
        columns = digits(indexes, [len(alphabet)] * used)
        columns += [columns[turn % used] for turn in range(length - used)]
        texts = letters[np.stack(columns, axis=1)] if columns else np.full((len(indexes), 0), "")
        joined = np.ascontiguousarray(texts).view(f"<U{length}").ravel() if length else np.full(len(indexes), "")
        return pa.array(joined, pa.string())

    return Space(capacity, at, capacity)


def _joined(parts: Sequence[Space]) -> Space:
    """One text after the other."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return chosen(pa.array([""], pa.string()))
    capacities = [part.capacity for part in parts]

    def at(indexes: Numbers) -> pa.Array:
        columns = [part.at(index) for part, index in zip(parts, digits(indexes, capacities), strict=True)]
        return pc.binary_join_element_wise(*columns, "")

    return Space(product(capacities), at)


_EVEN = 2**20
"""Texts of each branch from which on the branches come up evenly; below, none of them is given away."""


def _either(parts: Sequence[Space]) -> Space:
    """One of the texts of one of the parts."""
    if len(parts) == 1:
        return parts[0]
    least = min(part.capacity for part in parts)
    if least < _EVEN:
        return _one_after_the_other(parts)

    def at(indexes: Numbers) -> pa.Array:
        index, which = np.divmod(indexes, len(parts))
        mixed = [scrambled(index, number, part.capacity) for number, part in enumerate(parts)]
        return _scattered(parts, which, mixed)

    return Space(product([least, len(parts)]), at)


def _one_after_the_other(parts: Sequence[Space]) -> Space:
    sizes = [min(part.capacity, 2**56) for part in parts]
    ends = np.cumsum(sizes)

    def at(indexes: Numbers) -> pa.Array:
        which = np.searchsorted(ends, indexes, side="right")
        return _scattered(parts, which, [indexes - (end - size) for end, size in zip(ends, sizes, strict=True)])

    return Space(int(ends[-1]), at)


def _scattered(parts: Sequence[Space], which: Numbers, indexes: Sequence[Numbers]) -> pa.Array:
    made, order = [], []
    for number, part in enumerate(parts):
        rows = np.flatnonzero(which == number)
        if len(rows):
            made.append(part.at(indexes[number][rows]).cast(pa.string()))
            order.append(rows)
    if not made:
        return pa.array([], pa.string())
    back = np.argsort(np.concatenate(order), kind="stable")
    return pa.concat_arrays(made).take(pa.array(back))


class _Maker:
    """Makes spaces of the nodes of a parsed pattern."""

    def __init__(self, pattern: re.Pattern[str], longest: int) -> None:
        self.ignore_case = bool(pattern.flags & re.IGNORECASE)
        self.any = _ALL if "(?=" in pattern.pattern else _ANY
        self.longest = longest
        tree = list(_parsed(pattern))
        self.more = min(_MORE, max(0, longest - self.least(tree)) // max(1, _repeats(tree)))
        self.groups: dict[int, list[Space]] = {}

    def sequence(self, tree: Sequence[Item]) -> list[Space]:
        """The parts of a sequence."""
        return [space for operator, value in tree for space in self.node(operator, value)]

    def node(self, operator: Item, value: Item) -> list[Space]:
        """A node as texts, one after the other; none where it takes up no room."""
        reader: Callable[[Item], list[Space]] | None = {
            c.LITERAL: lambda code: [chosen(pa.array([chr(code)]))],
            c.NOT_LITERAL: lambda code: [_of_characters(self._all_but([chr(code)]), 1)],
            c.ANY: lambda _: [_of_characters(self.any, 1)],
            c.IN: lambda items: [_of_characters(self.alphabet(items), 1)],
            c.BRANCH: lambda branch: [_either([_joined(self.sequence(part)) for part in branch[1]])],
            c.SUBPATTERN: self.group,
            c.GROUPREF: lambda number: self.groups.get(number, []),
            c.ATOMIC_GROUP: self.sequence,
            c.MAX_REPEAT: self.repeat,
            c.MIN_REPEAT: self.repeat,
            c.POSSESSIVE_REPEAT: self.repeat,
        }.get(operator)
        return reader(value) if reader else []

    def group(self, value: Item) -> list[Space]:
        """A group, which may be referred to."""
        made = self.sequence(value[3])
        self.groups[value[0]] = made
        return made

    def repeat(self, value: Item) -> list[Space]:
        """A node several times: as often as the index says, a few more than it has to be."""
        least, most, inside = value
        tree = list(inside)
        unbounded = most is c.MAXREPEAT
        width = max(1, self.least(tree))
        most = min(least + self.more if unbounded else most, max(least, self.longest // width), least + 64)
        if unbounded and least < 2 and most - least >= 3:
            least, fewest = least + 2, least  # nobody is called by one letter
            least = min(least, most) if fewest < least else least
        if len(tree) == 1 and tree[0][0] in (c.IN, c.ANY, c.LITERAL, c.NOT_LITERAL):
            alphabet = self._alphabet_of(*tree[0])
            return [_either([_of_characters(alphabet, length) for length in range(least, most + 1)])]
        once = _joined(self.sequence(tree))
        return [_either([_joined([once] * times) for times in range(least, most + 1)])]

    def _alphabet_of(self, operator: Item, value: Item) -> str:
        if operator is c.IN:
            return self.alphabet(value)
        if operator is c.ANY:
            return self.any
        return chr(value) if operator is c.LITERAL else self._all_but([chr(value)])

    def alphabet(self, items: Sequence[Item]) -> str:
        """The characters of a set that one would type: letters and digits of it, else all that are printed."""
        negated = bool(items) and items[0][0] is c.NEGATE
        found: dict[str, None] = {}
        for operator, value in items:
            if operator is c.LITERAL:
                found[chr(value)] = None
            elif operator is c.RANGE:
                found.update(dict.fromkeys(chr(code) for code in range(value[0], min(value[1], value[0] + 255) + 1)))
            elif operator is c.CATEGORY:
                fits = re.compile(_CATEGORIES[value], re.ASCII)
                found.update(dict.fromkeys(char for char in _PRINTED if fits.match(char)))
        if negated:
            return self._all_but(list(found))
        typed = [char for char in found if char.isascii() and char.isalnum()]
        return "".join(typed or found) or "a"

    def _all_but(self, characters: Sequence[str]) -> str:
        left_out = set(characters)
        if self.ignore_case:
            left_out |= {char.swapcase() for char in characters}
        letters = [char for char in _LETTERS if char not in left_out]
        upper = [char for char in _LETTERS.upper() if char not in left_out]
        typed = (letters or upper) + [char for char in "0123456789" if char not in left_out]
        return "".join(typed or [char for char in _PRINTED if char not in left_out] or ["é"])

    def least(self, tree: Sequence[Item]) -> int:
        """Characters that a sequence takes at least."""
        return sum(self._least_of(operator, value) for operator, value in tree)

    def _least_of(self, operator: Item, value: Item) -> int:
        if operator in (c.LITERAL, c.NOT_LITERAL, c.ANY, c.IN):
            return 1
        if operator is c.BRANCH:
            return min(self.least(part) for part in value[1])
        if operator is c.SUBPATTERN:
            return self.least(value[3])
        if operator in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
            return int(value[0]) * self.least(value[2])
        return 0
