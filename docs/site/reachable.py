"""What the theme leaves out for people who do not see a page or have no mouse: roles that are whole, names, cells."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx

MENDED = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="Contents of the site">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="Contents of the page">',
    '<th class="head"><p></p></th>': '<td class="head"></td>',
}
"""What stands in the pages, and what should. The rest, a key for what scrolls, is of site.js: only a browser knows."""


def setup(app: Sphinx) -> dict[str, bool]:
    """Be called when the pages are written."""
    app.connect("build-finished", mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def mend(app: Sphinx, failed: Exception | None) -> None:
    """Write the pages again as they should be."""
    for page in () if failed else Path(app.outdir).rglob("*.html"):
        text = whole = page.read_text(encoding="utf-8")
        for one, other in MENDED.items():
            whole = whole.replace(one, other)
        if whole != text:
            page.write_text(whole, encoding="utf-8")
