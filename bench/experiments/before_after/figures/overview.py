"""The overview: p95 of every query before and after, in its hot and its worst class, against the target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.cells.cell import rank
from bench.cells.records import CellSummary, Outcome, QuerySummary
from bench.experiments.before_after.summary import RunSummary
from bench.model import DIFFERENCES, STATES, State
from bench.report import numbers
from bench.report.figures import keys, times
from bench.report.figures.drawing import Drawing, Point, Sheet, fitting, plain
from bench.report.figures.keys import Key
from bench.report.figures.times import Times
from bench.statistics.quantiles import Figure

SIGNS: Mapping[Outcome, tuple[str, str, str]] = {
    "misses": ("✗", "bad", "misses the target"),
    "cannot tell": ("?", "muted", "cannot tell"),
    "other rows": ("‼", "bad", "other rows after"),
    "other order": ("‼", "bad", "other order after"),
    "other content": ("‼", "bad", "other content after"),
    "failed": ("‼", "bad", "failed"),
}
"""What stands beside the title of a query that does not meet the target: sign, colour, and what the key says."""

FILLED, RING = 7.5, 6.5
ROW = 32.0
"""Units for the marks of a query."""
OFFSET = 0.17
"""Of ``ROW``: the hot class above the middle, the worst class below."""
LEAST = 100.0
"""Factor between the ends of the axis, at least."""
AXIS_ABOVE_FROM = 25
"""Rows from which on the axis is written above them too."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes in units, of which the page makes pixels; ``beside`` puts titles left of the rows instead of above.

    ``room`` is for a title.
    """

    width: float
    left: float
    right: float
    row: float
    font: float
    room: float
    beside: bool


# Shown up to 1,090 px wide: the font is 16 px there and 11 px at 750.
WIDE = Layout(width=662, left=200, right=648, row=ROW, font=10, room=174, beside=True)
# Shown from 300 to 600 px wide: the font is 11 px at 303, and the lines of a query have the whole width.
NARROW = Layout(width=330, left=14, right=316, row=46, font=12, room=304, beside=False)


def dumbbells(summary: RunSummary, *, narrow: bool = False, title: str = "") -> Drawing | None:
    """Lay out the overview; None when nothing was measured. ``narrow`` is for the width of a telephone."""
    rows = [query for query in summary.queries if query.hot and query.worst]
    found = [figure.ms for query in rows for _, figure, _, _ in _ends(query)]
    if not found:
        return None
    layout = NARROW if narrow else WIDE
    axis = times.axis([*found, summary.target_ms], layout.left, layout.right, least=LEAST)
    legend = _keys(rows, layout)
    deep = keys.height(legend, layout.width - 12, layout.font)
    head = (22.0 if title else 4.0) + deep
    above = 1.6 * layout.font if len(rows) >= AXIS_ABOVE_FROM else 0.0
    top = head + above + 2.2 * layout.font
    bottom = top + layout.row * len(rows)
    # Titles above their rows keep the lines of the axis out of the way.
    starts = [top + layout.row * n + 1.5 * layout.font for n in range(len(rows))]
    bands = [(top, bottom)] if layout.beside else [(start, start + layout.row - 1.5 * layout.font) for start in starts]

    def paint(sheet: Sheet) -> None:
        if title:
            sheet.text((6, 14), title, size=12, bold=True)
        keys.draw(sheet, legend, (6, head - deep), layout.width - 12, layout.font)
        if above:
            times.ticks(sheet, axis, head + layout.font, layout.font)
        lines = [((0.0, top + layout.row * n), (layout.width, top + layout.row * n)) for n in range(len(rows) + 1)]
        sheet.lines(lines, colour="grid", width=0.4)
        times.grid(sheet, axis, bands)
        times.target(sheet, axis, summary.target_ms, [(top, top), *bands], layout.font)
        _titles(sheet, rows, top, layout)
        _cells(sheet, rows, axis, top, layout)
        times.ticks(sheet, axis, bottom + 1.3 * layout.font, layout.font)
        sheet.text(((layout.left + layout.right) / 2, bottom + 2.8 * layout.font), "p95, ms (logarithmic; left is "
                   "faster)", size=layout.font, colour="muted", anchor="center")  # fmt: skip

    return Drawing(layout.width, bottom + 3.3 * layout.font, paint)


def describe(summary: RunSummary) -> str:
    """Say in one sentence what the overview shows, for those who do not see it."""
    rows = [query for query in summary.queries if query.hot and query.worst]
    met = f"before, {summary.before.words}"
    if summary.after:
        met += f"; after, {summary.after.words}"
    sentence = f"with the target at {numbers.ms(summary.target_ms)}: {met}"
    state: State = "after" if summary.has_after else "before"
    known = [(rank(p95), query, cell, p95) for query in rows for found, p95, _, cell in _ends(query) if found == state]
    if known:
        _, query, cell, p95 = max(known, key=lambda found: found[0])
        where = f"{plain(query.title, 60)}, class {plain(cell.parameter_class, 40)}"
        sentence += f"; the slowest {state} is {where}, with {numbers.figure(p95)}"
    return f"The p95 of {numbers.plural(len(rows), 'query', 'queries')}, hot and worst class, {sentence}."


def _apart(query: QuerySummary) -> bool:
    return bool(query.hot and query.worst and query.hot.parameter_class != query.worst.parameter_class)


def _classes(query: QuerySummary) -> Sequence[tuple[CellSummary, bool]]:
    """The classes of a row, and whether its marks are filled: hot, then worst where that is another."""
    return [(cell, filled) for cell, filled in ((query.hot, True), (query.worst, False)) if cell][: 1 + _apart(query)]


def _ends(query: QuerySummary) -> list[tuple[State, Figure, bool, CellSummary]]:
    """What of a row can be drawn: state, p95, whether filled, and the cell."""
    return [
        (state, p95, filled, cell)
        for cell, filled in _classes(query)
        for state in STATES
        if (p95 := cell.side(state).p95)
    ]


def _keys(rows: Sequence[QuerySummary], layout: Layout) -> list[Key]:
    ends = [end for query in rows for end in _ends(query)]
    made = []
    for filled, kind in ((True, "hot class"), (False, "worst class")):
        for state in STATES:
            if any((found, full) == (state, filled) for found, _, full, _ in ends):
                size = FILLED if filled else RING
                made.append(keys.mark(f"{state}, {kind}", "o", state, size=size, filled=filled))
    if any(p95.censored for _, p95, _, _ in ends):
        made.append(keys.mark("timeout: takes longer", ">", "muted", size=FILLED))
    present = {query.outcome for query in rows}
    made += [
        keys.sign(said, sign, colour, layout.font + 2)
        for outcome, (sign, colour, said) in SIGNS.items()
        if outcome in present
    ]
    return made


def _titles(sheet: Sheet, rows: Sequence[QuerySummary], top: float, layout: Layout) -> None:
    for number, query in enumerate(rows):
        sign, colour, _ = SIGNS.get(query.outcome, ("", "ink", ""))
        bold = query.outcome in ("misses", *DIFFERENCES, "failed")
        title = fitting(query.title, layout.room, layout.font, bold=bold)
        y = top + layout.row * number
        y += layout.row / 2 + 0.36 * layout.font if layout.beside else 1.3 * layout.font
        indent = 1.5 * layout.font if sign else 0.0
        if layout.beside:
            sheet.text((layout.left - 26, y), title, size=layout.font, anchor="right", bold=bold)
            at: Point = (layout.left - 17, y)
        else:
            sheet.text((4 + indent, y), title, size=layout.font, bold=bold)
            at = (4 + indent / 2 - 2, y)
        if sign:
            sheet.text(at, sign, size=layout.font + 2, colour=colour, anchor="center", bold=True)


def _cells(sheet: Sheet, rows: Sequence[QuerySummary], axis: Times, top: float, layout: Layout) -> None:
    """Draw all marks of a kind at once: each kind costs its style only once."""
    links: dict[bool, list[tuple[Point, Point]]] = {True: [], False: []}
    marks: dict[tuple[State, bool, bool], list[Point]] = {}
    for number, query in enumerate(rows):
        for cell, filled in _classes(query):
            y = _middle(number, top, layout) + (-OFFSET if filled else OFFSET) * _apart(query) * ROW
            ends = [(state, p95) for state in STATES if (p95 := cell.side(state).p95)]
            points = {state: (axis.x(p95.ms), y) for state, p95 in ends}
            if len(points) == len(STATES):
                links[filled].append((points["before"], points["after"]))
            for state, p95 in ends:
                marks.setdefault((state, filled, p95.censored), []).append(points[state])
    for filled, width in ((True, 1.6), (False, 1.0)):
        sheet.lines(links[filled], colour="muted", width=width, alpha=0.55)
    # The hot class last, and after on top of before: it is what the reader looks for.
    for state, filled, censored in sorted(marks, key=lambda kind: (kind[1], STATES.index(kind[0]), kind[2])):
        shape, size = (">" if censored else "o"), (FILLED if filled else RING)
        sheet.marks(marks[state, filled, censored], shape, size=size, colour=state, filled=filled)  # type: ignore[arg-type]


def _middle(number: int, top: float, layout: Layout) -> float:
    """The height at which the marks of a row lie: its middle, or that of what its title leaves."""
    middle = layout.row / 2 if layout.beside else (layout.row + 1.3 * layout.font) / 2
    return top + layout.row * number + middle
