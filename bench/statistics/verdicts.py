"""A verdict on samples: whether p95 is within a target. Pure, no driver."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

from bench.model import Look, Sample, Verdict
from bench.statistics.dependence import swing
from bench.statistics.looks import BINDINGS_ERROR, FIRST_MEETS, LAST, LOOKS, OVER_CHANCE, tail
from bench.statistics.quantiles import CLOCK_MS, CONFIDENCE, TARGET_QUANTILE, Figure, by_length, percentile

MIN_TO_MEET = 5
"""Fewer finished executions than this never meet a target: the tolerance factor is 4.2 at 5 and 26 at 2."""

LOG_NORMAL = "log-normal times"
INDEPENDENT = "independent executions"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with what it rests on. ``lower_ms`` and ``upper_ms`` enclose the p95, each with 95 % confidence."""

    verdict: Verdict
    reason: str
    p95: Figure | None = None
    lower_ms: float | None = None
    upper_ms: float | None = None
    upper_is_log_normal: bool = False
    """Whether ``upper_ms`` holds for log-normal times only."""
    look: Look | None = None
    """The look that decided; None where none did, which leaves "cannot tell", or an answer that assumes."""
    assumes: str = ""
    """What would have to be true of the times for the promise to hold; empty where nothing has to be."""
    binding: int | None = None
    """The binding, from 1, that decided by itself; None where all executions together did."""


def verdict(samples: Sequence[Sample], target_ms: float) -> Verdict:
    """Say whether p95 is within ``target_ms``: meets, misses, or cannot tell. See ``judge`` for the rule."""
    return judge(samples, target_ms).verdict


def judge(samples: Sequence[Sample], target_ms: float) -> Judgement:
    """Hold the p95 of ``samples``, in the order in which they were taken, against ``target_ms``.

    The samples are looked at after 2, 5, 10, 20, 40, 80, 160 and 320 executions, at no other count, and the first look
    that decides, decides (``looks``):

    **misses**: so many of the first n took longer than the target that all looks together say so wrongly in at most 5 %
    of cells whose p95 lies at the target. A timeout longer than the target counts as over. Or one **binding** did, by
    its own executions and by a limit that is shared among bindings and looks (Bonferroni).

    **meets**: at most so many did, none was cut off by a timeout, and no binding went over more than once and in more
    than one of twenty of its own: what all of them show together must not hide one. First possible after 80.

    No look decides: with at least 5 executions, fewer than 80, all within the target, so must be the upper tolerance
    limit of a log-normal time, mean + k * sd of the logarithms (Natrella's k, NIST/SEMATECH e-Handbook 7.2.6.3). Such a
    "meets" **assumes log-normal times** and says so: 15 executions of a query that is slow one time in ten show none of
    the slow ones one time in five. Otherwise **cannot tell**.

    Where executions take after those before them, by so much that it could have moved the verdict, it assumes
    **independent executions** and says that (``dependence``).
    """
    p95 = percentile(samples, TARGET_QUANTILE)
    if p95 is None:
        return Judgement("cannot tell", "not one execution was timed")
    found = at_looks(samples, target_ms) or _between_looks(samples, target_ms)
    lower = found.lower_ms if found.lower_ms is not None else lower_bound_ms(samples)
    few = len(samples) < FIRST_MEETS
    found = replace(found, p95=p95, lower_ms=lower, upper_ms=upper_bound_ms(samples), upper_is_log_normal=few)
    return replace(found, assumes=_assumed(found, samples, target_ms))


def over(sample: Sample, target_ms: float) -> bool:
    """Whether an execution took longer than the target, as far as is known."""
    return sample.ms > target_ms or (sample.censored and sample.ms >= target_ms)


def at_looks(samples: Sequence[Sample], target_ms: float) -> Judgement | None:
    """Give what the first look that decides says, without p95 and bounds; None where none has decided yet."""
    cut_off = any(sample.censored for sample in samples)
    for look in LOOKS:
        if look.n > len(samples):
            return None
        first = samples[: look.n]
        count = sum(over(sample, target_ms) for sample in first)
        took = f"{count} of {_the_first(look.n, samples)} executions took longer than {target_ms:g} ms"
        if look.misses(count):
            return Judgement("misses", took, look=look)
        alone = _slowest_binding(first, target_ms)
        if alone and alone.chance <= BINDINGS_ERROR / (alone.of * len(LOOKS)):
            reason = f"{alone.said}; {took}"
            return Judgement("misses", reason, lower_ms=alone.lower_ms, look=look, binding=alone.number)
        if look.meets(count) and not cut_off and not (alone and alone.stands_out):
            none = f"p95 is within {target_ms:g} ms with 95 % confidence: {count or 'none'} of "
            return Judgement("meets", f"{none}{_the_first(look.n, samples)} executions took longer", look=look)
    return None


def _the_first(n: int, samples: Sequence[Sample]) -> str:
    return f"{n}" if n == len(samples) else f"the first {n}"


@dataclass(frozen=True, slots=True)
class _Alone:
    """One binding by itself: how likely so many of its executions over the target are, with its p95 at it."""

    number: int
    of: int
    chance: float
    stands_out: bool
    """Whether it went over more than once, and more often than one time in twenty."""
    said: str
    lower_ms: float


def _slowest_binding(samples: Sequence[Sample], target_ms: float) -> _Alone | None:
    """Give the binding whose executions go over most unlikely often; None with one binding, or with none over."""
    grouped: dict[int, list[Sample]] = {}
    for sample in samples:
        grouped.setdefault(sample.binding, []).append(sample)
    if len(grouped) < 2:
        return None
    counted = {number: sum(over(sample, target_ms) for sample in own) for number, own in grouped.items()}
    number = min(counted, key=lambda one: (tail(counted[one], len(grouped[one])), one))
    count, own = counted[number], sorted(grouped[number], key=by_length)
    if not count:
        return None
    said = f"binding {number + 1} took longer than {target_ms:g} ms in {count} of its {len(own)} executions"
    stands_out = count > 1 and count > OVER_CHANCE * len(own)
    return _Alone(number + 1, len(grouped), tail(count, len(own)), stands_out, said, own[len(own) - count].ms)


def _between_looks(samples: Sequence[Sample], target_ms: float) -> Judgement:
    n, count = len(samples), sum(over(sample, target_ms) for sample in samples)
    limit = f"{target_ms:g} ms"
    if cut_off := sum(sample.censored for sample in samples):
        return Judgement("cannot tell", f"{cut_off} of {n} executions hit the statement timeout")
    if n < MIN_TO_MEET:
        return Judgement("cannot tell", f"{n} of at least {MIN_TO_MEET} executions timed")
    if n < FIRST_MEETS and _log_normal_limit_ms(samples) <= target_ms:
        reason = f"p95 is within {limit} with 95 % confidence if times are log-normal: {n} executions; {FIRST_MEETS} "
        return Judgement("meets", f"{reason}would need no such assumption")
    alone = _slowest_binding(samples, target_ms)
    hides = f"; {alone.said}" if alone and alone.stands_out else ""
    took = f"{count or 'none'} of {n} executions took longer than {limit}{hides}"
    if n >= LAST:
        return Judgement("cannot tell", f"{took}: too close to it, and there is no later look")
    enough = next((look.n for look in LOOKS if look.n > n and look.meets(count)), None)
    return Judgement("cannot tell", f"{took}; {enough} could show that it meets" if enough else took)


def _assumed(found: Judgement, samples: Sequence[Sample], target_ms: float) -> str:
    turns = _could_turn(found, samples, target_ms)
    if found.verdict == "meets" and found.look is None:
        return f"independent {LOG_NORMAL}" if turns else LOG_NORMAL
    return INDEPENDENT if turns else ""


def _could_turn(found: Judgement, samples: Sequence[Sample], target_ms: float) -> bool:
    """Whether the machine's slow and fast minutes, as far as they show, could have made this verdict."""
    if found.verdict == "cannot tell":
        return False
    if found.verdict == "misses":
        room = (found.lower_ms or target_ms) / target_ms
    else:  # those that may be over are not what has to stay within
        longest = max(sample.ms for sample in samples)
        room = target_ms / max((found.upper_ms if found.look else None) or longest, CLOCK_MS)
    return room < swing(samples)


def lower_bound_ms(samples: Sequence[Sample]) -> float | None:
    """Give the lower confidence bound of p95 from the looks so far; None before the first.

    At each look the time that as many executions reached as a miss takes; the highest of them. It holds at all looks at
    once, as the errors of all looks are shared. A censored sample stands for its timeout, which is below its true time.
    """
    found = [
        sorted(samples[: look.n], key=by_length)[look.n - look.misses_at_least].ms
        for look in LOOKS
        if look.n <= len(samples) and look.misses_at_least is not None
    ]
    return max(found, default=None)


def upper_bound_ms(samples: Sequence[Sample]) -> float | None:
    """Give an upper confidence bound of p95: from the looks so far where one can give it, else log-normal.

    None with fewer than 5 samples or where the bound would rest on a censored one.
    """
    bounds = [
        sorted(samples[: look.n], key=by_length)[look.n - 1 - look.meets_at_most]
        for look in LOOKS
        if look.n <= len(samples) and look.meets_at_most is not None
    ]
    if bounds:
        found = min(bounds, key=by_length)
        return None if found.censored else found.ms
    if len(samples) < MIN_TO_MEET or any(sample.censored for sample in samples):
        return None
    return _log_normal_limit_ms(samples)


def _log_normal_limit_ms(samples: Sequence[Sample]) -> float:
    logs = [math.log(max(sample.ms, CLOCK_MS)) for sample in samples]
    n = len(logs)
    mean = math.fsum(logs) / n
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in logs) / (n - 1))
    return max(*(sample.ms for sample in samples), math.exp(mean + _tolerance_factor(n) * deviation))


def _tolerance_factor(n: int) -> float:
    """Natrella's one-sided normal tolerance factor: 95 % of the population with 95 % confidence."""
    z = NormalDist().inv_cdf(TARGET_QUANTILE)
    confident = NormalDist().inv_cdf(CONFIDENCE)
    a = 1 - confident**2 / (2 * (n - 1))
    b = z**2 - confident**2 / n
    return (z + math.sqrt(z**2 - a * b)) / a
