"""What a parameter class asks for, in fields and in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Owner = Literal["hot", "p90", "median", "tiny", "empty"]

SHARE = 0.2
"""Of the rows that a range covers, where nothing else is asked for: recent ones, as most ranges of time are."""

LISTED = 10
"""Values of a list (``= ANY($1)``)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which values a class takes."""

    owner: Owner | int = "hot"
    """Of those that own rows: by the number of rows, as the class is called, or the nth of the largest (from 1)."""
    others: Literal["common", "rare"] = "common"
    """Of what else is compared by equality: the combination that most of the owner's rows have, or the fewest."""
    nth: int = 0
    """Combinations passed over."""
    share: float = SHARE
    """Of the rows that ranges cover."""
    pattern: Literal["common", "rare", "none"] = "common"
    """What is looked for: what many rows have, what few have, or what none has."""
    without_optional: bool = False
    """NULL for what may be left out."""
    deep: bool = False
    """OFFSET behind nine tenths of the rows."""
    existing: bool = False
    """Of a row to be written: keys that are there already."""


BASIC: tuple[Owner, ...] = ("hot", "p90", "median", "tiny", "empty")

_WHOM = {
    "hot": "{who} with the most rows that this query reads",
    "p90": "{who} that nine tenths have fewer rows than",
    "median": "{who} in the middle of the ranking by rows",
    "tiny": "{who} with the fewest rows",
    "empty": "{who} without any row: an answer of nothing has to be quick too",
}


def reason(choice: Choice, *, who: str, unique: bool, others: str, ranges: str, patterns: str, optional: str) -> str:
    """Say whom a class stands for.

    ``who`` names the parameters that select an owner, ``others`` those taken from its rows; all may be empty.
    """
    parts = []
    if who and unique and choice.owner != "empty":
        parts.append(f"{who} from the middle of the table: each finds one row")
    elif who and isinstance(choice.owner, int):
        parts.append(f"{who} number {choice.owner} by rows that this query reads")
    elif who:
        parts.append(_WHOM[str(choice.owner)].format(who=who))
    if others:
        which = "the rarest" if choice.others == "rare" else "the most frequent"
        number = f" but {choice.nth}" if choice.nth else ""
        parts.append(f"{others}: {which} combination{number} among these rows")
    if ranges:
        covered = "all of them" if choice.share >= 1 else f"{choice.share:.0%} of them, the newest or largest"
        parts.append(f"{ranges}: covers {covered}")
    if patterns:
        what = {"common": "what many of them have", "rare": "what hardly one has", "none": "what none has"}
        parts.append(f"{patterns}: {what[choice.pattern]}")
    if optional and choice.without_optional:
        parts.append(f"{optional}: left out (NULL)")
    if choice.deep:
        parts.append("a page behind nine tenths of the rows")
    return "; ".join(parts)
