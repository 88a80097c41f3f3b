"""Whether a cell became slower: the rules on paired times of both arms, taken in one job.

The design and what it is worth (false alarms, detection): docs/gate.md. A pair is one sample of each arm, back to back;
its logarithm of head over base is the unit of everything here. Medians of pairs, because a shared machine has bursts;
repetition in fresh sessions, because two copies of one database differ by a constant for as long as they live.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, median

from bench.experiments.gate.record import Change, Session

SCREEN_LIMIT = 1.07
"""A cell whose median pair is below this passes at once."""
CONFIRM_LIMIT = 1.10
"""A regression exceeds this in each of two fresh sessions: half of the 20 % that the gate is to catch."""
LOWER_LIMIT = 1.03
"""... and the 99 % lower bound of all confirming pairs exceeds this."""
PROMISED = 1.20
"""The slow-down that the gate promises to see: a cell that cannot exclude it is inconclusive."""
SCREEN_LOOKS = (12, 24, 48)
"""Pairs after which a cell of the screen is looked at; most pass at the first look."""
MARGIN = 0.5
"""Standard errors that have to lie between a cell and the screen's limit to pass before the last look."""
CONFIRM_PAIRS = 24
PLAIN = 1.5
"""A cell that moved by more than this in the screen needs fewer pairs to be sure, and may be slow."""
CONFIRM_PAIRS_PLAIN = 12
CONFIRM_PAIRS_NOISY = 64
NOISY = 0.05
"""Robust standard deviation of a pair from which on a cell counts as noisy."""
FLOOR_MS = 0.020
"""Changes below 20 µs an execution are not worth a red build."""
CONTROL_LIMIT = 1.05
"""Queries that touch no table may not differ by more between the arms, or the session is repeated."""
CONTROL_REPEATS = 2
BOUND_CONFIDENCE = 0.99
POWER = 0.95

MAD_TO_SD = 1.4826
"""Of a normal distribution (Rousseeuw and Croux 1993)."""
MEDIAN_TO_MEAN = 1.2533
"""Standard error of a median over that of a mean, normal."""


def logs(session: Session) -> list[float]:
    """The logarithm of head over base for each pair."""
    return [math.log(head / base) for base, head in zip(session.base_ms, session.head_ms, strict=True)]


def spread(pairs: Sequence[float]) -> float:
    """Robust standard deviation of the pairs, from their median absolute deviation."""
    centre = median(pairs)
    return MAD_TO_SD * median(abs(value - centre) for value in pairs)


def error(pairs: Sequence[float]) -> float:
    """Standard error of the median of the pairs."""
    return MEDIAN_TO_MEAN * spread(pairs) / math.sqrt(len(pairs))


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a cell of the screen says: go on, passed, suspicious, or too noisy to tell."""

    done: bool
    suspicious: bool = False
    unclear: bool = False


def screen(pairs: Sequence[float], *, last: bool) -> Look:
    """Look at a cell. A change in either direction is suspicious: a faster cell is worth a confirmation too.

    Passing needs more than a small median: the promised slow-down has to be excluded with 95 % confidence.
    """
    centre, deviation = median(pairs), error(pairs)
    limit = math.log(SCREEN_LIMIT)
    if abs(centre) > limit + MARGIN * deviation or (last and abs(centre) > limit):
        return Look(done=True, suspicious=True)
    excluded = centre + NormalDist().inv_cdf(0.95) * deviation < math.log(PROMISED)
    if abs(centre) + MARGIN * deviation <= limit and excluded:
        return Look(done=True)
    return Look(done=last, unclear=last and not excluded)


def confirm_pairs(screened: Sequence[float]) -> int:
    """Number of pairs that a confirming session takes: few only where what was seen is no matter of chance."""
    sign = math.copysign(1, median(screened))
    if lower_bound([sign * value for value in screened]) > math.log(PLAIN):
        return CONFIRM_PAIRS_PLAIN
    return CONFIRM_PAIRS_NOISY if spread(screened) > NOISY else CONFIRM_PAIRS


def goes_on(pairs: Sequence[float]) -> bool:
    """Whether a confirming session agrees that there is a change, so that the next one is worth its time."""
    return abs(median(pairs)) > math.log(CONFIRM_LIMIT)


def controls_agree(controls: Sequence[Sequence[float]]) -> bool:
    """Whether the queries without tables took the same time on both arms.

    They disagree when one is off by more than the limit, and its sign is no matter of chance; and they cannot agree
    where one scatters so much that it would not see the promised slow-down itself: then no cell's pairs are independent
    of those before, since both hang on what else the machine does.
    """
    for pairs in controls:
        if pairs and NormalDist().inv_cdf(0.95) * error(pairs) > math.log(PROMISED):
            return False
        if pairs and abs(centre := median(pairs)) > math.log(CONTROL_LIMIT):
            sign = math.copysign(1, centre)
            if lower_bound([sign * value for value in pairs]) > 0:
                return False
    return True


def lower_bound(pairs: Sequence[float], confidence: float = BOUND_CONFIDENCE) -> float:
    """One-sided lower confidence bound of the median: an order statistic (sign test), free of any distribution.

    The 16th smallest of 48, the 51st of 128. Minus infinity with too few pairs for one (fewer than 7).
    """
    n, below, rank = len(pairs), 0.0, 0
    while rank < n:
        below += math.comb(n, rank) * 0.5**n
        if below > 1 - confidence:
            break
        rank += 1
    return sorted(pairs)[rank - 1] if rank else -math.inf


def confirmed(sessions: Sequence[Session], *, slower: bool) -> bool:
    """Whether the sessions after the screen make a change certain enough to be called one that the screen saw too."""
    sign = 1 if slower else -1
    if len(sessions) < 3 or sign * median(logs(sessions[0])) <= 0:
        return False
    confirming = [[sign * value for value in logs(session)] for session in sessions[1:]]
    pooled = [value for pairs in confirming for value in pairs]
    limit = math.log(CONFIRM_LIMIT)
    return all(median(pairs) > limit for pairs in confirming) and lower_bound(pooled) > math.log(LOWER_LIMIT)


def worth_a_verdict(sessions: Sequence[Session]) -> bool:
    """Whether a change is large enough to be called one: the median of head minus base, over all sessions."""
    moved = median(h - b for session in sessions for b, h in zip(session.base_ms, session.head_ms, strict=True))
    return abs(moved) >= FLOOR_MS


def detectable(pairs: Sequence[float]) -> float:
    """The smallest slow-down, as a share, that the gate calls a regression 95 times in 100, given this cell's noise.

    All three sessions have to exceed their limits; the noisiest of them (the first confirmation, whose limit is the
    highest) decides, and each may fail one time in 60 for the product to stay at 95 %.
    """
    each = NormalDist().inv_cdf(POWER ** (1 / 3))
    per_session = MEDIAN_TO_MEAN * spread(pairs) / math.sqrt(confirm_pairs(pairs))
    return math.exp(math.log(CONFIRM_LIMIT) + each * per_session) - 1


def describe(sessions: Sequence[Session]) -> Change:
    """Sum up the times of one cell; confirming sessions only, where there are any."""
    taken = [logs(session) for session in sessions]
    judged = taken[1:] or taken
    pooled = [value for pairs in judged for value in pairs]
    return Change(
        ratio=math.exp(median(pooled)),
        lower=math.exp(lower_bound(pooled)),
        stages=tuple(math.exp(median(pairs)) for pairs in taken),
        spread=spread([value for pairs in taken for value in pairs]),
        detectable=detectable(taken[0]),
    )
