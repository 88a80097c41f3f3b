"""The same queries planned again and again, each time with statistics from another random sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

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
from bench.experiments.traps.record import PlanRun, Stability
from bench.measurement import Cell
from bench.measurement.execution import shape_of
from bench.plans import access_path
from bench.postgres.build_settings import SAMPLE_ROWS_PER_TARGET, statistics_target
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.postgres.failures import explained

SERVER_TARGET = 100
"""default_statistics_target of a server where nobody chose another (PostgreSQL manual, 20.7.4). pgproof's own
templates have statistics of whole tables, so that plans repeat; a production server has these."""

Key = tuple[str, str]
"""Query and class."""


def sampled_tables(connection: Connection) -> dict[str, int]:
    """The tables of which ANALYZE reads only a sample at the server's target, with their rows."""
    limit = SAMPLE_ROWS_PER_TARGET * SERVER_TARGET
    return {
        str(table["name"]): int(table["rows"]) for table in rows(connection, "list_tables") if table["rows"] > limit
    }


def keep_autovacuum_out(connection: Connection) -> None:
    """Switch autovacuum off for the tables of a copy: nobody but us gathers statistics here."""
    for table in rows(connection, "list_tables"):
        name = sql.Identifier(table["schema_name"], table["table_name"])
        connection.execute(sql.SQL("ALTER TABLE {} SET (autovacuum_enabled = off)").format(name))


def analyze(connection: Connection, targets: Mapping[str, int]) -> None:
    """Gather the statistics of each table anew, at its target in ``targets`` or else the server's."""
    for table in rows(connection, "list_tables"):
        target = targets.get(str(table["name"]), SERVER_TARGET)
        name = sql.Identifier(table["schema_name"], table["table_name"])
        with explained(f"ANALYZE {table['name']}"):
            connection.execute(f"SET default_statistics_target = {target}")
            connection.execute(sql.SQL("ANALYZE {}").format(name))


def analyze_whole(connection: Connection) -> None:
    """Gather the statistics of whole tables, as far as ``statistics_target`` goes: what all but the draws rests on.

    Asked for here and not taken from the copy: what its statistics were gathered with is not told by the catalog, and
    two looks at one dataset have to see one plan.
    """
    analyze(connection, {str(table["name"]): _target(table) for table in rows(connection, "list_tables")})


def _target(table: Mapping[str, object]) -> int:
    return statistics_target(int(str(table["rows"])))


def draw(
    copied: CopiedDatabase, connection: Connection, cells: Sequence[Cell], seen: Mapping[Key, Stability]
) -> Iterator[tuple[Key, Stability, str]]:
    """Gather statistics once more on ``connection``, and give what each cell's plan is now, added to ``seen``.

    A plan that had not been seen is executed at once: the statistics that gave it are gone with the next draw. The text
    says why it could not be, in words of the server: another plan may meet a row that divides by zero.
    """
    analyze(connection, {})
    for writes in (False, True):  # what writes leaves dead rows behind, even rolled back
        chosen = [cell for cell in cells if cell.query.writes == writes]
        if not chosen:
            continue
        with copied.connect(writes=writes) as planner:
            for cell in chosen:
                key = cell.query.name, cell.parameter_class
                known = seen.get(key, Stability(()))
                path = access_path(shape_of(planner, cell, copied.state, 0))
                plans, error = known.plans, ""
                if all(plan.path != path for plan in plans):
                    try:
                        plans = (*plans, _executed(planner, cell, copied))
                    except WorkloadError as failure:
                        plans, error = (*plans, PlanRun(path)), failure.message
                yield key, replace(known, draws=(*known.draws, path), plans=plans), error


def _executed(planner: Connection, cell: Cell, copied: CopiedDatabase) -> PlanRun:
    run = execute_plan(planner, cell, copied.state)
    run = timed_in_turn([run], [timing(planner, cell, copied.state)])[0]
    return slimmed(with_answer(run, planner, cell, copied.state))
