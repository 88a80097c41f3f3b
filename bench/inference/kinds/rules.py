"""The rules of rules.toml and the kinds of kinds.toml, read once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from bench.inference.kinds.names import GROUPS, replaced, singular, words_of
from bench.inference.kinds.pools import read


@dataclass(frozen=True)
class Kind:
    """A kind of value: how it is made, and what it needs."""

    name: str
    make: str
    needs: int = 0
    """Characters."""
    nulls: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """Names and types of columns, and the kind that they get."""

    name: str
    """As it is written."""
    families: frozenset[str]
    kind: Kind
    table: str = ""
    longest: int | None = None
    nulls: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def telling(self) -> bool:
        """Whether the name decided, not the type alone."""
        return self.name != "*"

    @property
    def anchors(self) -> tuple[str, ...]:
        """Words of which one stands in any name that fits; the empty one where there are none."""
        needed = [part for part in self.name.split() if part != "*" and not part.endswith("?")]
        words = [word.split("_")[0] for word in needed[0].split("|")] if needed else [""]
        return ("",) if any(word.startswith("-") for word in words) else tuple(words)


@cache
def kinds() -> dict[str, Kind]:
    """All kinds by name."""
    apart = ("make", "needs", "nulls")
    return {
        name: Kind(
            name, entry["make"], entry.get("needs", 0), entry.get("nulls"),
            {key: value for key, value in entry.items() if key not in apart},
        )
        for name, entry in read("kinds.toml")["kinds"].items()
    }  # fmt: skip


@cache
def rules() -> tuple[Rule, ...]:
    """All rules in the order of their priority."""
    return tuple(_rule(entry) for section in read("rules.toml")["section"] for entry in section["rules"])


def _rule(entry: Mapping[str, Any]) -> Rule:
    families = (GROUPS.get(word, (word,)) for word in entry["on"].split())
    return Rule(
        entry["name"],
        frozenset(family for group in families for family in group),
        kinds()[entry["kind"]],
        entry.get("table", ""),
        entry.get("longest"),
        entry.get("nulls"),
        entry.get("with", {}),
    )


@cache
def pattern_of(text: str) -> re.Pattern[str]:
    """A pattern of words as a regular expression over words that each have a blank behind them.

    >>> bool(pattern_of("* e|electronic mail address?").fullmatch("work e mail "))
    True
    """
    return re.compile("".join(_token(token) for token in text.split()))


PLURAL = r"\S+[^\Wsu]s"
PARTICIPLE = re.compile(r"(\w{2,}ed)(at|on|by)")
SHORT = 3
"""Letters that may stand before an ending of [glued] and mean nothing to us."""


def _word(word: str) -> str:
    """One alternative of a token; those that begin with a hyphen are any words that end so."""
    if word.startswith("-"):
        return PLURAL if word == "-s" else rf"\S+{re.escape(word[1:])}"
    return re.escape(word).replace("_", " ")


def _token(token: str) -> str:
    if token == "*":  # noqa: S105
        return r"(?:\S+ )*"
    one = rf"(?:{'|'.join(_word(word) for word in token.removesuffix('?').split('|'))}) "
    return f"(?:{one})?" if token.endswith("?") else one


@cache
def words_in(name: str) -> tuple[str, ...]:
    """The words of a column's name, glued ones cut, those that mean the same put alike."""
    same = read("rules.toml")["words"]
    return replaced(tuple(part for word in words_of(name) for part in _cut(word)), same)


@cache
def _known() -> frozenset[str]:
    """Every word that stands in a rule or is replaced by one."""
    found = {word for rule in rules() for word in re.findall(r"[a-z]+", f"{rule.name} {rule.table}")}
    return frozenset(found | set(read("rules.toml")["words"]) | set(read("rules.toml")["together"]["words"]))


def _cut(word: str) -> tuple[str, ...]:
    """A word that no rule knows as the two known ones that it is made of; else as it is.

    >>> _cut("fromdate"), _cut("hscode"), _cut("candidate")
    (('from', 'date'), ('hs', 'code'), ('candidate',))
    """
    known, glued = _known(), read("rules.toml")["glued"]
    if match := PARTICIPLE.fullmatch(word):
        return match[1], match[2]
    if word in known or not word.isalpha():
        return (word,)
    for at in range(2, len(word) - 1):
        one, other = word[:at], word[at:]
        long = len(one) >= SHORT and (len(other) >= SHORT or other == "id")
        if long and one in known and other in known and other not in glued["never"]:
            return one, other
    for beginning in glued["beginnings"]:
        if word.startswith(beginning):
            return beginning, word.removeprefix(beginning)
    for ending in glued["endings"]:
        if word.endswith(ending) and 0 < len(word) - len(ending) <= SHORT:
            return word.removesuffix(ending), ending
    return (word,)


@cache
def _named(name: str) -> tuple[Rule, ...]:
    """Rules whose name fits, whatever the type and the table."""
    text = "".join(f"{word} " for word in words_in(name))
    places = sorted({place for word in ("", *words_in(name)) for place in _places().get(word, ())})
    return tuple(rules()[place] for place in places if pattern_of(rules()[place].name).fullmatch(text))


@cache
def _places() -> dict[str, list[int]]:
    """Where among the rules those stand that ask for a word: few of them have to be tried on a name."""
    found: dict[str, list[int]] = {}
    for place, rule in enumerate(rules()):
        for word in rule.anchors:
            found.setdefault(word, []).append(place)
    return found


@cache
def _table_text(table: str) -> str:
    words = words_of(table)
    return "".join(f"{word} " for word in (*words[:-1], *(singular(word) for word in words[-1:])))


def rules_for(column: str, table: str, family: str, longest: int | None) -> list[Rule]:
    """Rules that hold for a column of that name, in a table of that name (unqualified), the first is the best."""
    return [
        rule
        for rule in _named(column)
        if family in rule.families
        and (not rule.table or pattern_of(rule.table).fullmatch(_table_text(table)))
        and (rule.longest is None or (longest is not None and longest <= rule.longest))
    ]


def group_of(column: str, which: str = "words") -> str:
    """Whose person, place or ``period`` a column tells of, from the words of its name that do not say what of it.

    >>> group_of("billing_city"), group_of("customer_email"), group_of("first_name"), group_of("trial_end", "period")
    ('billing', 'customer', '', 'trial')
    """
    what = set(read("rules.toml")["together"][which])
    return " ".join(word for word in words_in(column) if word not in what)


@cache
def share_of(word: str) -> float | None:
    """How often a word of a status, a type or a role is to be expected, from the kinds that have it."""
    low = word.lower().replace("-", "_").replace(" ", "_")
    for kind in kinds().values():
        for value, share in kind.options.get("values", {}).items() if kind.make == "choice" else ():
            if str(value).lower().replace(" ", "_") == low:
                return float(share)
    return None
