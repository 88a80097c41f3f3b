"""Decide what more workers did, and, on paper, what still more would do. Pure.

On paper: time = fixed + shared / N, through what was measured. What one shard answers has no shared part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from bench.cells.cell import beyond_noise, difference, summarize_pair
from bench.cells.records import CellSummary
from bench.experiments.scale.record import MoreNodes, Scaling
from bench.model import Pair
from bench.model.plan import Spread
from bench.report.numbers import digits, plural

UNSEEN = "not seen"
"""Where a cluster refuses to EXPLAIN a statement."""
FURTHER = (2, 4)
"""Times the largest number of workers that was measured, for the prediction."""

ASSUMED = (
    "What one shard answers takes as long on any number of nodes: a tenant's rows lie together. More nodes carry more "
    "tenants at once, which one execution after the other does not show.",
    "What is asked of all shards, and the steps of what goes by way of the coordinator, takes fixed + shared ÷ N: the "
    "shared part is the tasks' work, divided among N workers; planning, sending, waiting and joining on the "
    "coordinator stay. Both parts are fitted to the medians above, where more workers "
    "were faster by the whole interval; elsewhere no gain is predicted. N is no more than the tasks.",
    "The nodes of one machine share its cores and memory, so that a second worker there is no second machine: workers "
    "with cores of their own may bring a gain where none is seen here. "
    "Between machines each message takes longer than here, which the fixed part does not hold.",
)


@dataclass(frozen=True, slots=True)
class Paper:
    """What a cell would take on more workers."""

    fixed_ms: float
    shared_ms: float
    """Divided by the number of workers."""
    predicted: tuple[tuple[int, float, str], ...]
    """Workers, milliseconds, and the arithmetic."""


@dataclass(frozen=True, slots=True)
class NodesCell:
    """A query and class on the fewest workers (``compared.before``) and on more (``compared.after``)."""

    title: str
    compared: CellSummary
    fewer: Spread | None
    more: Spread | None

    @property
    def way(self) -> str:
        """How it is answered."""
        spread = self.more or self.fewer
        return spread.way if spread else UNSEEN


@dataclass(frozen=True, slots=True)
class NodesTable:
    """One number of workers beside the first."""

    nodes: int
    cells: tuple[NodesCell, ...]

    @property
    def timed(self) -> list[CellSummary]:
        """Those with a ratio."""
        return [cell.compared for cell in self.cells if cell.compared.ratio]

    @property
    def effects(self) -> tuple[int, int]:
        """How many are faster than on the fewest workers, and how many slower."""
        told = [beyond_noise(one.ratio, one.before, one.after) for one in self.timed if one.ratio]
        return sum(faster for faster, _ in told), sum(slower for _, slower in told)

    def times(self, way: str) -> list[float]:
        """Times as long as on the fewest workers, of the cells that are answered in that way."""
        mine = [cell.compared.ratio for cell in self.cells if cell.way == way]
        return [1 / ratio.value for ratio in mine if ratio]


@dataclass(frozen=True, slots=True)
class NodesSummary:
    """What a report shows."""

    first: int
    tables: tuple[NodesTable, ...]
    remarks: tuple[str, ...]
    paper: tuple[tuple[NodesCell, Paper], ...]
    further: tuple[int, ...]
    """Workers of the prediction."""
    alarms: tuple[str, ...]


def summarize_nodes(found: Scaling) -> NodesSummary:
    """Compute everything that is shown of more workers; whole and interrupted ones alike."""
    tables = tuple(_table(found, one) for one in found.more_nodes)
    further = tuple(times * max(found.asked.nodes) for times in FURTHER)
    return NodesSummary(
        first=found.asked.nodes[0],
        tables=tables,
        remarks=tuple(line for table in tables for line in _remarks(found.asked.nodes[0], table)),
        paper=tuple(_papers(found.asked.nodes[0], tables, further)),
        further=further,
        alarms=tuple(_alarms(found)),
    )


def headline(found: Scaling, summary: NodesSummary) -> str:
    """The first line of a report."""
    if not summary.tables:
        return "Nothing was measured"
    last = summary.tables[-1]
    faster, slower = last.effects
    return (
        f"With {plural(last.nodes, 'worker')} {faster} of {plural(len(last.timed), 'cell')} are faster than with "
        f"{summary.first} and {slower} slower, at {found.asked.scales[0]:,} {found.asked.unit}"
    )


def _table(found: Scaling, one: MoreNodes) -> NodesTable:
    cells = tuple(_cell(found, pair) for pair in one.pairs)
    return NodesTable(one.nodes, tuple(sorted(cells, key=lambda cell: (cell.way, cell.title))))


def _cell(found: Scaling, pair: Pair) -> NodesCell:
    seen = [side.plan.spread if side.plan else None for side in (pair.before, pair.after)]
    title = found.titles.get(pair.query) or pair.query
    return NodesCell(title, summarize_pair(pair, found.asked.options.target_ms), *seen)


def _alarms(found: Scaling) -> Iterator[str]:
    for one in found.more_nodes:
        for pair in one.pairs:
            if difference(pair):
                title = found.titles.get(pair.query) or pair.query
                yield f"{title} ({pair.parameter_class}) answers otherwise with {plural(one.nodes, 'worker')}"


def _remarks(first: int, table: NodesTable) -> Iterator[str]:
    for way in dict.fromkeys(cell.way for cell in table.cells):
        if times := table.times(way):
            name = {"coordinator": "by way of the coordinator", UNSEEN: "without a plan"}.get(way, way)
            yield (
                f"{name[0].upper()}{name[1:]}: {plural(len(times), 'cell')} took {digits(median(times))} times as long "
                f"(median; {digits(min(times))} to {digits(max(times))}) with {plural(table.nodes, 'worker')} as with "
                f"{first}."
            )


def _papers(first: int, tables: Sequence[NodesTable], further: Sequence[int]) -> Iterator[tuple[NodesCell, Paper]]:
    by_cell: dict[tuple[str, str], list[tuple[int, NodesCell]]] = {}
    for table in tables:
        for cell in table.cells:
            by_cell.setdefault((cell.compared.query, cell.compared.parameter_class), []).append((table.nodes, cell))
    for seen in by_cell.values():
        _, cell = seen[-1]
        begin = seen[0][1].compared.before.p50
        points = [(first, begin)] + [(nodes, one.compared.after.p50) for nodes, one in seen]
        known = [(nodes, figure.ms) for nodes, figure in points if figure and not figure.censored]
        if len(known) == len(points) and cell.way != UNSEEN:
            gained = any(one.compared.ratio and (one.compared.ratio.low or 0) > 1 for _, one in seen)
            yield cell, on_paper(cell.more or cell.fewer, known, further, gained=gained)


def on_paper(
    spread: Spread | None, known: Sequence[tuple[int, float]], further: Sequence[int], *, gained: bool
) -> Paper:
    """Fit fixed + shared / N by least squares, neither part below nothing; without a gain all is fixed."""
    mean_ms = fmean(ms for _, ms in known)
    shared = 0.0
    if gained and spread and spread.way != "one shard":
        inverse = fmean(1 / nodes for nodes, _ in known)
        wide = sum((1 / nodes - inverse) ** 2 for nodes, _ in known)
        slope = sum((1 / nodes - inverse) * (ms - mean_ms) for nodes, ms in known) / wide if wide else 0.0
        shared = min(max(slope, 0.0), mean_ms / inverse)
        fixed = mean_ms - shared * inverse
    else:
        fixed = mean_ms
    most = max(spread.tasks, 1) if spread else 1
    predicted = []
    for nodes in further:
        by = min(nodes, most)
        ms = fixed + shared / by
        text = f"{digits(fixed)} + {digits(shared)} ÷ {by} = {digits(ms)} ms" if shared else f"{digits(ms)} ms"
        predicted.append((nodes, ms, text))
    return Paper(fixed, shared, tuple(predicted))
