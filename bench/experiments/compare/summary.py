"""What a comparison says: whether the runs compare, what moved in each, and the words for every cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.cells.query import HOT
from bench.experiments import about
from bench.experiments.compare import sentences as said
from bench.experiments.compare.cells import ANOTHER_STATEMENT, OTHER_PARAMETERS
from bench.experiments.compare.comparability import Comparable, crosses
from bench.experiments.compare.distribution import Distributed, distributed
from bench.experiments.compare.record import (
    Change,
    ComparedCell,
    ComparedOptimization,
    ComparedQuery,
    Comparison,
    MeasuredCell,
    OptimizationInRun,
)
from bench.model import STATES, State
from bench.report.document import Span, Tone
from bench.report.numbers import listed, plural
from bench.timestamps import when

DIFFERENT_ANYWAY = ("begun", "run", "against A")
"""Facts that no two runs share."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cells of one state did what, of those whose work was compared."""

    compared: int
    more: int
    less: int
    plans: int
    other_rows: int
    empty: int
    """Neither run's answer holds a row."""
    slower: int
    faster: int
    lost: int
    """Met the target and miss it now."""


@dataclass(frozen=True, slots=True)
class CellRow:
    """A cell in one run: its figures, and what became of it since the reference, in words and how each is meant."""

    cell: ComparedCell
    label: str
    base: MeasuredCell | None
    """The cell in the reference."""
    seen: MeasuredCell | None
    change: Change
    """Nothing where this is the reference, or where neither run has the cell."""
    clock: Span
    work: Span
    plan: Span
    p95_moved: str
    """By how much, where the clock tells the runs apart."""
    goal: Span
    """What became of the target."""
    moves: str
    """Everything that moved but the rows, as a list."""


@dataclass(frozen=True, slots=True)
class QuerySummary:
    """A query with a row for each cell and run; ``ident`` is its place in a page."""

    query: ComparedQuery
    ident: str
    rows: Mapping[State, tuple[tuple[CellRow, ...], ...]]
    """By state: for each cell its runs, the reference first."""

    @property
    def moved(self) -> tuple[CellRow, ...]:
        """What is to be told of it, run by run."""
        return tuple(row for state in STATES for runs in self.rows[state] for row in runs if row.change.moved)


@dataclass(frozen=True, slots=True)
class Versus:
    """One run against the reference."""

    label: str
    title: str
    """B against A."""
    comparable: Comparable
    sentence: str
    alarms: tuple[str, ...]
    remarks: tuple[str, ...]
    """Everything to know, the reasons first: what was added, removed, or cannot be compared though the rest can."""
    told: tuple[CellRow, ...]
    """The cells worth a row: those that moved; where nothing compares, the hot class of each query; or all."""
    untold: int
    """The other cells of the state."""
    distributed: Distributed | None = None
    """Of one server beside a cluster: what distribution gains and costs."""


@dataclass(frozen=True, slots=True)
class ComparisonSummary:
    """A comparison, decided."""

    headline: str
    alarms: tuple[str, ...]
    """What must be read before any figure."""
    state: State
    """The state that is told of."""
    facts: tuple[tuple[str, tuple[Span, ...]], ...]
    """What each run was measured on: names, and a text for each run."""
    versus: tuple[Versus, ...]
    queries: tuple[QuerySummary, ...]
    optimizations: tuple[ComparedOptimization, ...]
    """Those that are not the same in all runs."""
    same_optimizations: tuple[ComparedOptimization, ...]

    @property
    def compares(self) -> bool:
        """Whether anything could be compared."""
        return any(one.comparable.level != "nothing" for one in self.versus)


def summarize(found: Comparison, state: State | None = None, *, everything: bool = False) -> ComparisonSummary:
    """Decide what ``found`` says of the cells in ``state``: of those that moved, unless ``everything`` is asked for."""
    state = state or found.state
    queries = tuple(_query(query, number, found.labels) for number, query in enumerate(found.queries, start=1))
    versus = tuple(_versus(found, queries, position, state, everything) for position in range(len(found.comparable)))
    return ComparisonSummary(
        headline=_headline(versus),
        alarms=tuple(alarm for one in versus for alarm in one.alarms),
        state=state,
        facts=tuple(_facts(found)),
        versus=versus,
        queries=queries,
        optimizations=tuple(one for one in found.optimizations if one.moved),
        same_optimizations=tuple(one for one in found.optimizations if not one.moved),
    )


# --------------------------------------------------------------------------------------------------------- cells
def _query(query: ComparedQuery, number: int, labels: Sequence[str]) -> QuerySummary:
    rows = {
        state: tuple(
            tuple(_row(cell, position, label) for position, label in enumerate(labels)) for cell in query.of(state)
        )
        for state in STATES
    }
    return QuerySummary(query, f"query-{number}", rows)


def _row(cell: ComparedCell, position: int, label: str) -> CellRow:
    base, seen = cell.seen[0], cell.seen[position]
    change = (cell.changes[position - 1] if position else None) or Change()
    tones: Mapping[str, Tone] = {"more": "worse", "slower": "worse", "less": "better", "faster": "better"}
    return CellRow(
        cell=cell,
        label=label,
        base=base,
        seen=seen,
        change=change,
        clock=Span(said.clock(change), tones.get(change.clock, "quiet")),
        work=Span(said.work(change), tones.get(change.work, "quiet")),
        plan=Span(said.plan(change), "differs" if change.plan_changed else "quiet"),
        p95_moved=said.p95_moved(change, base, seen),
        goal=Span(change.goal, "over" if change.goal.startswith("met") else "good" if change.goal else ""),
        moves=said.moves(change),
    )


def presence(one: OptimizationInRun) -> Span:
    """What became of an optimization since the reference."""
    tones: Mapping[str, Tone] = {"same": "quiet", "absent": "quiet", "gone": "over", "not applied": "over"}
    return Span(said.PRESENCES[one.presence], tones.get(one.presence, "differs"))


# ------------------------------------------------------------------------------------------- run against reference
def _versus(
    found: Comparison, queries: Sequence[QuerySummary], position: int, state: State, everything: bool
) -> Versus:
    level, label, first = found.comparable[position], found.labels[position + 1], found.labels[0]
    paired = [(query, cell, cell.changes[position]) for query in found.queries for cell in query.cells]
    changes = [(query, cell, change) for query, cell, change in paired if change is not None]
    tallies = {one: _tally([change for _, cell, change in changes if cell.state == one]) for one in STATES}
    rows = [runs[position + 1] for query in queries for runs in query.rows[state]]
    told = rows if everything else _told(level, queries, position, state)
    spread = distributed(found, position)
    return Versus(
        label=label,
        title=f"{label} against {first}",
        comparable=level,
        sentence=spread.headline if spread else _sentence(level, tallies[found.state]),
        alarms=tuple(_alarms(changes, label, first)),
        remarks=tuple(_remarks(found, position, _notes(changes, found, position, tallies))),
        told=tuple(told),
        untold=len(rows) - len(told),
        distributed=spread,
    )


def _told(level: Comparable, queries: Sequence[QuerySummary], position: int, state: State) -> list[CellRow]:
    of_queries = [[runs[position + 1] for runs in query.rows[state]] for query in queries]
    if level.level != "nothing":
        return [row for rows in of_queries for row in rows if row.change.moved]
    return [next((row for row in rows if row.cell.parameter_class == HOT), rows[0]) for rows in of_queries if rows]


def _headline(versus: Sequence[Versus]) -> str:
    """The answer in one sentence; of more than two runs, that of the last one."""
    if len(versus) == 1:
        return versus[0].sentence
    return f"{plural(len(versus) + 1, 'run')} side by side. {versus[-1].title}: {versus[-1].sentence}"


def _remarks(found: Comparison, position: int, notes: Iterator[str]) -> Iterator[str]:
    level, drift = found.comparable[position], found.drifts[position]
    yield from (reason.sentence for reason in level.reasons)
    yield from notes
    if level.level == "times":
        if drift:
            yield said.drift(drift)
        yield said.DRIFTS_APART if crosses(found.facts[0], found.facts[position + 1]) else said.DRIFTS
    yield from level.remarks


def _tally(changes: Sequence[Change]) -> Tally:
    compared = [change for change in changes if change.work != "not compared"]
    return Tally(
        compared=len(compared),
        more=sum(change.work == "more" for change in compared),
        less=sum(change.work == "less" for change in compared),
        plans=sum(bool(change.plan_changed) for change in compared),
        other_rows=sum(change.other_rows for change in changes),
        empty=sum(change.both_empty for change in compared),
        slower=sum(change.clock == "slower" for change in changes),
        faster=sum(change.clock == "faster" for change in changes),
        lost=sum(change.goal == "met, now misses" for change in changes),
    )


def _sentence(level: Comparable, tally: Tally) -> str:
    reasons = listed([reason.short for reason in level.reasons])
    if level.level == "nothing":
        return f"The runs do not compare ({reasons}): their figures stand side by side, without a verdict"
    if not tally.compared and not tally.other_rows:
        return "No cell was measured in both runs with the same question, so nothing is compared"
    if not (tally.other_rows or tally.more or tally.less or tally.plans):
        work = f"The same work by the same plans in all {plural(tally.compared, 'cell')} that were compared"
    else:
        work = _moved(tally)
    if level.level == "counters":
        return f"{work}; times are not comparable: {reasons}"
    if not (tally.slower or tally.faster or tally.lost):
        return f"{work}; by the clock nothing beyond noise and drift"
    clock = f"{tally.slower} slower, {tally.faster} faster"
    lost = f", {tally.lost} no longer {_verb(tally.lost, 'meets', 'meet')} the target" if tally.lost else ""
    return f"{work}; by the clock {clock}{lost}"


def _moved(tally: Tally) -> str:
    parts = [f"{plural(tally.other_rows, 'cell')} {_verb(tally.other_rows, 'returns', 'return')} other rows"]
    parts = parts if tally.other_rows else []
    parts += [
        f"{tally.more} of {plural(tally.compared, 'cell')} {_verb(tally.more, 'does', 'do')} more work",
        f"{tally.less} {_verb(tally.less, 'does', 'do')} less",
        f"{plural(tally.plans, 'plan')} changed",
    ]
    return ", ".join(parts)


def _verb(number: int, one: str, many: str) -> str:
    return one if number == 1 else many


def _alarms(changes: Sequence[tuple[ComparedQuery, ComparedCell, Change]], label: str, first: str) -> Iterator[str]:
    by_query: dict[str, list[str]] = {}
    for query, cell, change in changes:
        if change.other_rows:
            by_query.setdefault(query.title, []).append(f"{cell.parameter_class}, {cell.state}")
    for title, cells in by_query.items():
        yield (
            f"{title} returns other rows in run {label} than in run {first} ({listed(cells)}), "
            f"although the rows of the tables are the same."
        )


def _notes(
    changes: Sequence[tuple[ComparedQuery, ComparedCell, Change]], found: Comparison, position: int,
    tallies: Mapping[State, Tally],
) -> Iterator[str]:  # fmt: skip
    apart = crosses(found.facts[0], found.facts[position + 1])
    if found.state == "after" and not apart and (before := _before(tallies["before"])):
        yield before
    if empty := tallies[found.state].empty:
        yield f"In {empty} of {plural(tallies[found.state].compared, 'cell')} both answers are equal, but empty."
    for why in ("new", "gone"):
        cells = [
            f"{cell.query}[{cell.parameter_class}]"
            for _, cell, change in changes
            if change.why_not == why and cell.state == found.state
        ]
        if cells:
            yield f"{plural(len(cells), 'cell')} {_verb(len(cells), 'is', 'are')} {why}: {listed(cells)}."
    for why in (ANOTHER_STATEMENT, OTHER_PARAMETERS):
        asked = dict.fromkeys(query.title for query, _, change in changes if change.why_not == why)
        if asked:
            yield f"Not compared, since asked with {why}: {listed(list(asked))}."
    for presence in ("new", "gone", "changed", "not applied"):
        names = [block.name for block in found.optimizations if block.runs[position + 1].presence == presence]
        if names:
            yield f"{plural(len(names), 'optimization')} {presence}: {listed(names)}."


def _before(tally: Tally) -> str:
    if not (tally.more or tally.less or tally.plans):
        return ""
    return (
        f"Before the optimizations too {tally.more} of {plural(tally.compared, 'cell')} "
        f"{_verb(tally.more, 'does', 'do')} more work, {tally.less} less, and {plural(tally.plans, 'plan')} changed: "
        f"that comes from the schema, the statistics or the server, not from the optimizations."
    )


# --------------------------------------------------------------------------------------------------------- facts
def _facts(found: Comparison) -> Iterator[tuple[str, tuple[Span, ...]]]:
    """What each run was measured on, a row for each field, marked where it is not as in the reference."""
    of = found.facts
    rows: tuple[tuple[str, list[str]], ...] = (
        ("begun", [when(one.started_at) for one in of]),
        ("run", [one.id for one in of]),
        ("says", list(found.sentences)),
        ("status", [one.status for one in of]),
        ("workload", [one.workload for one in of]),
        ("files of the workload", [one.workload_hash[:12] for one in of]),
        ("rows", [f"{one.scale:,} {one.unit}, seed {one.seed}, skew {one.skew}" for one in of]),
        ("server", [about.server(one.server)[1] for one in of]),
        ("machine", [f"{about.machine(one.machine)[1]}, {one.machine.system}" for one in of]),
        ("target, timeout", [f"{one.options.target_ms:g} ms, {one.options.timeout_s:g} s" for one in of]),
        ("pgproof", [one.pgproof for one in of]),
        ("against A", ["the reference", *(said.level(one) for one in found.comparable)]),
    )
    for name, texts in rows:
        marked = name not in DIFFERENT_ANYWAY
        yield name, tuple(Span(text, "differs" if marked and text != texts[0] else "") for text in texts)
