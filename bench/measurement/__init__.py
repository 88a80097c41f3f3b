"""Run every cell on both sides and write down what was seen; nothing is judged here.

``execution``  one statement on one connection: timed, explained, or fetched
``compare``    first executions, and whether both sides give the same answers
``answers``    what one execution answers: rows in their order, and what it left in the tables
``rounds``     timed executions, before and after interleaved, in seeded random order
``within``     all of that within a number of seconds
``loops``      executions looped inside the server, for times that are compared between two databases
"""

from __future__ import annotations

from bench.measurement.compare import Answers, compare, compare_all, equality_of, look, see_all
from bench.measurement.execution import (
    Bindings,
    Cell,
    Sides,
    Timeout,
    cells_of,
    execute,
    execute_here,
    explain_blocks,
    result_rows,
)
from bench.measurement.rounds import SAMPLES_MAX, time_pairs
from bench.measurement.within import measure_within

__all__ = [
    "SAMPLES_MAX",
    "Answers",
    "Bindings",
    "Cell",
    "Sides",
    "Timeout",
    "cells_of",
    "compare",
    "compare_all",
    "equality_of",
    "execute",
    "execute_here",
    "explain_blocks",
    "look",
    "measure_within",
    "result_rows",
    "see_all",
    "time_pairs",
]
