"""What a reader is told first: which queries cross the target, when, and how far to trust it. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.cells.query import HOT
from bench.experiments.scale.check import FEW_BLOCKS, GOOD, Tally, tally
from bench.experiments.scale.record import Crossing, Growth, Kind, Prediction, Scaling, Track
from bench.model import STATES, State
from bench.report.numbers import listed, plural

Write = Callable[[float, Callable[[float], int]], str]
"""How to write a scale: rounded up, down, or to the nearest."""

KINDS: tuple[Kind, ...] = ("already over", "crosses", "cannot tell", "not before")
"""The most urgent first."""
SOON = 3
"""Queries named in the headline's second part, at most."""


@dataclass(frozen=True, slots=True)
class QueryGrowth:
    """One query: all its cells, the hot class, and the class that crosses first, by state."""

    name: str
    title: str
    tracks: tuple[Track, ...]

    def of(self, state: State) -> tuple[Track, ...]:
        """The cells of ``state``."""
        return tuple(track for track in self.tracks if track.state == state)

    def hot(self, state: State) -> Track | None:
        """The class hot, or the first one."""
        found = self.of(state)
        return next((one for one in found if one.parameter_class == HOT), found[0] if found else None)

    def first(self, state: State) -> Track | None:
        """The class that crosses first."""
        return min(self.of(state), key=_urgency, default=None)

    def crosses_by(self, state: State, scale: float) -> bool:
        """Whether a class is over the target at ``scale``, by the estimate."""
        return any(crosses_by(one.crossing, scale) for one in self.of(state))


def urgency(crossing: Crossing) -> tuple[int, float]:
    """Order crossings: the soonest first; what cannot be told before what is known not to cross."""
    return KINDS.index(crossing.kind), crossing.at if crossing.at is not None else 0.0


def _urgency(track: Track) -> tuple[int, float, float]:
    """As ``urgency``; of those that are alike the slowest at the largest step."""
    return (*urgency(track.crossing), -max(track.readings[-1].p95_ms or 0.0, 0.0) if track.readings else 0.0)


def crosses_by(crossing: Crossing, scale: float) -> bool:
    """Whether the target is crossed at ``scale`` or before, by the estimate."""
    return crossing.kind in ("already over", "crosses") and (crossing.at or 0.0) <= scale


def by_query(found: Scaling) -> tuple[QueryGrowth, ...]:
    """The queries with their cells: those that cross first come first, after before before."""
    names = {**found.titles, **{track.query: track.query for track in found.tracks if track.query not in found.titles}}
    made = [
        QueryGrowth(name, title or name, tuple(track for track in found.tracks if track.query == name))
        for name, title in names.items()
    ]
    state = state_shown(found)
    last = (len(KINDS), math.inf, 0.0)
    return tuple(
        sorted(
            (one for one in made if one.tracks),
            key=lambda one: _urgency(first) if (first := one.first(state)) else last,
        )
    )


def state_shown(found: Scaling) -> State:
    """The state that counts: after, or before where there is no after."""
    return "after" if any(track.state == "after" for track in found.tracks) else "before"


def headline(found: Scaling) -> str:
    """Say in one sentence how many queries stay within the target up to the largest step."""
    unit, target = found.asked.unit, f"{found.asked.options.target_ms:g} ms"
    if not found.tracks or not found.steps:
        return f"Nothing was measured yet: {plural(len(found.asked.scales), 'step')} to go"
    last = found.steps[-1].scale
    queries = by_query(found)
    state = state_shown(found)
    counted = f"{plural(len(queries), 'query', 'queries')} {'stays' if len(queries) == 1 else 'stay'}"
    text = f"{_stay(queries, state, last)} of {counted} within {target} up to {last:,} {unit}"
    return text + (f", before: {_stay(queries, 'before', last)}" if state == "after" else "")


def _stay(queries: Sequence[QueryGrowth], state: State, scale: int) -> int:
    return sum(
        bool(one.of(state))
        and not one.crosses_by(state, scale)
        and all(track.crossing.kind != "cannot tell" for track in one.of(state))
        for one in queries
    )


def remarks(found: Scaling) -> Iterator[str]:
    """What comes below the headline: who crosses next, which plans changed, how well it predicts, what is missing."""
    unit, state = found.asked.unit, state_shown(found)
    if not found.tracks:
        return
    last = found.steps[-1].scale
    if found.asked.grows == "tenant":
        base = f"{found.asked.scales[0]:,}"
        yield f"One tenant grows: it has all {unit} beyond {base}; the others stay as they are there."
    beyond = [
        (first.crossing.at or 0.0, one.title, first)
        for one in by_query(found)
        if (first := one.first(state)) and first.crossing.kind == "crosses" and first.crossing.extrapolated
    ]
    if beyond:
        names = [
            f"{title} ({track.parameter_class}) at {crossing(track.crossing)}" for _, title, track in beyond[:SOON]
        ]
        more = f", and {len(beyond) - SOON} more" if len(beyond) > SOON else ""
        yield f"Beyond {last:,} {unit} the next to cross, {state}: {listed(names)}{more}."
    if unsure := [one.title for one in by_query(found) if any(t.crossing.kind == "cannot tell" for t in one.of(state))]:
        yield f"For {plural(len(unsure), 'query', 'queries')} one class or more cannot be told: {listed(unsure)}."
    for one_state in STATES:
        if moved := sum(bool(track.changes) for track in found.tracks if track.state == one_state):
            cells = plural(moved, "cell")
            yield f"The plan changes along the way in {cells} {one_state}; curves begin after the change."
    yield from _checked(found)
    if found.missing:
        yield f"Not measured: {listed([f'{scale:,}' for scale in found.missing])} {unit}."


def _checked(found: Scaling) -> Iterator[str]:
    for what, count in (("buffers", work_tally(found)), ("medians", time_tally(found))):
        if count.cells:
            yield (
                f"The last step predicted from the earlier ones: {what} within {GOOD * 100:.0f} % in {count.good} of "
                f"{plural(count.cells, 'cell')} ({100 * count.good / count.cells:.0f} %)"
                + (f", within that or {FEW_BLOCKS} blocks in {count.close}" if count.close > count.good else "")
                + f"; where the plan stayed, {count.same_plan_good} of {count.same_plan}."
            )


def work_tally(found: Scaling) -> Tally:
    """How well buffers were predicted."""
    return tally((track.work_check for track in found.tracks), FEW_BLOCKS)


def time_tally(found: Scaling) -> Tally:
    """How well medians were predicted."""
    return tally(track.time_check for track in found.tracks)


# ------------------------------------------------------------------------------------------------------- in words
def about(value: float, way: Callable[[float], int] = round) -> str:
    """Write an estimated scale with the two digits that it deserves: 420,000."""
    return f"{two_digits(value, way):,}"


def short(value: float, way: Callable[[float], int] = round) -> str:
    """Write a scale with two digits and no zeros: 420k, 1.2M."""
    number = two_digits(value, way)
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return str(number)


def two_digits(value: float, way: Callable[[float], int] = round) -> int:
    """Round ``value`` to two digits by ``way``: round, math.floor, math.ceil."""
    digits: int = 10 ** max(0, math.floor(math.log10(max(value, 1))) - 1)
    # A quotient of whole numbers may lie a hair beside the whole number that it is.
    return way(round(value / digits, 6)) * digits


def crossing(found: Crossing, write: Write = about) -> str:
    """Write when a cell crosses: about 420,000 (310,000–700,000), not before 10,000,000, already over at 10,000."""
    if found.kind == "cannot tell" or found.at is None:
        return "cannot tell"
    if found.kind == "already over":
        return f"already over at {write(found.at, round)}"
    if found.kind == "not before":
        return f"not before {write(found.at, math.floor)}"
    return f"about {write(found.at, round)} ({interval(found, write)})"


def interval(found: Crossing, write: Write = about) -> str:
    """Write the ends of a crossing's interval, rounded outwards."""
    if found.low is None:
        return f"at most {write(found.high, math.ceil)}" if found.high is not None else "no interval"
    if found.high is None:
        return f"{write(found.low, math.floor)} or more"
    return f"{write(found.low, math.floor)}–{write(found.high, math.ceil)}"


def exponent(found: Growth) -> str:
    """Write an exponent with its interval: 0.83 (0.80–0.86)."""
    if found.exponent is None:
        return "–"
    shown = f"{_number(found.exponent)}"
    if found.low is None or found.high is None:
        return f"{shown} (no interval)"
    return f"{shown} ({_number(found.low)} to {_number(found.high)})"


def _number(value: float) -> str:
    return f"{value + 0.0:.2f}".replace("-0.00", "0.00").replace("-", "−")


def error(found: Prediction | None) -> str:
    """Write how far off a prediction was: +4 %, −31 % (another plan)."""
    if found is None:
        return "–"
    share = f"{abs(found.error):.0%}".replace("%", " %")
    sign = "" if share == "0 %" else "+" if found.error > 0 else "−"
    return f"{sign}{share}{' (another plan)' if found.plan_changed else ''}"
