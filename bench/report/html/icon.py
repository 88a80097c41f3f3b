"""The icon of a page's tab: the sign of its verdict on the colour of its tone."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from bench.model.vocabulary import Mark, Tone

COLOURS: Mapping[Tone, str] = {
    "": "#0072b2", "good": "#17683a", "open": "#8a6800", "over": "#a61b1b", "alarm": "#a61b1b",
}  # fmt: skip
DRAWN: Mapping[str, str] = {
    "✓": "M8 17l6 6 11-14",
    "✗": "M9 9l14 14M23 9L9 23",
    "‼": "M11 7v12m0 6v.1M21 7v12m0 6v.1",
    "?": "M11 12a5 5 0 1 1 7 4.6c-1.6.7-2 1.5-2 3.4m0 5v.1",
}
"""Paths by sign: what else only a font could draw, for a tab of 16 pixels."""
PLAIN = "M9 23V9m7 14v-8m7 8v-11"


def icon(mark: Mark) -> str:
    """The icon as an address that holds it, so that a page still asks for nothing."""
    path = (
        f"<path d='{DRAWN.get(mark.sign, PLAIN)}' fill='none' stroke='#fff' stroke-width='5' stroke-linecap='round'/>"
    )
    ground = f"<rect width='32' height='32' rx='7' fill='{COLOURS[mark.tone]}'/>"
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>{ground}{path}</svg>"
    return f"data:image/svg+xml,{quote(svg)}"
