"""The rules of rules.toml and the kinds of kinds.toml, read once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
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
    beside: str = ""
    """Of another column of the table, which has to be there."""
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
        _written_out(entry["name"]),
        frozenset(family for group in families for family in group),
        kinds()[entry["kind"]],
        _written_out(entry.get("table", "")),
        _written_out(entry.get("beside", "")),
        entry.get("longest"),
        entry.get("nulls"),
        entry.get("with", {}),
    )


def _written_out(pattern: str) -> str:
    """The pattern with ``{class}`` replaced by the words of that class."""
    classes = read("rules.toml")["classes"]
    return re.sub(r"\{(\w+)\}", lambda match: "|".join(classes[match[1]].split()), pattern)


@cache
def pattern_of(text: str) -> re.Pattern[str]:
    """A pattern of words as a regular expression over words that each have a blank behind them.

    >>> bool(pattern_of("* e|electronic mail address?").fullmatch("work e mail "))
    True
    """
    return re.compile("".join(_token(token) for token in text.split()))


PLURAL = r"\S+(?:[^\Wsuic]|(?<!i)c)s"
PARTICIPLE = re.compile(r"(\w{2,}ed)(at|on|by)")
DATED, DATE = ("date", "datetime", "timestamp"), 10
"""Last words of texts that hold a time, and the characters of a date."""
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
def _foreign() -> dict[str, str]:
    """Words of other languages, and what they mean."""
    return {word: meaning for meaning, words in read("rules.toml")["foreign"].items() for word in words.split()}


def in_english(word: str) -> str:
    """A word of another language as we say it, in the singular; any other as it is.

    >>> in_english("usuarios"), in_english("orders")
    ('user', 'orders')
    """
    return next((_foreign()[one] for one in (word, singular(word), word.removesuffix("es")) if one in _foreign()), word)


@cache
def words_in(name: str) -> tuple[str, ...]:
    """The words of a column's name, glued ones cut, those that mean the same put alike, what it is of last.

    >>> words_in("fecha_de_inicio"), words_in("code_postal"), words_in("zip_code")
    (('start', 'date'), ('postal', 'code'), ('postal', 'code'))
    """
    same, foreign, heads = read("rules.toml")["words"], _foreign(), read("rules.toml")["heads"]
    cut = tuple(part for word in words_of(name) for part in _cut(word))
    kept = tuple(word for at, word in enumerate(cut) if not 0 < at < len(cut) - 1 or word not in heads["between"])
    words = replaced(kept, {**same, **foreign})
    first = len(replaced(kept[:1], {**same, **foreign}))
    turned = {*kept[:1], *kept[1:2]} & foreign.keys() and " ".join(words[:first]) in heads["first"]
    if turned and len(kept) > 1 and words[-1] not in heads["units"]:
        words = (*words[first:], *replaced(words[:first], heads["becomes"]))
    return tuple(word for at, word in enumerate(words) if word != words[at - 1] or not at)


@cache
def _known() -> frozenset[str]:
    """Every word that stands in a rule or is replaced by one."""
    found = {word for rule in rules() for word in re.findall(r"[a-z]+", f"{rule.name} {rule.table}")}
    file = read("rules.toml")
    return frozenset(found | set(file["words"]) | set(_foreign()) | set(file["together"]["words"]))


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
    """Rules whose name fits, whatever the type and the table; behind them those that fit it without its qualifiers."""
    words, qualifiers = words_in(name), read("rules.toml")["qualifiers"]["words"]
    found = list(_fitting(words))
    while len(words) > 1 and (words[-1] in qualifiers or words[-1].isdigit()):
        words = words[:-1]
        found += [rule for rule in _fitting(words) if rule.telling and rule not in found]
    return (*(rule for rule in found if rule.telling), *(rule for rule in found if not rule.telling))


def _fitting(words: tuple[str, ...]) -> Iterator[Rule]:
    text = "".join(f"{word} " for word in words)
    for place in sorted({place for word in ("", *words) for place in _places().get(word, ())}):
        if pattern_of(rules()[place].name).fullmatch(text):
            yield rules()[place]


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
    words = [part for word in words_of(table) for part in in_english(word).split()]
    return "".join(f"{word} " for word in (*words[:-1], *(singular(word) for word in words[-1:])))


def rules_for(
    column: str, table: str, family: str, longest: int | None, others: tuple[str, ...] = ()
) -> list[Rule]:  # fmt: skip
    """Rules that hold for a column of that name, in a table of that name (unqualified), the first is the best.

    ``others`` are the names of all columns of the table. A date that is kept as a text is told as a date is.
    """
    if family == "text" and len(words_in(column)) > 1 and words_in(column)[-1] in DATED and (longest or 10) >= DATE:
        dated = rules_for(column, table, "date", None, others)
        if dated and dated[0].kind.make in ("time", "period", "birthday"):
            return [replace(dated[0], families=frozenset({"text"}))]
    return [
        rule
        for rule in _named(column)
        if family in rule.families
        and (not rule.table or pattern_of(rule.table).fullmatch(_table_text(table)))
        and (not rule.beside or _has(others, column, rule.beside))
        and (rule.longest is None or (longest is not None and longest <= rule.longest))
    ]


@cache
def _has(names: tuple[str, ...], but: str, pattern: str) -> bool:
    """Whether one of the names, other than ``but``, is of that pattern."""
    return any(
        pattern_of(pattern).fullmatch("".join(f"{word} " for word in words_in(name))) for name in names if name != but
    )


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
