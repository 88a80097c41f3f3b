"""A series of runs as text."""

from __future__ import annotations

import math
from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"
FLAT = 1.5
"""Factor between the shortest and the longest bar, at least: noise must not look like a trend."""


def sparkline(values: Sequence[tuple[float, bool] | None]) -> str:
    """Draw values as bars on a logarithmic scale; each with whether it follows the one before: ``┊`` where it does not.

    Empty for fewer than two.
    """
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(value for value, _ in known), max(value for value, _ in known)
    low = max(low, 1e-6)
    scale = max(high / low, FLAT)
    drawn = ""
    for position, found in enumerate(values):
        if found is None:
            drawn += " "
            continue
        value, follows = found
        drawn += "┊" if position and not follows and drawn.strip() else ""
        drawn += BARS[_step(max(value, low) / low, scale)]
    return drawn


def _step(times: float, scale: float) -> int:
    return round((len(BARS) - 1) * math.log(times) / math.log(scale))
