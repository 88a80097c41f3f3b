"""A run of one state as a document: what is slow, what the schema lacks, what was assumed, then what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.cells import samples
from bench.experiments import about
from bench.experiments.entries import figures_of, judged, void
from bench.experiments.experiment import Experiment
from bench.experiments.now import assumptions, cells
from bench.experiments.now.findings import findings, suites
from bench.experiments.now.queries import overview, parts, worst
from bench.experiments.now.record import NOW, NowRun
from bench.experiments.now.summary import NowSummary, summarize
from bench.experiments.parts import answer, answer_in_text, tile
from bench.hygiene.findings import BY_CATALOG, TITLES, HygieneFinding
from bench.overview.record import Answers, Figure
from bench.report import csv, junit, numbers, parquet
from bench.report.document import (
    MARKDOWN,
    PAGE,
    TEXT,
    Beside,
    Block,
    Cell,
    Column,
    Document,
    Facts,
    Fold,
    Line,
    Part,
    Row,
    Section,
    Sentences,
    Span,
    Table,
)
from bench.report.html.anchors import anchors
from bench.timestamps import when

FOLDED_FROM = 8
"""Findings of a kind from which on they are folded away."""


def document(run: NowRun, summary: NowSummary) -> Document:
    """Place what a run of one state says."""
    names = [query.name for query in run.queries]
    places = dict(zip(names, anchors("query", names), strict=True))
    return Document(
        experiment="run",
        file="report",
        title=f"{summary.headline}, {run.workload}",
        markdown_title=run.workload,
        headline=summary.headline,
        mark=summary.mark,
        facts=(run.workload, when(run.started_at)),
        alarms=summary.alarms,
        lead=tuple(_first_screen(run, summary, places)),
        sections=(
            overview(summary, places),
            Section("schema", "Indexes and foreign keys", tuple(_schema(run, summary)), formats=PAGE | MARKDOWN),
            *assumptions.sections(run, summary),
            Section("queries", "Queries", tuple(parts(run, summary, places)), formats=PAGE),
            Section("dataset", "Data", (_tables(run),), formats=PAGE),
            _about(run),
            *assumptions.text(run),
        ),
        pgproof=run.pgproof,
        footer=f"Made by pgproof {run.pgproof} from run {run.id}. Every figure can be computed again from now.json.",
        styles=("query.css", "run.css", "plan.css", "now.css"),
    )


def _first_screen(run: NowRun, summary: NowSummary, places: Mapping[str, str]) -> Iterator[Block]:
    yield from answer_in_text([worst(summary, places, TEXT)], summary.paragraph, summary.next_steps)
    found = answer(summary.paragraph, "What to look at next", summary.next_steps, _tiles(run, summary))
    yield Beside((Beside(found, "answer"), worst(summary, places, PAGE)), "first", PAGE)


def _tiles(run: NowRun, summary: NowSummary) -> Iterator[tuple[str, Line]]:
    what = "probes" if run.inferred_queries else "queries"
    yield f"meet {numbers.ms(summary.target_ms)}", tile(f"{summary.tally.meets:,}", f"of {len(summary.queries)} {what}")
    yield "rows", tile(f"{summary.rows:,}", f"in {numbers.plural(summary.tables, 'table')}")
    bare = sum(one.kind == "unindexed foreign key" for one in summary.findings)
    yield "foreign keys without an index", tile(f"{bare:,}", f"of {len(run.foreign_keys)}")
    yield "indexes to look at", tile(f"{len(summary.findings) - bare:,}", f"of {len(run.indexes)}")
    if left := summary.count("left out"):
        yield "tables left out", tile(f"{left:,}", "with the reason below")


# ------------------------------------------------------------------------------------------------------ the schema
def _schema(run: NowRun, summary: NowSummary) -> Iterator[Block]:
    if not summary.findings:
        indexes = numbers.plural(len(run.indexes), "index", "indexes")
        keys = numbers.plural(len(run.foreign_keys), "foreign key")
        yield Sentences((f"Nothing is wrong with the {indexes} and {keys}.",), "none")
        return
    yield Sentences((BY_CATALOG,), "paragraph")
    kinds: dict[str, list[HygieneFinding]] = {}
    for one in summary.findings:
        kinds.setdefault(one.kind, []).append(one)
    for kind, found in kinds.items():
        lines = tuple((one.sentence, Span(one.fix, code=True)) if one.fix else one.sentence for one in found)
        listed = Sentences(lines, "list", kind="findings")
        title: Line = (f"{TITLES[found[0].kind]} ", Span(str(len(found)), small=True))
        yield Fold(title, (listed,)) if len(found) >= FOLDED_FROM else Part(title, (listed,), kind.replace(" ", "-"))


# -------------------------------------------------------------------------------------------------------- the rows
def _tables(run: NowRun) -> Table:
    shown = (
        Column("Table"), Column("Rows", number=True), Column("Size", number=True), Column("Indexes", number=True),
        Column("Content hash"),
    )  # fmt: skip
    rows: tuple[Row, ...] = tuple(
        (
            Cell(Span(table.name, code=True)), Cell(numbers.count(table.rows), value=table.rows),
            Cell(numbers.size(table.size_bytes), value=table.size_bytes),
            Cell(numbers.size(table.index_bytes), value=table.index_bytes),
            Cell(Span(table.content_hash[:16], code=True)),
        )
        for table in sorted(run.dataset.tables, key=lambda table: -table.rows)
    )  # fmt: skip
    caption = "The hash is of the content: equal for the same schema, rows and seed on every machine."
    return Table("Tables", shown, rows, caption, sortable=True, filter_label="Filter the tables")


def _about(run: NowRun) -> Section:
    options, data = run.options, run.dataset
    facts = Facts((
        ("Status", run.status), ("Size", f"{data.scale:,} {data.unit}, seed {data.seed}"),
        ("Clock", when(data.clock)),
        ("Executions", f"{options.rounds} of a cell at most while a verdict is open, timeout {options.timeout_s:g} s"),
        *((("Schema", run.source),) if run.source else ()),
        about.server(run.server), *about.forced(run.server), about.machine(run.machine),
        ("Time spent", ", ".join(f"{name} {numbers.seconds(took)}" for name, took in run.phases_s.items())),
    ))  # fmt: skip
    notes = Sentences(run.notes, "prose", formats=PAGE | MARKDOWN)
    return Section("about", "About this run", (facts, notes), nav="About", formats=PAGE)


def _answers(run: NowRun, summary: NowSummary) -> Answers:
    """A run of some of the queries tells nothing of all."""
    if not _measured(run):
        return {}
    found = summary.tally
    bad = found.misses + found.differ + found.failed or void(summary.alarms, run.status)
    return {"meets": judged(no=bad, unknown=found.cannot_tell or run.left_out)}


def _figures(run: NowRun, summary: NowSummary) -> tuple[Figure, ...]:
    cells = (cell for one in summary.queries for cell in one.cells)
    sides = ((f"{cell.summary.query}/{cell.summary.parameter_class}", cell.side) for cell in cells)
    return figures_of(sides, run.dataset, run.server, run.machine, 0.0)


def _measured(run: NowRun) -> bool:
    return any(pair.before.first_ms is not None for pair in run.pairs)


def _kept(_run: NowRun, folder: Path) -> tuple[str, ...]:
    file = folder / NOW.file
    return f"the part that was measured is kept: {file}", f"to see it: pgproof report {file}"


EXPERIMENT = Experiment(
    name="now",
    command="run",
    kind=NOW,
    summarize=summarize,
    document=document,
    findings=findings,
    page="report.html",
    page_is="report",
    smallest=("--scale", "1k", "--rounds", "1", "--budget", "0"),
    others={
        "samples.csv": lambda run, _summary: csv.render(samples.COLUMNS, samples.rows(run.pairs)),
        "samples.parquet": lambda run, _summary: parquet.render(samples.COLUMNS, samples.rows(run.pairs)),
        "cells.csv": lambda _run, summary: csv.render(cells.COLUMNS, cells.rows(summary)),
        "cells.parquet": lambda _run, summary: parquet.render(cells.COLUMNS, cells.rows(summary)),
        "junit.xml": lambda run, summary: junit.render(
            "pgproof run", list(suites(run, summary)), run.started_at, sum(run.phases_s.values())
        ),
    },
    outcome=lambda _run: "",  # a run that misses the target is no failure of the run: --check is what asks
    worth_keeping=_measured,
    kept=_kept,
    worth_reporting=lambda _run: False,
    answers=_answers,
    figures=_figures,
)
