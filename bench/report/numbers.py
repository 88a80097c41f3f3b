"""Figures as text, the same in every format: three digits that matter, the unit beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.statistics.quantiles import Figure, Ratio
from bench.statistics.verdicts import Judgement

NOTHING = "–"
# From here on seconds read better than milliseconds.
SECONDS_FROM_MS = 10_000


def digits(value: float) -> str:
    """Write about three significant digits, with thousands separated and no exponent: 0.042, 4.21, 42.1, 4,210."""
    size = abs(value)
    if size >= 99.95:
        return f"{value:,.0f}"
    if size >= 9.995:
        return f"{value:.1f}"
    return f"{value:.2f}" if size >= 0.0995 or not size else f"{value:.3f}"


def ms(value: float | None) -> str:
    """Write a time given in milliseconds."""
    if value is None:
        return NOTHING
    return f"{digits(value)} ms" if value < SECONDS_FROM_MS else f"{digits(value / 1000)} s"


def figure(found: Figure | None) -> str:
    """Write a percentile; one that fell on a timeout is "more than", one that is the longest of all says so."""
    return NOTHING if found is None else f"{'> ' if found.censored else ''}{ms(found.ms)}{longest(found)}"


def bare(found: Figure | None) -> str:
    """Write it without its unit, where the head of a column has that."""
    return NOTHING if found is None else f"{'> ' if found.censored else ''}{digits(found.ms)}{longest(found)}"


def longest(found: Figure | None) -> str:
    """Write, with a space before it, that a percentile is the longest of so many; empty where it is not."""
    return f" (max of {found.longest_of})" if found and found.longest_of else ""


def ends(first: Figure | None, last: Figure | None, write: Callable[[Figure | None], str] = figure) -> str:
    """Write two percentiles, before and after; what both are the longest of stands once."""
    of = longest(last)
    both = bool(of) and longest(first) == of
    return f"{write(first).removesuffix(of) if both else write(first)} → {write(last)}"


def bound(found: Judgement) -> str:
    """Write the 95 % bound of p95 on which a verdict rests: from above, from below where the target is missed."""
    if found.verdict == "misses":
        return f"≥ {ms(found.lower_ms)}" if found.lower_ms is not None else ""
    if found.upper_ms is None:
        return ""
    return f"≤ {ms(found.upper_ms)}{', if log-normal' if found.upper_is_log_normal else ''}"


def median_of(executions: int) -> str:
    """Write of how many executions a figure is the median; of one it is that one."""
    return f"median of {executions}" if executions > 1 else "executed once"


def times(found: Ratio | None) -> str:
    """Write how many times faster the after side is: 34.5×, or ≥ 10,000× where the before side timed out."""
    if found is None:
        return NOTHING
    sign = {"exactly": "", "at least": "≥ ", "at most": "≤ "}[found.bound]
    return f"{sign}{digits(found.value)}×"


def interval(found: Ratio | None) -> str:
    """Write the 95 % interval of a ratio: 31.4–37.3; empty where there is none."""
    if found is None or found.low is None:
        return ""
    return f"{digits(found.low)}–{digits(found.high)}" if found.high is not None else f"{digits(found.low)} or more"


def count(value: float | None) -> str:
    """Write a whole number."""
    return NOTHING if value is None else f"{value:,.0f}"


def change(before: float | None, after: float | None) -> str:
    """Write a counter before and after: 3,960 → 96."""
    return NOTHING if before is None and after is None else f"{count(before)} → {count(after)}"


def size(value: float | None) -> str:
    """Write bytes in the unit that leaves one to three digits before the point; negative where space was freed."""
    if value is None:
        return NOTHING
    for unit in ("B", "kB", "MB", "GB"):
        if abs(value) < 999.5 or unit == "GB":
            break
        value /= 1000
    return f"{value:,.0f} {unit}" if unit == "B" or abs(value) >= 99.95 else f"{value:.1f} {unit}"


def seconds(value: float) -> str:
    """Write a duration given in seconds."""
    return f"{value:.1f} s" if value < 100 else f"{value / 60:.1f} min"


def plural(number: int, noun: str, many: str = "") -> str:
    """Write a number with its noun: 1 query, 2 queries."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def listed(names: Sequence[str], most: int = 4) -> str:
    """Join names: a, b and c; of more than ``most`` the first ones and how many are left."""
    shown = [*names[:most], f"{len(names) - most} more"] if len(names) > most + 1 else list(names)
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""
