"""Links to files and folders of the repository: a page of the site shows those that are text, the others are copied.

They stand at the same relative place, so a link keeps its way: ``../schema.sql`` leads to ``../schema.sql.html``, and a
folder to the ``index.html`` in it. A link to nothing stays what it is, which Sphinx warns of.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import download_reference, pending_xref
from sphinx.application import Sphinx

SHOWN = {".sql": "sql", ".toml": "toml", ".yaml": "yaml", ".py": "python"}
"""Endings of what is shown, and the language of it."""

Page = tuple[str, dict[str, Any], str]


def setup(app: Sphinx) -> dict[str, bool]:
    """Take part in Sphinx's work; before its own collectors, which would take each file for a download."""
    app.connect("doctree-read", lead, priority=100)
    app.connect("html-collect-pages", pages)
    return {"parallel_read_safe": False}


def lead(app: Sphinx, doctree: nodes.document) -> None:
    """Lead the links of a page to the places on the site, and note what they lead to."""
    linked = _linked(app)
    folder = Path(app.srcdir, app.env.docname).parent
    for node in list(doctree.findall(lambda node: isinstance(node, download_reference | pending_xref))):
        target = folder / node["reftarget"].partition("#")[0]
        if node.get("reftype") == "doc" or not node["reftarget"] or not target.exists():
            continue
        target = target.resolve()
        linked.setdefault(app.env.docname, set()).add(target.relative_to(app.srcdir).as_posix())
        place = os.path.relpath(target, folder) + _ending(target)
        node.replace_self(nodes.reference("", "", *node.children, refuri=place))


def _linked(app: Sphinx) -> dict[str, set[str]]:
    """What each page leads to; kept with what Sphinx knows of the pages that it need not read again."""
    if not hasattr(app.env, "linked_in_repository"):
        app.env.linked_in_repository = {}
    return app.env.linked_in_repository


def _ending(target: Path) -> str:
    """What the place on the site has behind the one in the repository."""
    return "/index.html" if target.is_dir() else ".html" if target.suffix in SHOWN else ""


def pages(app: Sphinx) -> Iterator[Page]:
    """The pages that show what is linked; files that none can show are copied."""
    for name in sorted(set().union(*_linked(app).values())):
        target = Path(app.srcdir, name)
        files = _files(target) if target.is_dir() else [target]
        body = "".join(_part(app, file, target) for file in files)
        if target.is_dir() or target.suffix in SHOWN:
            yield (
                name + _ending(target).removesuffix(".html"),
                {"title": name, "body": _titled(name, body)},
                "page.html",
            )


def _files(folder: Path) -> list[Path]:
    """All files of a folder, hidden ones and Python's own left out."""
    found = sorted(file for file in folder.rglob("*") if file.is_file())
    return [file for file in found if not any(part[0] in "._" for part in file.relative_to(folder).parts[:-1])]


def _titled(name: str, body: str) -> str:
    return f"<section><h1>{escape(name)}</h1>{body}</section>"


def _part(app: Sphinx, file: Path, of: Path) -> str:
    """One file: its text, or a link to a copy of it, or to the page that it is."""
    name, place = file.relative_to(app.srcdir).as_posix(), file.relative_to(of).as_posix()
    heading = f"<h2>{escape(place)}</h2>" if of.is_dir() else ""
    if file.suffix in SHOWN:
        text = app.builder.highlighter.highlight_block(file.read_text(encoding="utf-8"), SHOWN[file.suffix])
        return f"<section>{heading}{text}</section>"
    if name.removesuffix(".md") in app.env.all_docs:
        title = app.env.titles[name.removesuffix(".md")].astext()
        return f'<p><a href="{escape(place.removesuffix(".md"))}.html">{escape(title)}</a></p>'
    copy = Path(app.outdir, name)
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, copy)
    return f'<p><a href="{escape(place)}">{escape(place)}</a>, {file.stat().st_size / 1000:,.0f} kB</p>'
