"""What moved since the run before, on the first screen of a run."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from bench.experiments.before_after.document.places import Places
from bench.experiments.before_after.summary import RunSummary
from bench.model import MovedCell
from bench.report.document import GAP, MARKDOWN, PAGE, TERMINAL, TEXT, Block, Line, Part, Sentences, Span
from bench.report.markdown import PROSE
from bench.timestamps import when

MOVED_MOST = 8
"""Cells that are named; ``pgproof compare`` shows all."""


def since(summary: RunSummary, places: Places) -> Iterator[Block]:
    """Say what moved, or why nothing compares, where the record tells."""
    found = summary.since
    if found is None:
        return
    began = f"{when(found.started_at)}: " if found.run else ""
    moved = tuple(_moved(one, places) for one in found.moved[:MOVED_MOST])
    all_of = ("All of it, side by side: ", Span("pgproof compare", code=True))
    left = len(found.moved) - len(moved)
    more: tuple[Line, ...] = ((f"{left} more cells moved. " if left else "", *all_of),) if found.run else ()
    began_then = Span(when(found.started_at), href=f"../{quote(found.folder)}/report.html")
    said: tuple[Line, ...] = ((began_then, f": {found.sentence}") if found.run else found.sentence, *found.reasons)
    blocks = (Sentences(said, "paragraph"), Sentences(moved, "prose"), Sentences(more, "paragraph", tone="quiet"))
    yield Part("Since the last run", blocks, "since", "next", flat=True, level=2, formats=PAGE)
    yield GAP
    in_text = f"Since the last run, {began}{found.sentence[0].lower()}{found.sentence[1:]}"
    yield Sentences((" ".join((in_text, *found.reasons)),), "paragraph", most=2 * PROSE, formats=TEXT)
    yield Sentences(moved, "list", mark="- ", formats=MARKDOWN | TERMINAL)


def _moved(one: MovedCell, places: Places) -> Line:
    """A cell with what became of it; by its name where the page has its query no longer."""
    place = places.get(one.query)
    name = Span(place.title, href=f"#{place.ident}") if place else Span(one.query)
    return (name, f", {one.parameter_class}: ", Span(one.moves, "worse" if one.worse else "better"))
