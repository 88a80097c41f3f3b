"""The tables of a maintenance experiment as text, the same in every format."""

from __future__ import annotations

from bench.experiments.maintain.record import ALL, CHURNED, FRESH, CellWork, MaintenanceRun, MaintenanceStage
from bench.experiments.maintain.sentences import SOURCES, percent, plan_change, took
from bench.experiments.maintain.summary import (
    MORE,
    TAKEN_BACK,
    MaintenanceSummary,
    Worth,
    cells_at,
    same_rows,
    stage_of,
    still_aged,
)
from bench.report import numbers
from bench.report.simple_tables import Cell, Table

CHANGED_MOST = 200
"""Rows of the table of cells: more help nobody, and maintenance.json has them all."""


def tables(run: MaintenanceRun, summary: MaintenanceSummary) -> tuple[Table, ...]:
    """Everything that there is something in, the most telling first."""
    found = (
        _procedures(run, summary), _cells(run, summary), _plans(run, summary), _times(run, summary),
        _churn(run), _indexes(summary), _pending(run), _staleness(run),
    )  # fmt: skip
    return tuple(table for table in found if table.rows)


def _text(text: str, tone: str = "") -> Cell:
    return Cell(text, tone, number=False)


# -------------------------------------------------------------------------------------------------- procedures
def _procedures(run: MaintenanceRun, summary: MaintenanceSummary) -> Table:
    aged = len(summary.aged_queries)
    caption = (
        "Each on a copy of its own of the database after the churn; all together in this order. Mends: of "
        f"{numbers.plural(aged, 'query', 'queries')} that read more than {MORE:g} times the blocks, those in which it "
        f"takes {percent(TAKEN_BACK)} of the extra blocks back and changes no answer. Stops: whom the strongest lock "
        "seen meanwhile keeps waiting; row locks are not in it."
    )
    headings = (
        "Procedure", "Mends", "Took", "WAL", "Size after", "Stops", "Less", "More", "Faster", "Slower", "Other rows",
        "Wrote", "Lock", "Name",
    )  # fmt: skip
    return Table("procedures", "Procedures", caption, headings, tuple(_worth(one, aged) for one in summary.worth))


def _worth(one: Worth, aged: int) -> tuple[Cell, ...]:
    name = _text(one.title)
    if one.skipped or (one.error and one.name != ALL):
        why = Cell("failed", "over") if one.error else Cell("nothing to do")
        return (name, why, *(Cell(numbers.NOTHING) for _ in range(10)), _text(numbers.NOTHING), _text(one.name))
    faster, slower = (sum(t.word == word for t in one.timings) for word in ("faster", "slower"))
    return (
        name,
        Cell(f"{len(one.mends)} of {aged}" if one.mends else "none"),
        Cell(took(one.seconds)),
        Cell(numbers.size(one.wal_bytes)),
        Cell(_size_change(one)),
        _text(one.blocks, "over" if one.blocks != "nobody" else ""),
        Cell(numbers.count(one.less)),
        Cell(numbers.count(one.more)),
        Cell(numbers.count(faster)),
        Cell(numbers.count(slower)),
        Cell(numbers.count(one.others)),
        Cell(f"{one.written:,} rows" if one.written else numbers.NOTHING),
        _text(one.lock or "none seen"),
        _text(one.name),
    )


def _size_change(one: Worth) -> str:
    change = one.size_after_bytes - one.size_before_bytes
    if not change:
        return f"{numbers.size(one.size_after_bytes)}, same"
    sign = "+" if change > 0 else "−"
    return f"{numbers.size(one.size_after_bytes)}, {sign}{numbers.size(abs(change))}"


# ------------------------------------------------------------------------------------------------------- cells
def _cells(run: MaintenanceRun, summary: MaintenanceSummary) -> Table:
    stages = _by_worth(run, summary)
    fresh, churned = cells_at(stage_of(run, FRESH)), cells_at(stage_of(run, CHURNED))
    total = len(churned)
    caption = (
        f"Blocks that each cell reads at each stage, for the {len(summary.moved)} of {total} cells whose work or plan "
        "changed. =: as after the churn. h: heap fetches of index-only scans. *: another plan than when fresh. "
        f"≠: other rows than after the churn. Red: more than {MORE:g} times those before the churn, and less than "
        f"{percent(TAKEN_BACK)} of the extra taken back."
    )
    headings = ("Query", *(stage.name for stage in stages))
    order = {(one.query, one.parameter_class): place for place, one in enumerate(summary.aged)}
    keys = sorted(summary.moved, key=lambda key: (order.get(key, len(order)), key))[:CHANGED_MOST]
    rows = tuple(
        (
            _text(f"{run.titles.get(key[0], key[0])} ({key[1]})"),
            *(_work(cells_at(stage).get(key), fresh[key], churned[key]) for stage in stages),
        )
        for key in keys
    )
    return Table("cells", "Cells that changed", caption, headings, rows)


def _by_worth(run: MaintenanceRun, summary: MaintenanceSummary) -> list[MaintenanceStage]:
    """The stages that looked at queries: before the procedures, then those that mend most, all together last."""
    mends = {one.name: -len(one.mends) for one in summary.worth if one.name != ALL}
    place = {FRESH: -float("inf"), CHURNED: -1e9, ALL: float("inf"), **mends}
    return sorted((stage for stage in run.stages if stage.cells), key=lambda stage: place[stage.name])


def _shown(cell: CellWork) -> tuple[object, ...]:
    found = cell.counters
    return (found and (found.buffers, found.heap_fetches), cell.fingerprint)


def _work(cell: CellWork | None, fresh: CellWork, churned: CellWork) -> Cell:
    if cell is None:
        return Cell(numbers.NOTHING)
    if cell is not churned and cell is not fresh and _shown(cell) == _shown(churned) and same_rows(cell, churned):
        return Cell("=")
    if cell.counters is None:
        return Cell("timeout", "over")
    text = numbers.count(cell.counters.buffers)
    text += f" + {numbers.count(cell.counters.heap_fetches)} h" if cell.counters.heap_fetches else ""
    text += " *" if cell.fingerprint != fresh.fingerprint else ""
    text += " ≠" if cell is not fresh and not same_rows(cell, churned) else ""
    return Cell(text, "over" if still_aged(cell, fresh, churned) else "")


def _plans(run: MaintenanceRun, summary: MaintenanceSummary) -> Table:
    caption = (
        "Cells that the churn alone gave another plan, without new statistics: the planner looks at the size of a "
        "table, at its all-visible share and at pending lists each time. Back: the procedures after which the plan is "
        "the former one."
    )
    fresh, churned = cells_at(stage_of(run, FRESH)), cells_at(stage_of(run, CHURNED))
    rows = []
    for key, cell in churned.items():
        if cell.counters and cell.fingerprint != fresh[key].fingerprint:
            after = [
                one.name for one in summary.worth
                if (found := cells_at(stage_of(run, one.name)).get(key)) and found.fingerprint == fresh[key].fingerprint
            ]  # fmt: skip
            change = next(iter(plan_change(fresh[key], cell)), "another shape")
            name = f"{run.titles.get(key[0], key[0])} ({key[1]})"
            rows.append((_text(name), _text(change), _text(numbers.listed(after, 12) or "no procedure")))
    return Table("plans", "Plans that changed", caption, ("Query", "After the churn", "Back after"), tuple(rows))


def _times(run: MaintenanceRun, summary: MaintenanceSummary) -> Table:
    caption = (
        f"Cells whose work a procedure changed, {run.options.rounds} executions on each side, in turns with the "
        "churned copy: how many times as fast, with the 95 % interval. In colour where the interval clears what two "
        "copies of one database differ by anyway; cells in which none does are left out."
    )
    shown = [one for stage in _by_worth(run, summary) if (one := summary.of(stage.name)) and one.timings]
    by_cell: dict[tuple[str, str], dict[str, Cell]] = {}
    for one in shown:
        for timing in one.timings:
            between = numbers.interval(timing.ratio)
            text = f"{numbers.times(timing.ratio)}{f' ({between})' if between else ''}"
            tone = {"faster": "after", "slower": "over"}.get(timing.word, "")
            by_cell.setdefault((timing.query, timing.parameter_class), {})[one.name] = Cell(text, tone)
    rows = tuple(
        (
            _text(f"{run.titles.get(key[0], key[0])} ({key[1]})"),
            *(found.get(one.name, Cell(numbers.NOTHING)) for one in shown),
        )
        for key, found in sorted(by_cell.items())
        if any(cell.tone for cell in found.values())
    )
    return Table("times", "By the clock", caption, ("Query", *(one.name for one in shown)), rows)


# ------------------------------------------------------------------------------------------------------- churn
def _churn(run: MaintenanceRun) -> Table:
    if run.churn is None:
        return Table("churn", "The churn", "", (), ())
    caption = (
        f"{percent(run.options.share)} of the rows of a table were asked for. Written by "
        f"{SOURCES.get(run.churn.source, run.churn.source)}. HOT: updates that no index heard of. Dead: rows that "
        "VACUUM would take out, by the server's estimate. All-visible: pages that an index-only scan need not visit."
    )
    headings = (
        "Table", "Rows", "Inserted", "Updated", "HOT", "Deleted", "Dead", "Table size", "Indexes", "All-visible",
    )  # fmt: skip
    sizes = [{table.name: table for table in stage.tables} if stage else {} for stage in _ends(run)]
    rows = []
    for one in run.churn.tables:
        old, new = (found.get(one.name) for found in sizes)
        rows.append((
            _text(one.name), Cell(numbers.count(one.rows)), Cell(numbers.count(one.inserted)),
            Cell(numbers.count(one.updated)), Cell(_share(one.hot_updated, one.updated)),
            Cell(numbers.count(one.deleted)), Cell(numbers.count(one.dead_rows)),
            Cell(_pair(numbers.size(old.size_bytes), numbers.size(new.size_bytes)) if old and new else numbers.NOTHING),
            Cell(
                _pair(numbers.size(old.index_bytes), numbers.size(new.index_bytes)) if old and new else numbers.NOTHING
            ),
            Cell(
                _pair(_share(old.all_visible_pages, old.pages), _share(new.all_visible_pages, new.pages))
                if old and new else numbers.NOTHING
            ),
        ))  # fmt: skip
    return Table("churn", "The churn", caption, headings, tuple(rows))


def _ends(run: MaintenanceRun) -> tuple[MaintenanceStage | None, MaintenanceStage | None]:
    return stage_of(run, FRESH), stage_of(run, CHURNED)


def _pair(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"


def _share(part: int | None, whole: int) -> str:
    return numbers.NOTHING if part is None or not whole else f"{100 * part / whole:.0f} %"


def _indexes(summary: MaintenanceSummary) -> Table:
    caption = "The indexes that the churn made grow most, and what REINDEX INDEX CONCURRENTLY makes of them."
    rows = tuple(
        (
            _text(line.index.name), _text(line.index.method), Cell(numbers.size(line.fresh_bytes)),
            Cell(numbers.size(line.churned_bytes)), Cell(numbers.size(line.rebuilt_bytes)),
        )
        for line in summary.indexes
    )  # fmt: skip
    return Table("indexes", "Indexes that grew", caption, ("Index", "Method", "Fresh", "Churned", "Rebuilt"), rows)


def _pending(run: MaintenanceRun) -> Table:
    caption = "Pages of entries that a GIN index has not sorted in yet: every search through it reads them all."
    stages = [stage for stage in run.stages if stage.indexes]
    found = [{one.name: one.pending_pages for one in stage.indexes} for stage in stages]
    names = [name for name, pages in (found[1] if len(found) > 1 else {}).items() if pages is not None]
    rows = tuple((_text(name), *(Cell(numbers.count(stage.get(name))) for stage in found)) for name in names)
    return Table("pending", "Pending lists", caption, ("Index", *(stage.name for stage in stages)), rows)


def _staleness(run: MaintenanceRun) -> Table:
    caption = (
        "How late kept-up data is, by the block's own SELECT, and in how many classes a query that reads it answers "
        "otherwise than its original statement, which reads the rows themselves."
    )
    stages = [stage for stage in run.stages if stage.cells]
    names = dict.fromkeys(name for stage in stages for name in stage.staleness)
    queries = dict.fromkeys(cell.query for stage in stages for cell in stage.cells if cell.agrees is not None)
    rows = [(_text(name), *(_text(stage.staleness.get(name, numbers.NOTHING)) for stage in stages)) for name in names]
    rows += [(_text(run.titles.get(query, query)), *(_agreeing(stage, query) for stage in stages)) for query in queries]
    return Table("staleness", "Staleness", caption, ("What", *(stage.name for stage in stages)), tuple(rows))


def _agreeing(stage: MaintenanceStage, query: str) -> Cell:
    found = [cell.agrees for cell in stage.cells if cell.query == query and cell.agrees is not None]
    wrong = sum(not agrees for agrees in found)
    return _text(f"{wrong} of {len(found)} otherwise" if wrong else "same", "over" if wrong else "")
