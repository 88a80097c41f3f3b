"""A comparison in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.experiments.compare.cells import ANOTHER_STATEMENT, OTHER_PARAMETERS
from bench.experiments.compare.comparability import Comparable
from bench.experiments.compare.record import Change, Drift, Line, OptimizationLine, QueryLines, Tally, Versus
from bench.model import STATES, State
from bench.report.numbers import listed, plural


def tell(
    labels: Sequence[str], position: int, level: Comparable, state: State, queries: Sequence[QueryLines],
    blocks: Sequence[OptimizationLine], drift: Drift | None,
) -> Versus:  # fmt: skip
    """Sum up the run after the reference at ``position``."""
    label, first = labels[position + 1], labels[0]
    found = [(query, line, line.changes[position]) for query in queries for line in query.lines]
    changes = [(query, line, change) for query, line, change in found if change is not None]
    tallies = {one: _tally([c for _, line, c in changes if line.state == one]) for one in STATES}
    return Versus(
        label=label,
        comparable=level,
        sentence=_sentence(level, tallies[state]),
        tallies=tallies,
        alarms=tuple(_alarms(changes, label, first)),
        drift=drift,
        notes=tuple(_notes(changes, queries, blocks, position, state, tallies)),
    )


def headline(versus: Sequence[Versus]) -> str:
    """The answer in one sentence; of more than two runs, that of the last one."""
    if len(versus) == 1:
        return versus[0].sentence
    return f"{plural(len(versus) + 1, 'run')} side by side. {versus[-1].label} against A: {versus[-1].sentence}"


def _tally(changes: Sequence[Change]) -> Tally:
    compared = [change for change in changes if change.work != "not compared"]
    return Tally(
        compared=len(compared),
        more=sum(change.work == "more" for change in compared),
        less=sum(change.work == "less" for change in compared),
        plans=sum(bool(change.plan_changed) for change in compared),
        other_rows=sum(change.other_rows for change in changes),
        slower=sum(change.clock == "slower" for change in changes),
        faster=sum(change.clock == "faster" for change in changes),
        lost=sum(change.goal == "met, now misses" for change in changes),
        won=sum(change.goal == "missed, now meets" for change in changes),
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


def _alarms(changes: Sequence[tuple[QueryLines, Line, Change]], label: str, first: str) -> Iterator[str]:
    by_query: dict[str, list[str]] = {}
    for query, line, change in changes:
        if change.other_rows:
            by_query.setdefault(query.title, []).append(f"{line.parameter_class}, {line.state}")
    for title, cells in by_query.items():
        yield (
            f"{title} returns other rows in run {label} than in run {first} ({listed(cells)}), "
            f"although the rows of the tables are the same"
        )


def _notes(
    changes: Sequence[tuple[QueryLines, Line, Change]], queries: Sequence[QueryLines],
    blocks: Sequence[OptimizationLine], position: int, state: State, tallies: dict[State, Tally],
) -> Iterator[str]:  # fmt: skip
    if state == "after" and (said := _before(tallies["before"])):
        yield said
    for why in ("new", "gone"):
        cells = [
            f"{line.query}[{line.parameter_class}]"
            for _, line, change in changes
            if change.why_not == why and line.state == state
        ]
        if cells:
            yield f"{plural(len(cells), 'cell')} {_verb(len(cells), 'is', 'are')} {why}: {listed(cells)}."
    for why in (ANOTHER_STATEMENT, OTHER_PARAMETERS):
        asked = dict.fromkeys(query.title for query, _, change in changes if change.why_not == why)
        if asked:
            yield f"Not compared, since asked with {why}: {listed(list(asked))}."
    for presence in ("new", "gone", "changed", "not applied"):
        names = [block.name for block in blocks if block.runs[position + 1].presence == presence]
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
