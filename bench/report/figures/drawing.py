"""What all figures share: a sheet to draw on, and the ways from there to SVG and PNG.

matplotlib takes a second to import: only here, and only when something is drawn. The same input gives the same bytes:
a fixed salt for ids, no date. Text stays text, so it can be read aloud and found.

Everything is placed in units of 1/72 inch from the top left, by us and not by matplotlib's axes: their ticks and layout
cost 0.2 s a figure and measure text in a font that the page does not use.
"""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from bench.report.text import BREAKS

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas
    from matplotlib.text import Text

Anchor = Literal["left", "center", "right"]
Shape = Literal["o", ">", "D", "^", "s"]
Point = tuple[float, float]

# Okabe and Ito's palette for all kinds of colour vision, the orange darkened for contrast on white. A state has its
# colour everywhere: in charts, tables and plans. A page sets these as CSS variables; here are the light theme's.
COLOURS = {
    "before": "#b35400",
    "after": "#0072b2",
    "data": "#00795a",
    "bad": "#a61b1b",
    "ink": "#1a1c1f",
    "muted": "#5b626b",
    "grid": "#dde1e6",
    "paper": "#ffffff",
}

UNITS_PER_INCH = 72
DOTS_PER_INCH = 150
"""Of a PNG: sharp on a projector, and small."""
BOLD = 1.12
"""Width of a bold character, in widths of a plain one."""
GLYPH = 0.6
"""Width of a character in heights of its font: generous for the fonts of pages, about right for matplotlib's own."""

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "pgproof",
    "text.parse_math": False,
    "path.simplify": False,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
}
METADATA = {"Date": None, "Creator": None, "Type": None, "Format": None}
FONT = "font-family: 'DejaVu Sans', sans-serif"
FONTS = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"


class Sheet:
    """An empty drawing of ``width`` by ``height`` units; y grows downwards."""

    def __init__(self, canvas: Canvas, width: float, height: float) -> None:
        from matplotlib.transforms import Affine2D

        self.width, self.height = width, height
        self._canvas = canvas
        self._place = Affine2D().scale(1 / width, -1 / height).translate(0, 1) + canvas.transSubfigure
        self._drawn = 0

    def _next(self) -> int:
        """What is drawn later lies on top, whatever it is."""
        self._drawn += 1
        return self._drawn

    def text(
        self, at: Point, words: str, *, size: float, colour: str = "ink", anchor: Anchor = "left", bold: bool = False,
        slant: float = 0,
    ) -> None:  # fmt: skip
        """Write ``words`` in one line with their base line at ``at``; ``slant`` is in degrees, rising to the right."""
        self._canvas.add_artist(
            _words()(
                *at, BREAKS.sub(" ", words), fontsize=size, color=COLOURS[colour], ha=anchor, va="baseline",
                rotation=slant, rotation_mode="anchor", fontweight="bold" if bold else "normal", zorder=self._next(),
                transform=self._place,
            )
        )  # fmt: skip

    def lines(
        self, pairs: Sequence[tuple[Point, Point]], *, colour: str, width: float, alpha: float | None = None,
        dashed: bool = False, round_ends: bool = False,
    ) -> None:  # fmt: skip
        """Draw straight lines as one path: a tenth of the bytes of a path each."""
        from matplotlib.lines import Line2D

        if not pairs:
            return
        gap = float("nan")
        # Moved to whole pixels, a line as short as a dot would have no length in a PNG, and not be drawn.
        snap = False if round_ends else None
        xs = [x for (x1, _), (x2, _) in pairs for x in (x1, x2, gap)]
        ys = [y for (_, y1), (_, y2) in pairs for y in (y1, y2, gap)]
        self._canvas.add_artist(
            Line2D(
                xs, ys, color=COLOURS[colour], linewidth=width, alpha=alpha,
                linestyle=(0, (4, 3)) if dashed else "solid", solid_capstyle="round" if round_ends else "butt",
                snap=snap, zorder=self._next(), transform=self._place,
            )
        )  # fmt: skip

    def marks(
        self, points: Sequence[Point], shape: Shape, *, size: float, colour: str, filled: bool = True, edge: float = 1.5
    ) -> None:
        """Draw a mark of ``size`` units at each point; a ring has no filling."""
        from matplotlib.lines import Line2D

        if points:
            line = Line2D(
                [x for x, _ in points], [y for _, y in points], linestyle="none", marker=shape, markersize=size,
                color=COLOURS[colour], markerfacecolor=COLOURS[colour] if filled else "none", markeredgewidth=edge,
                zorder=self._next(), transform=self._place,
            )  # fmt: skip
            self._canvas.add_artist(line)

    def boxes(self, boxes: Sequence[tuple[float, float, float, float]], *, colour: str) -> None:
        """Fill boxes of (left, top, right, bottom), as one path."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        if boxes:
            corners = [
                [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
                for left, top, right, bottom in boxes
            ]
            codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * len(boxes)
            path = Path([corner for box in corners for corner in box], codes)
            patch = PathPatch(
                path,
                facecolor=COLOURS[colour],
                edgecolor="none",
                linewidth=0,
                zorder=self._next(),
                transform=self._place,
            )
            self._canvas.add_artist(patch)


def _renderer() -> Any:  # noqa: ANN401 (a class without types)
    from matplotlib.backends.backend_svg import RendererSVG

    return RendererSVG


@cache
def _words() -> type[Text]:
    """Text that is not measured where it becomes SVG, in which an anchor says all: a fifth of the time of a figure."""
    from matplotlib.colors import to_rgba
    from matplotlib.text import Text

    class Words(Text):
        def draw(self, renderer: Any) -> None:  # noqa: ANN401 (a class without types)
            if not isinstance(renderer, _renderer()):
                super().draw(renderer)
                return
            if not self.get_text():
                return
            x, y = self.get_transform().transform(self.get_position())
            down, font, pen = renderer.get_canvas_width_height()[1] - y, self.get_fontproperties(), renderer.new_gc()
            pen.set_foreground(to_rgba(self.get_color()), isRGBA=True)
            renderer.open_group("text")
            renderer.draw_text(pen, x, down, self.get_text(), font, self.get_rotation(), mtext=self)
            renderer.close_group("text")

    return Words


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure that is laid out: its size in units, and what puts it on a sheet of that size."""

    width: float
    height: float
    paint: Callable[[Sheet], None]


def inline(drawing: Drawing, ident: str) -> str:
    """Make ``drawing`` part of a page: no XML head, ids that begin with ``ident``, the page's colours and fonts.

    Hidden from screen readers: the page gives it a text alternative.
    """
    with _painted(drawing) as canvas:
        svg = _svg(canvas, transparent=True)
    svg = _short(svg[svg.index("<svg") :])
    # Of the page, and in no style sheet: one of a drawing would hold for the whole page.
    svg = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>\n?", "", svg, flags=re.DOTALL)

    def ours(tag: str) -> str:
        tag = re.sub(r'\bid="', f'id="{ident}-', tag)
        tag = re.sub(r'(url\(|xlink:href=")#', rf"\1#{ident}-", tag)
        if tag.startswith("<svg"):
            # The drawing fills its column; the viewBox keeps its shape.
            tag = re.sub(r' (?:width|height|version|xmlns(?::xlink)?)="[^"]*"', "", tag)
            font = 'style="font-family: var(--sans, sans-serif)"'
            return tag.replace("<svg", f'<svg aria-hidden="true" focusable="false" {font}')
        for name, colour in COLOURS.items():
            tag = tag.replace(f": {colour}", f": var(--{name}, {colour})")
        return tag.replace(f"{FONT}; ", "").replace(f"; {FONT}", "")

    return _tags(svg, ours)


def files(drawing: Drawing) -> tuple[str, bytes]:
    """Write ``drawing`` for itself, in the light colours on white: as SVG with its XML head, and as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with _painted(drawing) as canvas:
        svg = _short(_svg(canvas, transparent=False))
        target = io.BytesIO()
        FigureCanvasAgg(canvas)
        canvas.savefig(target, format="png", dpi=DOTS_PER_INCH, facecolor="white", metadata={"Software": None})
    return _tags(svg, lambda tag: tag.replace(FONT, f"font-family: {FONTS}")), target.getvalue()


def figure(drawing: Drawing) -> Canvas:
    """Draw it as a Figure of matplotlib, for a notebook or a file of one's own."""
    with _painted(drawing) as canvas:
        return canvas


def plain(text: str, most: int) -> str:
    """Cut ``text`` to what fits in a figure, on one line, without characters that SVG cannot hold."""
    kept = "".join(" " if _unfit(character) else character for character in text)
    kept = " ".join(kept.split())
    return kept if len(kept) <= most else f"{kept[: most - 1].rstrip()}…"


def fitting(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Cut ``text`` to ``room`` units in a font of ``size``, as far as one can tell without the font of the page."""
    kept = plain(text, 1_000)
    widths = [size * _width(character) * (BOLD if bold else 1) for character in kept]
    if sum(widths) <= room:
        return kept
    used = size  # of the sign that it was cut
    for position, width in enumerate(widths):
        used += width
        if used > room:
            return f"{kept[:position].rstrip()}…"
    return kept


def _width(character: str) -> float:
    """Width in heights of the font: a little more than in the usual fonts of pages."""
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in "MWmw@%":
        return 0.95
    if character.isupper():
        return 0.7
    return 0.34 if character in " ilIjtfr.,:;'|!()[]/" else 0.58


def _unfit(character: str) -> bool:
    """Whether it is a control character, half a pair, a mark that reorders text, or none at all."""
    number = ord(character)
    nothing = number & 0xFFFE == 0xFFFE or 0xFDD0 <= number <= 0xFDEF
    return nothing or unicodedata.category(character) in ("Cc", "Cs", "Cf", "Zl", "Zp")


@contextmanager
def _painted(drawing: Drawing) -> Iterator[Canvas]:
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as Canvas

    with matplotlib.rc_context(), warnings.catch_warnings():
        current: Any = matplotlib.rcParams  # typed by name, each with values of its own
        for name, value in _settings().items():
            current._set(name, value)
        # A glyph that matplotlib's own font lacks is drawn by the browser's.
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        canvas = Canvas(figsize=(drawing.width / UNITS_PER_INCH, drawing.height / UNITS_PER_INCH))
        FigureCanvasSVG(canvas)
        drawing.paint(Sheet(canvas, drawing.width, drawing.height))
        yield canvas


@cache
def _settings() -> dict[str, Any]:
    """Matplotlib's own defaults and ours, checked once: a matplotlibrc of the user must not change a report."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        return {name: matplotlib.rcParams._get(name) for name in matplotlib.rcParams if name != "backend"}


def _svg(canvas: Canvas, *, transparent: bool) -> str:
    target = io.StringIO()
    canvas.set(dpi=UNITS_PER_INCH, facecolor="none" if transparent else "white")
    width, height = canvas.get_size_inches() * UNITS_PER_INCH
    renderer = _renderer()(width, height, target, metadata=METADATA)
    canvas.draw(renderer)
    renderer.finalize()
    return target.getvalue()


def _short(svg: str) -> str:
    """Say the same in a third of the bytes: a hundredth of a unit is finer than any screen."""
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)

    def shorter(tag: str) -> str:
        tag = re.sub(r' transform="rotate\(-?0 [^"]*\)"| clip-path="[^"]*"', "", tag)
        tag = re.sub(r'^<g id="(?:text|line2d|patch)_\d+"', "<g", tag)  # names for editors
        return re.sub(r'(?<= [dxy])="([^"]*)"', lambda found: f'="{_path(found[1])}"', tag)

    svg = re.sub(r"\n\s+", "\n", _tags(svg, shorter))
    return re.sub(r"<g>\n(<text[^>]*>[^<]*</text>|<path[^>]*/>)\n</g>", r"\1", svg)  # groups of one


def _tags(svg: str, change: Callable[[str], str]) -> str:
    """Rewrite the tags of ``svg`` and leave its texts alone: a title may look like an attribute."""
    return re.sub(r"<[^>]*>", lambda found: change(found[0]), svg)


def _path(numbers: str) -> str:
    """Write coordinates with two decimals at most, and a line along one axis with one number."""
    rounded = re.sub(r"-?\d+\.\d+(?:e-?\d+)?", lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), numbers)
    rounded = re.sub(r"\s*\n\s*", "", rounded)
    rounded = re.sub(r"([MLCQ]) ", r"\1", rounded)
    rounded = re.sub(r"M(\S+) ([^ A-Z]+)L\1 ([^ A-Z]+)(?=M|$)", r"M\1 \2V\3", rounded)
    return re.sub(r"M(\S+) ([^ A-Z]+)L(\S+) \2(?=M|$)", r"M\1 \2H\3", rounded)
