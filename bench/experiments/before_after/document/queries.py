"""Each query: figures by class, samples, plans, SQL, and the values that it was asked with."""

from __future__ import annotations

from collections.abc import Iterator

from bench.cells.records import CellSummary, QuerySummary, SideSummary
from bench.cells.sentences import effect
from bench.experiments.before_after import figures
from bench.experiments.before_after.details import CellDetails, QueryDetails
from bench.experiments.before_after.document import words
from bench.experiments.before_after.document.overview import both_p95
from bench.experiments.before_after.document.parameters import parameters
from bench.experiments.before_after.document.places import Place, Places
from bench.experiments.before_after.document.plans import meanings, plans
from bench.experiments.before_after.summary import RunSummary
from bench.model import STATES, Run, State
from bench.report import numbers
from bench.report.document import (
    MARKDOWN,
    PAGE,
    Beside,
    Block,
    Cell,
    Code,
    Column,
    Figure,
    Fold,
    Group,
    Line,
    Part,
    Row,
    Section,
    Sentences,
    Span,
    Table,
    columns,
    judged,
    marked,
)
from bench.report.html.sql import filled
from bench.report.markdown import PROSE

WRITES = "Each execution writes, in a transaction that is rolled back."


def queries(run: Run, summary: RunSummary, found: Places) -> Section:
    """Give the section of the page."""
    parts = [_query(one, found[one.query.name], run, summary) for one in summary.details]
    blocks: tuple[Block, ...] = (*meanings(summary), *parts)
    if not parts:
        why = "The queries were not timed before and after: pgproof run does that."
        blocks = (words.none(why if run.queries else "The workload has no queries."),)
    return Section("queries", "Queries", blocks, on_paper=False, formats=PAGE)


def _query(one: QueryDetails, place: Place, run: Run, summary: RunSummary) -> Part:
    blocks: list[Block] = [
        Sentences((one.query.asks,), "paragraph", kind="asks"),
        Sentences((tuple(_reason(one)),), "reason"),
        *_figures(one, place, summary),
        *plans(one, summary),
        _sql(one),
        *parameters(one, run),
    ]
    said = judged(one.summary.outcome, one.summary.assumption)
    title = (one.summary.title, " ", *(said if isinstance(said, tuple) else (said,)))
    line = tuple(_line(one.summary, summary)) or one.summary.reason
    return Part(title, tuple(blocks), place.ident, find=_find(one), line=line, opened=one.opened)


def _line(query: QuerySummary, summary: RunSummary) -> Iterator[str | Span]:
    """A query in a line: the largest tenant, what the optimizations did for it, and the slowest class."""
    hot, worst = query.hot, query.worst
    if hot is None or worst is None:
        return
    yield f"{hot.parameter_class} {_p95(hot, summary)}"
    if summary.has_after:
        yield " "
        gain = words.effect(hot)
        yield gain[0] if isinstance(gain, tuple) else gain
    if worst is not hot:
        yield f", {worst.parameter_class} {_p95(worst, summary)}"


def _p95(cell: CellSummary, summary: RunSummary) -> str:
    return both_p95(cell) if summary.has_after else numbers.figure(cell.before.p95)


def _find(one: QueryDetails) -> str:
    query, found = one.query, one.summary
    return " ".join((found.title, query.name, query.asks, found.outcome, *query.tables, *found.indexes)).lower()


def _reason(one: QueryDetails) -> Iterator[str | Span]:
    yield f"{one.summary.reason}. "
    if one.summary.indexes:
        yield "The after plans use "
        for number, name in enumerate(one.summary.indexes):
            yield ", " if number else ""
            yield Span(name, code=True)
        yield ". "
    if one.query.writes:
        yield f"{WRITES} "
    if one.query.cross_tenant:
        yield f"Reads more than one tenant: {one.query.cross_tenant}"


def _figures(one: QueryDetails, place: Place, summary: RunSummary) -> Iterator[Block]:
    if not one.cells:
        return
    classes, pairs = _classes(one, place), one.pairs
    if not any(pair.side(state).samples for pair in pairs for state in STATES):
        yield classes
        return
    ident = f"{place.ident}-spread"
    drawing = Figure(
        lambda: figures.spread(pairs, summary.target_ms, ident, dense=summary.dense),
        figures.describe_spread(pairs, summary.target_ms),
        "spread",
    )
    yield Beside((classes, drawing))


def _classes(one: QueryDetails, place: Place) -> Table:
    cold = any(cell.cold.side(state).cold for cell in one.cells for state in STATES)
    below = "Below p50 is its counterpart with emptied caches. " if cold else ""
    return Table(
        label=f"Figures of {one.summary.title}",
        columns=(
            *columns("Class", "State"),
            *columns("p50", "p95", "p99", "Max", "n", "Buffers", "Rows read", "Temp", "Planning", "First", number=True),
            Column("Verdict"),
        ),
        rows=(),
        caption=marked(
            f"Per class; times in the client, planning included. {below}Below p95 is its 95 % bound, which the verdict "
            "rests on; beside the verdict, the executions after which it was clear. *Rows read* counts rows that plan "
            "nodes passed on or threw away."
        ),
        sortable=True,
        kind="classes",
        groups=tuple(map(_class, place.classes, one.cells)),
    )


def _class(ident: str, cell: CellDetails) -> Group:
    found = cell.summary
    if found.skipped:
        why = Cell(f"not measured: {found.skipped}", "quiet", span=12)
        return Group(((Cell(found.parameter_class), why),), ident=ident)
    rows = tuple(_side(cell, state) for state in STATES)
    return Group(rows, ident=ident, name=tuple(_about(cell)))


def _about(cell: CellDetails) -> Iterator[str | Span]:
    found = cell.summary
    yield Span(found.parameter_class, bold=True)
    rows = f"{numbers.count(found.result_rows)} rows, "
    if found.differs:
        yield Span(rows, small=True)
        yield Span(f"{found.equality} after", "over", bold=True)
    else:
        yield Span(f"{rows}{found.equality}", small=True)
    yield " "
    gain = words.effect(found)
    yield from gain if isinstance(gain, tuple) else (gain,)
    if cell.slow:
        yield Span(cell.slow, small=True)


def _side(cell: CellDetails, state: State) -> Row:
    side, cold = cell.summary.side(state), cell.cold.side(state).cold
    if side.error:
        return (Cell(state, state), Cell(side.error, "over", span=11))
    counters = side.counters
    work = (counters.buffers, counters.rows, counters.temp_blocks) if counters else (None,) * 3
    colder = (" ", Span(f"cold {numbers.figure(cold)}", small=True)) if cold else ()
    bound = numbers.bound(side.judgement)
    cut_off = (" ", Span(f"({side.censored} cut off)", small=True)) if side.censored else ()
    return (
        Cell(state, state),
        Cell((numbers.figure(side.p50), *colder)),
        Cell((numbers.figure(side.p95), " ", Span(bound, small=True)) if bound else numbers.figure(side.p95)),
        Cell(numbers.figure(side.p99)),
        Cell(numbers.figure(side.longest)),
        Cell((str(side.n), *cut_off)),
        *(Cell(numbers.count(value)) for value in work),
        Cell(numbers.ms(side.planning_ms)),
        Cell(numbers.ms(side.first_ms)),
        Cell(_says(side) if side.measured else numbers.NOTHING, hint=side.judgement.reason),
    )


def _says(side: SideSummary) -> Line:
    """The verdict, with the look that decided, or what the answer assumes."""
    said = judged(side.outcome, side.judgement.assumes)
    look = side.judgement.look
    at = (" ", Span(f"after {look.n}", small=True)) if look else ()
    return (*(said if isinstance(said, tuple) else (said,)), *at)


def _sql(one: QueryDetails) -> Fold:
    where = Span(f"{one.query.file}:{one.query.line}", small=True)
    return Fold(("SQL ", where), tuple(_statements(one)), lazy=True)


def _statements(one: QueryDetails) -> Iterator[Code]:
    """The statement as written, and with the values of the first class filled in; each again where it is rewritten."""
    query = one.query
    asked = next((pair for pair in one.pairs if pair.bindings), None)
    for state in STATES if query.rewrite else STATES[:1]:
        where = f" in the {state} state" if query.rewrite else ""
        by = f", rewritten by {query.rewrite.optimization}" if query.rewrite and state == "after" else ""
        yield Code(f"As written{where}{by}", query.text(state))
        if asked and query.parameters:
            ready = filled(query.text(state), query.parameters, asked.bindings[0])
            yield Code(f"With the values of {asked.parameter_class}{where}, for psql", ready)


# ------------------------------------------------------------------------------------------------------- Markdown
def folded(summary: RunSummary) -> Section:
    """Give each query as Markdown shows it: folded away, after everything else."""
    blocks = tuple(_folded(query) for query in summary.queries)
    return Section("details", "", blocks, headed=frozenset(), formats=MARKDOWN)


def _folded(query: QuerySummary) -> Fold:
    changes = next((cell.changes for cell in query.cells if cell.changes), ())
    table = Table(
        label=query.title,
        columns=(
            Column("Class"), *columns("Rows", "p50 before → after", "p95 before → after", "Max before → after",
            number=True), Column("Effect"), *columns("Buffers", "n", number=True),
        ),
        rows=tuple(map(_folded_row, query.cells)),
    )  # fmt: skip
    reason = Sentences((query.reason,), "paragraph", most=PROSE)
    assumed = f", assuming {query.assumption}" if query.assumption else ""
    return Fold((query.title, f": {query.outcome}{assumed}"), (reason, table, Sentences(changes, "list", most=PROSE)))


def _folded_row(cell: CellSummary) -> Row:
    if cell.skipped:
        return (Cell(cell.parameter_class), Cell(cell.skipped, span=7))
    sides: tuple[SideSummary, ...] = (cell.before, cell.after)
    p50, longest = (
        " → ".join(numbers.figure(figure) for figure in found)
        for found in ([side.p50 for side in sides], [side.longest for side in sides])
    )
    texts: tuple[Line, ...] = (
        cell.parameter_class, numbers.count(cell.result_rows), p50, both_p95(cell), longest, effect(cell),
        words.buffers(cell), f"{cell.before.n} / {cell.after.n}",
    )  # fmt: skip
    return tuple(map(Cell, texts))
