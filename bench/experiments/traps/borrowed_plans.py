"""The plan of one class, executed for another. PostgreSQL cannot pin a plan: planner settings are tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import psycopg
from psycopg import sql

from bench.errors import WorkloadError
from bench.experiments.traps.copied_database import (
    CopiedDatabase,
    execute_plan,
    slimmed,
    timed_in_turn,
    timing,
    with_answer,
)
from bench.experiments.traps.record import Borrowed, TrapCell
from bench.measurement import Cell
from bench.measurement.execution import shape_of
from bench.plans import access_path
from bench.postgres.connection import Connection

SWITCHES = (
    "enable_indexscan", "enable_seqscan", "enable_bitmapscan", "enable_indexonlyscan", "enable_nestloop",
    "enable_hashjoin", "enable_mergejoin", "enable_sort", "enable_hashagg", "enable_memoize", "enable_material",
    "enable_incremental_sort",
)  # fmt: skip
"""What may be switched off, the likelier first; one that a server does not have is left out."""

BIG, SMALL = "hot", "tiny"


def lenders(cells: Sequence[TrapCell]) -> list[tuple[str, str]]:
    """Choose, of the cells of one query, whose plans are borrowed: pairs of lender and borrower, both ways.

    The hot and the tiny class where their plans differ; else the hot one and the smallest class with another plan.
    Without these names, the class that reads most stands for hot. Nothing where all plans are the same.
    """
    done = [cell for cell in cells if cell.custom and cell.custom.seen]
    if len(done) < 2:
        return []
    by_work = sorted(done, key=_work)
    big = next((cell for cell in done if cell.parameter_class == BIG), by_work[-1])
    others = sorted(
        (cell for cell in by_work if cell.custom and big.custom and cell.custom.path != big.custom.path),
        key=lambda cell: cell.parameter_class != SMALL,
    )
    if not others:
        return []
    small = others[0].parameter_class
    return [(big.parameter_class, small), (small, big.parameter_class)]


def _work(cell: TrapCell) -> int:
    return cell.custom.seen.counters.buffers if cell.custom and cell.custom.seen else 0


def borrow(copied: CopiedDatabase, cell: Cell, own: TrapCell, lender: TrapCell) -> Borrowed:
    """Execute the plan of ``lender`` for the values of ``cell``, timed in turn with its own."""
    assert lender.custom
    wanted, writes = lender.custom.path, cell.query.writes
    if own.generic and own.generic.path == wanted:
        mode = {"plan_cache_mode": "force_generic_plan"}
        mine = slimmed(own.custom) if own.custom else None
        return Borrowed(lender.parameter_class, wanted, mode, 0, mine, own.generic)
    with copied.connect(writes=writes) as planner:
        settings, tried = search(planner, cell, copied, wanted)
        found = Borrowed(lender.parameter_class, wanted, settings, tried)
        if not settings:
            return found
        with copied.connect(writes=writes, **settings) as other:
            try:
                runs = [execute_plan(planner, cell, copied.state), execute_plan(other, cell, copied.state)]
                calls = [timing(planner, cell, copied.state), timing(other, cell, copied.state)]
                pairs = zip(timed_in_turn(runs, calls), (planner, other), strict=True)
                runs = [slimmed(with_answer(run, by, cell, copied.state)) for run, by in pairs]
            except WorkloadError:
                return found
    return replace(found, own=runs[0], lent=runs[1])


def search(connection: Connection, cell: Cell, copied: CopiedDatabase, wanted: str) -> tuple[dict[str, str], int]:
    """Find settings under which the planner takes the plan ``wanted`` for the values of ``cell``.

    Returns them, empty where there are none, and how many were tried: each switch alone, then each pair.
    """
    tried = 0
    for chosen in _tries(connection):
        tried += 1
        with connection.transaction(force_rollback=True):
            for name in chosen:
                connection.execute(sql.SQL("SET LOCAL {} = off").format(sql.Identifier(name)))
            path = access_path(shape_of(connection, cell, copied.state, 0))
        if path == wanted:
            return dict.fromkeys(chosen, "off"), tried
    return {}, tried


def _tries(connection: Connection) -> Iterator[tuple[str, ...]]:
    asked = "SELECT name FROM pg_settings WHERE name = ANY($1)"
    known = {row[0] for row in psycopg.RawCursor(connection).execute(asked, [list(SWITCHES)]).fetchall()}
    there = [name for name in SWITCHES if name in known]
    yield from ((name,) for name in there)
    yield from combinations(there, 2)
