"""The four sides as the page shows them: a row per optimization with what is folded into it, the heat map, hygiene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from bench.experiments.attribution.costs import WritePrice, write_prices
from bench.experiments.attribution.gains import Effect
from bench.experiments.attribution.heatmap import HeatColumn
from bench.experiments.attribution.hygiene import HygieneFinding
from bench.experiments.attribution.sentences import hot
from bench.experiments.attribution.summary import Sides, SidesSummary, summarize_sides
from bench.experiments.attribution.verdicts import Word
from bench.model import Attribution, Run, Stored
from bench.report.html.anchors import anchors

STEPS = (1, 10, 25, 50, 75)
"""Percent from which on a cell of the heat map has the next deeper colour."""

TONES: Mapping[Word, tuple[str, str]] = {
    "keep": ("good", "✓"),
    "keep, but it costs": ("open", "✓"),
    "substitutable": ("open", "≈"),
    "needed by others": ("plain", "✓"),
    "unused": ("open", "∅"),
    "harmful": ("bad", "✗"),
    "not for queries": ("plain", "·"),
    "cannot tell": ("open", "?"),
}
"""Class and sign of a verdict. The word carries the meaning; these only help to find it."""

KINDS: Mapping[str, str] = {
    "invalid": "Invalid",
    "duplicate": "Exact duplicates",
    "unique": "Redundant beside a unique index",
    "reversed": "The same, read backwards",
    "included": "Contained in one that carries more columns",
    "prefix": "The beginning of another",
    "unindexed foreign key": "Foreign keys without an index",
    "unused": "Used by nothing that was measured",
    "low density": "Sparse",
}
FOLD_FROM = 8
"""Findings of one kind from which on they are folded away."""


@dataclass(frozen=True, slots=True)
class EffectView:
    """One cell with and without an optimization: how that was tried, and whether it does good."""

    how: str
    helps: bool
    effect: Effect


@dataclass(frozen=True, slots=True)
class SideView:
    """A row of the table; ``anchor`` is the place of its details in the page."""

    sides: Sides
    anchor: str
    effects: tuple[EffectView, ...]
    hot: WritePrice | None
    """The write statement that loses most heap-only updates."""
    stored: tuple[Stored, ...]
    densest: Stored | None
    """Its largest B-tree, whose leaf density the table shows."""


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One share: the class of its colour, and the figure; both empty where there is none."""

    step: str
    text: str


@dataclass(frozen=True, slots=True)
class HeatView:
    """A row of the heat map."""

    name: str
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True, slots=True)
class FindingsView:
    """The findings of one kind."""

    kind: str
    title: str
    found: tuple[HygieneFinding, ...]
    size_bytes: int
    folded: bool


@dataclass(frozen=True, slots=True)
class SidesView:
    """What the page shows of an attribution."""

    attribution: Attribution
    summary: SidesSummary
    rows: tuple[SideView, ...]
    columns: tuple[HeatColumn, ...]
    heat: tuple[HeatView, ...]
    findings: tuple[FindingsView, ...]
    together: tuple[WritePrice, ...]
    """What all optimizations together add to each write statement."""
    writes: Mapping[str, str]
    """Write statement to its title."""


def view(run: Run) -> SidesView | None:
    """Lay out the attribution of ``run``; None without one."""
    summary = summarize_sides(run)
    if summary is None or run.attribution is None:
        return None
    attribution = run.attribution
    names = [row.optimization.name for row in summary.rows]
    return SidesView(
        attribution=attribution,
        summary=summary,
        rows=tuple(
            _row(row, place, attribution)
            for row, place in zip(summary.rows, anchors("optimization", names), strict=True)
        ),
        columns=summary.heat.columns,
        heat=tuple(HeatView(row.name, tuple(map(heat_cell, row.percent))) for row in summary.heat.rows),
        findings=tuple(_findings(kind, tuple(of)) for kind, of in groupby(summary.findings, lambda one: one.kind)),
        together=write_prices(attribution, ""),
        writes={write.name: write.title or write.name for write in attribution.writes},
    )


def _row(row: Sides, anchor: str, attribution: Attribution) -> SideView:
    name = row.optimization.name
    stored = tuple(one for one in attribution.stored if one.optimization == name)
    dense = [one for one in stored if one.leaf_density is not None]
    lost = [price for price in row.costs.writes if hot(price)] if row.costs else []
    return SideView(
        sides=row,
        anchor=anchor,
        effects=_effects(row),
        hot=max(lost, key=lambda price: (price.hot_without or 0) - (price.hot_with or 0), default=None),
        stored=stored,
        densest=max(dense, key=lambda one: one.size_bytes, default=None),
    )


def _effects(row: Sides) -> tuple[EffectView, ...]:
    if row.verdict is None:
        return ()
    gain = row.verdict.gain
    return (
        *(EffectView("left out", helps=True, effect=effect) for effect in gain.missed),
        *(EffectView("left out", helps=False, effect=effect) for effect in gain.harmed),
        *(EffectView("alone", helps=True, effect=effect) for effect in gain.alone),
    )


def heat_cell(percent: float | None) -> HeatCell:
    """Give a share its colour and figure."""
    if percent is None:
        return HeatCell("", "")
    if abs(percent) < 0.5:
        return HeatCell("heat-0", "< 1")
    if percent < 0:
        return HeatCell("heat-less", f"−{-percent:,.0f}")
    return HeatCell(f"heat-{sum(round(percent) >= step for step in STEPS)}", f"{percent:,.0f}")


def _findings(kind: str, found: tuple[HygieneFinding, ...]) -> FindingsView:
    size = sum(one.size_bytes for one in found)
    return FindingsView(kind, KINDS[kind], found, size, folded=len(found) >= FOLD_FROM)
