"""The queries that read once more, in other circumstances, beside the run's own figures: what differs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.cells.cell import another_plan, rank, summarize_pair
from bench.cells.query import summarize_query
from bench.cells.records import CellSummary, QuerySummary
from bench.cells.sentences import tallies
from bench.model import Pair, Query, Run, State
from bench.report.numbers import listed, plural

NOT_AGED = (
    "Fresh only: no row had been written since the tables were filled, frozen and vacuumed. On a database that lives, "
    "index-only scans visit the table and scans read more pages: pgproof run --aged 20% measures one."
)


@dataclass(frozen=True, slots=True)
class BesideRow:
    """The cells of a query and class, as the run has them and in the other circumstances."""

    query: str
    title: str
    parameter_class: str
    here: CellSummary
    there: CellSummary
    another_plan: bool
    """In the state that decides."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a report shows of the same queries in other circumstances."""

    ident: str
    title: str
    here: str
    """What the run's own figures are called: ``as forced``."""
    there: str
    """What the others are called: ``as the server is set``."""
    state: State
    """The state that decides: after, or before where there is no after."""
    sentences: tuple[str, ...]
    """How many queries meet the target there, which have another verdict, and how it was measured."""
    rows: tuple[BesideRow, ...]
    """By query and class, in the order of the run."""
    worst: tuple[BesideRow, ...]
    """Of each query the class that is slowest in the other circumstances."""


def as_set(run: Run) -> Beside | None:
    """Compare with the server's own settings; None where the run has not measured under them."""
    set_to = ", ".join(f"{name} {value}" for name, value in run.server.own_settings.items())
    how = (
        f"As the server is set means: {set_to}. Everything else was forced as before. Timed by themselves after the "
        "others, before and after in turn: pgproof settings times the same query under two groups of settings in turn."
    )
    titles = "As the server is set", "as forced", "as the server is set"
    return _beside(run, run.as_set, "as-set", titles, how) if run.as_set else None


def fresh(run: Run) -> Beside | None:
    """Compare with the databases as they were made; None where the run was not aged, or not measured before it was."""
    how = (
        "Fresh means: filled, frozen and vacuumed, no dead row, every page all-visible. Timed by themselves before the "
        "churn, before and after in turn."
    )
    titles = "Fresh beside aged", f"aged by {100 * run.options.aged:g} %", "fresh"
    return _beside(run, run.fresh, "fresh", titles, how) if run.fresh else None


def aged_sentences(run: Run) -> tuple[str, ...]:
    """Say how old the databases were that were measured."""
    if run.aged is None:
        return (NOT_AGED,)
    phase = run.aged.after
    dead = sum(table.dead_rows for table in phase.tables)
    kept = f"; what {listed(run.aged.kept_up)} keeps was brought up to date once" if run.aged.kept_up else ""
    return (
        f"Aged: {phase.source} wrote {100 * run.aged.share:g} % of the rows of each table that it names, in both "
        f"states alike ({phase.written:,} rows in {plural(len(phase.tables), 'table')}, {dead:,} dead rows left in the "
        f"state after), and nothing was vacuumed or analyzed afterwards{kept}.",
    )


def _beside(run: Run, others: Sequence[Pair], ident: str, titles: tuple[str, str, str], how: str) -> Beside:
    title, here, there = titles
    known, asked = {query.name: query for query in run.queries}, dict.fromkeys(pair.query for pair in others)
    own = {(pair.query, pair.parameter_class): pair for pair in run.pairs}
    state: State = "after" if any(pair.after.samples for pair in others) else "before"
    rows = tuple(
        _row(run, known[pair.query], found, pair, state)
        for pair in others
        if pair.query in known and (found := own.get((pair.query, pair.parameter_class)))
    )
    queries = [_query(known[name], rows) for name in asked if name in known]
    worst: dict[str, BesideRow] = {}
    for row in rows:
        best = worst.setdefault(row.query, row)
        if rank(row.there.side(state).p95) > rank(best.there.side(state).p95):
            worst[row.query] = row
    said = (
        _counts(there, [both[1] for both in queries], run.options.target_ms), _verdicts(queries, here),
        _plans(rows, state), how,
    )  # fmt: skip
    return Beside(ident, title, here, there, state, said, rows, tuple(worst.values()))


def _row(run: Run, query: Query, here: Pair, there: Pair, state: State) -> BesideRow:
    return BesideRow(
        query=query.name,
        title=query.title or query.name,
        parameter_class=here.parameter_class,
        here=summarize_pair(here, run.options.target_ms, copies=run.copies),
        there=summarize_pair(there, run.options.target_ms, copies=run.copies),
        another_plan=another_plan(here.side(state).plan, there.side(state).plan),
    )


def _query(query: Query, rows: Sequence[BesideRow]) -> tuple[QuerySummary, QuerySummary]:
    own = [row for row in rows if row.query == query.name]
    return summarize_query(query, tuple(row.here for row in own)), summarize_query(
        query, tuple(row.there for row in own)
    )


def _counts(there: str, queries: Sequence[QuerySummary], target_ms: float) -> str:
    asked = "1 query that only reads" if len(queries) == 1 else f"{len(queries)} queries that only read"
    said = f"{there[0].upper()}{there[1:]}, of {asked}, with a target of {target_ms:g} ms: "
    before, after = tallies(queries)
    counted = f"before {before.words}; after {after.words}" if after else f"before {before.words}"
    return f"{said}{counted}."


def _verdicts(queries: Sequence[tuple[QuerySummary, QuerySummary]], here: str) -> str:
    changed = [
        f"{one.title} ({one.outcome} → {other.outcome})" for one, other in queries if one.outcome != other.outcome
    ]
    if not changed:
        return f"Every one of them has the verdict that it has {here}."
    return f"Another verdict than {here}: {listed(changed, most=8)}."


def _plans(rows: Sequence[BesideRow], state: State) -> str:
    other = sum(row.another_plan for row in rows)
    return f"In {other} of {plural(len(rows), 'cell')} {state} the plan is another one."
