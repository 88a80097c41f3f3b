"""Decide what an advice says: the set with its figures, the curve, every query, why others are not in it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.advice.choosing import Chooser
from bench.advice.curves import curves
from bench.advice.menus import SLOWER, menus_of
from bench.advice.prices import prices_of, write_shares
from bench.cells.cell import summarize_pair
from bench.cells.query import importance, summarize_query
from bench.cells.records import CellSummary, QuerySummary
from bench.cells.sentences import tallies
from bench.cells.tally import Tally
from bench.experiments import about
from bench.experiments.advise.changes import Change, changes_of, hot_in_words
from bench.experiments.advise.losers import Loser, losers
from bench.experiments.advise.record import AdviseRun
from bench.experiments.advise.rewrites import RewriteSummary, rewrites
from bench.experiments.advise.shares import Saved, saved_by
from bench.model import Query
from bench.model.advice import Hopeless
from bench.model.advised import AdvisedSet
from bench.report import numbers
from bench.report.numbers import plural
from bench.report.plans import ComparedPlans, compare_plans

NAMED = 3
PLANS_MOST = 40
"""Queries whose plans a page has room for, the most important first."""


@dataclass(frozen=True, slots=True)
class AdvisedQuery:
    """A query with all its classes; ``plans`` are those of its worst class, where the page has room for them."""

    query: Query
    summary: QuerySummary
    plans: ComparedPlans | None
    indexes: tuple[str, ...]
    """Members of the set that its plans rest on."""
    saved: Saved | None = None
    """What the set saves of it, and which member how much of that."""


@dataclass(frozen=True, slots=True)
class AdviseSummary:
    """An advice, decided; what a reader must know first comes first."""

    target_ms: float
    headline: str
    alarms: tuple[str, ...]
    paragraph: tuple[str, ...]
    next_steps: tuple[str, ...]
    before: Tally
    after: Tally | None
    changes: tuple[Change, ...]
    curves: tuple[tuple[AdvisedSet, ...], tuple[AdvisedSet, ...]]
    """The best sets for growing budgets of disk, and of write cost."""
    whole: AdvisedSet | None
    """The set chosen, by the plans measured while it was chosen."""
    smallest: AdvisedSet | None
    """The least of it with which as many classes are within the target."""
    write_share: float
    size_bytes: int
    queries: tuple[AdvisedQuery, ...]
    losers: tuple[Loser, ...]
    rewrites: tuple[RewriteSummary, ...]
    hopeless: tuple[Hopeless, ...]
    broken: tuple[tuple[str, str], ...]
    slower: tuple[str, ...]
    """``query[class]`` of what gets slower with the set, with its medians."""
    saved: tuple[Saved, ...] = ()
    """What the set saves of each query, and which member how much of it."""


def summarize(run: AdviseRun) -> AdviseSummary:
    """Compute everything that a report of ``run`` shows; complete, partial and failed runs alike."""
    chooser = chooser_of(run)
    known = frozenset(name for name in run.chosen if name in chooser.prices)
    changes = tuple(changes_of(run, chooser, known))
    saved = saved_by(chooser, known) if known else ()
    queries = tuple(_queries(run, chooser, known, {one.query: one for one in saved}))
    counted = tallies([one.summary for one in queries])
    drops = {one.block.name for one in run.proposals if one.candidate.kind == "drop"}
    added = sum(one.size_bytes for one in run.applied if one.name not in drops)
    whole = chooser.look(known) if run.cells else None
    return AdviseSummary(
        target_ms=run.options.target_ms,
        headline=_headline(run, changes, counted, added),
        alarms=(*about.unfinished("This advice", run.status), *_wrong(queries)),
        paragraph=tuple(_paragraph(run, changes, queries, chooser, known)),
        next_steps=tuple(_next_steps(run, changes)),
        before=counted[0],
        after=counted[1],
        changes=changes,
        curves=curves(chooser, run.limits) if run.cells else ((), ()),
        whole=whole,
        smallest=chooser.look(chooser.smallest(known)) if run.cells and known else None,
        write_share=_write_share(run, chooser, known),
        size_bytes=added,
        queries=queries,
        losers=tuple(losers(run, chooser, known)),
        rewrites=rewrites(run),
        hopeless=run.hopeless,
        broken=tuple(run.broken.items()),
        slower=_slower(queries),
        saved=saved,
    )


def chooser_of(run: AdviseRun) -> Chooser:
    """What chooses, from what a run has seen so far."""
    indexes = [one.block.name for one in run.proposals if one.candidate.kind == "index"]
    menus = menus_of(run.cells, run.options.target_ms, indexes)
    written = run.costs.write_costs if run.costs else ()
    among = run.contenders or None
    weights = {query.name: query.weight for query in run.queries}
    return Chooser.of(menus, prices_of(run.built, written), weights, among)


def _write_share(run: AdviseRun, chooser: Chooser, chosen: frozenset[str]) -> float:
    """As measured together, where nothing else was measured with it; else the sum."""
    found = run.costs.write_costs if run.costs else ()
    measured = {one.optimization for one in found} - {""}
    return write_shares(found).get("", 0.0) if measured and measured <= chosen else chooser.write_share(chosen)


# -------------------------------------------------------------------------------------------------------- queries
def _queries(
    run: AdviseRun, chooser: Chooser, chosen: frozenset[str], saved: Mapping[str, Saved]
) -> list[AdvisedQuery]:
    pairs: dict[str, list[CellSummary]] = {}
    plans: dict[tuple[str, str], ComparedPlans | None] = {}
    alone = not run.chosen
    for pair in run.pairs:
        pairs.setdefault(pair.query, []).append(summarize_pair(pair, run.options.target_ms, alone=alone))
    summaries = [summarize_query(query, tuple(pairs.get(query.name, ()))) for query in run.queries]
    order = sorted(range(len(summaries)), key=lambda number: importance(summaries[number]))
    by_cell = {(pair.query, pair.parameter_class): pair for pair in run.pairs}
    for number in order[:PLANS_MOST]:
        if worst := summaries[number].worst:
            pair = by_cell[worst.query, worst.parameter_class]
            plans[worst.query, worst.parameter_class] = compare_plans(pair.before.plan, pair.after.plan)
    needs: dict[str, set[str]] = {}
    for menu in chooser.menus:
        needs.setdefault(menu.cell.query, set()).update(menu.plan(chosen).needs)
    return [
        AdvisedQuery(
            query=run.queries[number],
            summary=(found := summaries[number]),
            plans=plans.get((found.worst.query, found.worst.parameter_class)) if found.worst else None,
            indexes=tuple(sorted(needs.get(found.name, ()))),
            saved=saved.get(found.name),
        )
        for number in order
    ]


def _slower(queries: Sequence[AdvisedQuery]) -> tuple[str, ...]:
    """Beyond what two copies differ by, and by a tenth and more."""
    return tuple(
        f"{cell.query}[{cell.parameter_class}] {numbers.figure(cell.before.p50)} → {numbers.figure(cell.after.p50)}"
        for one in queries for cell in one.summary.cells
        if cell.effect == "slower" and cell.ratio and cell.ratio.value * SLOWER <= 1
    )  # fmt: skip


def _wrong(queries: Sequence[AdvisedQuery]) -> Iterator[str]:
    for one in queries:
        for cell in one.summary.cells:
            if cell.differs:
                yield f"{one.summary.title} ({cell.parameter_class}): with the set {cell.differs}"


# -------------------------------------------------------------------------------------------------------- in words
def _headline(run: AdviseRun, changes: Sequence[Change], counted: tuple[Tally, Tally | None], added: int) -> str:
    before, after = counted
    size = f"{run.dataset.scale:,} {run.dataset.unit}"
    if not any(pair.before.samples for pair in run.pairs):
        return f"Nothing was measured at {size}"
    queries = plural(before.total, "query", "queries")
    target = f"{run.options.target_ms:g} ms"
    if not changes or after is None:
        now = f"{before.meets} of {queries} meet {target} at {size}{before.assumed}"
        return f"Nothing to add: {now}, and no candidate helps enough"
    said = [_counted(changes, drop=False), _counted(changes, drop=True)]
    what = " and ".join(one for one in said if one)
    room = f" ({numbers.size(added)})" if added > 0 else ""
    verb = "meets" if 1 in (before.total, after.meets) else "meet"
    return (
        f"With {what}{room} {after.meets} of {queries} {verb} {target} at {size}{after.assumed}, {before.meets} without"
    )


def _counted(changes: Sequence[Change], *, drop: bool) -> str:
    own = [one for one in changes if one.is_drop is drop]
    if not own:
        return ""
    if drop:
        return f"{plural(len(own), 'index', 'indexes')} less"
    statistics = sum(one.proposal.candidate.kind == "statistics" for one in own)
    indexes = len(own) - statistics
    parts = [plural(indexes, "new index", "new indexes")] if indexes else []
    return " and ".join([*parts, *([plural(statistics, "statistics object")] if statistics else [])])


def _paragraph(
    run: AdviseRun, changes: Sequence[Change], queries: Sequence[AdvisedQuery], chooser: Chooser,
    chosen: frozenset[str],
) -> Iterator[str]:  # fmt: skip
    tried = sum(not one.error for one in run.built)
    if not tried:
        yield "No candidate was found: nothing that an index can serve reads more than a few pages."
        return
    plans = sum(len(cell.plans) for cell in run.cells)
    where = "on top of its optimizations" if run.on_top else "on its schema, as if it had no optimizations,"
    yield (
        f"{plural(tried, 'candidate')} {'was' if tried == 1 else 'were'} built {where} and executed: {plans:,} plans "
        f"of {plural(len(run.cells), 'query and class', 'queries and classes')}."
    )
    if changes:
        share = _write_share(run, chooser, chosen)
        yield f"Writing costs {share:.1%} more WAL with the set, over the workload's write statements."
    if lost := [f"{hot_in_words(price)} by {one.name}" for one in changes for price in one.hot_lost]:
        yield f"Updates that stay heap-only become fewer: {numbers.listed(lost, NAMED)}."
    faster = sum(cell.effect == "faster" for one in queries for cell in one.summary.cells)
    slower = _slower(queries)
    if faster:
        yield f"{plural(faster, 'class', 'classes')} of queries {'is' if faster == 1 else 'are'} faster by it."
    if slower:
        yield f"Slower by it: {numbers.listed(slower, NAMED)}."
    least = chooser.smallest(chosen) if chosen else frozenset()
    rest = "halve what is within it already, and would not be where one block in ten has to be read, or weighs most"
    if run.limits.beyond_target:
        rest = "halve the work of what is within it already"
    if chosen and not least:
        busy = any(plan.processor_ms for cell in run.cells for plan in cell.plans)
        where = "By time on a processor, which other work does not stretch, the" if busy else "The"
        yield f"{where} target needs none of it: its members {rest}."
    elif least < chosen:
        yield (
            f"For the target alone {plural(len(least), 'of them', 'of them')} "
            f"({numbers.size(chooser.size(least))}) {'is' if len(least) == 1 else 'are'} enough; the others {rest}."
        )
    if run.hopeless:
        yield f"For {plural(len(run.hopeless), 'query', 'queries')} no index was found that can help, as said below."


def _next_steps(run: AdviseRun, changes: Sequence[Change]) -> Iterator[str]:
    if run.status != "complete":
        return
    if changes:
        yield "Append advised.sql to optimizations.sql of the workload: pgproof run then proves it with yours."
        yield "For a live database: pgproof ship-script writes the same CONCURRENTLY, one step at a time."
    if any(one.candidate.kind == "rewrite" for one in run.proposals):
        yield "Look at the rewrites below: pgproof never applies one by itself."
    if not run.on_top and not changes:
        yield "Run it with more rows (--rows 2M): what is fast enough here may not be there."
