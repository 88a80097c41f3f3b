"""PostgreSQL's patterns: LIKE and SIMILAR TO as regular expressions, and its regular expressions as Python's.

What differs is listed in PostgreSQL's manual, "Regular Expression Details" (9.7.3): names of character classes,
``\\m \\M \\y \\Y``, ``$`` that matches at the very end only, ``.`` for the end of a line too, options before it.
"""

from __future__ import annotations

import re
from functools import lru_cache

_CLASSES = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "space": r"\s",
    "blank": r" \t", "punct": r"!-/:-@\[-`{-~", "xdigit": "0-9A-Fa-f", "word": r"\w", "cntrl": r"\x00-\x1f\x7f",
    "print": " -~", "graph": "!-~", "ascii": r"\x00-\x7f",
}  # fmt: skip
_ESCAPES = {
    "m": r"\b(?=\w)",
    "M": r"\b(?<=\w)",
    "y": r"\b",
    "Y": r"\B",
    "e": r"\x1b",
    "B": r"\\",
    "Z": r"\Z",
    "a": r"\x07",
}
_OPTIONS = re.compile(r"(?:\*\*\*:)?\(\?([a-z]+)\)")
_SPECIAL = re.compile(r"([\\^$.|?*+()\[\]{}])")


class Unreadable(ValueError):
    """A pattern that Python's engine does not take."""


def literally(text: str) -> str:
    """The regular expression of PostgreSQL that matches ``text`` and nothing else."""
    return _SPECIAL.sub(r"\\\1", text)


def nowhere(pattern: str) -> str:
    """The regular expression that matches where ``pattern`` matches nowhere."""
    options = _OPTIONS.match(pattern)
    head, rest = (options[0], pattern[options.end() :]) if options else ("", pattern)
    return f"{head}^(?!.*(?:{rest}))"


def from_like(text: str, escape: str = "\\") -> str:
    """A pattern of LIKE as a regular expression."""
    parts, position = [], 0
    while position < len(text):
        char = text[position]
        if char == escape and position + 1 < len(text):
            position += 1
            parts.append(literally(text[position]))
        else:
            parts.append({"%": ".*", "_": "."}.get(char) or literally(char))
        position += 1
    return "^" + "".join(parts) + "$"


def from_similar(text: str) -> str:
    """A pattern of SIMILAR TO as a regular expression, which ``similar_to_escape`` makes of it in the server."""
    parts, position, inside = [], 0, False
    while position < len(text):
        char = text[position]
        if char == "\\" and position + 1 < len(text):
            position += 1
            parts.append(literally(text[position]))
        elif inside:
            inside = char != "]"
            parts.append(char)
        else:
            inside = char == "["
            parts.append({"%": ".*", "_": ".", ".": r"\.", "^": r"\^", "$": r"\$", "(": "(?:"}.get(char, char))
        position += 1
    return f"^(?:{''.join(parts)})$"


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern for Python's ``search``.

    Raises:
        Unreadable: Python's engine does not take it.
    """
    flags = re.DOTALL
    if pattern.startswith("***="):
        return re.compile(re.escape(pattern[4:]), flags)
    if options := _OPTIONS.match(pattern):
        letters, pattern = options[1], pattern[options.end() :]
        if "q" in letters:
            return re.compile(re.escape(pattern), flags)
        flags |= re.IGNORECASE if "i" in letters else flags
        flags |= re.VERBOSE if "x" in letters else flags
        if set("nmp") & set(letters):
            flags = (flags & ~re.DOTALL) | re.MULTILINE
    try:
        return re.compile(_translated(pattern, bool(flags & re.MULTILINE)), flags)
    except (re.error, OverflowError, RecursionError) as error:
        raise Unreadable(f"{pattern}: {error}") from None


def _translated(pattern: str, lines: bool) -> str:
    parts, position = [], 0
    while position < len(pattern):
        char = pattern[position]
        if char == "\\" and position + 1 < len(pattern):
            piece, position = _escape(pattern, position + 1)
        elif char == "[":
            piece, position = _bracket(pattern, position + 1)
        else:
            piece, position = (r"\Z" if char == "$" and not lines else char), position + 1
        parts.append(piece)
    return "".join(parts)


def _escape(pattern: str, position: int) -> tuple[str, int]:
    char = pattern[position]
    if char == "u":
        return f"\\u{pattern[position + 1 : position + 5]}", position + 5
    if char == "x":
        digits = re.match(r"[0-9a-fA-F]+", pattern[position + 1 :])
        code = digits[0] if digits else "0"
        return re.escape(chr(int(code, 16))), position + 1 + len(code)
    if char.isalnum() and char not in "dDwWsSbfnrtvA0123456789" and char not in _ESCAPES:
        raise Unreadable(f"\\{char}")
    if char == "b":
        return r"\x08", position + 1
    return _ESCAPES.get(char, "\\" + char), position + 1


def _bracket(pattern: str, position: int) -> tuple[str, int]:
    """A bracket expression, from behind its ``[``."""
    if word := re.match(r"\[:([<>]):\]\]", pattern[position:]):
        return _ESCAPES["m" if word[1] == "<" else "M"], position + word.end()
    parts, first = ["["], True
    if pattern[position : position + 1] == "^":
        parts, position = ["[^"], position + 1
    while position < len(pattern) and (first or pattern[position] != "]"):
        first = False
        rest = pattern[position:]
        if named := re.match(r"\[:(\w+):\]", rest):
            if named[1] not in _CLASSES:
                raise Unreadable(named[0])
            parts.append(_CLASSES[named[1]])
            position += named.end()
        elif single := re.match(r"\[([.=])(.)\1\]", rest):
            parts.append(re.escape(single[2]))
            position += single.end()
        elif rest[0] == "\\" and len(rest) > 1:
            piece, position = _escape(pattern, position + 1)
            parts.append(piece)
        else:
            parts.append("\\" + rest[0] if rest[0] in "[]&~|" else rest[0])
            position += 1
    return "".join(parts) + "]", position + 1
