"""Before and after in one database, one state after the other: what was answered before is kept as hashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from bench.measurement.compare import (
    Answers,
    Store,
    columns_to_compare,
    counted_in,
    equality_of,
    look_closely,
)
from bench.measurement.contents import Columns, Contents
from bench.measurement.execution import Cell, Sides
from bench.measurement.varying import ContentsCompared, Left, compare_with_left, left_before
from bench.model import Pair
from bench.progress import Progress


@dataclass(frozen=True, slots=True)
class SeenBefore:
    """What a cell answered before the optimizations, and what it left in the tables."""

    cell: Cell
    answers: Answers = field(repr=False)
    """For each binding; fewer after a timeout."""
    columns: Columns = field(default_factory=dict, repr=False)
    """Of the tables as they were; empty where the cell writes nothing."""
    left: tuple[Left, ...] = field(default=(), repr=False)
    """By each binding."""


def look_before(
    sides: Sides, cells: Sequence[Cell], progress: Progress, store: Store, *, plans: bool = False
) -> tuple[list[Pair], list[SeenBefore]]:
    """See each of ``cells`` for the first time in the state before; ``store`` gets the pairs so far after each."""
    pairs, seen = list[Pair](), list[SeenBefore]()
    for number, cell in enumerate(cells):
        progress("looking at each before", number, len(cells), "cells")
        columns = columns_to_compare(sides, cell)
        side, answers = look_closely(sides, cell, "before", columns, plans=plans)
        pairs.append(Pair(cell.query.name, cell.parameter_class, counted_in(cell, answers), before=side))
        seen.append(SeenBefore(cell, answers, columns))
        store(pairs)
    progress("looking at each before", len(cells), len(cells), "cells")
    return pairs, seen


def with_left(sides: Sides, seen: Sequence[SeenBefore], progress: Progress) -> list[SeenBefore]:
    """``seen`` with what those that write leave in the tables, but for columns that vary.

    They are executed again for it, which leaves dead rows: after all that is timed in the state before.
    """
    found = []
    for number, one in enumerate(seen):
        progress("looking at what is written", number, len(seen), "cells")
        answers = enumerate(one.answers if one.cell.query.writes else ())
        left = [left_before(sides, one.cell, binding, own.contents, one.columns) for binding, own in answers]
        found.append(replace(one, left=tuple(left)))
    progress("looking at what is written", len(seen), len(seen), "cells")
    return found


def look_after(
    sides: Sides, seen: Sequence[SeenBefore], pairs: Sequence[Pair], progress: Progress, store: Store,
    *, plans: bool = False,
) -> list[Pair]:  # fmt: skip
    """See the same cells in the state after, and hold each answer against that of before, which ``pairs`` have.

    ``sides`` names the one database for both states: to tell the order of an answer, the statement of before is
    executed once more, on rows that are the same.
    """
    done = list(pairs)
    for number, (before, pair) in enumerate(zip(seen, pairs, strict=True)):
        progress("comparing results", number, len(seen), "cells")
        cell = before.cell
        side, answers = look_closely(sides, cell, "after", _known(sides, before), plans=plans)
        equality = equality_of(sides, cell, before.answers, answers, partial(_held, sides, before))
        bindings = pair.bindings if before.answers else counted_in(cell, answers)
        done[number] = replace(pair, bindings=bindings, after=side, equality=equality)
        store(done)
    progress("comparing results", len(seen), len(seen), "cells")
    return done


def _held(sides: Sides, before: SeenBefore, number: int, one: Contents, other: Contents) -> ContentsCompared:
    return compare_with_left(sides, before.cell, before.left[number], number, one, other)


def _known(sides: Sides, before: SeenBefore) -> Columns:
    """The tables and columns of before that are still there."""
    there = columns_to_compare(sides, before.cell)
    return {
        table: {name: kind for name, kind in known.items() if name in there[table]}
        for table, known in before.columns.items()
        if table in there
    }
