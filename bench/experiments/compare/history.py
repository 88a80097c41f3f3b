"""Many runs in the order of time, in groups of which the work may be compared. One run at a time is held whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from bench.cells.sentences import sentence
from bench.experiments.compare.comparability import Facts, Reason, comparable, facts_of
from bench.experiments.compare.trends import Dot, Kept, Key, Plans, Trend, mark, plan_key, trends
from bench.model import STATES, Pair, Query, Run
from bench.plans import trimmed
from bench.report.numbers import plural

__all__ = ["Archive", "Group", "History", "Kept", "Skipped"]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that could not be read, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Group:
    """Runs of which the work may be compared, oldest first.

    ``breaks`` is parallel to ``runs``: why the times of a run do not follow those of the one before; empty where they
    do.
    """

    runs: tuple[Kept, ...]
    why: tuple[Reason, ...]
    """Why it does not compare with the group before it; empty for the first."""
    breaks: tuple[tuple[Reason, ...], ...]


@dataclass(frozen=True, slots=True)
class History:
    """All runs, and how each query went through them."""

    groups: tuple[Group, ...]
    """In the order of their first runs."""
    latest: int
    """The group that the latest run is in."""
    trends: tuple[Trend, ...]
    skipped: tuple[Skipped, ...] = ()

    @property
    def runs(self) -> tuple[Kept, ...]:
        """Every run, by group."""
        return tuple(run for group in self.groups for run in group.runs)


@dataclass(slots=True)
class Archive:
    """Takes runs one by one, in any order, and keeps of each what a trend needs."""

    kept: list[Kept] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    _plans: dict[Key, str] = field(default_factory=dict)
    """Plans as compact JSON, each once: the same work by the same plan is the same text to a reader."""

    def add(self, run: Run, file: str) -> None:
        """Keep what a trend needs of ``run``, which came from ``file``."""
        queries = {query.name: query for query in run.queries}
        dots = {
            (pair.query, pair.parameter_class): self._dot(queries[pair.query], pair)
            for pair in run.pairs
            if pair.query in queries
        }
        titles = {query.name: query.title or query.name for query in run.queries}
        self.kept.append(Kept(file, facts_of(run), sentence(run), titles, dots))

    def skip(self, file: str, reason: str) -> None:
        """Remember a file that cannot be read."""
        self.skipped.append(Skipped(file, reason))

    def history(self) -> History:
        """Put what was added in the order of time, in groups; raises ``ValueError`` without a single run."""
        if not self.kept:
            raise ValueError("no run was added")
        ordered = sorted(self.kept, key=lambda one: (one.facts.started_at, one.facts.id, one.file))
        grouped: list[list[Kept]] = []
        for one in ordered:
            for runs in grouped:
                if not comparable(runs[-1].facts, one.facts).counters:
                    runs.append(one)
                    break
            else:
                grouped.append([one])
        groups = tuple(_group(runs, grouped[number - 1] if number else None) for number, runs in enumerate(grouped))
        latest = next(number for number, runs in enumerate(grouped) if ordered[-1] in runs)
        return History(groups, latest, trends(groups_of(groups), self._read), tuple(self.skipped))

    def _dot(self, query: Query, pair: Pair) -> Dot:
        for state in STATES:
            if plan := pair.side(state).plan:
                key = plan_key(pair, state)
                if key not in self._plans:
                    self._plans[key] = json.dumps(trimmed(plan.plan), separators=(",", ":"))
        return Dot(_question(query, pair), mark(pair, "before"), mark(pair, "after"))

    def _read(self, key: Key) -> Plans:
        return json.loads(self._plans[key]) if key in self._plans else None


def headline(found: History) -> str:
    """The history in one sentence: how many runs, and how many queries are not planned as they once were."""
    number = len(found.runs)
    if number == 1:
        return "One run: there is nothing to compare it with yet"
    parts = len(found.groups)
    apart = "" if parts == 1 else f", in {parts} groups that do not compare with each other"
    if parts == number:
        return f"{number} runs, and none compares with another"
    changed = sum(bool(trend.plan_changes) for trend in found.trends)
    queries = plural(changed, "query", "queries")
    said = "no plan changed" if not changed else f"{queries} changed plan"
    return f"{number} runs{apart}: {said}"


def groups_of(groups: tuple[Group, ...]) -> tuple[tuple[Kept, ...], ...]:
    """The runs of each group."""
    return tuple(group.runs for group in groups)


def _group(runs: list[Kept], former: list[Kept] | None) -> Group:
    why = comparable(former[-1].facts, runs[0].facts).counters if former else ()
    return Group(tuple(runs), why, tuple(_breaks([one.facts for one in runs])))


def _breaks(facts: list[Facts]) -> Iterator[tuple[Reason, ...]]:
    yield ()
    for former, one in pairwise(facts):
        yield comparable(former, one).times


def _question(query: Query, pair: Pair) -> str:
    asked: Mapping[str, object] = {"sql": query.sql.strip(), "args": [binding.args for binding in pair.bindings]}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
