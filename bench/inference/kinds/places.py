"""Places: a row's country, city, position, time zone, currency and language belong together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from faker.providers.geo import Provider as Geo

from bench.inference.kinds.draws import Floats, Ints, Rows, key_of
from bench.inference.kinds.letters import digits_of, fill_in, joined
from bench.inference.kinds.pools import ENGLISH, SIZE, pool, read, take

VARIANTS = 64
"""Postal codes and regions of a country, and streets of a locale, that its cities draw from."""
COORDINATES = ("latitude", "longitude")
OF_COUNTRY = {
    "country": "name",
    "country_code": "code",
    "country_code_3": "code3",
    "continent": "continent",
    "currency": "currency",
    "currency_symbol": "symbol",
    "locale": "locale",
    "language": "language",
    "language_name": "language_name",
}


@cache
def _countries(locales: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
    """Those of the locales; all where only English is asked for, or none is of theirs."""
    everywhere = tuple(read("places.toml")["country"])
    chosen = tuple(country for country in everywhere if country["locale"] in locales)
    return everywhere if locales == (ENGLISH,) or not chosen else chosen


@cache
def _gazetteer(locales: tuple[str, ...]) -> dict[str, Any]:
    """Columns of one entry a city, those of a country one after the other; where each country's begin, and how many."""
    there = [[place for place in Geo.land_coords if place[3] == c["code"]] for c in _countries(locales)]
    cities = [(at, place) for at, places in enumerate(there) for place in places]
    of = [_countries(locales)[at] for at, _ in cities]
    counts = np.array([len(places) for places in there], np.int64)
    columns: dict[str, Any] = {part: pa.array([c[key] for c in of]) for part, key in OF_COUNTRY.items()}
    columns |= {
        "counts": counts,
        "starts": np.cumsum(counts) - counts,
        "country number": np.array([at for at, _ in cities], np.int64),
        "city": pa.array([place[2] for _, place in cities]),
        "time_zone": pa.array([place[4] for _, place in cities]),
        "calling_code": pa.array([f"+{c['calling']}" for c in of]),
        "latitude": np.array([float(place[0]) for _, place in cities]),
        "longitude": np.array([float(place[1]) for _, place in cities]),
    }
    return columns


def locale_numbers(rows: Rows, locales: tuple[str, ...]) -> Ints:
    """Which of ``locales`` each row's place has; of those without a country in places.toml any."""
    if len(locales) == 1:
        return np.zeros(len(rows.numbers), np.int64)
    of = np.array([locales.index(c["locale"]) if c["locale"] in locales else -1 for c in _countries(locales)])
    if set(of.tolist()) != set(range(len(locales))):
        return rows.below(len(locales), "locale", shared=True)
    numbers: Ints = of[_country_numbers(rows, locales)]
    return numbers


def _country_numbers(rows: Rows, locales: tuple[str, ...]) -> Ints:
    return rows.pick([country["share"] for country in _countries(locales)], "country", shared=True)


def _cities(rows: Rows, locales: tuple[str, ...]) -> Ints:
    country, atlas = _country_numbers(rows, locales), _gazetteer(locales)
    cities: Ints = atlas["starts"][country] + (rows.unit("city", shared=True) * atlas["counts"][country]).astype(int)
    return cities


def place(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """The ``part`` of the row's place: what OF_COUNTRY has, city, region, position, street, address, phone …."""
    locales = tuple(options.get("locales") or (ENGLISH,))
    atlas = _gazetteer(locales)
    at = _cities(rows, locales)
    part = options["part"]
    if part in COORDINATES:
        return pa.array(_coordinate(rows, atlas, at, part))
    if part == "coordinates":
        both = (pa.array(_coordinate(rows, atlas, at, one)).cast(pa.string()) for one in COORDINATES)
        return pc.binary_join_element_wise(*both, ",")
    if part in ("region", "region_code", "postal_code"):
        return _of_city(rows, locales, atlas["country number"][at], at, part)
    if part == "street":
        return _street(rows, locales)
    if part == "address":
        code = _of_city(rows, locales, atlas["country number"][at], at, "postal_code")
        return joined(_street(rows, locales), ", ", take(atlas["city"], at), " ", code)
    if part == "phone":
        return _phone(rows, atlas, at, options)
    return take(atlas[part], at)


def _coordinate(rows: Rows, atlas: dict[str, Any], at: Ints, part: str) -> Floats:
    """Within some kilometres of the city, to a metre."""
    exact: Floats = atlas[part][at] + (rows.unit(part, shared=True) - 0.5) * 0.1
    return np.round(exact, 5)


def _of_city(rows: Rows, locales: tuple[str, ...], country: Ints, at: Ints, part: str) -> pa.Array:
    """A city lies in one region; postal codes are several of its country."""
    variant = rows.below(VARIANTS, part, shared=True) if part == "postal_code" else at * 7 % VARIANTS
    return take(_variants(locales, part), country * VARIANTS + variant)


@cache
def _variants(locales: tuple[str, ...], part: str) -> pa.Array:
    """For each country as many values as VARIANTS, of the form that it has."""
    out: list[str] = []
    for country in _countries(locales):
        if part == "postal_code":
            template = country["postal"].replace("#", "{#1}").replace("A", "{A1}")
            numbers = Rows(np.arange(VARIANTS, dtype=np.int64), key_of(country["code"]) & 0xFFFF, "", "postal")
            out += fill_in(template, numbers).to_pylist()
        else:
            regions = [region.split(" ", 1)[part == "region"] for region in country["regions"]]
            out += [regions[i % len(regions)] for i in range(VARIANTS)]
    return pa.array(out)


def _street(rows: Rows, locales: tuple[str, ...]) -> pa.Array:
    at = locale_numbers(rows, locales) * SIZE + rows.below(SIZE, "street", shared=True)
    return joined(digits_of(rows.below(240, "house", shared=True) + 1), " ", take(_streets(locales), at))


@cache
def _streets(locales: tuple[str, ...]) -> pa.Array:
    return pa.concat_arrays([pool("street_name", locale) for locale in locales])


def _phone(rows: Rows, atlas: dict[str, Any], at: Ints, options: Mapping[str, Any]) -> pa.Array:
    """``+49 555 0123456`` where there is room, else digits alone; unique ones end with the number of the row."""
    number = rows.numbers if options.get("unique") else rows.below(10_000_000, "phone")
    local = pc.utf8_lpad(digits_of(number), 7, "0")
    longest = options.get("longest") or 20
    if longest < 16:
        return local if longest < 10 else joined(digits_of(rows.below(900, "area") + 100), local)
    return joined(take(atlas["calling_code"], at), " ", digits_of(rows.below(900, "area") + 100), " ", local)
