"""An attribution, decided: all that a report shows of what each optimization gains and costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, get_args

from bench.attribution.costs import Costs, WritePrice, costs, write_prices
from bench.attribution.evidence import Effect
from bench.attribution.gains import disagreements
from bench.cells.index_use import indexes_seen, summarize_optimizations
from bench.cells.records import OptimizationSummary
from bench.experiments.attribution.heatmap import Heatmap, heatmap
from bench.experiments.attribution.limits import limits
from bench.experiments.attribution.moved import Moved, moved, without_moved
from bench.experiments.attribution.proof import Proof, prove
from bench.experiments.attribution.sentences import hot
from bench.experiments.attribution.verdicts import OptimizationOutcome, OptimizationVerdict, verdicts
from bench.hygiene.findings import HygieneFinding, HygieneKind, findings
from bench.model import Applied, Attribution, Run, Stored

FOLD_FROM = 8
"""Findings of one kind from which on they are folded away."""

Way = Literal["left out", "alone"]


@dataclass(frozen=True, slots=True)
class TriedEffect:
    """One cell with and without an optimization: how that was tried, and whether it does good."""

    way: Way
    helps: bool
    effect: Effect


@dataclass(frozen=True, slots=True)
class AttributedOptimization:
    """One optimization. ``verdict`` and ``costs`` are None where it was not applied, or its gains were not measured."""

    optimization: OptimizationSummary
    verdict: OptimizationVerdict | None
    costs: Costs | None
    size_bytes: int | None
    """As it was stored; without that measurement as it was built."""
    effects: tuple[TriedEffect, ...]
    stored: tuple[Stored, ...]

    @property
    def name(self) -> str:
        """The name of the optimization."""
        return self.optimization.name

    @property
    def best(self) -> Effect | None:
        """The cell with its largest effect."""
        return self.verdict.gain.best if self.verdict else None

    @property
    def dearest(self) -> WritePrice | None:
        """The write statement whose WAL it makes grow most."""
        return self.costs.writes[0] if self.costs and self.costs.writes else None

    @property
    def hot_lost(self) -> WritePrice | None:
        """The write statement that loses most heap-only updates."""
        lost = [one for one in self.costs.writes if hot(one)] if self.costs else []
        return max(lost, key=lambda one: (one.hot_without or 0) - (one.hot_with or 0), default=None)

    @property
    def largest_btree(self) -> Stored | None:
        """The one whose leaf density a table shows."""
        dense = [one for one in self.stored if one.leaf_density is not None]
        return max(dense, key=lambda one: one.size_bytes, default=None)


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """The findings of one kind."""

    kind: HygieneKind
    found: tuple[HygieneFinding, ...]
    size_bytes: int
    folded: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """What all applied optimizations cost together."""

    number: int
    build_ms: float
    size_bytes: int
    wal_bytes: int


@dataclass(frozen=True, slots=True)
class AttributionSummary:
    """An attribution, decided."""

    rows: tuple[AttributedOptimization, ...]
    """In the order of the file."""
    outcomes: tuple[tuple[OptimizationOutcome, int], ...]
    """How many optimizations have each verdict; those that none has are absent."""
    smallest: Proof | None
    disagreements: tuple[str, ...]
    """Where the planner promised the opposite of what execution gave. To be shown before any figure."""
    heatmap: Heatmap
    findings: tuple[FindingGroup, ...]
    indexes: int
    foreign_keys: int
    moved: tuple[Moved, ...]
    """Cells to which no effect is attributed, because their plans are not those of the run."""
    limits: tuple[str, ...]
    """What the figures cannot tell."""
    totals: Totals | None
    """None where nothing was applied."""
    together: WritePrice | None
    """What all optimizations together add to the write statement whose WAL grows most."""
    writes: Mapping[str, str]
    """Write statement to its title."""


def summarize(run: Run) -> AttributionSummary | None:
    """Decide what ``run`` says of each optimization; None without an attribution. It may have stopped half-way."""
    attribution, settled = run.attribution, without_moved(run).attribution
    if attribution is None or settled is None:
        return None
    judged = {verdict.name: verdict for verdict in verdicts(run)}
    rows = tuple(_row(found, attribution, judged.get(found.name)) for found in summarize_optimizations(run))
    counted = [verdict.outcome for verdict in judged.values()]
    used = indexes_seen(run)
    return AttributionSummary(
        rows=rows,
        outcomes=tuple((one, counted.count(one)) for one in get_args(OptimizationOutcome) if one in counted),
        smallest=prove(run, {row.name: row.size_bytes or 0 for row in rows}),
        disagreements=disagreements(
            {name: verdict.gain for name, verdict in judged.items() if verdict.outcome != "needed by others"},
            run.options.target_ms,
        ),
        heatmap=heatmap(settled, list(judged), [query.name for query in run.queries]),
        findings=_grouped(findings(attribution.indexes, attribution.foreign_keys, used)),
        indexes=len(attribution.indexes),
        foreign_keys=len(attribution.foreign_keys),
        moved=moved(run),
        limits=limits(run, settled, unused_known=used is not None),
        totals=_totals(run.applied),
        together=next(iter(write_prices(attribution, "")), None),
        writes={write.name: write.title or write.name for write in attribution.writes},
    )


def _row(
    found: OptimizationSummary, attribution: Attribution, verdict: OptimizationVerdict | None
) -> AttributedOptimization:
    price = costs(attribution, found.name, found.wal_bytes) if found.build_ms is not None else None
    stored = tuple(one for one in attribution.stored if one.optimization == found.name)
    size_bytes = price.size_bytes if price and stored else found.size_bytes
    return AttributedOptimization(found, verdict, price, size_bytes, _effects(verdict), stored)


def _effects(verdict: OptimizationVerdict | None) -> tuple[TriedEffect, ...]:
    if verdict is None:
        return ()
    return (
        *(TriedEffect("left out", helps=True, effect=effect) for effect in verdict.gain.missed),
        *(TriedEffect("left out", helps=False, effect=effect) for effect in verdict.gain.harmed),
        *(TriedEffect("alone", helps=True, effect=effect) for effect in verdict.gain.alone),
    )


def _grouped(found: Iterable[HygieneFinding]) -> tuple[FindingGroup, ...]:
    groups = [(kind, tuple(of)) for kind, of in groupby(found, lambda one: one.kind)]
    return tuple(
        FindingGroup(kind, of, sum(one.size_bytes for one in of), folded=len(of) >= FOLD_FROM) for kind, of in groups
    )


def _totals(applied: tuple[Applied, ...]) -> Totals | None:
    if not applied:
        return None
    return Totals(
        number=len(applied),
        build_ms=sum(one.build_ms for one in applied),
        size_bytes=sum(one.size_bytes for one in applied),
        wal_bytes=sum(one.wal_bytes for one in applied),
    )
