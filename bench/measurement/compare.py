"""First executions on new connections, and whether both sides give the same rows."""

from __future__ import annotations

from dataclasses import replace

from bench.measurement.execution import Cell, Sides, Timeout, execute, explain, explain_shares, result_hash
from bench.model import STATES, BindingPlan, CellSide, Equality, Pair, PlanSeen, Sample, State
from bench.postgres.connection import Connection

Hashes = list[tuple[str, int]]
"""For each binding, the hash of its rows and how many they are."""


def compare(sides: Sides, cell: Cell) -> Pair:
    """See one pair for the first time: first execution, all rows of all bindings, and what each of them costs in work.

    Each state gets a new connection, so ``first_ms`` is what a user pays who comes first: catalog caches are empty
    and no plan is cached. A side that runs into the timeout is censored: its one sample is all that it ever gets.
    """
    pair = Pair(cell.query.name, cell.parameter_class, cell.bindings)
    hashes: dict[State, Hashes] = {}
    seen: dict[State, CellSide] = {}
    for state in STATES:
        if state in sides.databases:
            seen[state], hashes[state] = look(sides, cell, state, shares=True)
    if all(len(hashes.get(state, ())) == len(cell.bindings) for state in STATES):
        pair = replace(pair, equality=equality_of(hashes["before"], hashes["after"]))
    counted = hashes.get("before") or hashes.get("after") or []
    numbers = [rows for _, rows in counted] + [None] * len(cell.bindings)
    bindings = tuple(replace(b, result_rows=n) for b, n in zip(cell.bindings, numbers, strict=False))
    nothing = CellSide()
    return replace(pair, bindings=bindings, before=seen.get("before", nothing), after=seen.get("after", nothing))


def look(sides: Sides, cell: Cell, state: State, *, shares: bool = False) -> tuple[CellSide, Hashes]:
    """See one side for the first time, on a new connection; after a timeout there are fewer hashes than bindings.

    With ``shares``, one more execution says where in the plan the time goes, and one for each other binding what it
    touches.
    """
    side, hashes = CellSide(), []
    with sides.connect(state, writes=cell.query.writes) as connection:
        try:
            for number in range(len(cell.bindings)):
                ms, cursor = execute(connection, cell, state, number)
                side = side if number else replace(side, first_ms=ms)
                hashes.append(result_hash(cursor))
            seen = explain(connection, cell, state, 0)
            side = replace(side, plan=seen)
            if shares:
                side = replace(side, plan=explain_shares(connection, cell, state, 0, seen, sides.timeout_s))
                side = replace(side, by_binding=_by_binding(connection, cell, state, seen))
        except Timeout as timeout:
            side = replace(side, samples=(Sample(timeout.ms, 0.0, len(hashes), censored=True),))
    return side, hashes


def _by_binding(connection: Connection, cell: Cell, state: State, first: PlanSeen) -> tuple[BindingPlan, ...]:
    if cell.query.writes:  # what is rolled back leaves dead rows, and no more than needed of them
        return ()
    others = [explain(connection, cell, state, number) for number in range(1, len(cell.bindings))]
    return tuple(BindingPlan(seen.fingerprint, seen.counters.buffers) for seen in (first, *others))


def equality_of(before: Hashes, after: Hashes) -> Equality:
    """Whether two sides gave the same rows for every binding; both must have finished."""
    differing = [number for number, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]
    rows = [sum(n for _, n in side) for side in (before, after)]
    detail = ""
    if differing:
        first = differing[0]
        detail = f"binding {first + 1} of {len(before)}: {before[first][1]} rows before, {after[first][1]} after"
    return Equality(
        equal=not differing,
        before_hash="+".join(h[:16] for h, _ in before),
        after_hash="+".join(h[:16] for h, _ in after),
        rows_before=rows[0],
        rows_after=rows[1],
        detail=detail,
    )
