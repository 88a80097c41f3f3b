"""The templates of a page: filled with everything escaped, style sheets read as they stand."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bench.report.html.sql import highlighted
from bench.report.text import clean

SCRIPT = "script.js"
TEMPLATES = Path(__file__).parent.parent / "assets"


def drawn(svg: str) -> Markup:
    """A figure for a template: drawn by us, its texts escaped by matplotlib."""
    return Markup(clean(svg))  # noqa: S704


@cache
def environment() -> Environment:
    """The templates, with everything escaped that is put into one."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Escaping makes text harmless as markup; this makes it harmless as text.
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    made.filters["clean"] = clean
    made.globals["own"] = _own
    made.globals["script_hash"] = _script_hash()
    made.globals["highlighted"] = highlighted
    return made


def _script_hash() -> str:
    """What the policy of a page allows to run: our script, as it stands in the page, and nothing else."""
    script = f"\n{_own(SCRIPT)}\n"
    return b64encode(sha256(script.encode()).digest()).decode()


def _own(name: str) -> Markup:
    """A style sheet or script of ours, as it stands."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704
