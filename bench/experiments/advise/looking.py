"""The first look at every query and class, for the plans that candidates are read from."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

from bench.advice.candidates import SeenClass, SeenQuery
from bench.errors import DatasetError, WorkloadError
from bench.measurement import Cell, Sides
from bench.measurement.execution import Timeout, execute, explain_verbose
from bench.model import Query
from bench.progress import Progress

LOOKING_S = 45.0
"""Seconds after which plans are asked for without executing them."""


def look_at(
    sides: Sides, cells: Sequence[Cell], progress: Progress, limit_s: float = LOOKING_S
) -> tuple[list[SeenQuery], dict[str, str]]:
    """What each query does in each class; and of those that cannot be executed why.

    Whatever they write is rolled back. A class of a query that ran into the timeout has a plan without executions, and
    so have the query's other classes.
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
                late = time.monotonic() - begun > limit_s
                if not late and name not in slow:
                    execute(connection, cell, "before", 0)
                plan = explain_verbose(connection, cell, "before", 0, executed=not late and name not in slow)
            except Timeout:
                slow.add(name)
                plan = explain_verbose(connection, cell, "before", 0, executed=False)
            except (WorkloadError, DatasetError) as error:
                failed[name] = error.message
                continue
            seen.setdefault(name, {})[cell.parameter_class] = SeenClass(plan, cell.bindings[0].args)
    progress("looking at each", len(cells), len(cells), "cells")
    return _queries(seen, (cell.query for cell in cells), failed), failed


def _queries(
    seen: Mapping[str, Mapping[str, SeenClass]], queries: Iterable[Query], failed: Mapping[str, str]
) -> list[SeenQuery]:
    by_name = {query.name: query for query in queries}
    return [SeenQuery(by_name[name], classes) for name, classes in seen.items() if name not in failed]
