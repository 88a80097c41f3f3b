"""Exit codes: a regression and a broken run never share one."""

from __future__ import annotations

EXIT_DIFFERS = 1
"""Rows differ, a target is missed where that was asked for, or a regression."""
EXIT_EXPECTED = 2
"""Wrong usage, or an expected failure."""
EXIT_BUG = 4
EXIT_INTERRUPTED = 130
