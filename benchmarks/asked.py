"""What was asked of pgproof's own speed and size, beside what was found: the table that asked.toml describes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

Found = Callable[[str], Any]
"""A name of evidence, as between the marks of a document, to its value."""


def table(file: Path, found: Found) -> str:
    """The table in Markdown; ``found`` raises what is wrong with the evidence."""
    rows = tomllib.loads(file.read_text(encoding="utf-8"))["asked"]
    return "\n".join(
        ["| asked for | limit | found | | measured |", "|---|---:|---:|---|---|", *(_row(row, found) for row in rows)]
    )


def _row(row: dict[str, Any], found: Found) -> str:
    value = found(row["figure"])
    form = row.get("form", "{:.0f}")
    shown = [_shown(form, one) for one in (value["median"], value["least"], value["most"])] if _spread(value) else []
    text = f"{shown[0]} ({shown[1]} to {shown[2]}, {value['n']} times)" if shown else _shown(form, _number(value))
    limits = [f"{word} {_shown(form, row[key])}" for key, word in (("at_most", "≤"), ("at_least", "≥")) if key in row]
    when = _when(row["figure"].partition(".")[0], found)
    return f"| {row['what']} | {' '.join(limits)} | {text} | {_verdict(row, _number(value))} | {when} |"


def _when(evidence: str, found: Found) -> str:
    """The day, and how busy the machine was, where that is known."""
    day = str(found(f"{evidence}.date"))[:10]
    try:
        return f"{day}, load {found(f'{evidence}.load_before'):.0f}"
    except KeyError:
        return day


def _verdict(row: dict[str, Any], number: float) -> str:
    if "at_most" not in row and "at_least" not in row:
        return ""
    held = number <= row.get("at_most", number) and number >= row.get("at_least", number)
    return "held" if held else "**missed**"


def _spread(value: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, dict) and value["n"] > 1


def _number(value: Any) -> float:  # noqa: ANN401 - JSON
    """A number as it is, the median of several, or the share that a sentence begins with ("15 of 16 queries …")."""
    if isinstance(value, dict):
        return float(value["median"])
    if share := re.search(r"([\d,]+) of ([\d,]+)", str(value)):
        good, of = (float(part.replace(",", "")) for part in share.groups())
        return good / of
    return float(value)


def _shown(form: str, number: float) -> str:
    return form.format(number).replace("%", " %")
