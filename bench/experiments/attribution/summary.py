"""The four sides of every optimization, decided: all that a report shows of an attribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from bench.cells.index_use import indexes_seen, summarize_optimizations
from bench.cells.records import OptimizationSummary
from bench.experiments.attribution.costs import Costs, costs
from bench.experiments.attribution.gains import disagreements
from bench.experiments.attribution.heatmap import Heat, heat
from bench.experiments.attribution.hygiene import HygieneFinding, findings
from bench.experiments.attribution.limits import limits
from bench.experiments.attribution.proof import Proof, prove
from bench.experiments.attribution.verdicts import OptimizationVerdict, Word, verdicts
from bench.model import Attribution, Run


@dataclass(frozen=True, slots=True)
class Sides:
    """One optimization. ``verdict`` and ``costs`` are None where it was not applied, or its gains were not measured."""

    optimization: OptimizationSummary
    verdict: OptimizationVerdict | None
    costs: Costs | None
    size_bytes: int | None
    """As it was stored; without that measurement as it was built."""


@dataclass(frozen=True, slots=True)
class SidesSummary:
    """An attribution, decided."""

    rows: tuple[Sides, ...]
    """In the order of the file."""
    words: tuple[tuple[Word, int], ...]
    """How many optimizations have each word; those that none has are absent."""
    smallest: Proof | None
    disagreements: tuple[str, ...]
    """Where the planner promised the opposite of what execution gave. To be shown before any figure."""
    heat: Heat
    findings: tuple[HygieneFinding, ...]
    limits: tuple[str, ...]
    """What the figures cannot tell."""


def summarize_sides(run: Run) -> SidesSummary | None:
    """Decide the four sides of ``run``; None without an attribution. It may have stopped half-way."""
    attribution = run.attribution
    if attribution is None:
        return None
    judged = {verdict.name: verdict for verdict in verdicts(run)}
    rows = tuple(_row(found, attribution, judged.get(found.name)) for found in summarize_optimizations(run))
    counted = [verdict.word for verdict in judged.values()]
    used = indexes_seen(run)
    return SidesSummary(
        rows=rows,
        words=tuple((word, counted.count(word)) for word in get_args(Word) if word in counted),
        smallest=prove(run, {row.optimization.name: row.size_bytes or 0 for row in rows}),
        disagreements=disagreements(
            {name: verdict.gain for name, verdict in judged.items() if verdict.word != "needed by others"}
        ),
        heat=heat(attribution, list(judged), [query.name for query in run.queries]),
        findings=findings(attribution.indexes, attribution.foreign_keys, used),
        limits=limits(run, attribution, unused_known=used is not None),
    )


def _row(found: OptimizationSummary, attribution: Attribution, verdict: OptimizationVerdict | None) -> Sides:
    applied = found.build_ms is not None
    price = costs(attribution, found.name, found.wal_bytes) if applied else None
    was_stored = any(one.optimization == found.name for one in attribution.stored)
    return Sides(found, verdict, price, price.size_bytes if price and was_stored else found.size_bytes)
