"""How every verdict looks, whichever experiment says it and whatever shows it.

The word carries the meaning; sign, emoji and tone only help to find it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Tone = Literal["", "good", "open", "over", "alarm"]
"""As it should be; cannot be told, or wants a look; is not as it should be; makes a claim void."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands beside a verdict: a sign where there is text alone, an emoji in Markdown, a tone where there is
    colour."""

    sign: str
    emoji: str
    tone: Tone = ""


MARKS: Mapping[str, Mark] = {
    # Of a query and its classes.
    "meets": Mark("✓", "✅", "good"),
    "misses": Mark("✗", "❌", "over"),
    "cannot tell": Mark("?", "❔", "open"),
    "other rows": Mark("‼", "🛑", "alarm"),
    "other order": Mark("‼", "🛑", "alarm"),
    "other content": Mark("‼", "🛑", "alarm"),
    "failed": Mark("‼", "🛑", "alarm"),
    # Of an optimization.
    "keep": Mark("✓", "✅", "good"),
    "keep, but it costs": Mark("✓", "✅", "open"),
    "substitutable": Mark("≈", "🔀", "open"),
    "needed by others": Mark("✓", "✅"),
    "unused": Mark("∅", "➖", "open"),
    "harmful": Mark("✗", "❌", "over"),
    "not for queries": Mark("·", "➖"),
    # Of a gate and its cells.
    "regression": Mark("✗", "❌", "over"),
    "inconclusive": Mark("?", "❔", "open"),
    "incompatible": Mark("‼", "⚠️", "open"),
    "plan changed": Mark("~", "🔀", "open"),
    "improvement": Mark("✓", "✅", "good"),
    "accepted": Mark("!", "⚠️", "open"),
    "not compared": Mark("?", "❔", "open"),
    "new": Mark("+", "🆕"),
    "gone": Mark("-", "➖"),
    "pass": Mark("✓", "✅", "good"),
}
"""By the word itself. A word of two experiments means the same in both."""

PLAIN = Mark("", "")


def mark(word: str) -> Mark:
    """What stands beside ``word``; nothing beside a word that is no verdict of these."""
    return MARKS.get(word, PLAIN)
