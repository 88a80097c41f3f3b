"""Run every cell on both sides and write down what was seen; nothing is judged here.

``execution``  one statement on one connection: timed, explained, or fetched
``compare``    first executions, and whether both sides give the same rows
``rounds``     timed executions, before and after interleaved, in seeded random order
``loops``      executions looped inside the server, for times that are compared between two databases
"""

from __future__ import annotations

from bench.measure.compare import compare
from bench.measure.execution import Bindings, Cell, Sides, cells_of
from bench.measure.rounds import time_pairs

__all__ = ["Bindings", "Cell", "Sides", "cells_of", "compare", "time_pairs"]
