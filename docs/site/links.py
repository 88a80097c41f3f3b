"""A warning for each link of the built site that leads nowhere, and for what a page would load from another host.

What Sphinx cannot know of is looked at too: links in what is generated, in raw HTML, and in the theme.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sphinx.application import Sphinx
from sphinx.util import logging

LINK = re.compile(r'<(?P<tag>\w+)\b[^>]*?\s(?:href|src|srcset)="(?P<to>[^"]*)"')
PLACE = re.compile(r'\sid="([^"]*)"')
LOADED = ("link", "script", "img", "source", "iframe")
"""Elements whose target a browser fetches by itself."""


def setup(app: Sphinx) -> dict[str, bool]:
    """Take part in Sphinx's work; after all that writes at its end."""
    app.connect("build-finished", look, priority=900)
    return {"parallel_read_safe": True}


def look(app: Sphinx, error: Exception | None) -> None:
    """Warn of each link that leads nowhere, which fails a build with -W."""
    if error is None:
        for page, said in wrong(Path(app.outdir), [f"{name}.html" for name in app.env.all_docs] + ["index.html"]):
            logging.getLogger(__name__).warning("%s: %s", page, said)


def wrong(site: Path, pages: list[str]) -> Iterator[tuple[str, str]]:
    """Page and complaint for each link of these pages, and of those that they lead to."""
    waiting, seen = list(pages), set(pages)
    while waiting:
        page = waiting.pop()
        for tag, to in sorted({(found["tag"], unescape(found["to"])) for found in LINK.finditer(_text(site / page))}):
            parts = urlsplit(to)
            if parts.scheme or parts.netloc:
                if tag in LOADED and parts.scheme != "data":
                    yield page, f"{to} would be loaded from another host"
                continue
            target = (site / page).parent / unquote(parts.path) if parts.path else site / page
            if not target.is_file():
                yield page, f"{to} leads to nothing"
            elif target.suffix == ".html":
                if parts.fragment and parts.fragment not in _places(target):
                    yield page, f"{to} leads to no place of that page"
                name = target.resolve().relative_to(site.resolve()).as_posix()
                if name not in seen and 'class="sidebar' in _text(target):
                    seen.add(name)
                    waiting.append(name)


@cache
def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


@cache
def _places(file: Path) -> frozenset[str]:
    return frozenset(unescape(place) for place in PLACE.findall(_text(file)))
