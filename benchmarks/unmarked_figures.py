"""Numbers with a unit that stand in a document by hand: measured figures belong between marks.

Looked at are numbers with a unit of time, size, rate, share or work, and counts such as "12 of 16", outside of marks,
generated parts, code and links. What no run gave (a limit, a default, an example) is listed with its reason in
unmarked_figures.toml: page, reason, phrases. A phrase that no longer stands in its page is named, too.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ALLOWED = Path(__file__).with_suffix(".toml")
EVERYWHERE = "everywhere"

GENERATED = re.compile(r"<!--=.*?<!--/-->|<!-- begin: .*?<!-- end: .*?-->", re.DOTALL)
CODE = re.compile(r"^```.*?^```|^ {4}.*?$|`[^`\n]*`|<[^>]+>|\]\([^)]*\)", re.DOTALL | re.MULTILINE)
UNIT = r"µs|ms|s|min|minutes?|seconds?|hours?|[kMG]i?B|%|/s|rows/s|blocks|buffers|cells"
FIGURE = re.compile(rf"(?<![\w.])\d[\d,.]*(?:\s?(?:{UNIT})(?!\w)| of (?:the )?\d[\d,]*)")


def allowed(root: Path) -> dict[str, dict[str, list[str]]]:
    """Page, or everywhere, to reasons, to phrases."""
    file = root / "benchmarks" / ALLOWED.name
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def unmarked(page: str, text: str, listed: dict[str, dict[str, list[str]]]) -> Iterator[tuple[int, str]]:
    """Line and words for each figure of ``page`` that stands by hand and is not listed, and for phrases gone stale."""
    for hidden in (GENERATED, CODE):
        text = hidden.sub(lambda match: re.sub(r"\S", "·", match[0]), text)
    spans: list[tuple[int, int]] = []
    for place in (EVERYWHERE, page):
        for phrase in (phrase for phrases in listed.get(place, {}).values() for phrase in phrases):
            found = [match.span() for match in re.finditer(r"\s+".join(map(re.escape, phrase.split())), text)]
            if place == page and not found:
                yield 1, f"{ALLOWED.name} allows {phrase!r}, which does not stand here: take it out there"
            spans += found
    for match in FIGURE.finditer(text):
        if not any(begin <= match.start() and match.end() <= end for begin, end in spans):
            line = text.count("\n", 0, match.start()) + 1
            said = " ".join(match[0].split())
            yield line, f"{said!r} stands by hand: write it from evidence, or list it in {ALLOWED.name} with the reason"
