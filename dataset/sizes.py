"""How many tenants, and how many leads each is to have: plain arithmetic over a handful of numbers."""

from __future__ import annotations

import math
from itertools import pairwise

from .parameters import section

_T = section("tenants")
TRIAL_MOST_LEADS = 10
"""At least three trials stay at or below this, at every scale (parameter class "tiny")."""


def organizations_at(scale: int) -> int:
    """Organizations for ``scale`` leads: power laws between the points of parameters.toml."""
    points = list(zip(_T["scale_leads"], _T["organizations"], strict=True))
    (x0, y0), (x1, y1) = next((pair for pair in pairwise(points) if scale <= pair[1][0]), (points[-2], points[-1]))
    exponent = math.log(y1 / y0) / math.log(x1 / x0)
    return max(_T["minimum"], round(y0 * (scale / x0) ** exponent))


def trial_sizes(organizations: int, scale: int) -> list[int]:
    """Leads of each trial tenant, the empty ones last: evenly spaced quantiles of a geometric distribution."""
    empty = max(_T["empty"], organizations // 100)
    count = max(empty + 3, round(organizations * _T["trial_share"])) - empty
    rate = math.log(1 - 1 / _T["trial_mean_leads"])
    sizes = [max(1, math.ceil(math.log(1 - (i + 0.5) / count) / rate)) for i in range(count)]
    sizes = [min(size, TRIAL_MOST_LEADS) if i < 3 else size for i, size in enumerate(sizes)]
    return [min(size, max(1, scale // 50)) for size in sizes] + [0] * empty


def zipf_sizes(count: int, total: int, exponent: float) -> list[int]:
    """``total`` leads over ``count`` tenants by rank; whole numbers with an exact sum."""
    weights = [rank**-exponent for rank in range(1, count + 1)]
    cumulated, sizes, before = 0.0, [], 0
    for weight in weights:
        cumulated += weight
        now = round(total * cumulated / math.fsum(weights)) if len(sizes) < count - 1 else total
        sizes.append(now - before)
        before = now
    return sizes
