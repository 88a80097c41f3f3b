"""First executions on new connections, and whether both sides give the same answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from bench.errors import DatasetError, WorkloadError
from bench.measurement.answers import Answer, answer, order_of
from bench.measurement.contents import Columns, Contents, shared_columns
from bench.measurement.execution import Cell, Sides, Timeout, explain, explain_shares
from bench.measurement.varying import ContentsCompared, compare_contents
from bench.model import STATES, Binding, BindingPlan, CellSide, Difference, Equality, Pair, PlanSeen, Sample, State
from bench.postgres.connection import Connection
from bench.progress import Progress

LOOKING_S = 30.0
"""Seconds after which the first look at the cells of one state ends: a report is wanted within two minutes."""

Answers = Sequence[Answer]
"""For each binding; fewer after a timeout."""
Store = Callable[[Sequence[Pair]], None]
Hold = Callable[[int, Contents, Contents], ContentsCompared]
"""Holds what a binding left in the tables on one side against what it left on the other."""


def compare(sides: Sides, cell: Cell, *, plans: bool = False, at_once: bool = False) -> Pair:
    """See one pair for the first time: first execution, all answers of all bindings, and what each costs in work.

    Each state gets a new connection, so ``first_ms`` is what a user pays who comes first: catalog caches are empty
    and no plan is cached. A side that runs into the timeout is censored: its one sample is all that it ever gets.
    With ``plans``, the plan of every binding is kept. ``at_once`` is for those who take no time from it: both states
    are looked at at the same time.
    """
    pair = Pair(cell.query.name, cell.parameter_class, cell.bindings)
    columns = columns_to_compare(sides, cell)
    states = [state for state in STATES if state in sides.databases]
    first_look = partial(look_closely, sides, cell, columns=columns, plans=plans)
    with ThreadPoolExecutor(len(STATES)) as pool:
        looked = dict(zip(states, (pool.map if at_once else map)(first_look, states), strict=True))
    seen = {state: side for state, (side, _) in looked.items()}
    answers = {state: found for state, (_, found) in looked.items()}
    if all(state in answers for state in STATES):
        pair = replace(pair, equality=equality_of(sides, cell, answers["before"], answers["after"]))
    counted = answers.get("before") or answers.get("after") or []
    nothing = CellSide()
    return replace(
        pair, bindings=counted_in(cell, counted), before=seen.get("before", nothing), after=seen.get("after", nothing)
    )


def counted_in(cell: Cell, answers: Answers) -> tuple[Binding, ...]:
    """The bindings of ``cell`` with how many rows each returned, of those that finished."""
    numbers = [one.rows for one in answers] + [None] * len(cell.bindings)
    return tuple(replace(b, result_rows=n) for b, n in zip(cell.bindings, numbers, strict=False))


def compare_all(
    sides: Sides, cells: Sequence[Cell], progress: Progress, store: Store = lambda _: None, *, plans: bool = False,
    at_once: bool = False,
) -> list[Pair]:  # fmt: skip
    """``compare`` each of ``cells``; ``store`` gets those so far after each."""
    pairs: list[Pair] = []
    for number, cell in enumerate(cells):
        progress("comparing results", number, len(cells), "cells")
        pairs.append(compare(sides, cell, plans=plans, at_once=at_once))
        store(pairs)
    progress("comparing results", len(cells), len(cells), "cells")
    return pairs


def see_all(sides: Sides, cells: Sequence[Cell], progress: Progress, store: Store = lambda _: None) -> list[Pair]:
    """See each of ``cells`` in the state ``before``, the only one there is; a statement that fails is told as such."""
    pairs: list[Pair] = []
    cut_off: dict[str, str] = {}
    begun = time.monotonic()
    for number, cell in enumerate(cells):
        progress("looking at each", number, len(cells), "cells")
        if why := _not_looked_at(cell, cut_off, time.monotonic() - begun):
            pairs.append(Pair(cell.query.name, cell.parameter_class, skipped=why))
            continue
        side, answers = CellSide(), list[Answer]()
        try:
            side, answers = look_closely(sides, cell, "before", {})
        except (WorkloadError, DatasetError) as error:
            side = CellSide(error=error.message)
        if any(sample.censored for sample in side.samples):
            cut_off[cell.query.name] = cell.parameter_class
        pairs.append(Pair(cell.query.name, cell.parameter_class, counted_in(cell, answers), before=side))
        store(pairs)
    progress("looking at each", len(cells), len(cells), "cells")
    return pairs


def _not_looked_at(cell: Cell, cut_off: Mapping[str, str], spent_s: float) -> str:
    """Why a cell is left alone: the query is known to be too slow, or there is no time; empty where it is not."""
    if other := cut_off.get(cell.query.name):
        return f"not executed: class {other} of it ran into the timeout"
    return f"not executed: the cells before it took {LOOKING_S:g} s" if spent_s > LOOKING_S else ""


def look(sides: Sides, cell: Cell, state: State) -> tuple[CellSide, Answers]:
    """See one side for the first time, on a new connection; after a timeout there are fewer answers than bindings."""
    return _look(sides, cell, state, columns_to_compare(sides, cell))


def look_closely(
    sides: Sides, cell: Cell, state: State, columns: Columns, *, plans: bool = False
) -> tuple[CellSide, list[Answer]]:
    """``look``, where the execution that is explained also says where in the plan the time goes, and one for each other
    binding what it touches, and, with ``plans``, by which plan."""
    return _look(sides, cell, state, columns, shares=True, plans=plans)


def _look(
    sides: Sides, cell: Cell, state: State, columns: Columns, *, shares: bool = False, plans: bool = False
) -> tuple[CellSide, list[Answer]]:
    side, answers = CellSide(), list[Answer]()
    with sides.connect(state, writes=cell.query.writes) as connection:
        try:
            for number in range(len(cell.bindings)):
                ms, found = answer(connection, cell, state, number, columns, fresh=not number)
                side = side if number else replace(side, first_ms=ms)
                answers.append(found)
            if shares:
                seen = explain_shares(connection, cell, state, 0, side.first_ms or 0.0, sides.timeout_s)
                side = replace(side, plan=seen)
                side = replace(side, by_binding=_by_binding(connection, cell, state, seen, plans=plans))
            else:
                side = replace(side, plan=explain(connection, cell, state, 0))
        except Timeout as timeout:
            side = replace(side, samples=(Sample(timeout.ms, 0.0, len(answers), censored=True),))
        except WorkloadError as refused:
            if not sides.spread:
                raise
            answered = len(answers) == len(cell.bindings)  # then only its plan is refused, and it is timed without
            side = side if answered else CellSide(error=refused.message)
    return side, answers


def columns_to_compare(sides: Sides, cell: Cell) -> Columns:
    """The tables and columns that all sides have, for a statement that writes: an optimization may add some."""
    if not cell.query.writes:
        return {}
    with sides.connections(writes=False) as connections:
        return shared_columns(list(connections.values()))


def _by_binding(
    connection: Connection, cell: Cell, state: State, first: PlanSeen, *, plans: bool
) -> tuple[BindingPlan, ...]:
    if cell.query.writes:  # what is rolled back leaves dead rows, and no more than needed of them
        return ()
    others = [explain(connection, cell, state, number) for number in range(1, len(cell.bindings))]
    return (
        BindingPlan(first.fingerprint, first.counters.buffers),
        *(BindingPlan(seen.fingerprint, seen.counters.buffers, seen.plan if plans else None) for seen in others),
    )


def equality_of(sides: Sides, cell: Cell, before: Answers, after: Answers, hold: Hold | None = None) -> Equality | None:
    """Whether two sides gave the same answer for every binding; None where one of them did not finish.

    Of a statement with an ORDER BY the order counts, but among rows that tie in it; of one that writes, what the
    tables hold afterwards. The sides are asked again only where their answers are not the same at once; ``hold`` is how
    what was written is compared where one of them is gone by now.
    """
    hold = hold or partial(compare_contents, sides, cell)
    if min(len(before), len(after)) < len(cell.bindings):
        return None
    found = Equality(
        equal=True,
        before_hash="+".join(one.hash[:16] for one in before),
        after_hash="+".join(one.hash[:16] for one in after),
        rows_before=sum(one.rows for one in before),
        rows_after=sum(one.rows for one in after),
        tables=tuple(sorted({table for one in (*before, *after) for table in one.contents.tables})),
    )
    for number, (one, other) in enumerate(zip(before, after, strict=True)):
        where = f"binding {number + 1} of {len(before)}"
        if one.hash != other.hash:
            return _differs(found, "other rows", f"{where}: {one.rows} rows before, {other.rows} after")
        if one.digests != other.digests:
            with sides.connect("before", writes=cell.query.writes) as connection:
                order = order_of(connection, *cell.statement("before", number), one, other, writes=cell.query.writes)
            if order.order == "lost":
                said = f"{where}: the same {one.rows} rows, but row {order.row} comes too late"
                return _differs(found, "other order", said)
            found = _unsure(found, f"the order of {where}: {order.why}" if order.order == "unknown" else "")
        if cell.query.writes:
            left = hold(number, one.contents, other.contents)
            if left.differing:
                return _differs(found, "other content", f"{where}: {left.differing} holds other rows afterwards")
            found = replace(found, varying=tuple(sorted({*found.varying, *left.varying})))
            found = _unsure(found, f"what {where} writes: {left.unknown}" if left.unknown else "")
    return found


def _differs(found: Equality, difference: Difference, detail: str) -> Equality:
    return replace(found, equal=False, difference=difference, detail=detail)


def _unsure(found: Equality, why: str) -> Equality:
    return replace(found, unsure=(*found.unsure, why)) if why else found
