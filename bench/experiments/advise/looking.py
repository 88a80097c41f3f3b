"""The first look at every query and class, for the plans that candidates are read from."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

from bench.advice.candidates import SeenClass, SeenQuery
from bench.errors import DatasetError, WorkloadError
from bench.measurement import Cell, Sides
from bench.measurement.execution import Timeout, execute, explain_verbose
from bench.measurement.inside_functions import functions_with_statements
from bench.model import Query
from bench.postgres.connection import Connection
from bench.progress import Progress

LOOKING_S = 45.0
"""Seconds after which plans are asked for without executing them."""


def look_at(
    sides: Sides, cells: Sequence[Cell], progress: Progress, limit_s: float = LOOKING_S, *, executed: bool = True
) -> tuple[list[SeenQuery], dict[str, str]]:
    """What each query does in each class; and of those that cannot be executed why.

    Whatever they write is rolled back. A class of a query that ran into the timeout has a plan without executions, and
    so have the query's other classes. Unless ``executed``, all have: but for those that call functions, whose plans can
    be known in no other way.
    """
    seen: dict[str, dict[str, SeenClass]] = {}
    failed: dict[str, str] = {}
    slow: set[str] = set()
    begun = time.monotonic()
    with sides.connect("before", writes=False) as reading, sides.connect("before", writes=True) as writing:
        for number, cell in enumerate(cells):
            connection = writing if cell.query.writes else reading
            progress("looking at each", number, len(cells), "cells")
            name = cell.query.name
            if name in failed:
                continue
            try:
                soon = time.monotonic() - begun <= limit_s and name not in slow
                if executed and soon:
                    execute(connection, cell, "before", 0)
                asked = soon and (executed or _calls_functions(connection, cell))
                plan = explain_verbose(connection, cell, "before", 0, executed=asked)
            except Timeout:
                slow.add(name)
                plan = explain_verbose(connection, cell, "before", 0, executed=False)
            except (WorkloadError, DatasetError) as error:
                failed[name] = error.message
                continue
            seen.setdefault(name, {})[cell.parameter_class] = SeenClass(plan, cell.bindings[0].args)
    progress("looking at each", len(cells), len(cells), "cells")
    return _queries(seen, (cell.query for cell in cells), failed), failed


def _calls_functions(connection: Connection, cell: Cell) -> bool:
    return bool(functions_with_statements(connection, cell.statement("before", 0)[0]))


def _queries(
    seen: Mapping[str, Mapping[str, SeenClass]], queries: Iterable[Query], failed: Mapping[str, str]
) -> list[SeenQuery]:
    by_name = {query.name: query for query in queries}
    return [SeenQuery(by_name[name], classes) for name, classes in seen.items() if name not in failed]
