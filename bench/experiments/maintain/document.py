"""A maintenance experiment as a document: what each procedure mends and costs, cell by cell, and what the churn did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from bench.experiments import about
from bench.experiments.entries import judged, void
from bench.experiments.experiment import Experiment
from bench.experiments.maintain.cell_changes import MORE, TAKEN_BACK
from bench.experiments.maintain.effects import ProcedureSummary, Timing
from bench.experiments.maintain.findings import findings
from bench.experiments.maintain.record import ALL, MAINTENANCE, MaintenanceRun
from bench.experiments.maintain.sentences import SOURCES, percent, took
from bench.experiments.maintain.summary import ByStage, MaintenanceSummary, TableSummary, WorkSummary, summarize
from bench.overview.record import Answers
from bench.report import numbers
from bench.report.document import (
    EVERYWHERE,
    MARKDOWN,
    PAGE,
    TEXT,
    Cell,
    Column,
    Document,
    Facts,
    Line,
    Row,
    Section,
    Sentences,
    Span,
    Table,
    Tone,
    columns,
)
from bench.report.numbers import plural
from bench.timestamps import when

T = TypeVar("T")


def document(run: MaintenanceRun, summary: MaintenanceSummary) -> Document:
    """Place what is said of maintenance, the most telling first."""
    return Document(
        experiment="maintain",
        file="maintenance",
        title=f"{run.workload} and its maintenance",
        headline=summary.headline,
        facts=("maintain", about.size(run.workload, run.dataset), when(run.started_at)),
        alarms=summary.alarms,
        lead=(Sentences(summary.sentences, mark="- "),),
        sections=(
            _section("procedures", "Procedures", _procedures(summary), short=True),
            _section("cells", "Cells that changed", _cells(summary)),
            _section("plans", "Plans that changed", _plans(summary)),
            _section("times", "By the clock", _times(run, summary)),
            _section("churn", "The churn", _churn(run, summary), short=True),
            _section("indexes", "Indexes that grew", _indexes(summary)),
            _section("pending", "Pending lists", _pending(summary)),
            _section("staleness", "Staleness", _staleness(summary)),
            _about(run, summary),
            Section("notes", "Notes", (Sentences(summary.notes, tone="quiet", gap=True),), headed=frozenset(),
                    formats=TEXT),
        ),
        pgproof=run.pgproof,
        footer=f"Made by pgproof {run.pgproof} from maintenance.json.",
        styles=("maintenance.css",),
    )  # fmt: skip


def _section(ident: str, title: str, table: Table, *, short: bool = False) -> Section:
    """A table with its title; a terminal has room for the ``short`` ones, the page has them all."""
    return Section(ident, title, (table,), formats=EVERYWHERE if short else PAGE | MARKDOWN)


def _by_stage(found: ByStage[T], first: str, cell: Callable[[T], Cell]) -> tuple[tuple[Column, ...], tuple[Row, ...]]:
    rows = tuple((Cell(name), *map(cell, values)) for name, values in found.rows)
    return (Column(first), *columns(*found.stages, number=True)), rows


# -------------------------------------------------------------------------------------------------- procedures
def _procedures(summary: MaintenanceSummary) -> Table:
    aged = len(summary.aged_queries)
    caption = (
        "Each on a copy of its own of the database after the churn; all together in this order. Mends: of "
        f"{numbers.plural(aged, 'query', 'queries')} that read more than {MORE:g} times the blocks, those in which it "
        f"takes {percent(TAKEN_BACK)} of the extra blocks back and changes no answer. Stops: whom the strongest lock "
        "seen meanwhile keeps waiting; row locks are not in it."
    )
    headings = (
        Column("Procedure"), *columns("Mends", "Took", number=True), _ranked("WAL", 1), _ranked("Size after", 3),
        Column("Stops", rank=2), _ranked("Less", 5), _ranked("More", 6), _ranked("Faster", 8), _ranked("Slower", 9),
        _ranked("Other rows", 4), _ranked("Wrote", 7), Column("Lock", formats=PAGE | MARKDOWN),
        Column("Name", formats=PAGE | MARKDOWN),
    )  # fmt: skip
    rows = tuple(_procedure(one, aged) for one in summary.procedures)
    return Table("Table: Procedures", headings, rows, caption)


def _ranked(heading: str, rank: int) -> Column:
    return Column(heading, number=True, rank=rank)


def _procedure(one: ProcedureSummary, aged: int) -> Row:
    if not one.done:
        why = Cell("failed", "over") if one.error else Cell("nothing to do")
        return (Cell(one.title), why, *[Cell(numbers.NOTHING)] * 11, Cell(one.name))
    counts = (numbers.count(number) for number in (one.less, one.more, one.faster, one.slower, one.others))
    return (
        Cell(one.title), Cell(f"{len(one.mends)} of {aged}" if one.mends else "none"), Cell(took(one.seconds)),
        Cell(numbers.size(one.wal_bytes)), Cell(_size(one)), Cell(one.blocks, "over" if one.blocks != "nobody" else ""),
        *map(Cell, counts), Cell(f"{one.written:,} rows" if one.written else numbers.NOTHING),
        Cell(one.lock or "none seen"), Cell(one.name),
    )  # fmt: skip


def _size(one: ProcedureSummary) -> str:
    sign = "+" if one.grew_bytes > 0 else "−"
    change = f"{sign}{numbers.size(abs(one.grew_bytes))}" if one.grew_bytes else "same"
    return f"{numbers.size(one.size_after_bytes)}, {change}"


# ------------------------------------------------------------------------------------------------------- cells
def _cells(summary: MaintenanceSummary) -> Table:
    caption = (
        f"Blocks that each cell reads at each stage, for the {summary.changed} of {summary.total} cells whose work or "
        "plan changed. =: as after the churn. h: heap fetches of index-only scans. *: another plan than when fresh. "
        f"≠: other rows than after the churn. Red: more than {MORE:g} times those before the churn, and less than "
        f"{percent(TAKEN_BACK)} of the extra taken back."
    )
    return Table("Table: Cells that changed", *_by_stage(summary.cells, "Query", _work), caption, sortable=True)


def _work(one: WorkSummary | None) -> Cell:
    if one is None or one.same:
        return Cell("=" if one else numbers.NOTHING)
    if one.blocks is None:
        return Cell("timeout", "over")
    text = numbers.count(one.blocks)
    text += f" + {numbers.count(one.heap_fetches)} h" if one.heap_fetches else ""
    text += " *" if one.other_plan else ""
    text += " ≠" if one.other_rows else ""
    return Cell(text, "over" if one.aged else "")


def _plans(summary: MaintenanceSummary) -> Table:
    caption = (
        "Cells that the churn alone gave another plan, without new statistics: the planner looks at the size of a "
        "table, at its all-visible share and at pending lists each time. Back: the procedures after which the plan is "
        "the former one."
    )
    rows = tuple(
        (Cell(one.cell), Cell(one.change), Cell(numbers.listed(one.back_after, 12) or "no procedure"))
        for one in summary.plans
    )
    return Table("Table: Plans that changed", columns("Query", "After the churn", "Back after"), rows, caption)


def _times(run: MaintenanceRun, summary: MaintenanceSummary) -> Table:
    caption = (
        f"Cells whose work a procedure changed, {run.options.rounds} executions on each side, in turns with the "
        "churned copy: how many times as fast, with the 95 % interval. In colour where the interval clears what two "
        "copies of one database differ by anyway; cells in which none does are left out."
    )
    return Table("Table: By the clock", *_by_stage(summary.timings, "Query", _timing), caption, sortable=True)


def _timing(one: Timing | None) -> Cell:
    if one is None:
        return Cell(numbers.NOTHING)
    between = f" ({numbers.interval(one.ratio)})" if numbers.interval(one.ratio) else ""
    tone: Tone = "after" if one.verdict == "faster" else "over" if one.verdict == "slower" else ""
    return Cell(f"{numbers.times(one.ratio)}{between}", tone)


# ------------------------------------------------------------------------------------------------------- churn
def _churn(run: MaintenanceRun, summary: MaintenanceSummary) -> Table:
    source = run.churn.source if run.churn else ""
    caption = (
        f"{percent(run.options.share)} of the rows of a table were asked for. Written by "
        f"{SOURCES.get(source, source)}. HOT: updates that no index heard of. Dead: rows that VACUUM would take out, "
        "by the server's estimate. All-visible: pages that an index-only scan need not visit."
    )
    headings = (
        Column("Table"), _ranked("Rows", 3), *columns("Inserted", "Updated", number=True), _ranked("HOT", 5),
        Column("Deleted", number=True), _ranked("Dead", 6), _ranked("Table size", 4), _ranked("Indexes", 7),
        _ranked("All-visible", 8),
    )  # fmt: skip
    return Table("Table: The churn", headings, tuple(map(_churned, summary.tables)), caption, sortable=True)


def _churned(one: TableSummary) -> Row:
    sizes = [Cell(numbers.NOTHING)] * 3
    if one.stored:
        old, new = one.stored
        sizes = [
            _pair(numbers.size(old.size_bytes), numbers.size(new.size_bytes)),
            _pair(numbers.size(old.index_bytes), numbers.size(new.index_bytes)),
            _pair(*map(_share, one.visible_shares)),
        ]
    counts = one.churned
    return (
        Cell(counts.name), Cell(numbers.count(counts.rows)), Cell(numbers.count(counts.inserted)),
        Cell(numbers.count(counts.updated)), Cell(_share(one.hot_share)), Cell(numbers.count(counts.deleted)),
        Cell(numbers.count(counts.dead_rows)), *sizes,
    )  # fmt: skip


def _pair(before: str, after: str) -> Cell:
    return Cell(before if before == after else f"{before} → {after}")


def _share(share: float | None) -> str:
    return numbers.NOTHING if share is None else f"{100 * share:.0f} %"


def _indexes(summary: MaintenanceSummary) -> Table:
    caption = "The indexes that the churn made grow most, and what REINDEX INDEX CONCURRENTLY makes of them."
    headings = (*columns("Index", "Method"), *columns("Fresh", "Churned", "Rebuilt", number=True))
    rows = tuple(
        (Cell(one.index.name), Cell(one.index.method),
         *(Cell(numbers.size(size)) for size in (one.fresh_bytes, one.churned_bytes, one.rebuilt_bytes)))
        for one in summary.indexes
    )  # fmt: skip
    return Table("Table: Indexes that grew", headings, rows, caption)


def _pending(summary: MaintenanceSummary) -> Table:
    caption = "Pages of entries that a GIN index has not sorted in yet: every search through it reads them all."
    found = _by_stage(summary.pending, "Index", lambda pages: Cell(numbers.count(pages)))
    return Table("Table: Pending lists", *found, caption)


def _staleness(summary: MaintenanceSummary) -> Table:
    caption = (
        "How late kept-up data is, by the block's own SELECT, and in how many classes a query that reads it answers "
        "otherwise than its original statement, which reads the rows themselves."
    )
    _, late = _by_stage(summary.staleness, "What", lambda text: Cell(numbers.NOTHING if text is None else text))
    _, answers = _by_stage(summary.answers, "What", _answer)
    return Table("Table: Staleness", columns("What", *summary.staleness.stages), (*late, *answers), caption)


def _answer(found: tuple[int, int]) -> Cell:
    wrong, asked = found
    return Cell(f"{wrong} of {asked} otherwise", "over") if wrong else Cell("same")


# ------------------------------------------------------------------------------------------------------- about
def _about(run: MaintenanceRun, summary: MaintenanceSummary) -> Section:
    facts = Facts((
        ("Status", f"{run.status}, {len(run.stages)} of {numbers.plural(len(run.planned), 'stage')}"),
        ("Churn", f"{percent(run.options.share)} of the rows of each table"), *_statements(summary),
        about.server(run.server), *about.forced(run.server), about.machine(run.machine),
    ))  # fmt: skip
    blocks = (Sentences(summary.notes, "prose"), facts)
    return Section("about", "About this experiment", blocks, nav="About", formats=PAGE)


def _statements(summary: MaintenanceSummary) -> Iterator[tuple[str, Line]]:
    for procedure in summary.procedures:
        for one in procedure.seen if procedure.name != ALL else ():
            if one.statements:
                more = f" and {len(one.statements) - 1} more" if len(one.statements) > 1 else ""
                yield procedure.name, (Span(one.statements[0], code=True), more)


def _answers(run: MaintenanceRun, summary: MaintenanceSummary) -> Answers:
    """Queries that read more when aged may be within the target all the same: the clock of a run with --aged tells."""
    return {"ageing": judged(no=void(summary.alarms, run.status), unknown=summary.aged_queries or not summary.total)}


def _kept(run: MaintenanceRun, folder: Path) -> tuple[str, ...]:
    return (f"{run.status}; {plural(len(run.stages), 'stage')} kept: {folder / 'maintenance.html'}",)


EXPERIMENT = Experiment(
    name="maintain",
    kind=MAINTENANCE,
    summarize=summarize,
    document=document,
    page="maintenance.html",
    page_is="maintenance",
    findings=findings,
    worth_keeping=lambda run: bool(run.stages),
    kept=_kept,
    smallest=("--scale", "1k", "--only", "vacuum"),
    answers=_answers,
)
