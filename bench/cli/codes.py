"""Exit codes: a regression and a broken run never share one."""

from __future__ import annotations

EXIT_DIFFERS = 1
"""Rows differ, a target is missed where that was asked for, or a regression."""
EXIT_EXPECTED = 2
"""Wrong usage, or an expected failure."""
EXIT_INCOMPATIBLE = 3
"""The baseline cannot be read, or not be compared with what was measured."""
EXIT_BUG = 4
EXIT_INCONCLUSIVE = 5
"""Too noisy to say anything: neither a pass nor a regression."""
EXIT_INTERRUPTED = 130
