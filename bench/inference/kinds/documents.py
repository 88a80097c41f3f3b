"""JSON documents of a few shapes, and lists of words in PostgreSQL's text form."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pyarrow as pa

from bench.inference.kinds.draws import Rows
from bench.inference.kinds.letters import digits_of, joined
from bench.inference.kinds.pools import pool, take

DOCUMENTS = 1024
"""Documents of one shape; where they have to be distinct, the number of the row stands in each."""

Chance = random.Random


@cache
def _words(name: str) -> tuple[str, ...]:
    return tuple(pool(name).to_pylist())


def _word(chance: Chance, name: str = "tag") -> str:
    return chance.choice(_words(name))


def _metadata(chance: Chance) -> object:
    if chance.random() < 0.15:
        return {}
    document: dict[str, object] = {
        "source": chance.choice(("web", "api", "mobile", "import")),
        "ref": _word(chance, "word"),
    }
    if chance.random() < 0.5:
        document["tags"] = _tags(chance)
    if chance.random() < 0.3:
        document["attributes"] = {_word(chance, "word"): chance.randint(1, 100) for _ in range(2)}
    return document


def _settings(chance: Chance) -> object:
    document: dict[str, object] = {
        "theme": chance.choice(("light", "dark")),
        "language": chance.choice(("en", "de", "fr", "es")),
        "notifications": {"email": chance.random() < 0.8, "push": chance.random() < 0.4},
    }
    if chance.random() < 0.3:
        document["page_size"] = chance.choice((10, 25, 50, 100))
    return document


def _payload(chance: Chance) -> object:
    event = f"{_word(chance, 'noun')}.{_word(chance, 'past')}"
    return {
        "event": event,
        "id": chance.randint(1, 100_000),
        "data": {"amount": chance.randint(1, 5000), "note": _word(chance, "word")},
    }


def _permissions(chance: Chance) -> object:
    return {
        name: sorted(chance.sample(_words("verb"), chance.randint(1, 3)))
        for name in chance.sample(_words("section"), 2)
    }


def _tags(chance: Chance) -> list[str]:
    return chance.sample(_words("tag"), chance.randint(0, 4))


def _list(chance: Chance) -> object:
    return [_word(chance, "word") for _ in range(chance.randint(0, 4))]


def _address(chance: Chance) -> object:
    street = f"{chance.randint(1, 200)} {_word(chance, 'street_name')}"
    return {
        "street": street,
        "city": chance.choice(("Springfield", "Riverton", "Lakeside")),
        "country": chance.choice(("US", "GB", "DE")),
    }


def _items(chance: Chance) -> object:
    def item() -> dict[str, object]:
        return {
            "name": _word(chance, "product"),
            "quantity": chance.randint(1, 5),
            "price": chance.randint(100, 9999) / 100,
        }

    return [item() for _ in range(chance.randint(1, 4))]


def _changes(chance: Chance) -> object:
    return {_word(chance, "noun"): [_word(chance, "word"), _word(chance, "word")] for _ in range(chance.randint(1, 3))}


def _translations(chance: Chance) -> object:
    return {language: _word(chance, "title") for language in ("en", "de", "fr")[: chance.randint(1, 3)]}


def _headers(chance: Chance) -> object:
    return {"content-type": "application/json", "accept": "*/*", "x-request-id": f"{chance.getrandbits(64):016x}"}


def _geometry(chance: Chance) -> object:
    return {"type": "Point", "coordinates": [round(chance.uniform(-120, 140), 5), round(chance.uniform(-50, 65), 5)]}


SHAPES: dict[str, Callable[[Chance], object]] = {
    "metadata": _metadata,
    "settings": _settings,
    "payload": _payload,
    "permissions": _permissions,
    "list": _list,
    "tags": _tags,
    "address": _address,
    "items": _items,
    "changes": _changes,
    "translations": _translations,
    "headers": _headers,
    "geometry": _geometry,
}


@cache
def _documents(shape: str) -> pa.Array:
    chance = random.Random(shape)  # noqa: S311
    return pa.array([json.dumps(SHAPES[shape](chance), ensure_ascii=False) for _ in range(DOCUMENTS)])


@cache
def json_type(shape: str) -> str:
    """What ``jsonb_typeof`` says of documents of that shape."""
    return "array" if _documents(shape)[0].as_py().startswith("[") else "object"


def document(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """JSON of that ``shape``; unique ones have the number of the row in front."""
    drawn = take(_documents(options["shape"]), rows.below(DOCUMENTS, "document"))
    if not options.get("unique"):
        return drawn
    if json_type(options["shape"]) == "array":
        return joined("[", digits_of(rows.numbers), ", ", drawn, "]")
    return joined('{"number": ', digits_of(rows.numbers), ', "value": ', drawn, "}")


@cache
def _lists(name: str, most: int, longest: int) -> pa.Array:
    chance = random.Random(name)  # noqa: S311
    words = [word for word in _words(name) if len(word) <= longest] or [""]
    drawn = (chance.sample(words, min(len(words), chance.randint(0, most))) for _ in range(DOCUMENTS))
    return pa.array(["{" + ",".join(map(_quoted, words)) + "}" for words in drawn])


def _quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def word_list(rows: Rows, options: Mapping[str, Any]) -> pa.Array:
    """``{"a","b"}``: up to ``most`` words of ``pool``; unique ones have the number of the row in front."""
    longest = options.get("element") or 1 << 20
    drawn = take(_lists(options["pool"], options["most"], longest), rows.below(DOCUMENTS, "list"))
    if not options.get("unique"):
        return drawn
    return joined("{", digits_of(rows.numbers), "}")
