"""The set as tables: what to add, with gain and price, and what to take out."""

from __future__ import annotations

from collections.abc import Iterator

from bench.experiments.advise.changes import Change, hot_in_words, without_name
from bench.experiments.advise.shares import share_of_all
from bench.experiments.advise.summary import AdviseSummary
from bench.experiments.parts import Places
from bench.report import numbers
from bench.report.document import PAGE, Cell, Column, Format, Line, Row, Span, Table

ADDS_MOST, DROPS_MOST = 24, 8
"""Rows that a terminal shows of each."""


def set_tables(summary: AdviseSummary, own: Places, formats: frozenset[Format]) -> Iterator[Table]:
    """What to add, the largest part of what is saved first; and what to take out. None of them where it is empty."""
    share = {one.name: share_of_all(summary.saved, one.name) for one in summary.changes}
    adds = sorted((one for one in summary.changes if not one.is_drop), key=lambda one: -share[one.name])
    drops = sorted((one for one in summary.changes if one.is_drop), key=lambda one: one.size_bytes)
    if adds:
        yield _adds([(one, share[one.name]) for one in adds], own, formats)
    if drops:
        yield _drops(drops, own, formats)


def _adds(changes: list[tuple[Change, float]], own: Places, formats: frozenset[Format]) -> Table:
    shown = (
        Column("Add"), Column("Share", number=True, rank=4), Column("Gains most", rank=1),
        Column("Without it", number=True), Column("With it", number=True), Column("Blocks", number=True, rank=5),
        Column("Disk", number=True),
        Column("More WAL", number=True, rank=2), Column("Build", number=True, rank=3),
    )  # fmt: skip
    caption = (
        "Share: of the work that the set saves in all queries. Times and blocks are of the query and class that the "
        "change gains most in, the rest of the set in place. More WAL: over the write statements, each alike."
    )
    rows = tuple(_add(one, share, own, linked=formats == PAGE) for one, share in changes)
    return Table("What to add", shown, rows, caption if formats == PAGE else "", kind="advice", cards=formats == PAGE,
                 formats=formats, most=ADDS_MOST)  # fmt: skip


def _add(one: Change, share: float, own: Places, *, linked: bool) -> Row:
    best = one.best
    hot = tuple(Span(f"heap-only updates, {hot_in_words(price)}", "worse", small=True) for price in one.hot_lost)
    return (
        _name(one, own, linked=linked, more=hot if linked else ()), Cell(f"{share:.1%}", value=share),
        Cell(best.label if best else numbers.NOTHING, kind="wide"),
        Cell(numbers.ms(best.without_ms) if best else numbers.NOTHING),
        Cell(numbers.ms(best.with_ms) if best else numbers.NOTHING),
        Cell(numbers.change(best.without.buffers, best.with_it.buffers) if best else numbers.NOTHING),
        Cell(numbers.size(one.size_bytes), value=one.size_bytes),
        Cell(f"{one.write_share:.1%}"), Cell(numbers.ms(one.build_ms)),
    )  # fmt: skip


def _drops(changes: list[Change], own: Places, formats: frozenset[Format]) -> Table:
    freed = numbers.size(-sum(one.size_bytes for one in changes))
    shown = (Column("Take out"), Column("Why", rank=1), Column("Disk freed", number=True))
    caption = f"{freed} in all. Nothing that was measured gets slower without them, all of them gone together."
    rows = tuple(
        (
            _name(one, own, linked=formats == PAGE), Cell(one.proposal.candidate.family, kind="wide"),
            Cell(numbers.size(-one.size_bytes), value=-one.size_bytes),
        )
        for one in changes
    )  # fmt: skip
    return Table("What to take out", shown, rows, caption if formats == PAGE else "", kind="advice",
                 cards=formats == PAGE, formats=formats, most=DROPS_MOST)  # fmt: skip


def _name(one: Change, own: Places, *, linked: bool, more: tuple[Span, ...] = ()) -> Cell:
    candidate = one.proposal.candidate
    ddl = candidate.ddl if one.is_drop else without_name(candidate)
    below: tuple[Line, ...] = (Span(ddl, code=True, small=True), *more) if linked else ()
    return Cell(Span(one.name, href=f"#{own[one.name]}" if linked else "", code=True), below=below)
