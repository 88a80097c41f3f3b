"""The words of the reports: ``glossary.toml``, and the steps of plans as the reports explain them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.report.plan_sentences import KINDS


@dataclass(frozen=True, slots=True)
class Term:
    """A word, and what it means in a sentence or two."""

    name: str
    means: str
    also: tuple[str, ...] = ()
    """Other words for it."""
    see: tuple[str, ...] = ()
    page: str = ""
    """The file in docs/ that says more; empty where none does."""


@cache
def terms() -> Mapping[str, Term]:
    """Every term by its name."""
    text = Path(__file__).with_name("glossary.toml").read_text("utf-8")
    written = {name: _term(name, said) for name, said in tomllib.loads(text).items()}
    steps = {name: Term(name, f"A step of a plan: it {kind.means}", see=("plan",)) for name, kind in KINDS.items()}
    return written | steps


@cache
def by_word() -> Mapping[str, Term]:
    """Every term by each of its words, in lower case; a name comes before another term's other words."""
    others = {word.lower(): term for term in terms().values() for word in term.also}
    return others | {name.lower(): term for name, term in terms().items()}


def look_up(word: str) -> Term | None:
    """The term for ``word``, in any case, in the plural, with hyphens or underscores; None where there is none."""
    known = by_word()
    return next((known[form] for form in _forms(word) if form in known), None)


def _forms(word: str) -> Iterator[str]:
    plain = " ".join(word.split()).lower()
    for form in dict.fromkeys((plain, plain.replace("-", " ").replace("_", " "), plain.replace(" ", "_"))):
        yield form
        yield form.removesuffix("s")
        yield form.removesuffix("es")


def _term(name: str, said: Mapping[str, str | list[str]]) -> Term:
    return Term(
        name, str(said["means"]), tuple(said.get("also", ())), tuple(said.get("see", ())), str(said.get("page", ""))
    )
