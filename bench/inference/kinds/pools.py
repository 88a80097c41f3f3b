"""Pools of words that values are drawn from: some thousand of each, made once for a process.

Faker's words depend on its version; within one they are the same in every process.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from faker import Faker

HERE = Path(__file__).parent
SIZE = 2048
"""Words of a pool that Faker fills. A name that is frequent in its country is in it as often as it is there."""
ENGLISH = "en_US"


@cache
def read(name: str) -> dict[str, Any]:
    """A TOML file of this folder."""
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


@cache
def faker_of(locale: str) -> Faker:
    """A Faker for the locale.

    Raises:
        ValueError: Faker has no such locale.
    """
    try:
        return Faker(locale)
    except AttributeError as error:
        raise ValueError(f"no words for the locale {locale}") from error


MADE: dict[str, Callable[[Faker], str]] = {
    "first_name_male": lambda fake: str(fake.first_name_male()),
    "first_name_female": lambda fake: str(fake.first_name_female()),
    "last_name": lambda fake: str(fake.last_name()),
    "company": lambda fake: str(fake.company()),
    "street_name": lambda fake: str(fake.street_name()),
}
"""Pools that each locale has its own of."""

MADE_IN_ENGLISH: dict[str, Callable[[Faker], str]] = {
    "word": lambda fake: str(fake.word()),
    "sentence": lambda fake: str(fake.sentence(nb_words=9)).removesuffix("."),
    "title": lambda fake: str(fake.sentence(nb_words=5)).removesuffix("."),
    "phrase": lambda fake: str(fake.catch_phrase()),
    "job": lambda fake: str(fake.job()),
    "image_link": lambda fake: f"https://images.example.com/{fake.hexify('^' * 12)}.jpg",
    "site": lambda fake: "-".join(folded(part) for part in str(fake.company()).split()[:1]),
}


@cache
def pool(name: str, locale: str = ENGLISH) -> pa.Array:
    """The pool of that name: a list of words.toml, else of Faker's. Raises ``KeyError``."""
    if name in read("words.toml"):
        return pa.array(read("words.toml")[name], pa.string())
    make = MADE_IN_ENGLISH.get(name)
    fake = faker_of(ENGLISH if make else locale)
    make = make or MADE[name]
    fake.seed_instance(f"pgproof {name}")
    try:
        return pa.array([make(fake) for _ in range(SIZE)], pa.string())
    except AttributeError:  # what a locale has no words for is said in English
        return pool(name, ENGLISH)


@cache
def ascii_pool(name: str, locale: str = ENGLISH) -> pa.Array:
    """The same words as they stand in an address: letters a to z. Those of another script become ``user``."""
    return pa.array([folded(word) or "user" for word in pool(name, locale).to_pylist()], pa.string())


def folded(word: str) -> str:
    """The letters of a word without accents, in lower case, everything else left out.

    >>> folded("Müller-Lüdenscheidt")
    'mullerludenscheidt'
    """
    plain = unicodedata.normalize("NFKD", word).lower()
    return "".join(letter for letter in plain if "a" <= letter <= "z")


def take(words: pa.Array, at: np.ndarray[Any, np.dtype[np.int64]]) -> pa.Array:
    """The words at these indices."""
    return pc.take(words, pa.array(at), boundscheck=False)
