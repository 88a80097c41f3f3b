"""People: what belongs to one person is drawn alike by all columns of a row that name one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bench.inference.kinds.draws import Rows
from bench.inference.kinds.letters import digits_of, joined
from bench.inference.kinds.places import locale_numbers
from bench.inference.kinds.pools import ENGLISH, SIZE, ascii_pool, pool, take

DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com", "post.example.org")
"""Reserved for examples (RFC 2606): no letter of a test ever reaches anybody."""
DOMAIN_SHARES = (0.45, 0.2, 0.1, 0.15, 0.1)
ROOM = 1 + max(map(len, DOMAINS))
FIRST = ("first_name_female", "first_name_male")


@cache
def _pool(names: tuple[str, ...], locales: tuple[str, ...], letters: bool) -> pa.Array:
    of = ascii_pool if letters else pool
    return pa.concat_arrays([of(name, locale) for locale in locales for name in names])


def person(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """The ``part`` of the row's person: first, last, middle, full, initials, username, email."""
    locales = tuple(options.get("locales") or (ENGLISH,))
    return PARTS[options["part"]](rows, locales, options)


def _first(rows: Rows, locales: tuple[str, ...], letters: bool = False, what: str = "first name") -> pa.Array:
    at = locale_numbers(rows, locales) * (2 * SIZE) + rows.below(2 * SIZE, what, shared=True)
    return take(_pool(FIRST, locales, letters), at)


def _last(rows: Rows, locales: tuple[str, ...], letters: bool = False) -> pa.Array:
    at = locale_numbers(rows, locales) * SIZE + rows.below(SIZE, "last name", shared=True)
    return take(_pool(("last_name",), locales, letters), at)


def _full(rows: Rows, locales: tuple[str, ...], options: Mapping[str, Any]) -> pa.Array:
    return joined(_first(rows, locales), " ", _last(rows, locales))


def _initials(rows: Rows, locales: tuple[str, ...], options: Mapping[str, Any]) -> pa.Array:
    first, last = _first(rows, locales, letters=True), _last(rows, locales, letters=True)
    return pc.utf8_upper(joined(pc.utf8_slice_codeunits(first, 0, 1), pc.utf8_slice_codeunits(last, 0, 1)))


def _username(rows: Rows, locales: tuple[str, ...], options: Mapping[str, Any]) -> pa.Array:
    """``anna.miller42``; unique ones end with the number of the row."""
    number = rows.numbers if options.get("unique") else rows.below(90, "number", shared=True) + 10
    last = _last(rows, locales, letters=True)
    stem = joined(pc.utf8_slice_codeunits(_first(rows, locales, letters=True), 0, 1), last)
    if options.get("longest"):
        stem = pc.utf8_slice_codeunits(stem, 0, max(1, options["longest"] - _digits(options)))
    return joined(stem, digits_of(number))


def _email(rows: Rows, locales: tuple[str, ...], options: Mapping[str, Any]) -> pa.Array:
    """``anna.miller@example.com``; unique ones have the number of the row before the sign."""
    local = joined(_first(rows, locales, letters=True), ".", _last(rows, locales, letters=True))
    domain = take(pa.array(DOMAINS), rows.pick(DOMAIN_SHARES, "domain", shared=True))
    if options.get("longest"):
        room = options["longest"] - ROOM - (_digits(options) if options.get("unique") else 0)
        if room < 3:
            domain, room = "example.com", max(1, room + ROOM - 12)
        local = pc.utf8_slice_codeunits(local, 0, room)
    return joined(local, digits_of(rows.numbers), "@", domain) if options.get("unique") else joined(local, "@", domain)


def _digits(options: Mapping[str, Any]) -> int:
    """Room for the number of a row."""
    return 10 if options.get("unique") else 2


PARTS: dict[str, Callable[[Rows, tuple[str, ...], Mapping[str, Any]], pa.Array]] = {
    "first": lambda rows, locales, _: _first(rows, locales),
    "middle": lambda rows, locales, _: _first(rows, locales, what="middle name"),
    "last": lambda rows, locales, _: _last(rows, locales),
    "full": _full,
    "initials": _initials,
    "username": _username,
    "email": _email,
}
OWN_UNIQUE = ("username", "email")
"""Parts that know how to be unique themselves."""
