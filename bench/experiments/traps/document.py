"""The tables of a look for plan traps as text, the same in every format."""

from __future__ import annotations

from collections.abc import Iterator

from bench.experiments.traps.plan_costs import (
    Price,
    blocks_of,
    figure_of,
    fresh_price,
    generic_price,
    is_cut_off,
    price,
    toss_price,
)
from bench.experiments.traps.record import Borrowed, PlanRun, TrapCell, TrapsRun
from bench.experiments.traps.sentences import TrapsSummary
from bench.experiments.traps.summary import QueryTraps, is_off, shares, worst_estimate
from bench.report import numbers
from bench.report.simple_tables import Cell, Table


def tables(run: TrapsRun, summary: TrapsSummary) -> tuple[Table, ...]:
    """Everything that there is something in: the verdicts, then what each rests on."""
    found = (
        _verdicts(summary), _generic(summary), _fresh(run, summary), _tosses(summary), _borrowed(summary),
        _estimates(summary),
    )  # fmt: skip
    return tuple(table for table in found if table.rows)


def _verdicts(summary: TrapsSummary) -> Table:
    caption = (
        "A trap springs by itself, as the server decides; a risk needs something else to go wrong. Those that cost the "
        "most time come first."
    )
    headings = ("Query", "Verdict", "Class", "Buffers", "Instead of", "p50", "Instead of", "Times as long")
    return Table("verdicts", "Verdicts", caption, headings, tuple(map(_verdict, summary.queries)))


def _verdict(one: QueryTraps) -> tuple[Cell, ...]:
    first = one.findings[0] if one.findings and one.verdict != "cannot tell" else None
    found = first.price if first else None
    cheap, dear = (found.cheap, found.dear) if found else (None, None)
    less, more = _blocks(cheap, dear, found if one.trap else None)
    shorter, longer, factor = _times(found, cheap, dear)
    return (
        Cell(one.query.title, number=False),
        Cell(f"{one.verdict}{' (risk)' if first and not one.trap else ''}", "over" if one.trap else "", number=False),
        Cell(first.parameter_class if first else numbers.NOTHING, number=False),
        more, less, longer, shorter, factor,
    )  # fmt: skip


def _generic(summary: TrapsSummary) -> Table:
    caption = (
        "Custom: planned for the values at each execution, as everywhere else in pgproof. Generic: planned once for no "
        "value in particular, without planning afterwards. Goes over: the execution from which the server itself, with "
        "plan_cache_mode at auto, took the generic plan, by the class of the first five. Blocks of 8 kB."
    )
    headings = ("Query", "Class", "Buffers", "Generic", "p50", "Generic p50", "Times as long", "Plan", "Goes over")
    rows = tuple(_generic_row(one, cell) for one in summary.queries for cell in one.cells if cell.custom)
    return Table("generic", "Generic plans", caption, headings, rows)


def _generic_row(one: QueryTraps, cell: TrapCell) -> tuple[Cell, ...]:
    found = generic_price(cell)
    return (
        Cell(one.query.title, number=False),
        Cell(cell.parameter_class, number=False),
        *_blocks(cell.custom, cell.generic, found),
        *_times(found, cell.custom, cell.generic),
        Cell("" if found is None else "another" if found.other_plan else "same", number=False),
        Cell(_choices(cell), number=False),
    )


def _choices(cell: TrapCell) -> str:
    parts = []
    for choice in cell.choices:
        after = "" if choice.first == cell.parameter_class else f" after {choice.first}"
        parts.append((f"at {choice.switched_at}" if choice.switched_at is not None else "never") + after)
    return ", ".join(parts)


def _blocks(cheap: PlanRun | None, dear: PlanRun | None, found: Price | None) -> tuple[Cell, Cell]:
    return Cell(numbers.count(blocks_of(cheap))), Cell(
        "cut off" if dear and is_cut_off(dear) else numbers.count(blocks_of(dear)),
        "over" if found and found.hurts and (found.extra_blocks > 0 or found.cut_off) else "",
    )


def _times(found: Price | None, cheap: PlanRun | None, dear: PlanRun | None) -> tuple[Cell, Cell, Cell]:
    compared = found.ratio if found else None
    between = f" ({numbers.interval(compared)})" if numbers.interval(compared) else ""
    factor = f"{numbers.times(compared)}{between}" if compared else numbers.NOTHING
    tone = "over" if found and found.hurts and found.extra_blocks <= 0 else ""
    return Cell(numbers.figure(figure_of(cheap))), Cell(numbers.figure(figure_of(dear)), tone), Cell(factor)


def _fresh(run: TrapsRun, summary: TrapsSummary) -> Table:
    fresh = run.fresh
    caption = ""
    if fresh:
        keys = ", ".join(f"{name} {value}" for name, value in fresh.values.items())
        size = f" ({fresh.about})" if fresh.about else ""
        caption = (
            f"A copy of the tenant of class {fresh.parameter_class}{size} under a new key ({keys}), {fresh.rows:,} "
            "rows, in two copies: one whose statistics do not know of it, one after ANALYZE; timed in turn."
        )
    headings = ("Query", "Analyzed", "Stale", "p50", "Stale p50", "Times as long", "Plan")
    rows = []
    for one in summary.queries:
        if one.fresh and one.fresh.analyzed:
            found = fresh_price(one.fresh)
            stale, analyzed = one.fresh.stale, one.fresh.analyzed
            plan = "another" if stale.path != analyzed.path else "same"
            rows.append((
                Cell(one.query.title, number=False),
                *_blocks(analyzed, stale, found if stale.path != analyzed.path else None),
                *_times(found, analyzed, stale),
                Cell(plan, number=False),
            ))  # fmt: skip
    return Table("fresh", "A new tenant", caption, headings, tuple(rows))


def _tosses(summary: TrapsSummary) -> Table:
    cells = [(one, cell) for one in summary.queries for cell in one.cells if cell.stability and cell.stability.draws]
    same = sum(len(set(cell.stability.draws)) == 1 for _, cell in cells if cell.stability)
    draws = max((len(cell.stability.draws) for _, cell in cells if cell.stability), default=0)
    caption = (
        f"ANALYZE {draws} times, each time from another random sample, as large as on a server where nobody chose a "
        f"statistics target. {same} of {len(cells)} cells had one and the same plan each time. The others: plan A is "
        "the most frequent."
    )
    headings = ("Query", "Class", "Plans", "Buffers of each", "p50 of each", "Says")
    rows = tuple(row for one, cell in cells for row in _toss_row(one, cell))
    if not rows and cells:
        nothing = Cell("", number=False)
        rows = ((Cell("All", number=False), *[nothing] * 4, Cell("no coin toss", number=False)),)
    return Table("statistics", "Statistics gathered anew", caption, headings, rows)


def _toss_row(one: QueryTraps, cell: TrapCell) -> Iterator[tuple[Cell, ...]]:
    found = cell.stability
    if found is None or len(set(found.draws)) < 2:
        return
    by_path = {run.path: run for run in found.plans}
    often = shares(found)
    names = [chr(ord("A") + place) for place in range(len(often))]
    plans = [by_path.get(path) for path, _ in often]
    dear = toss_price(found)
    yield (
        Cell(one.query.title, number=False),
        Cell(cell.parameter_class, number=False),
        Cell(
            ", ".join(f"{name} {times} of {len(found.draws)}" for name, (_, times) in zip(names, often, strict=True)),
            number=False,
        ),
        Cell(", ".join("cut off" if run and is_cut_off(run) else numbers.count(blocks_of(run)) for run in plans)),
        Cell(", ".join(numbers.figure(figure_of(run)) for run in plans)),
        Cell("coin toss", "over", number=False) if dear and dear.hurts else Cell("costs the same", number=False),
    )


def _borrowed(summary: TrapsSummary) -> Table:
    caption = (
        "Where two classes have different plans: the plan of one, executed for the other. PostgreSQL cannot be told "
        "which plan to take, so planner settings were tried, alone and in pairs, until it took that one."
    )
    headings = (
        "Query", "Plan of", "For", "Own buffers", "Borrowed", "p50", "Borrowed p50", "Times as long", "Generic plan",
        "By",
    )  # fmt: skip
    rows = []
    for one in summary.queries:
        for cell in one.cells:
            for lent in cell.borrowed:
                found = price(lent.lent, lent.own, in_turn=True) if lent.lent and lent.own else None
                by = ", ".join(f"{name} {value}" for name, value in lent.settings.items())
                by = "the generic plan itself" if "plan_cache_mode" in lent.settings else by
                by = by or f"none of {numbers.plural(lent.tried, 'setting')} and pairs gave it"
                rows.append((
                    Cell(one.query.title, number=False), Cell(lent.lender, number=False),
                    Cell(cell.parameter_class, number=False), *_blocks(lent.own or cell.custom, lent.lent, found),
                    *_times(found, lent.own, lent.lent), Cell(_generic_is(cell, lent), number=False),
                    Cell(by, number=False),
                ))  # fmt: skip
    return Table("borrowed", "Borrowed plans", caption, headings, tuple(rows))


def _generic_is(cell: TrapCell, lent: Borrowed) -> str:
    """Whose plan the generic one is, which a server that goes over to it gives to everybody."""
    if cell.generic is None or cell.custom is None:
        return ""
    if cell.generic.path == lent.path:
        return f"that of {lent.lender}"
    return "its own" if cell.generic.path == cell.custom.path else "a third one"


def _estimates(summary: TrapsSummary) -> Table:
    caption = (
        "The node of each query whose number of rows was estimated worst, in any class, with whole-table statistics. "
        "It matters where a join, a sort or a limit above it was chosen by that number. Of what stops early it is no "
        "error that fewer rows came."
    )
    rows = []
    for one in summary.queries:
        if worst := worst_estimate(one.cells):
            name, found = worst
            off = is_off(found)
            rows.append((
                Cell(one.query.title, number=False), Cell(name, number=False),
                Cell(f"{numbers.digits(found.q)}×", "over" if off else ""),
                Cell(numbers.count(found.node.estimated_rows)), Cell(numbers.count(found.node.actual_rows)),
                Cell(found.node.label, number=False), Cell(found.above or numbers.NOTHING, number=False),
            ))  # fmt: skip
    headings = ("Query", "Class", "Off by", "Expected", "Came", "Node", "Below")
    return Table("estimates", "Estimates", caption, headings, tuple(rows))
