"""What more workers did, as a document: a table for each number of them, and what still more would do, on paper."""

from __future__ import annotations

from collections.abc import Callable

from bench.experiments.scale.nodes_summary import ASSUMED, NodesCell, NodesSummary, NodesTable, Paper
from bench.experiments.scale.record import Scaling
from bench.model.plan import Spread
from bench.report import numbers
from bench.report.document import Cell, Column, Document, Row, Section, Sentences, Table, columns
from bench.timestamps import when


def document(found: Scaling, headline: str, summary: NodesSummary) -> Document:
    """Place what is said of more workers."""
    stopped = () if found.status in ("complete", "running") else ((f"This experiment is {found.status}.",),)
    return Document(
        experiment="scale",
        file="scale",
        title=headline,
        markdown_title=f"{found.asked.workload}: more nodes",
        headline=headline,
        facts=("scale --nodes", found.asked.workload, when(found.started_at)),
        alarms=summary.alarms,
        notes=stopped,
        lead=(Sentences(summary.remarks),),
        sections=(
            *(Section(f"workers-{one.nodes}", f"{numbers.plural(one.nodes, 'worker')} beside {summary.first}",
                      (_measured(found, summary.first, one),)) for one in summary.tables),
            Section("paper", "More nodes, on paper", (_paper(summary), Sentences(ASSUMED, "prose")), nav="On paper"),
            Section("about", "About this experiment", (Sentences((_about(found), *found.notes), tone="quiet"),),
                    nav="About"),
        ),
        pgproof=found.pgproof,
        footer=f"Made by pgproof {found.pgproof} from scale.json, seed {found.asked.seed}.",
    )  # fmt: skip


def _about(found: Scaling) -> str:
    size = f"{found.asked.scales[0]:,} {found.asked.unit}"
    return (
        f"{found.server or 'Not begun'}; {found.machine}. {size} in a database for each number of workers, executed in "
        f"turn, {found.asked.options.rounds} times while a verdict is open."
    )


def _measured(found: Scaling, first: int, one: NodesTable) -> Table:
    headings = (
        Column("Query"), Column("Class", rank=1), Column("Answered by"), Column(f"p50, {first}", number=True),
        Column(f"p50, {one.nodes}", number=True), Column("Times as fast", number=True),
        Column(f"p95, {first}", number=True, rank=3), Column(f"p95, {one.nodes}", number=True, rank=2),
        Column("Tasks", number=True, rank=4), Column("Between nodes", number=True, rank=5),
    )  # fmt: skip
    caption = (
        f"{found.asked.scales[0]:,} {found.asked.unit}, shards on {first} and on {one.nodes} workers. Times as fast: "
        "the ratio of the medians with its 95 % interval. Tasks and bytes between nodes with the more workers; with "
        "the fewer, where they are others, before an arrow."
    )
    return Table(f"Table: {one.nodes} workers", headings, tuple(map(_row, one.cells)), caption, sortable=True)


def _row(cell: NodesCell) -> Row:
    one = cell.compared
    between = numbers.interval(one.ratio)
    if error := one.before.error or one.after.error:
        return (Cell(cell.title), Cell(one.parameter_class), Cell(error, "over", span=8))
    return (
        Cell(cell.title), Cell(one.parameter_class), Cell(cell.way), Cell(numbers.figure(one.before.p50)),
        Cell(numbers.figure(one.after.p50)), Cell(f"{numbers.times(one.ratio)}{f' ({between})' if between else ''}"),
        Cell(numbers.figure(one.before.p95)), Cell(numbers.figure(one.after.p95)),
        Cell(_both(cell, lambda spread: str(spread.tasks))),
        Cell(_both(cell, lambda spread: numbers.size(spread.bytes_between))),
    )  # fmt: skip


def _both(cell: NodesCell, write: Callable[[Spread], str]) -> str:
    said = [write(one) if one else numbers.NOTHING for one in (cell.fewer, cell.more)]
    return said[0] if said[0] == said[1] else " → ".join(said)


def _paper(summary: NodesSummary) -> Table:
    headings = (
        *columns("Query", "Class", "Answered by"), *columns("Fixed", "Shared", number=True),
        *columns(*(f"{nodes} workers, predicted" for nodes in summary.further), number=True),
    )  # fmt: skip
    rows = tuple(_predicted(cell, paper) for cell, paper in summary.paper)
    return Table("Table: More nodes, on paper", headings, rows, "A prediction: nobody measured this.", sortable=True)


def _predicted(cell: NodesCell, paper: Paper) -> Row:
    return (
        Cell(cell.title), Cell(cell.compared.parameter_class), Cell(cell.way), Cell(numbers.ms(paper.fixed_ms)),
        Cell(numbers.ms(paper.shared_ms)), *(Cell(text) for _, _, text in paper.predicted),
    )  # fmt: skip
