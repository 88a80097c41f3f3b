"""What is said of maintenance, the same in every format. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.experiments.maintain.cell_changes import FEW_BLOCKS, MORE, Key, cells_at, differs, stage_of
from bench.experiments.maintain.effects import AgedCell, Effects, ProcedureSummary, WrongRows
from bench.experiments.maintain.record import ALL, CHURNED, FRESH, CellWork, MaintenanceRun
from bench.plans import changes, tree
from bench.report import numbers

SENTENCES_MOST = 5
"""Queries that get a sentence: those with the most extra blocks; the table has the others."""

SOURCES = {
    "churn.sql": "the statements of churn.sql",
    "writes/": "the statements of writes/",
    "made up": "statements made up from the catalog",
    "writes/ and made up": "the statements of writes/ and, for tables that these leave alone, made-up ones",
}
"""What the churn was made of, in words."""


def percent(share: float) -> str:
    """Write a share as a percentage: 20 %, 0.5 %."""
    return f"{100 * share:g} %"


def called(one: ProcedureSummary) -> str:
    """Name a procedure in a sentence."""
    return "all together" if one.name == ALL else one.title if len(one.title) <= 40 else one.name


def took(seconds: float) -> str:
    """Write how long a procedure took."""
    return numbers.ms(1000 * seconds) if seconds < 1 else numbers.seconds(seconds)


def headline(run: MaintenanceRun, found: Effects) -> str:
    """Say in one sentence what the churn did and what mends it."""
    if stage_of(run, CHURNED) is None:
        return "No stage after the churn was finished: nothing can be said of maintenance."
    if not run.options.share:
        return _nothing_written(run, found)
    aged = len(found.aged_queries)
    begin = f"After {percent(run.options.share)} churn "
    if not aged:
        return f"{begin}no query reads more than {MORE:g} times the blocks: maintenance has nothing to mend for them."
    text = f"{begin}{aged} of {numbers.plural(found.queries, 'query', 'queries')} "
    text += f"{'reads' if aged == 1 else 'read'} more than {MORE:g} times the blocks"
    alone = [one for one in found.alone if not one.skipped]
    if not alone:
        return f"{text}; no procedure was carried out."
    best = max(alone, key=lambda one: (len(one.mends), -one.seconds))
    if not best.mends:
        return f"{text}; no procedure mends one of them wholly."
    text += f"; {called(best)} alone mends {'it' if aged == 1 else _of(len(best.mends), aged)}"
    together = found.of(ALL)
    if together and len(together.mends) > len(best.mends):
        text += f", all procedures together {_of(len(together.mends), aged)}"
    return f"{text}."


def _of(number: int, total: int) -> str:
    return "all of them" if number == total else f"{number} of them"


def _nothing_written(run: MaintenanceRun, found: Effects) -> str:
    done = [one for one in found.alone if not one.skipped]
    if not done:
        return "Nothing was written (--churn 0 %), and no procedure was carried out."
    before = cells_at(stage_of(run, CHURNED))
    moved = {one.name: _moved(run, one.name) for one in done}
    changed = len(set[Key]().union(*moved.values()))
    by = ", ".join(f"{len(keys)} after {name}" for name, keys in moved.items() if keys)
    says = f"{changed} of {len(before)} cells do other work ({by})" if changed else "no cell does other work"
    seconds = sum(one.seconds for one in done)
    wal = sum(one.wal_bytes for one in done)
    return (
        f"Nothing was written (--churn 0 %), a null result on purpose: after {numbers.plural(len(done), 'procedure')} "
        f"on fresh copies, {took(seconds)} and {numbers.size(wal)} of WAL in all, {says}."
    )


def _moved(run: MaintenanceRun, name: str) -> set[Key]:
    before = cells_at(stage_of(run, CHURNED))
    return {key for key, cell in cells_at(stage_of(run, name)).items() if differs(cell, before[key])}


# ------------------------------------------------------------------------------------------------------ alarms
def alarms(run: MaintenanceRun, found: Effects, wrong: Sequence[WrongRows]) -> Iterator[str]:
    """Say what went wrong: rows that differ where they must not, failures, an end before the end."""
    for stage, query, parameter_class in wrong:
        title = f"{run.titles.get(query, query)} ({parameter_class})"
        yield f"{title} answers with other rows after {stage}, which must not change any."
    if run.status not in ("complete", "running"):
        missing = [name for name in run.planned if stage_of(run, name) is None]
        yield f"This was not finished ({run.status}); not measured: {numbers.listed(missing, 12)}."
    for one in found.alone:
        if one.error:
            yield f"{called(one)} failed: {one.error}"
    for one in found.procedures:
        if one.not_removable:
            holders = "; ".join(dict.fromkeys(seen.held_back_by for seen in one.seen if seen.held_back_by))
            yield (
                f"{called(one)} had to leave {numbers.plural(one.not_removable, 'dead row')} that an old snapshot can "
                f"still see{f', held by {holders}' if holders else ''}."
            )


# --------------------------------------------------------------------------------------------------- sentences
def sentences(run: MaintenanceRun, found: Effects) -> Iterator[str]:
    """Say of each query that reads more what it reads, why, and what brings it back; then what upkeep changes."""
    said: set[str] = set()
    for one in found.aged:
        if one.query not in said and len(said) < SENTENCES_MOST:
            said.add(one.query)
            yield _aged(one, found)
    if left := len(found.aged_queries) - len(said):
        yield f"{numbers.plural(left, 'more query', 'more queries')} read more: see the table."
    yield from _stale(run) if run.options.share else ()
    yield from _other_answers(found)


def _aged(one: AgedCell, found: Effects) -> str:
    menders = [mender for name in one.mended_by if (mender := found.of(name))]
    without = called(menders[0]) if menders else "maintenance"
    text = f"Without {without}, {one.title} ({one.parameter_class}) {_reads(one)}"
    why = _why(one.fresh, one.churned)
    text += f": {why}" if why else ""
    if menders:
        cheapest = menders[0]
        text += f"; {called(cheapest)} brings it back ({took(cheapest.seconds)}, "
        text += f"{numbers.size(cheapest.wal_bytes)} of WAL{_by_the_clock(one, cheapest)})"
        return f"{text}."
    if one.mended_by_all:
        return f"{text}; only all together bring it back."
    return f"{text}; no procedure brings it back."


def _reads(one: AgedCell) -> str:
    if one.factor is None or one.fresh.counters is None or one.churned.counters is None:
        return "runs into the timeout"
    between = f"{numbers.count(one.fresh.counters.buffers)} → {numbers.count(one.churned.counters.buffers)}"
    return f"reads {numbers.digits(one.factor)} times the blocks ({between})"


def _why(fresh: CellWork, churned: CellWork) -> str:
    if fresh.counters is None or churned.counters is None:
        return ""
    reasons = []
    fetches = churned.counters.heap_fetches - fresh.counters.heap_fetches
    if fetches >= FEW_BLOCKS:
        reasons.append(f"{numbers.count(fetches)} heap fetches that index-only scans did not have")
    if fresh.fingerprint != churned.fingerprint:
        reasons.append(f"another plan{_plan_change(fresh, churned)}")
    return " and ".join(reasons)


def _plan_change(fresh: CellWork, churned: CellWork) -> str:
    scans = plan_change(fresh, churned, scans_only=True)
    return f" ({scans[0]})" if scans else ""


def plan_change(fresh: CellWork, churned: CellWork, *, scans_only: bool = False) -> list[str]:
    """Say how the plan after the churn differs, in the words that all plans are compared in: reading tables first."""
    if not fresh.plan or not churned.plan:
        return []
    found = [one for one in changes(tree(fresh.plan), tree(churned.plan)) if "became" in one.words]
    scans = [one.words for one in found if one.before and one.before.node.relation]
    return scans if scans_only else [*scans, *(one.words for one in found if one.words not in scans)]


def _by_the_clock(one: AgedCell, mender: ProcedureSummary) -> str:
    for timing in mender.timings:
        same = (timing.query, timing.parameter_class) == (one.query, one.parameter_class)
        if same and timing.verdict != "cannot tell":
            return f", {numbers.times(timing.ratio)} as fast, {numbers.interval(timing.ratio)}"
    return ""


def _stale(run: MaintenanceRun) -> Iterator[str]:
    """What a query that reads kept-up data answers, beside its original statement, which reads the rows themselves."""
    fresh, churned = cells_at(stage_of(run, FRESH)), cells_at(stage_of(run, CHURNED))
    for query in dict.fromkeys(key[0] for key, cell in churned.items() if cell.agrees is not None):
        keys = [key for key, cell in churned.items() if key[0] == query and cell.agrees is not None]
        wrong = [key for key in keys if churned[key].agrees is False]
        title = run.titles.get(query, query)
        if any(fresh[key].agrees is False for key in keys):
            yield f"{title} answers otherwise than its original statement before the churn already."
        elif not wrong:
            yield f"{title} answers as its original statement does after the churn too, nothing being refreshed."
        else:
            classes = f"in {len(wrong)} of {numbers.plural(len(keys), 'class', 'classes')}"
            yield (
                f"{title}, which reads kept-up data, answers otherwise than its original statement {classes} after the "
                f"churn{_refreshed(run, wrong)}."
            )


def _refreshed(run: MaintenanceRun, wrong: Sequence[tuple[str, str]]) -> str:
    """What the workload's own upkeep does about stale answers."""
    parts = []
    for stage in run.stages:
        upkeep = [one for one in stage.procedures if one.optimization]
        if stage.name == ALL or not upkeep or not upkeep[0].written:
            continue
        cells = cells_at(stage)
        left = sum(cells[key].agrees is False for key in wrong if key in cells)
        if left < len(wrong):
            parts.append(f"after {stage.name} in {left or 'none'}")
    return f"; {', '.join(parts)}" if parts else "; no upkeep mends that"


def _other_answers(found: Effects) -> Iterator[str]:
    for one in found.alone:
        if one.others and one.upkeep:
            cells = numbers.plural(one.others, "cell")
            yield (
                f"{called(one)} changes what {cells} answer, as it may: it wrote {numbers.plural(one.written, 'row')}. "
                "These cells do not count as mended by it."
            )
    together = found.of(ALL)
    if together and together.others and any(len(one.mends) > len(together.mends) for one in found.procedures):
        cells = numbers.plural(together.others, "cell")
        yield f"All together mend fewer queries than one procedure alone: upkeep changes what {cells} answer."


# ------------------------------------------------------------------------------------------------------- notes
def notes(run: MaintenanceRun, found: Effects) -> Iterator[str]:
    """Say what a reader must know to trust the figures."""
    if run.churn and run.churn.source != "nothing":
        yield (
            f"The churn wrote {numbers.plural(run.churn.written, 'row')} in {took(run.churn.seconds)} and "
            f"{numbers.size(run.churn.wal_bytes)} of WAL, by {SOURCES.get(run.churn.source, run.churn.source)}, with "
            "autovacuum off."
        )
        if alone := left_alone(run):
            yield f"The churn left {numbers.plural(len(alone), 'table')} alone: {numbers.listed(alone, 6)}."
    if not found.procedures:
        yield "No procedure was carried out."
    elif not any(one.upkeep for one in found.alone) and not run.options.only:
        yield "The workload declares no upkeep of its own (-- upkeep: in optimizations.sql)."
    if (autovacuum := found.of("autovacuum")) and not autovacuum.skipped and run.churn:
        texts = autovacuum.seen[0].statements
        vacuums = sum(text.startswith("VACUUM") for text in texts)
        yield (
            f"Autovacuum would vacuum {vacuums} of {numbers.plural(len(run.churn.tables), 'written table')} and "
            f"analyze {sum('ANALYZE' in text for text in texts)}: where its thresholds are crossed. It works at its "
            "own pace (autovacuum_vacuum_cost_delay)."
        )
    for one in found.procedures:
        if one.skipped:
            yield f"{called(one)} had nothing to do: {one.skipped}."
    yield from run.notes


def left_alone(run: MaintenanceRun) -> list[str]:
    """Tables with rows that the churn did not write."""
    fresh = stage_of(run, FRESH)
    churned = {table.name for table in run.churn.tables} if run.churn else set[str]()
    return [table.name for table in fresh.tables if table.rows and table.name not in churned] if fresh else []
