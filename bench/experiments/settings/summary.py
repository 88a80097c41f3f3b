"""Decide what two groups of settings do to each query: faster, slower, or the same within what two copies differ by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.cells.cell import WRONG, another_plan, beyond_noise, difference, summarize_pair
from bench.cells.records import SideSummary
from bench.experiments import about
from bench.experiments.settings.record import SettingsRun
from bench.model import DIFFERENCES, Difference, Pair
from bench.report.findings import Finding, unfinished
from bench.report.numbers import plural
from bench.statistics.quantiles import Ratio

Change = Literal["faster", "slower", "same", "cannot tell", "failed"] | Difference
ORDER: tuple[Change, ...] = (*DIFFERENCES, "failed", "slower", "faster", "cannot tell", "same")
"""What a reader must know first."""


@dataclass(frozen=True, slots=True)
class SettingsCell:
    """A query and class under both groups; ``ratio`` is how many times as fast it is with the second."""

    query: str
    title: str
    parameter_class: str
    first: SideSummary
    second: SideSummary
    ratio: Ratio | None
    change: Change
    another_plan: bool
    plan_changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SettingsSummary:
    """What a report shows: the cells that changed first, slower before faster."""

    headline: str
    alarms: tuple[str, ...]
    cells: tuple[SettingsCell, ...]
    notes: tuple[str, ...]

    def count(self, change: Change) -> int:
        """How many cells changed so."""
        return sum(cell.change == change for cell in self.cells)


def summarize(run: SettingsRun) -> SettingsSummary:
    """Compute everything that a report of ``run`` shows; complete, partial and failed runs alike."""
    cells = sorted((_cell(pair, run) for pair in run.pairs), key=_importance)
    alarms = [
        f"{cell.title} ({cell.parameter_class}) {WRONG[cell.change]} with {run.second.name}"
        for cell in cells
        if cell.change in DIFFERENCES
    ]
    return SettingsSummary(
        headline=_headline(run, cells),
        alarms=(*alarms, *about.unfinished("This comparison", run.status)),
        cells=tuple(cells),
        notes=run.notes,
    )


def findings(run: SettingsRun, summary: SettingsSummary) -> Iterator[Finding]:
    """Cells whose rows are others under the second group, which no setting may do; and an end that was not reached."""
    for cell in summary.cells:
        if cell.change in DIFFERENCES:
            message = f"{cell.change} with {run.second.name} than with {run.first.name}"
            yield Finding("failure", cell.change, message, suite=cell.query, case=cell.parameter_class)
    yield from unfinished("comparison of settings", run.status)


def _cell(pair: Pair, run: SettingsRun) -> SettingsCell:
    found, another = summarize_pair(pair, run.options.target_ms), another_plan(pair.before.plan, pair.after.plan)
    return SettingsCell(
        query=pair.query,
        title=run.titles.get(pair.query) or pair.query,
        parameter_class=pair.parameter_class,
        first=found.before,
        second=found.after,
        ratio=found.ratio,
        change=_change(found.before, found.after, found.ratio, differs=difference(pair)),
        another_plan=another,
        plan_changes=found.changes if another else (),
    )


def _change(first: SideSummary, second: SideSummary, compared: Ratio | None, *, differs: Difference | None) -> Change:
    """Unlike optimizations, settings may change a time and no plan: memory for a sort, a processor more."""
    if first.error or second.error:
        return "failed"
    if differs:
        return differs
    if compared is None:
        return "cannot tell"
    faster, slower = beyond_noise(compared, first, second)
    if faster or slower:
        return "faster" if faster else "slower"
    return "cannot tell" if compared.low is None or compared.high is None else "same"


def _importance(cell: SettingsCell) -> tuple[int, float]:
    moved = abs(cell.first.p50.ms - cell.second.p50.ms) if cell.first.p50 and cell.second.p50 else 0.0
    return ORDER.index(cell.change), -moved


def _headline(run: SettingsRun, cells: Sequence[SettingsCell]) -> str:
    if not any(cell.ratio for cell in cells):
        return "Nothing was measured"
    count = {change: sum(cell.change == change for cell in cells) for change in ORDER}
    rest = len(cells) - count["faster"] - count["slower"]
    said = f"With {run.second.name} {count['faster']} of {plural(len(cells), 'cell')} are faster than with "
    return f"{said}{run.first.name}, {count['slower']} are slower, {rest} the same or not told apart"
