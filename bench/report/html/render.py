"""A document as one page: no network, in light and dark, and whole without its script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from bench.report import numbers
from bench.report.document import Block, Column, Custom, Document, Group, Table, Tone, sections, shown, spans
from bench.report.glossary import Term, look_up
from bench.report.html.breaks import breakable
from bench.report.html.environment import drawn, environment
from bench.report.html.icon import icon


def render(document: Document) -> str:
    """Write the page. The same document gives the same bytes."""
    found, used = sections(document, "html"), dict[str, Term]()

    def explained(text: str) -> bool:
        """Whether ``text`` is a word of the glossary, which then holds it."""
        if term := look_up(text):
            used[term.name] = term
        return term is not None

    text = (
        environment()
        .get_template("document.html")
        .render(
            document=document,
            sections=found,
            pgproof=document.pgproof,
            page_title=f"{document.mark.sign} {document.title}".lstrip(),
            icon=icon(document.mark),
            explained=explained,
            used=used,
            target=document.target or (found[0].ident if found else ""),
            **HELPERS,
        )
    )
    return text if text.endswith("\n") else f"{text}\n"


def _shown(blocks: Sequence[Block]) -> tuple[Block, ...]:
    return shown(blocks, "html")


def _kind(block: Block) -> str:
    return type(block).__name__


def _places(table: Table) -> tuple[int, ...]:
    """The columns of ``table`` that a page has."""
    return tuple(place for place, column in enumerate(table.columns) if "html" in column.formats)


def _pick(found: Sequence[Any], places: Sequence[int]) -> list[Any]:
    """What stands at ``places``; a row of fewer cells, one of which spans the others, is left as it is."""
    return [found[place] for place in places] if len(found) > max(places, default=0) else list(found)


def _heads(table: Table) -> tuple[list[tuple[Column | None, str, int, Tone]], list[Column]]:
    """The two lines of headings: above, columns that take both lines or a text for several; below, the other columns.

    The first is empty where there is one line.
    """
    places, at = set(_places(table)), 0
    above: list[tuple[Column | None, str, int, Tone]] = []
    below: list[Column] = []
    for text, width, tone in table.head or (("", len(table.columns), ""),):
        columns = [table.columns[place] for place in range(at, at + width) if place in places]
        at += width
        if text or not table.head:
            below += columns
            above += [(None, text, len(columns), tone)] if text else []
        else:
            above += [(column, "", 1, "") for column in columns]
    return above, below


def _groups(table: Table) -> tuple[Group, ...]:
    return table.groups or (Group(table.rows),)


def _included(block: Custom) -> Markup:
    return Markup(environment().get_template(block.template).render(**HELPERS, **block.values))  # noqa: S704 (escaped by the template)


HELPERS: dict[str, Any] = {
    "words": numbers,
    "spans": spans,
    "shown": _shown,
    "kind": _kind,
    "places": _places,
    "pick": _pick,
    "heads": _heads,
    "groups": _groups,
    "drawn": drawn,
    "breakable": breakable,
    "included": _included,
}
