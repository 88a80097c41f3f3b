"""Who of a tenant's users acts: Zipf by rank, whatever the number of users."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .parameters import section
from .streams import STEPS, Ints

_P = section("people")
_FLAT = 1 - _P["owner_exponent"]
_WIDEST = (_P["users_max"] + 1) ** _FLAT - 1
_SPAN = np.array([round(((n + 1) ** _FLAT - 1) / _WIDEST * STEPS) for n in range(_P["users_max"] + 1)], np.int64)
"""By number of users: how much of _RANK is theirs."""
_RANK = np.array([math.floor((1 + (i + 0.5) / STEPS * _WIDEST) ** (1 / _FLAT)) - 1 for i in range(STEPS)], np.int64)


def ranks_within(users: Ints, u: Ints) -> NDArray[np.int64]:
    """A rank below ``users`` for each 16-bit draw ``u``: the inverse of the continuous approximation of Zipf."""
    return np.minimum(_RANK[_SPAN[users] * u >> 16], users - 1)
