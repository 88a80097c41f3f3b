"""SQL on a page: highlighted, and filled in so that it can be pasted into psql."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PostgresLexer

from bench.errors import WorkloadError
from bench.model import Binding, Parameter
from bench.report.text import clean
from bench.sqlfile import fill_in

CLASS_PREFIX = "sql-"
BACKSLASH = "\\"
HIGHLIGHTED_MOST = 20_000
"""Characters of a statement that are highlighted: a longer one is shown plain, as each word costs 30 bytes of page."""


def highlighted(sql: str) -> Markup:
    """Mark up ``sql`` for the classes of query.css; Pygments escapes the text."""
    text = clean(sql)
    if len(text) > HIGHLIGHTED_MOST:
        return Markup.escape(text)
    lexer, formatter = (
        PostgresLexer(stripnl=False, ensurenl=False),
        HtmlFormatter(nowrap=True, classprefix=CLASS_PREFIX),
    )
    return Markup(highlight(text, lexer, formatter).rstrip("\n"))  # noqa: S704 - escaped by the formatter


def filled(sql: str, parameters: Iterable[Parameter], binding: Binding) -> str:
    """The statement with the values of ``binding`` as typed literals, for psql; a comment where it cannot be read."""
    values = {one.name: _literal(binding.args.get(one.name), one.type) for one in parameters}
    try:
        return f"{fill_in(sql, values, '').rstrip().removesuffix(';')};"
    except WorkloadError as error:
        return f"-- The values cannot be filled in: {error}"


def _literal(value: str | None, kind: str) -> str:
    if value is None:
        return f"NULL::{kind}"
    quoted = "'" + value.replace("'", "''") + "'"
    # With E'' a backslash means the same whatever standard_conforming_strings says.
    return f"E{quoted.replace(BACKSLASH, 2 * BACKSLASH)}::{kind}" if BACKSLASH in value else f"{quoted}::{kind}"
