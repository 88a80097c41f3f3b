"""The samples of one query themselves: a dot each, before and after in every class, on one axis of times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.model import STATES, Pair, Sample, State
from bench.report import numbers
from bench.report.figures import keys, times
from bench.report.figures.drawing import Drawing, Point, Sheet, fitting, plain
from bench.report.figures.keys import Key
from bench.report.figures.times import Times
from bench.statistics.quantiles import Figure, percentile

# Shown from 300 to 480 px wide: the font is 11 px at 330 and 16 px at 480. One drawing serves every screen.
WIDTH, LEFT, RIGHT, FONT = 360.0, 12.0, 350.0, 12.0
NAME, BAND, GAP = 17.0, 17.0, 5.0
"""Units for the name of a class, for the samples of a state, and between two classes."""
LEAST = 10.0
"""Factor between the ends of the axis, at least."""
DOT = 3.0
"""Units across a sample."""
HALF = 6.2
"""Units above and below the middle of a band in which dots lie."""
MOST = 120
"""Samples drawn in a band: more cannot be told apart, and cost bytes. The shortest and the longest are among them."""
NAME_ROOM = 190.0
"""Units for the name of a class, beside the number of its samples."""


@dataclass(frozen=True, slots=True)
class Band:
    """The samples of one class and state, and the middle of the band that shows them, in units."""

    state: State
    samples: tuple[Sample, ...]
    middle: float


def spread(pairs: Sequence[Pair], target_ms: float, *, dense: bool = False, title: str = "") -> Drawing | None:
    """Lay out the samples of one query, a ``pair`` for each class; None when nothing was timed.

    ``dense`` draws a box instead of every sample, in a third of the bytes: for a page of very many queries.
    """
    shown = [pair for pair in pairs if pair.before.samples or pair.after.samples]
    if not shown:
        return None
    found = [sample for pair in shown for state in STATES for sample in pair.side(state).samples]
    axis = times.axis((sample.ms for sample in found), LEFT, RIGHT, least=LEAST, near=target_ms)
    legend = list(_keys(shown, found, dense=dense))
    deep = keys.height(legend, WIDTH - 12, FONT)
    top = (22.0 if title else 2.0) + deep + 2.0 * FONT
    starts, bands, y = [], [], top
    for pair in shown:
        starts.append(y)
        y += NAME
        for state in STATES:
            if pair.side(state).samples:
                bands.append(Band(state, pair.side(state).samples, y + BAND / 2))
                y += BAND
        y += GAP
    ends = [*starts[1:], y]
    thinned = max(len(band.samples) for band in bands)

    def paint(sheet: Sheet) -> None:
        if title:
            sheet.text((6, 14), fitting(title, WIDTH - 12, FONT, bold=True), size=FONT, bold=True)
        keys.draw(sheet, legend, (6, top - deep - 2.0 * FONT), WIDTH - 12, FONT)
        strips = [(start + NAME - 2, end) for start, end in zip(starts, ends, strict=True)]
        times.grid(sheet, axis, strips)
        times.target(sheet, axis, target_ms, [(top - 1, top), *strips], FONT)
        sheet.lines([((0, start), (WIDTH, start)) for start in [*starts, y]], colour="grid", width=0.6)
        for pair, start in zip(shown, starts, strict=True):
            _name(sheet, pair, start)
        (_boxes if dense else _dots)(sheet, bands, axis)
        _marks(sheet, bands, axis)
        times.ticks(sheet, axis, y + 1.25 * FONT, FONT)
        unit = "one execution, ms (logarithmic; left is faster)"
        sheet.text(((LEFT + RIGHT) / 2, y + 2.6 * FONT), unit, size=FONT, colour="muted", anchor="center")
        if thinned > MOST and not dense:
            said = f"At most {MOST} of up to {thinned:,} executions are drawn a row."
            sheet.text((6, y + 4.0 * FONT), said, size=FONT, colour="muted")

    return Drawing(WIDTH, y + (4.5 if thinned > MOST and not dense else 3.1) * FONT, paint)


def describe(pairs: Sequence[Pair], target_ms: float) -> str:
    """Say in one sentence what the executions of a query show, for those who do not see them."""
    said = []
    for pair in pairs:
        sides = [(state, pair.side(state).samples) for state in STATES if pair.side(state).samples]
        of = [f"{state} {_range(samples)}" for state, samples in sides]
        if of:
            said.append(f"{plain(pair.parameter_class, 40)} {', '.join(of)}")
    if not said:
        return "No execution was timed."
    return f"Every execution by class, with the target at {numbers.ms(target_ms)}: {'; '.join(said)}."


def thin(samples: Sequence[Sample], most: int) -> list[Sample]:
    """Choose ``most`` samples at even ranks, the shortest and the longest among them."""
    ordered = sorted(samples, key=lambda sample: (sample.censored, sample.ms))
    if len(ordered) <= most:
        return ordered
    return [ordered[round(number * (len(ordered) - 1) / (most - 1))] for number in range(most)]


def _range(samples: Sequence[Sample]) -> str:
    middle, high = percentile(samples, 0.5), percentile(samples, 0.95)
    return f"median {numbers.figure(middle)} and p95 {numbers.figure(high)} of {len(samples):,}"


def _keys(shown: Sequence[Pair], found: Sequence[Sample], *, dense: bool) -> Iterator[Key]:
    states: list[State] = [state for state in STATES if any(pair.side(state).samples for pair in shown)]
    for state in states:
        row = {"before": " (upper row)", "after": " (lower row)"}[state] if len(states) > 1 else ""
        yield keys.mark(f"{state}{row}", "o", state, size=6)
    if dense:
        yield Key("all", lambda sheet, at: _stroke(sheet, at, 6, 1.0))
        yield Key("middle half", lambda sheet, at: _stroke(sheet, at, 6, 6.0))
    yield Key("median", lambda sheet, at: sheet.lines([_upright(at[0], at[1])], colour="ink", width=2.0))
    yield keys.mark("p95", "D", "ink", size=5, filled=False)
    if any(sample.censored for sample in found):
        yield keys.mark("timeout: takes longer", ">", "muted", size=6)


def _stroke(sheet: Sheet, at: Point, half: float, width: float) -> None:
    sheet.lines([((at[0] - half, at[1]), (at[0] + half, at[1]))], colour="muted", width=width)


def _upright(x: float, y: float) -> tuple[Point, Point]:
    return (x, y - HALF - 0.8), (x, y + HALF + 0.8)


def _name(sheet: Sheet, pair: Pair, start: float) -> None:
    y = start + 1.1 * FONT
    sheet.text((6, y), fitting(pair.parameter_class, NAME_ROOM, FONT, bold=True), size=FONT, bold=True)
    counts = [_count(pair.side(state).samples) for state in STATES if pair.side(state).samples]
    said = " and ".join(dict.fromkeys(counts))
    sheet.text((WIDTH - 6, y), f"n = {said}", size=FONT - 1, colour="muted", anchor="right")


def _count(samples: Sequence[Sample]) -> str:
    cut_off = sum(sample.censored for sample in samples)
    return f"{len(samples):,} ({cut_off:,} cut off)" if cut_off else f"{len(samples):,}"


def _dots(sheet: Sheet, bands: Sequence[Band], axis: Times) -> None:
    for band in bands:
        drawn = thin(band.samples, MOST)
        points = _beside(sorted(axis.x(sample.ms) for sample in drawn if not sample.censored), band.middle)
        # A dot is a very short line with round ends, so that all of a band are one path.
        ticks = [((x - 0.05, y), (x + 0.05, y)) for x, y in points]
        sheet.lines(ticks, colour=band.state, width=DOT, alpha=0.7, round_ends=True)


def _beside(xs: Sequence[float], middle: float) -> Iterator[Point]:
    """Move dots that would hide each other apart, up and down by turns, so that many look like many."""
    columns = Counter(int(x // DOT) for x in xs)
    seen: Counter[int] = Counter()
    for x in xs:
        column = int(x // DOT)
        number = seen[column]
        seen[column] += 1
        step = min(DOT * 0.7, HALF / max(columns[column] // 2, 1))
        yield x, middle + (number + 1) // 2 * step * (-1 if number % 2 else 1)


def _boxes(sheet: Sheet, bands: Sequence[Band], axis: Times) -> None:
    for state in STATES:
        chosen = [band for band in bands if band.state == state]
        ranges = [(percentile(band.samples, 0.0), percentile(band.samples, 1.0), band.middle) for band in chosen]
        halves = [(percentile(band.samples, 0.25), percentile(band.samples, 0.75), band.middle) for band in chosen]
        sheet.lines([_between(axis, *found) for found in ranges], colour=state, width=1.0)
        sheet.lines([_between(axis, *found) for found in halves], colour=state, width=2 * HALF, alpha=0.6)


def _between(axis: Times, low: Figure | None, high: Figure | None, middle: float) -> tuple[Point, Point]:
    assert low
    assert high
    # A box of no width would not be seen.
    left, right = axis.x(low.ms), max(axis.x(high.ms), axis.x(low.ms) + 0.5)
    return (left, middle), (right, middle)


def _marks(sheet: Sheet, bands: Sequence[Band], axis: Times) -> None:
    """Draw median and p95 where they are known, and executions that were cut off, one on the other."""
    middles = [(found.ms, band.middle) for band, found in _known(bands, 0.5)]
    sheet.lines([_upright(axis.x(ms), y) for ms, y in middles], colour="ink", width=2.0)
    highs = [(axis.x(found.ms), band.middle) for band, found in _known(bands, 0.95)]
    sheet.marks(highs, "D", size=5, colour="ink", filled=False, edge=1.2)
    for band in bands:
        at = sorted({round(axis.x(sample.ms), 1) for sample in band.samples if sample.censored})
        sheet.marks([(x, band.middle) for x in at], ">", size=8, colour=band.state)


def _known(bands: Sequence[Band], quantile: float) -> Iterator[tuple[Band, Figure]]:
    for band in bands:
        found = percentile(band.samples, quantile)
        if found and not found.censored:
            yield band, found
