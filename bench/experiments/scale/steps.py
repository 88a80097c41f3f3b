"""The scales to measure at, and whether they fit on the disk. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bench.errors import DiskFull, PgproofError
from bench.experiments.room import OPTIMIZED_SHARE, SPARE
from bench.experiments.scale.fit import STEPS_MOST

COPIES = 2
"""Databases beside the filled one while a step is measured: before and after."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of sizes, from filled databases or from a finished step."""

    bytes_per_unit: float
    optimized_share: float = OPTIMIZED_SHARE


def geometric(first: int, last: int, steps: int) -> tuple[int, ...]:
    """Scales from ``first`` to ``last``, each as many times the one before, rounded to two digits between the ends.

    Raises:
        PgproofError: fewer than two steps or more than ``STEPS_MOST``, ends in the wrong order, or too close together.
    """
    if first >= last:
        raise PgproofError(f"--from {first:,} is not below --to {last:,}", hint="growth needs a larger end")
    if not 2 <= steps <= STEPS_MOST:
        raise PgproofError(f"--steps {steps}: use 2 to {STEPS_MOST}", hint="an interval needs 3, a check of it 4")
    factor = (last / first) ** (1 / (steps - 1))
    between = [_rounded(first * factor**number) for number in range(1, steps - 1)]
    scales = (first, *between, last)
    if any(one >= other for one, other in pairwise(scales)):
        hint = "take fewer steps, or ends that are farther apart"
        raise PgproofError(f"{steps} steps from {first:,} to {last:,} would fall on each other", hint=hint)
    return scales


def _rounded(value: float) -> int:
    digits: int = 10 ** max(0, math.floor(math.log10(value)) - 1)
    return round(value / digits) * digits


def needed_bytes(scale: int, smaller: Sequence[int], known: Known, cached: Mapping[int, int], limit_bytes: int) -> int:
    """Bytes that the step at ``scale`` adds to the disk at its peak, after the steps ``smaller``.

    Args:
        scale: units of the step.
        smaller: units of the steps that are measured before it.
        known: sizes.
        cached: bytes of the filled databases that are there already, by scale.
        limit_bytes: what filled databases may take together; older ones are dropped for newer ones.
    """
    filled = {one: known.bytes_per_unit * one for one in (*smaller, scale) if one not in cached}
    kept = min(sum(filled.values()), max(float(limit_bytes), filled.get(scale, 0.0)))
    clones = known.bytes_per_unit * scale * (COPIES + known.optimized_share)
    return round((kept + clones) * SPARE)


def insist_on_room(
    scales: Sequence[int], known: Known, cached: Mapping[int, int], limit_bytes: int, free_bytes: int, unit: str
) -> None:
    """Raise ``DiskFull`` for the first of ``scales`` that does not fit into ``free_bytes``."""
    for position, scale in enumerate(scales):
        needed = needed_bytes(scale, scales[:position], known, cached, limit_bytes)
        if needed > free_bytes:
            largest = f"--to {scales[position - 1]}" if position else "a smaller --to"
            raise DiskFull(
                f"the step of {scale:,} {unit} needs about {needed / 1e9:,.1f} GB "
                f"({known.bytes_per_unit / 1e3:,.1f} kB for each of them, and two copies), "
                f"and {free_bytes / 1e9:,.1f} GB are free",
                hint=f"free some space (pgproof cache clear), use {largest}, or point --home to a larger disk",
            )
