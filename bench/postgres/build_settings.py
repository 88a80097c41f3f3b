"""With what indexes are built and statistics gathered in databases of ours: the same in all of them."""

from __future__ import annotations

import math

MAINTENANCE_WORK_MEM = "256MB"
"""Memory of one index build, baseline and optimizations alike: builds are compared with one another, not tuned. Large
enough that one column of 6 million rows sorts without spilling."""

SAMPLE_ROWS_PER_TARGET = 300
"""ANALYZE samples 300 rows per unit of the statistics target (PostgreSQL manual, ANALYZE)."""

TARGET_MIN, TARGET_MAX = 100, 2000
"""Statistics targets: the server's default at least. At 2,000 a table of 600,000 rows is read whole, which makes
its statistics, and so its plans, repeatable; higher targets cost planning time that production does not pay."""


def statistics_target(table_rows: int) -> int:
    """The statistics target at which ANALYZE reads the whole table, within the limits above."""
    return min(TARGET_MAX, max(TARGET_MIN, math.ceil(table_rows / SAMPLE_ROWS_PER_TARGET)))
