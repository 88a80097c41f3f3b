"""A document as one page: no network, in light and dark, and whole without its script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from bench.report.document import Block, Custom, Document, Group, Table, sections, shown, spans
from bench.report.html.environment import drawn, environment


def render(document: Document) -> str:
    """Write the page. The same document gives the same bytes."""
    found = sections(document, "html")
    text = (
        environment()
        .get_template("document.html")
        .render(
            document=document,
            sections=found,
            pgproof=document.pgproof,
            page_title=document.title,
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


def _groups(table: Table) -> tuple[Group, ...]:
    return table.groups or (Group(table.rows),)


def _included(block: Custom) -> Markup:
    return Markup(environment().get_template(block.template).render(**HELPERS, **block.values))  # noqa: S704 (escaped by the template)


HELPERS: dict[str, Any] = {
    "spans": spans,
    "shown": _shown,
    "kind": _kind,
    "places": _places,
    "pick": _pick,
    "groups": _groups,
    "drawn": drawn,
    "included": _included,
}
