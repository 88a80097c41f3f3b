"""The order of the pages, and what of a page is otherwise on the site than in the repository.

The reference is made here, from the code: a page of it has a mark, and in the repository nothing below.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from commands import commands, words
from records import files
from sphinx.application import Sphinx

ORDER = {
    "Begin": ("first-run",),
    "How to": (
        "your-schema", "own-workload", "servers", "ci", "advise", "attribution", "shipping", "load", "scale", "traps",
        "maintenance", "coverage", "settings", "results", "environments", "pytest", "computing", "beyond", "security",
    ),
    "Reference": ("commands", "words", "file-format"),
    "Explanation": (
        "method", "gate", "bare-queries", "inferred-values", "performance", "subject", "architecture", "decisions/*",
    ),
    "The project": ("/CONTRIBUTING", "/CHANGELOG"),
}  # fmt: skip
"""Headings, and the pages of docs/ under each. A page that is under none fails the build."""

MADE = {"docs/commands": commands, "docs/words": words, "docs/file-format": files}
"""Pages with a part that is made from the code, and what makes it."""
MARK = "<!-- made by make docs -->"

FIGURE = re.compile(r"<!--=[^>]*-->|<!--/-->")
"""The marks between which benchmarks/figures_in_docs.py writes."""
PICTURE = re.compile(
    r'<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="(?P<dark>[^"]+)">\s*'
    r'<img src="(?P<light>[^"]+)" alt="(?P<alt>[^"]+)">\s*</picture>'
)


def setup(app: Sphinx) -> dict[str, bool]:
    """Take part in Sphinx's work."""
    app.connect("env-get-outdated", lambda *_: list(MADE))  # their text stays, the code changes
    app.connect("source-read", prepare)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True}


def prepare(app: Sphinx, page: str, source: list[str]) -> None:
    """Change the text of a page before it is parsed."""
    text = FIGURE.sub("", source[0])
    text = PICTURE.sub(_both, text)
    if page in MADE and MARK in text:
        text = text.replace(MARK, MADE[page]())
    if page == app.config.root_doc:
        text += "".join(map(_contents, ORDER, ORDER.values()))
    source[0] = text


def _both(found: re.Match[str]) -> str:
    """A picture for each theme: the reader of the site chooses it there, not only in the system's settings."""
    return "\n".join(
        f'<img class="only-{theme}" src="{found[theme]}" alt="{found["alt"]}">' for theme in ("light", "dark")
    )


def _contents(heading: str, pages: tuple[str, ...]) -> str:
    """The part of the sidebar under one heading."""
    lines = "\n".join(page if page.startswith("/") else f"docs/{page}" for page in pages)
    return f"\n\n```{{toctree}}\n:caption: {heading}\n:hidden:\n:glob:\n:titlesonly:\n:maxdepth: 1\n\n{lines}\n```\n"


def finish(app: Sphinx, error: Exception | None) -> None:
    """Have the first page also be what a folder opens with, and put pictures where their pages look for them."""
    if error:
        return
    out = Path(app.outdir)
    shutil.copy(out / f"{app.config.root_doc}.html", out / "index.html")
    for picture in Path(app.srcdir, "docs").glob("*.png"):
        shutil.copy(picture, out / "docs")
