"""Where and how it was measured, what a run cannot tell, how noisy it is, and its files."""

from __future__ import annotations

from collections.abc import Iterator

from bench.experiments import about
from bench.experiments.before_after.beside import aged_sentences
from bench.experiments.before_after.noise import CellNoise, copies_sentences, percent
from bench.experiments.before_after.order import HOW, INTERVAL, order_sentences
from bench.experiments.before_after.summary import RunSummary
from bench.model import STATES, Run, State
from bench.report import numbers
from bench.report.document import (
    MARKDOWN,
    PAGE,
    TERMINAL,
    TEXT,
    Cell,
    Facts,
    Fold,
    Line,
    Part,
    Row,
    Section,
    Sentences,
    Span,
    Table,
    columns,
    marked,
)
from bench.report.markdown import PROSE
from bench.report.numbers import listed
from bench.statistics.looks import rule
from bench.timestamps import when

TWO = "Two databases cloned from one template: *before* has the schema, *after* the schema and the optimizations."
FILES_OF_A_RUN = (
    ("run.json", "everything that was seen, every sample and plan: all of this page can be made again from it"),
    ("report.md", "the same answer for a pull request"),
    ("cells.csv", "a row for every query, class and state"),
    ("samples.csv", "a row for every time that was taken"),
    ("junit.xml", "the verdicts for a CI server"),
)


def method(run: Run, summary: RunSummary) -> Section:
    """Give the section."""
    noise = (Sentences(summary.noise.sentences, "prose"), _noise(run, summary))
    blocks = (
        _facts(run),
        Part("How these numbers were made", (Sentences(tuple(_how(run)), "prose"),), kind="sub"),
        Part("What this run cannot tell", (Sentences(summary.limitations, "prose"),), "untold", "sub", flat=True),
        Part("Noise, measured", noise, "noise", "sub", flat=True),
        _settings(summary),
        _phases(run),
    )
    return Section("method", "Method and environment", blocks, formats=PAGE)


def _facts(run: Run) -> Facts:
    server, machine = run.server, run.machine
    return Facts((
        ("server", f"PostgreSQL {server.version}, {server.kind}"), ("processor", machine.cpu),
        ("cores", str(machine.cores)), ("memory", numbers.size(machine.memory_bytes)), ("system", machine.system),
        ("Python", machine.python), ("workload files", run.workload_hash), ("begun", when(run.started_at)),
        ("ended", when(run.finished_at) if run.finished_at else numbers.NOTHING), ("status", run.status),
    ))  # fmt: skip


def _how(run: Run) -> Iterator[Line]:
    options = run.options
    yield marked(HOW if options.one_copy else TWO)
    yield from order_sentences(run)
    yield (
        f"{'Cells of a state run' if options.one_copy else 'Both run in turn,'} in seeded random order, "
        f"{options.rounds} times a cell while its verdict is open, after {options.warmups} warm-ups, and on "
        f"for {numbers.seconds(options.budget_s)}; a statement is stopped after "
        f"{numbers.seconds(options.timeout_s)} and then counts as longer than any finished one."
    )
    yield (
        "Times are wall times at the client with prepared statements, planning included. EXPLAIN gives plans and "
        "counters, and the share that a node has in the time; none of the times in the tables comes from it."
    )
    yield (
        "A percentile is the nearest rank: a time that was seen. With fewer than 20 samples p95 is the longest and is "
        "called so (max of 15); with fewer than 100 there is no p99."
    )
    yield INTERVAL if options.one_copy else _interval(run)
    yield from _verdicts(run)
    yield from about.forced_sentences(run.server)


def _interval(run: Run) -> str:
    return (
        "The ratio is median before over median after; its interval is a 95 % bootstrap over rounds"
        + (", widened by what two copies of the database after differ by. " if run.copies else ". ")
        + "Faster is claimed only for equal rows, another plan, and an interval beyond 1.05, which is how far two "
        "copies of one database were seen to differ."
    )


def _verdicts(run: Run) -> Iterator[Line]:
    if run.options.verdicts is None:
        yield "The run was measured before there were fixed looks; they are applied to what it kept."
    found = run.options.verdicts or rule()
    meets = [f"{look.meets_at_most} of {look.n}" for look in found.looks if look.meets_at_most is not None]
    misses = [f"{look.misses_at_least} of {look.n}" for look in found.looks if look.misses_at_least is not None]
    yield marked(
        "A verdict is taken at fixed looks, and the first that decides, decides. *Meets*: of the executions so far at "
        f"most {listed(meets, 9)} took longer than the target, and none was cut off. *Misses*: at least "
        f"{listed(misses, 9)}, or one binding by itself. Anything else is *cannot tell*."
    )
    yield (
        f"With p95 at the target, all looks together say *meets* in {found.wrong_meets:.1%} of cells and *misses* in "
        f"{found.wrong_misses:.1%}, whatever the distribution of times, for independent executions. Where fewer were "
        "possible, or where they take after each other near the target, the verdict says what it assumes."
    )


def _noise(run: Run, summary: RunSummary) -> Fold:
    titles = {query.name: query.title for query in run.queries}
    found: dict[tuple[str, str], dict[State, CellNoise]] = {}
    for cell in summary.noise.noise.cells:
        found.setdefault((cell.query, cell.parameter_class), {})[cell.state] = cell
    rows = tuple(
        (Cell(titles.get(query, query)), Cell(label), *(one for state in STATES for one in _halves(cells.get(state))))
        for (query, label), cells in found.items()
    )
    table = Table(
        label="Noise of each cell",
        columns=(*columns("Query", "Class"), *columns(*("n", "Halves", "One execution") * 2, number=True)),
        rows=rows,
        caption=marked(
            "*Halves*: median of one half of the samples over the median of the other, which should be 1, with its "
            "95 % interval. *One execution*: half of the executions lie that close to the median."
        ),
        sortable=True,
        filter_label="Filter the cells",
        kind="noise",
        head=(("", 2, ""), ("Before", 3, "before"), ("After", 3, "after")),
    )
    return Fold(("Noise of each cell ", Span(f"{len(rows)} pairs", small=True)), (table,), lazy=True)


def _halves(cell: CellNoise | None) -> Row:
    if cell is None:
        return (Cell(numbers.NOTHING),) * 3
    between = numbers.interval(cell.ratio)
    halves = f"{numbers.digits(cell.ratio.value)} ({between})" if between else numbers.digits(cell.ratio.value)
    return (
        Cell(str(cell.n)),
        Cell(halves, value=round(cell.differ_percent, 3)),
        Cell(f"± {percent(cell.spread_percent)}", value=round(cell.spread_percent, 3)),
    )


def _settings(summary: RunSummary) -> Fold:
    own = any(one.own for one in summary.settings)
    table = Table(
        label="Server settings",
        columns=columns("Setting", "Value", "Chosen by", *(["Server's own"] if own else []), "Why"),
        rows=tuple(
            (
                Cell(Span(one.name, code=True)),
                Cell(one.value),
                Cell(one.chosen_by),
                *([Cell(one.own or numbers.NOTHING)] if own else []),
                Cell(one.why or numbers.NOTHING),
            )
            for one in summary.settings
        ),
        caption="What the server said while it was measured, who chose it, and why.",
        sortable=True,
        filter_label="Filter the settings",
        kind="settings",
    )
    return Fold(("Server settings ", Span(f"{len(summary.settings)}, with reasons", small=True)), (table,), lazy=True)


def _phases(run: Run) -> Fold:
    spent = tuple((name, numbers.seconds(seconds)) for name, seconds in run.phases_s.items())
    whole = Span(numbers.seconds(sum(run.phases_s.values())), small=True)
    return Fold(("Where the time went ", whole), (Facts(spent),))


def files() -> Section:
    """Give the section on the files beside the page."""
    where = "They lie beside this page, in the folder of the run; the page itself needs none of them."
    blocks = (Sentences((where,), "paragraph"), Facts(FILES_OF_A_RUN))
    return Section("files", "Files of this run", blocks, nav="Files", on_paper=False, formats=PAGE)


def environment(run: Run) -> Section:
    """Give where it was measured, as Markdown has it."""
    server, machine, data, options = run.server, run.machine, run.dataset, run.options
    facts = (
        f"pgproof {run.pgproof}, PostgreSQL {server.version} ({server.kind}) on {machine.cpu}, "
        f"{numbers.plural(machine.cores, 'core')}, {numbers.size(machine.memory_bytes)}, {machine.system}",
        f"{data.scale:,} {data.unit}, seed {data.seed}, skew {data.skew}, clock {when(data.clock)}, dataset {data.key}",
        f"at least {options.rounds} timed executions per cell, "
        f"{'before, then after, in one database' if options.one_copy else 'before and after interleaved'}, "
        f"statement timeout {options.timeout_s:g} s; run {run.id}, {when(run.started_at)}",
        *order_sentences(run),
        *aged_sentences(run),
        *copies_sentences(run),
        *about.forced_sentences(server),
        *run.notes,
    )
    blocks = (
        Sentences(facts, "list", most=2 * PROSE, formats=MARKDOWN),
        Sentences(
            (*aged_sentences(run), *copies_sentences(run), *about.forced_sentences(server)[:1]),
            tone="quiet",
            most=2 * PROSE,
            gap=True,
            formats=TERMINAL,
        ),
    )
    return Section("environment", "", blocks, headed=frozenset(), formats=TEXT)
