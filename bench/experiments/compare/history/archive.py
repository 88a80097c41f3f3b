"""Many runs in the order of time, in groups of which the work may be compared. One run at a time is held whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from bench.cells.sentences import sentence
from bench.experiments.compare.comparability import Reason, RunFacts, comparable, facts_of
from bench.experiments.compare.history.record import CellResult, Group, History, RunDigest, Skipped
from bench.experiments.compare.history.trends import Key, measured, plan_key, trends
from bench.model import STATES, Json, Pair, Query, Run
from bench.plans import trimmed


@dataclass(slots=True)
class Archive:
    """Takes runs one by one, in any order, and keeps of each what a trend needs."""

    kept: list[RunDigest] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    _plans: dict[Key, str] = field(default_factory=dict)
    """Plans as compact JSON, each once: the same work by the same plan is the same text to a reader."""

    def add(self, run: Run, file: str) -> None:
        """Keep what a trend needs of ``run``, which came from ``file``."""
        queries = {query.name: query for query in run.queries}
        results = {
            (pair.query, pair.parameter_class): self._result(queries[pair.query], pair)
            for pair in run.pairs
            if pair.query in queries
        }
        titles = {query.name: query.title or query.name for query in run.queries}
        self.kept.append(RunDigest(file, facts_of(run), sentence(run), titles, results))

    def skip(self, file: str, reason: str) -> None:
        """Remember a file that cannot be read."""
        self.skipped.append(Skipped(file, reason))

    def history(self) -> History:
        """Put what was added in the order of time, in groups; raises ``ValueError`` without a single run."""
        if not self.kept:
            raise ValueError("no run was added")
        ordered = sorted(self.kept, key=lambda one: (one.facts.started_at, one.facts.id, one.file))
        grouped: list[list[RunDigest]] = []
        for one in ordered:
            for runs in grouped:
                if not comparable(runs[-1].facts, one.facts).counters:
                    runs.append(one)
                    break
            else:
                grouped.append([one])
        groups = tuple(_group(runs, grouped[number - 1] if number else None) for number, runs in enumerate(grouped))
        latest = next(number for number, runs in enumerate(grouped) if ordered[-1] in runs)
        return History(groups, latest, trends(grouped, self._read), tuple(self.skipped))

    def _result(self, query: Query, pair: Pair) -> CellResult:
        for state in STATES:
            if plan := pair.side(state).plan:
                key = plan_key(pair, state)
                if key not in self._plans:
                    self._plans[key] = json.dumps(trimmed(plan.plan), separators=(",", ":"))
        return CellResult(_question(query, pair), measured(pair, "before"), measured(pair, "after"))

    def _read(self, key: Key) -> Json:
        return json.loads(self._plans[key]) if key in self._plans else None


def _group(runs: list[RunDigest], former: list[RunDigest] | None) -> Group:
    why = comparable(former[-1].facts, runs[0].facts).counters if former else ()
    return Group(tuple(runs), why, tuple(_breaks([one.facts for one in runs])))


def _breaks(facts: list[RunFacts]) -> Iterator[tuple[Reason, ...]]:
    yield ()
    for former, one in pairwise(facts):
        yield comparable(former, one).times


def _question(query: Query, pair: Pair) -> str:
    asked: Mapping[str, object] = {"sql": query.sql.strip(), "args": [binding.args for binding in pair.bindings]}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
