"""Decide what several stored runs say beside each other. Pure: runs in, records out.

``facts``          what two runs were measured on, and what of them may be compared
``cells``          one cell of two runs
``drift``          what the machine did between two runs
``optimizations``  the proposed changes of several runs
``records``        what a comparison is made of
``compare``        runs side by side, the first of them the reference
``story``          a comparison in sentences
"""

from __future__ import annotations

from bench.comparison.compare import MOST, compare
from bench.comparison.facts import Comparable, Facts, Reason, comparable, facts_of
from bench.comparison.records import Change, Comparison, Line, QueryLines, Versus

__all__ = [
    "MOST",
    "Change",
    "Comparable",
    "Comparison",
    "Facts",
    "Line",
    "QueryLines",
    "Reason",
    "Versus",
    "comparable",
    "compare",
    "facts_of",
]
