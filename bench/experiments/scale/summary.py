"""Decide what growth means: which queries cross the target, when, and how far to trust it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bench.cells.query import HOT
from bench.experiments.scale.check import FEW_BLOCKS, GOOD, Tally, tally
from bench.experiments.scale.crossing import without_estimate
from bench.experiments.scale.nodes_summary import NodesSummary, headline, summarize_nodes
from bench.experiments.scale.record import CellCurve, Kind, Scaling
from bench.experiments.scale.sentences import crossing
from bench.model import STATES, State
from bench.report.numbers import listed, plural

KINDS: tuple[Kind, ...] = ("already over", "crosses", "cannot tell", "still within", "not before")
"""The most urgent first."""
TRUSTED = 0.5
"""Share of the predictions of medians that must hold for a crossing to be estimated: a method that is wrong more often
than right has not earned a number."""
SOON = 3
"""Queries named in the headline's second part, at most."""


@dataclass(frozen=True, slots=True)
class CellSummary:
    """One cell: how it grows, and what is said of it."""

    curve: CellCurve
    over: bool
    """It crosses the target within what was measured, by the estimate."""
    notes: tuple[str, ...]
    """Why not more can be told."""

    @property
    def unknown(self) -> bool:
        """Whether it cannot be told when it crosses."""
        return self.curve.crossing.kind == "cannot tell"

    @property
    def urgency(self) -> tuple[int, float, float]:
        """The soonest to cross first; what cannot be told before what is known not to; of those alike the slowest."""
        found, readings = self.curve.crossing, self.curve.readings
        at = next((one for one in (found.at, found.low) if one is not None), 0.0)
        return KINDS.index(found.kind), at, -max(readings[-1].p95_ms or 0.0, 0.0) if readings else 0.0


@dataclass(frozen=True, slots=True)
class QueryGrowth:
    """One query: all its cells, and by state the class hot, or the first one, and the class that crosses first."""

    name: str
    title: str
    cells: tuple[CellSummary, ...]
    hot: Mapping[State, CellSummary]
    first: Mapping[State, CellSummary]

    @property
    def series(self) -> Iterator[tuple[CellCurve, bool]]:
        """What is drawn, from the back to the front: the class that crosses first, then the hot one, which says so."""
        for state in STATES:
            hot, first = self.hot.get(state), self.first.get(state)
            if first and first is not hot:
                yield first.curve, False
            if hot:
                yield hot.curve, True

    @property
    def measured(self) -> bool:
        """Whether there is anything to draw."""
        return any(
            one.p95_ms is not None or one.buffers is not None for cell, _ in self.series for one in cell.readings
        )


@dataclass(frozen=True, slots=True)
class ScaleSummary:
    """What a report shows."""

    headline: str
    remarks: tuple[str, ...]
    """What comes below it."""
    state: State
    """The one that counts: after, or before where there is no after."""
    queries: tuple[QueryGrowth, ...]
    """Those that cross first in that state come first."""
    work: Tally
    """How well the buffers of the last step were predicted by the curves of the cells."""
    nodes: Tally
    """The same by the nodes of their plans."""
    time: Tally
    """The same of medians."""
    node_time: Tally
    """The same of medians by plan nodes."""
    covered: tuple[int, int]
    """How many intervals of predictions by nodes held what came, of how many."""
    estimates: bool
    """Whether those held often enough for crossings to be estimated; else they are what the steps say by themselves."""
    classes: tuple[str, ...]
    """Those whose first tenant has a size."""
    on_nodes: NodesSummary | None = None
    """Of more workers, where that was asked for."""


def summarize(found: Scaling) -> ScaleSummary:
    """Compute everything that a report of ``found`` shows; whole and interrupted ones alike."""
    state: State = "after" if any(cell.state == "after" for cell in found.tracks) else "before"
    time = tally(cell.time_check for cell in found.tracks)
    if not (estimates := time.good_share >= TRUSTED):
        found = replace(found, tracks=tuple(map(_without_estimate, found.tracks)))
    queries = sorted(_queries(found), key=lambda one: (state not in one.first, *_urgency(one, state)))
    work = tally((cell.work_check for cell in found.tracks), FEW_BLOCKS)
    nodes = tally((cell.work_forecast for cell in found.tracks), FEW_BLOCKS)
    told = (cell.work_forecast.held for cell in found.tracks if cell.work_forecast)
    held = [one for one in told if one is not None]
    on_nodes = summarize_nodes(found) if found.asked.nodes else None
    remarks = on_nodes.remarks if on_nodes else ()
    if found.tracks:
        remarks = tuple(_remarks(found, queries, state, (work, nodes, time)))
    return ScaleSummary(
        headline=headline(found, on_nodes) if on_nodes else _headline(found, queries, state),
        remarks=remarks,
        state=state,
        queries=tuple(queries),
        work=work,
        nodes=nodes,
        time=time,
        node_time=tally(cell.time_forecast for cell in found.tracks),
        covered=(sum(held), len(held)),
        estimates=estimates,
        classes=tuple(dict.fromkeys(name for step in found.steps for name in step.tenant_rows)),
        on_nodes=on_nodes,
    )


def _without_estimate(cell: CellCurve) -> CellCurve:
    return replace(cell, crossing=without_estimate(cell.crossing, cell.readings))


def _queries(found: Scaling) -> Iterator[QueryGrowth]:
    last = found.steps[-1].scale if found.steps else 0
    titles = {**found.titles, **{cell.query: cell.query for cell in found.tracks if cell.query not in found.titles}}
    for name, title in titles.items():
        cells = tuple(_cell(cell, last) for cell in found.tracks if cell.query == name)
        by_state = {state: [one for one in cells if one.curve.state == state] for state in STATES}
        known = {state: those for state, those in by_state.items() if those}
        if cells:
            hot = {state: next((one for one in those if one.curve.parameter_class == HOT), those[0])
                   for state, those in known.items()}  # fmt: skip
            first = {state: min(those, key=lambda one: one.urgency) for state, those in known.items()}
            yield QueryGrowth(name, title or name, cells, hot, first)


def _cell(cell: CellCurve, last: int) -> CellSummary:
    found = cell.crossing
    # What has no estimate lies between two steps.
    over = found.kind in ("already over", "crosses") and (found.at or 0.0) <= last
    reasons = {"Crossing": found.reason, "Buffers": cell.work.reason, "Median": cell.time.reason}
    return CellSummary(cell, over, tuple(f"{what}: {reason}." for what, reason in reasons.items() if reason))


def _urgency(one: QueryGrowth, state: State) -> tuple[int, float, float]:
    return one.first[state].urgency if state in one.first else (0, 0.0, 0.0)


# ----------------------------------------------------------------------------------------------------- sentences
def _headline(found: Scaling, queries: Sequence[QueryGrowth], state: State) -> str:
    unit, target = found.asked.unit, f"{found.asked.options.target_ms:g} ms"
    if not found.tracks or not found.steps:
        return f"Nothing was measured yet: {plural(len(found.asked.scales), 'step')} to go"
    last = found.steps[-1].scale
    counted = f"{plural(len(queries), 'query', 'queries')} {'stays' if len(queries) == 1 else 'stay'}"
    stay, rest = _stay(queries, state)
    text = f"{stay} of {counted} within {target} up to {last:,} {unit}{rest if stay < len(queries) else ''}"
    if state == "after":
        stay, rest = _stay(queries, "before")
        text += f"; before: {stay} {'stays' if stay == 1 else 'stay'}{rest}"
    return text


def _stay(queries: Sequence[QueryGrowth], state: State) -> tuple[int, str]:
    """How many stay within the target; and, as words to follow, how many cross it and how many cannot be told."""
    cells = [[one for one in query.cells if one.curve.state == state] for query in queries]
    cross = sum(any(one.over for one in those) for those in cells)
    unknown = sum(not those or any(one.unknown for one in those) for those in cells if not any(o.over for o in those))
    rest = f", {cross} {'crosses' if cross == 1 else 'cross'}, {unknown} cannot tell"
    return len(queries) - cross - unknown, rest


def _remarks(
    found: Scaling, queries: Sequence[QueryGrowth], state: State, checked: tuple[Tally, Tally, Tally]
) -> Iterator[str]:  # fmt: skip
    """Who crosses next, which plans changed, how well it predicts, what is missing."""
    unit, last = found.asked.unit, found.steps[-1].scale
    if found.asked.grows == "tenant":
        base = f"{found.asked.scales[0]:,}"
        yield f"One tenant grows: it has all {unit} beyond {base}; the others stay as they are there."
    beyond = [
        f"{one.title} ({first.curve.parameter_class}) at {crossing(first.curve.crossing)}"
        for one in queries
        if (first := one.first.get(state))
        and first.curve.crossing.kind == "crosses"
        and first.curve.crossing.extrapolated
    ]
    if beyond:
        more = f", and {len(beyond) - SOON} more" if len(beyond) > SOON else ""
        yield f"Beyond {last:,} {unit} the next to cross, {state}: {listed(beyond[:SOON])}{more}."
    unsure = [one.title for one in queries if any(cell.unknown and cell.curve.state == state for cell in one.cells)]
    if unsure:
        yield f"For {plural(len(unsure), 'query', 'queries')} one class or more cannot be told: {listed(unsure)}."
    for one_state in STATES:
        if moved := sum(bool(cell.changes) for cell in found.tracks if cell.state == one_state):
            cells = plural(moved, "cell")
            yield f"The plan changes along the way in {cells} {one_state}; curves begin after the change."
    work, nodes, time = checked
    for what, count in (("buffers", work), ("buffers by plan nodes", nodes), ("medians", time)):
        if count.cells:
            yield (
                f"The last step predicted from the earlier ones: {what} within {GOOD * 100:.0f} % in {count.good} of "
                f"{plural(count.cells, 'cell')} ({100 * count.good_share:.0f} %)"
                + (f", within that or {FEW_BLOCKS} blocks in {count.close}" if count.close > count.good else "")
                + f"; where the plan stayed, {count.same_plan_good} of {count.same_plan}."
            )
    if time.good_share < TRUSTED:
        why = (
            f"fewer than half of the predictions of medians held ({time.good} of {time.cells})"
            if time.cells
            else "no prediction could be checked, which needs three steps"
        )
        yield f"No crossing is estimated: {why}. Shown is what the steps say by themselves."
    if found.missing:
        yield f"Not measured: {listed([f'{scale:,}' for scale in found.missing])} {unit}."
