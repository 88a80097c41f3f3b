"""Runs side by side, the first of them the reference that each other one is held against."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import replace

from bench.cells.sentences import sentence
from bench.experiments.compare.cells import ANOTHER_STATEMENT, another_question, change, measured_cell, ordinary
from bench.experiments.compare.comparability import Comparable, comparable, crosses, facts_of
from bench.experiments.compare.drift import drift, settled
from bench.experiments.compare.optimizations import optimizations
from bench.experiments.compare.record import Change, ComparedCell, ComparedQuery, Comparison, Drift, MeasuredCell
from bench.model import STATES, Pair, Query, Run, State

MOST = 8
"""Runs side by side: more are a history."""

Key = tuple[str, str]


class _Run:
    """One run with its queries and cells by name."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.queries = {query.name: query for query in run.queries}
        self.pairs: dict[Key, Pair] = {}
        for pair in run.pairs:
            self.pairs.setdefault((pair.query, pair.parameter_class), pair)
        target = run.options.target_ms
        self.seen: dict[tuple[Key, State], MeasuredCell | None] = {
            (key, state): measured_cell(pair, state, target) for key, pair in self.pairs.items() for state in STATES
        }


def compare(runs: Sequence[Run]) -> Comparison:
    """Compare two or more ``runs``, complete or not; raises ``ValueError`` for fewer than two or more than ``MOST``."""
    if not 2 <= len(runs) <= MOST:
        raise ValueError(f"{len(runs)} runs: from 2 to {MOST} can be compared")
    labels = tuple(string.ascii_uppercase[: len(runs)])
    facts = tuple(facts_of(run) for run in runs)
    levels = tuple(comparable(facts[0], other) for other in facts[1:])
    indexed = [_Run(run) for run in runs]
    has_after = any(seen for one in indexed for (_, state), seen in one.seen.items() if state == "after")
    names = dict.fromkeys(name for one in indexed for name in one.queries)
    queries = tuple(_query(name, indexed, levels, labels) for name in names)
    drifts = tuple(
        None  # what more nodes make of the same plan is no drift of the machine
        if crosses(facts[0], other)
        else drift(cell.changes[at] for query in queries for cell in query.cells)
        for at, other in enumerate(facts[1:])
    )
    return Comparison(
        labels=labels,
        facts=facts,
        sentences=tuple(sentence(run) for run in runs),
        state="after" if has_after else "before",
        comparable=levels,
        drifts=drifts,
        queries=tuple(_settled(query, drifts) for query in queries),
        optimizations=optimizations(runs),
    )


def _query(name: str, runs: Sequence[_Run], levels: Sequence[Comparable], labels: Sequence[str]) -> ComparedQuery:
    """A query in all runs. Where its statement is another one, its cells are not shown beside the reference's."""
    asked = [one.queries[name] for one in runs if name in one.queries]
    title = next(one.queries[name].title or name for one in reversed(runs) if name in one.queries)
    keys = dict.fromkeys(key for one in runs for key in one.pairs if key[0] == name)
    cells = tuple(_cell(key, state, runs, levels) for key in keys for state in STATES)
    return ComparedQuery(
        name=name,
        title=title,
        cells=tuple(cell for cell in cells if any(cell.seen)),
        notes=tuple(_notes(name, runs, labels)),
        forms=tuple(state for state in STATES if any(query.distributed(state) for query in asked)),
    )


def _settled(query: ComparedQuery, drifts: Sequence[Drift | None]) -> ComparedQuery:
    cells = (
        replace(cell, changes=tuple(settled(one, found) for one, found in zip(cell.changes, drifts, strict=True)))
        for cell in query.cells
    )
    return replace(query, cells=tuple(cells))


def _cell(key: Key, state: State, runs: Sequence[_Run], levels: Sequence[Comparable]) -> ComparedCell:
    base, seen = runs[0], tuple(one.seen.get((key, state)) for one in runs)
    changes = tuple(
        _change(key, state, base, head, level, (seen[0], found))
        for head, level, found in zip(runs[1:], levels, seen[1:], strict=True)
    )
    # The figures of another statement are no other figures of this one: they are not shown beside it.
    shown = [
        None if one and one.why_not == ANOTHER_STATEMENT else found
        for one, found in zip(changes, seen[1:], strict=True)
    ]
    return ComparedCell(key[0], key[1], state, (seen[0], *shown), changes)


def _change(
    key: Key,
    state: State,
    base: _Run,
    head: _Run,
    level: Comparable,
    seen: tuple[MeasuredCell | None, MeasuredCell | None],
) -> Change | None:
    if not any(seen):
        return None
    pairs, queries = (base.pairs.get(key), head.pairs.get(key)), (base.queries.get(key[0]), head.queries.get(key[0]))
    if not (pairs[0] and pairs[1] and queries[0] and queries[1]):
        return Change(why_not="new" if seen[1] else "gone")
    if other := another_question(queries[0], queries[1], pairs[0], pairs[1]):
        # Where the runs do not compare at all, other tenants are asked: that goes without saying.
        return Change(why_not="the runs do not compare" if level.counters and other != ANOTHER_STATEMENT else other)
    same_target = base.run.options.target_ms == head.run.options.target_ms
    return change(queries[1], state, (pairs[0], pairs[1]), seen, level.level, same_target=same_target)


def _notes(name: str, runs: Sequence[_Run], labels: Sequence[str]) -> list[str]:
    """What is to be said of the query as a whole, a sentence for each run that differs from the reference."""
    said = []
    base = runs[0].queries.get(name)
    for label, one in zip(labels[1:], runs[1:], strict=True):
        head = one.queries.get(name)
        if base is None and head is not None:
            said.append(f"Run {label} asks it, run {labels[0]} does not.")
        elif base is not None and head is None:
            left = " (left out by the user)" if name in one.run.left_out else ""
            said.append(f"Run {labels[0]} asks it, run {label} does not{left}.")
        elif base is not None and head is not None:
            said += _texts(base, head, label, labels[0])
    return said


def _texts(base: Query, head: Query, label: str, first: str) -> list[str]:
    if ordinary(base) != ordinary(head):
        return [f"Its statement in run {label} is another than in run {first}: not compared."]
    rewrites = [ordinary(query.rewrite) if query.rewrite else "" for query in (base, head)]
    if rewrites[0] == rewrites[1]:
        return []
    what = "is rewritten otherwise" if all(rewrites) else "is rewritten" if rewrites[1] else "is no longer rewritten"
    return [f"In run {label} it {what} after the optimizations: the same question, answered by another statement."]
