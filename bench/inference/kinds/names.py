"""Names taken apart: words of a column's or table's name, families of types, singulars of English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from bench.model.schema import DataType

FAMILIES = {
    "text": ("text", "varchar", "bpchar", "citext", "name", "char"),
    "int": ("int2", "int4", "int8", "oid"),
    "numeric": ("numeric", "money"),
    "float": ("float4", "float8"),
    "bool": ("bool",),
    "time": ("timestamp", "timestamptz"),
    "date": ("date",),
    "clock": ("time", "timetz"),
    "interval": ("interval",),
    "json": ("json", "jsonb"),
    "uuid": ("uuid",),
    "bytes": ("bytea",),
    "inet": ("inet", "cidr"),
    "mac": ("macaddr",),
}
FAMILY_OF = {name: family for family, names in FAMILIES.items() for name in names}
GROUPS = {"number": ("int", "numeric", "float"), "moment": ("time", "date")}
"""Words of rules.toml that stand for several families."""

IRREGULAR = {
    "people": "person", "children": "child", "men": "man", "women": "woman", "feet": "foot", "mice": "mouse",
    "teeth": "tooth", "geese": "goose", "media": "medium", "data": "datum", "criteria": "criterion",
    "indices": "index", "matrices": "matrix", "vertices": "vertex", "analyses": "analysis", "bases": "basis",
    "diagnoses": "diagnosis", "crises": "crisis", "theses": "thesis", "quizzes": "quiz", "movies": "movie",
    "cookies": "cookie", "caches": "cache", "curricula": "curriculum", "phenomena": "phenomenon",
    "statuses": "status", "buses": "bus", "aliases": "alias", "viruses": "virus", "campuses": "campus",
    "leaves": "leave", "staff": "staff", "series": "series", "news": "news", "species": "species",
}  # fmt: skip
ENDINGS = (
    (r"ies$", "y"),
    (r"(ss|sh|ch|x|z)es$", r"\1"),
    (r"oes$", "o"),
    (r"([lr])ves$", r"\1f"),
    (r"([^su])s$", r"\1"),
)
"""Plural to singular, the first that matches; words in -ss, -us and -is that are none stay."""


@cache
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case: cut at underscores, other signs, capitals, and before and after digits.

    >>> words_of("billing_addressLine2")
    ('billing', 'address', 'line', '2')
    """
    cut = re.sub(r"([a-z0-9])([A-Z])|([A-Z]+)([A-Z][a-z])", lambda m: " ".join(g for g in m.groups() if g), name)
    return tuple(word.lower() for word in re.findall(r"[^\W\d_]+|\d+", cut))


def replaced(words: tuple[str, ...], instead: Mapping[str, str]) -> tuple[str, ...]:
    """The words with those of ``instead`` replaced; what stands for one may be several."""
    return tuple(part for word in words for part in instead.get(word, word).split())


@cache
def singular(word: str) -> str:
    """The singular of an English noun in lower case; a word that is no plural stays as it is.

    >>> singular("categories"), singular("boxes"), singular("people"), singular("address"), singular("status")
    ('category', 'box', 'person', 'address', 'status')
    """
    if word in IRREGULAR:
        return IRREGULAR[word]
    for plural, base in ENDINGS:
        if len(word) > 3 and re.search(plural, word):
            return word if word.endswith(("is", "us", "ss")) else re.sub(plural, base, word)
    return word


def family_of(type_: DataType) -> str:
    """The family of the type below all domains: of FAMILIES, ``enum``, ``list`` (array of text), else ``other``."""
    plain = type_.plain
    if plain.kind == "enum":
        return "enum"
    if plain.kind == "array" and plain.element and FAMILY_OF.get(plain.element.plain.name) == "text":
        return "list"
    return FAMILY_OF.get(plain.name, "other") if plain.kind == "base" else "other"
