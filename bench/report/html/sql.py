"""SQL on a page: highlighted, and filled in so that it can be pasted into psql."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape
from pygments import token
from pygments.lexers import PostgresLexer

from bench.errors import WorkloadError
from bench.model import Binding, Parameter
from bench.report.text import clean
from bench.shipping.text import semicolon, value_literal
from bench.workload.sqlfile import fill_in

CLASSES = (
    (token.Keyword, "k"),
    (token.Operator.Word, "k"),
    (token.String, "s"),
    (token.Number, "n"),
    (token.Name.Variable, "n"),
    (token.Comment, "c"),
)
"""Kinds of words that have a colour in query.css."""
HIGHLIGHTED_MOST = 20_000
"""Characters of a statement that are highlighted: a longer one is shown plain, as each word costs 30 bytes of page."""


_LEXER = PostgresLexer(stripnl=False, ensurenl=False)


def highlighted(sql: str) -> Markup:
    """Mark up the words of ``sql`` that have a class in ``CLASSES``, everything escaped.

    Pygments' own formatter marks every name, comma and blank too: five times the bytes for no colour.
    """
    text = clean(sql)
    if len(text) > HIGHLIGHTED_MOST:
        return escape(text)
    parts = []
    for kind, group in groupby(_LEXER.get_tokens(text), key=lambda token: _class_of(token[0])):
        words = escape("".join(word for _, word in group))
        parts.append(Markup('<span class="sql-{}">{}</span>').format(kind, words) if kind else words)
    return Markup("").join(parts)


def _class_of(kind: Any) -> str:  # noqa: ANN401 - Pygments' types of words are tuples that contain one another
    return next((name for known, name in CLASSES if kind in known), "")


def filled(sql: str, parameters: Iterable[Parameter], binding: Binding) -> str:
    """The statement with the values of ``binding`` as typed literals, for psql; a comment where it cannot be read."""
    values = {one.name: f"{value_literal(binding.args.get(one.name))}::{one.type}" for one in parameters}
    try:
        text = fill_in(sql, values, "").rstrip().removesuffix(";")
        return text + semicolon(text)
    except WorkloadError as error:
        return f"-- The values cannot be filled in: {error}"
