"""The charts of a report, as SVG for a page. matplotlib takes a second to import: only here, and only when drawn.

The same input gives the same bytes: fixed salt for ids, no date. Text stays text, so it can be read aloud and found.
Colours are CSS variables of the page with the light theme's as fallback, so one drawing serves both themes.
"""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bench.stats import Figure
from bench.summary import CellSummary, Summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's palette for all kinds of colour vision, the orange darkened for contrast on white. A state has its
# colour everywhere: in charts, tables and plans.
COLOURS = {"before": "#b35400", "after": "#0072b2", "ink": "#1a1c1f", "muted": "#5b626b", "grid": "#dde1e6"}

WIDTH_IN, LEFT_IN, PLOT_IN = 9.2, 2.5, 6.55
ROW_IN, TOP_IN, BOTTOM_IN = 0.46, 0.35, 0.8
TITLE_CHARACTERS = 30
# The hot class above the row's middle, the worst below.
OFFSET = 0.17
FILLED, HOLLOW = 7.5, 6.5


def dumbbells(summary: Summary, ident: str) -> str:
    """Draw p95 before and after for each query, hot and worst class, on a log axis with the target.

    ``ident`` makes the ids of this drawing unique in the page. Empty when there is nothing to draw.
    """
    rows = [query for query in summary.queries if query.hot and query.worst]
    if not rows:
        return ""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as Canvas

    style: dict[Any, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": "pgproof",
        "text.parse_math": False,
        "font.size": 10,
    }
    with matplotlib.rc_context(style), warnings.catch_warnings():
        # A glyph that matplotlib's own font lacks is drawn by the browser's.
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        height = TOP_IN + ROW_IN * len(rows) + BOTTOM_IN
        canvas = Canvas(figsize=(WIDTH_IN, height))
        FigureCanvasSVG(canvas)
        # Margins in inches, not by a layout engine: that would measure text in a font that the page does not use.
        axes = canvas.add_axes(
            (LEFT_IN / WIDTH_IN, BOTTOM_IN / height, PLOT_IN / WIDTH_IN, ROW_IN * len(rows) / height)
        )
        for position, query in enumerate(rows):
            assert query.hot
            assert query.worst
            apart = query.hot.parameter_class != query.worst.parameter_class
            _dumbbell(axes, query.hot, position - OFFSET * apart, filled=True)
            if apart:
                _dumbbell(axes, query.worst, position + OFFSET, filled=False)
        _target(axes, summary.target_ms)
        _frame(axes, [short(query.title) for query in rows])
        _legend(axes)
        target = io.StringIO()
        canvas.savefig(target, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Type": None})
    return _inline(target.getvalue(), ident)


def short(title: str) -> str:
    """Cut a title to what fits beside a chart, without characters that SVG cannot hold."""
    plain = "".join(c if unicodedata.category(c) not in ("Cc", "Cs", "Cf", "Zl", "Zp") else " " for c in title)
    plain = " ".join(plain.split())
    return plain if len(plain) <= TITLE_CHARACTERS else f"{plain[: TITLE_CHARACTERS - 1].rstrip()}…"


def _dumbbell(axes: Axes, cell: CellSummary, y: float, *, filled: bool) -> None:
    ends: Sequence[tuple[str, Figure | None]] = (("before", cell.before.p95), ("after", cell.after.p95))
    known = [found.ms for _, found in ends if found]
    axes.plot(known, [y] * len(known), color=COLOURS["muted"], linewidth=1.6 if filled else 1.0, alpha=0.55, zorder=2)
    for state, found in ends:
        if found:
            axes.plot(
                [found.ms],
                [y],
                # A timeout: the true end lies further right.
                marker=">" if found.censored else "o",
                markersize=FILLED if filled else HOLLOW,
                color=COLOURS[state],
                markerfacecolor=COLOURS[state] if filled else "none",
                markeredgewidth=1.5,
                linestyle="none",
                zorder=3,
            )


def _target(axes: Axes, target_ms: float) -> None:
    axes.axvline(target_ms, color=COLOURS["ink"], linewidth=1.2, linestyle=(0, (4, 3)), zorder=1)
    axes.annotate(
        f"target {target_ms:g} ms",
        (target_ms, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 5),
        textcoords="offset points",
        ha="center",
        color=COLOURS["ink"],
        fontsize=9.5,
    )


def _frame(axes: Axes, titles: Sequence[str]) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axes.set_xscale("log")
    low, high = axes.get_xlim()
    # At least two decades, so that a small difference does not look like a large one.
    if high / low < 100:
        axes.set_xlim(low / 4, high * 4)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda ms, _: f"{ms / 1000:g} s" if ms >= 1000 else f"{ms:g} ms"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_yticks(range(len(titles)), titles)
    axes.set_ylim(len(titles) - 0.45, -0.55)
    axes.tick_params(axis="both", which="both", length=0, labelcolor=COLOURS["ink"])
    axes.grid(axis="x", color=COLOURS["grid"], linewidth=0.8)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _legend(axes: Axes) -> None:
    from matplotlib.lines import Line2D

    def key(state: str, words: str, *, filled: bool) -> Line2D:
        face = COLOURS[state] if filled else "none"
        return Line2D([], [], color=COLOURS[state], marker="o", markerfacecolor=face, linestyle="none", label=words)

    handles = [
        key("before", "before, hot", filled=True),
        key("after", "after, hot", filled=True),
        key("before", "before, worst class", filled=False),
        key("after", "after, worst class", filled=False),
    ]
    axes.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.7 / len(axes.get_yticks())), ncols=4,
        frameon=False, fontsize=9.5, handletextpad=0.2, labelcolor=COLOURS["ink"],
    )  # fmt: skip


def _inline(svg: str, ident: str) -> str:
    """Make a drawing part of a page: no XML head, ids of its own, the page's colours."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{ident}-', svg)
    svg = re.sub(r"url\(#", f"url(#{ident}-", svg)
    svg = re.sub(r'xlink:href="#', f'xlink:href="#{ident}-', svg)
    # The drawing fills its column; the viewBox keeps its shape.
    svg = re.sub(r'^(<svg[^>]*?) width="[^"]*"', r"\1", svg)
    svg = re.sub(r'^(<svg[^>]*?) height="[^"]*"', r"\1", svg)
    for name, colour in COLOURS.items():
        svg = svg.replace(f": {colour}", f": var(--{name}, {colour})")
    return svg.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)
