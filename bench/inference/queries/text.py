"""A query as the text of its file: header, then statement."""

from __future__ import annotations

import textwrap

from bench.model import Query

WIDTH = 118


def file_text(query: Query) -> str:
    """What ``read_query`` reads as this query."""
    lines = [*_entry("title", query.title), *_entry("asks", query.asks)]
    if query.tables:
        lines += _entry("tables", ", ".join(query.tables))
    for parameter in query.parameters:
        lines += _entry(f"param {parameter.name} {parameter.type}", parameter.source)
    for name, select in query.extra_classes.items():
        lines += _entry(f"class {name}", select)
        if name in query.class_reasons:
            lines += _entry(f"why {name}", query.class_reasons[name])
    for key, text in (
        ("classes", ", ".join(query.classes)), ("expects", ", ".join(query.expects)),
        ("writes", "yes" if query.writes else ""), ("cross-tenant", query.cross_tenant),
        ("weight", str(query.weight) if query.weight != 1 else ""), ("unique", ", ".join(query.unique)),
        ("expected", query.expected),
    ):  # fmt: skip
        lines += _entry(key, text) if text else []
    for name, select in query.invariants.items():
        lines += _entry(f"invariant {name}", select)
    return "\n".join([*lines, f"{query.sql.rstrip().rstrip(';')};", ""])


def _entry(key: str, value: str) -> list[str]:
    """One key with its value over as many lines as it takes; broken at single spaces, which reading puts back."""
    head, *more = _wrapped(f"{key}: {value}")
    return [f"-- {head}", *(f"--   {line}" for line in more)]


def _wrapped(text: str) -> list[str]:
    flat = " ".join(text.split("\n"))
    if "  " in flat:  # of which one is in a string, maybe: no break can be told from it
        return [flat]
    return textwrap.wrap(flat, WIDTH, break_long_words=False, break_on_hyphens=False) or [flat]
