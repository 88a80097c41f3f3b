"""Decide what several stored runs say beside each other. Pure: runs in, records out.

``facts``          what two runs were measured on, and what of them may be compared
``cells``          one cell of two runs
``drift``          what the machine did between two runs
``optimizations``  the proposed changes of several runs
``records``        what a comparison is made of
``compare``        runs side by side, the first of them the reference
``story``          a comparison in sentences
``history``        many runs in the order of time, in groups that may be compared
``trends``         how each query went through a group
"""

from __future__ import annotations

from bench.comparison.compare import MOST, compare
from bench.comparison.facts import Comparable, Facts, Reason, comparable, facts_of
from bench.comparison.history import Archive, Group, History, Kept, Skipped
from bench.comparison.records import Change, Comparison, Line, QueryLines, Versus
from bench.comparison.trends import Mark, PlanChange, Point, Track, Trend

__all__ = [
    "MOST",
    "Archive",
    "Change",
    "Comparable",
    "Comparison",
    "Facts",
    "Group",
    "History",
    "Kept",
    "Line",
    "Mark",
    "PlanChange",
    "Point",
    "QueryLines",
    "Reason",
    "Skipped",
    "Track",
    "Trend",
    "Versus",
    "comparable",
    "compare",
    "facts_of",
]
