"""How a lead moves from new to won, lost or recycled: a chain with delays, looked at when the clock stands.

A lead's path is drawn by source (conversion rates of parameters.toml), its delays are lognormal. The status is the
stage reached at the lead's age: young leads are still on their way, old ones are mostly lost or recycled.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .calendar import DAY_S
from .parameters import SOURCES, STATUSES, section
from .streams import STEPS, Ints, choice, lognormal

_F = section("funnel")
_PATHS = (
    ("new",),
    ("new", "contacted"),
    ("new", "contacted", "qualified"),
    ("new", "contacted", "qualified", "proposal"),
    ("new", "contacted", "qualified", "proposal", "negotiation"),
    ("new", "contacted", "lost"),
    ("new", "contacted", "recycled"),
    ("new", "contacted", "qualified", "lost"),
    ("new", "contacted", "qualified", "proposal", "lost"),
    ("new", "contacted", "qualified", "proposal", "negotiation", "lost"),
    ("new", "contacted", "qualified", "proposal", "negotiation", "won"),
)
_STEPS = 5
_LOST, _RECYCLED, _WON = (_PATHS.index(path) for path in (_PATHS[5], _PATHS[6], _PATHS[-1]))
_LENGTH = np.array([len(path) - 1 for path in _PATHS])
_STATUS = np.array(
    [[STATUSES.index(path[min(step, len(path) - 1)]) for step in range(_STEPS + 1)] for path in _PATHS], np.int8
)
"""[path, steps made]: status code."""
OPPORTUNITY = np.array([s in ("qualified", "proposal", "negotiation", "won") for s in STATUSES])
"""By status: the lead is, or became, an opportunity."""
PREVIOUS = np.array([STATUSES.index(s) for s in ("new", "new", "contacted", "qualified", "proposal", "negotiation",
                                                 "contacted", "contacted")], np.int8)  # fmt: skip
"""By status: the one before it."""


@lru_cache(maxsize=1)
def _paths() -> NDArray[np.int8]:
    """[source, 16-bit draw]: path."""
    tables = []
    for source in SOURCES:
        opportunity, won = _F["opportunity"][source], _F["won"][source]
        rest, failed = 1 - opportunity, opportunity - won
        closed = 1 - _F["untouched"] - _F["stuck"] - _F["recycled"]
        ends = [failed * _F["failed_at"][s] for s in ("qualified", "proposal", "negotiation")]
        shares = [rest * _F["untouched"], rest * _F["stuck"]]
        shares += [share * _F["stale"] for share in ends]
        shares += [rest * closed, rest * _F["recycled"]]
        shares += [share * (1 - _F["stale"]) for share in ends] + [won]
        tables.append(choice(shares))
    return np.stack(tables)


def _delays(name: str) -> NDArray[np.int64]:
    median_days, sigma = _F[name]
    return lognormal(math.log(median_days), sigma, DAY_S) + 60


_FIRST = _delays("contact_days")
_SECOND = [_delays(name) for name in ("opportunity_days", "lost_days", "recycled_days")]
_LATER = np.concatenate([_delays("won_stage_days"), _delays("stage_days")])


def stages(source: Ints, age_s: Ints, draws: list[NDArray[np.uint16]]) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """(status code, seconds from creation to its begin) of leads of ``source`` and age, with 6 draws per lead."""
    path = _paths()[source, draws[0]]
    second = np.where(path == _LOST, _SECOND[1][draws[2]], _SECOND[0][draws[2]])
    second = np.where(path == _RECYCLED, _SECOND[2][draws[2]], second)
    reached = np.empty((_STEPS, len(path)), np.int64)
    reached[0] = _FIRST[draws[1]]
    reached[1] = reached[0] + second
    pace = np.where(path == _WON, 0, STEPS)
    for step in range(2, _STEPS):
        reached[step] = reached[step - 1] + _LATER[pace + draws[step + 1]]
    steps = np.minimum((reached <= age_s).sum(axis=0), _LENGTH[path])
    since = np.where(steps > 0, reached[np.maximum(steps, 1) - 1, np.arange(len(path))], 0)
    return _STATUS[path, steps], since
