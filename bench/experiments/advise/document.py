"""An advice as a document: the verdict, what to add with gain, price and DDL, the curve, every query, the losers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.advice.blocks import text_of
from bench.cells import samples
from bench.experiments import about
from bench.experiments.advise import beside
from bench.experiments.advise.budget import budget
from bench.experiments.advise.changes import figures_of
from bench.experiments.advise.findings import findings
from bench.experiments.advise.one_by_one import OUT, one_by_one
from bench.experiments.advise.queries import overview, whole
from bench.experiments.advise.record import ADVISE, AdviseRun
from bench.experiments.advise.set_tables import set_tables
from bench.experiments.advise.summary import AdviseSummary, summarize
from bench.experiments.experiment import Experiment
from bench.experiments.parts import Places, answer, answer_in_text, query_parts, tile
from bench.report import csv, numbers, parquet
from bench.report.document import (
    GAP,
    MARKDOWN,
    PAGE,
    TERMINAL,
    Beside,
    Block,
    Code,
    Document,
    Facts,
    Fold,
    Line,
    Section,
    Sentences,
)
from bench.report.html.anchors import anchors
from bench.timestamps import when


def document(run: AdviseRun, summary: AdviseSummary) -> Document:
    """Place what an advice says."""
    names = [one.query.name for one in summary.queries]
    places = dict(zip(names, anchors("query", names), strict=True))
    changes = [one.name for one in summary.changes]
    own = dict(zip(changes, anchors("change", changes), strict=True))
    own |= {one.name: OUT for one in summary.changes if one.is_drop}
    return Document(
        experiment="advise",
        file="advice",
        title=f"{run.workload}: {summary.headline}",
        markdown_title=run.workload,
        headline=summary.headline,
        facts=("advise", about.size(run.workload, run.dataset), when(run.started_at)),
        alarms=summary.alarms,
        lead=tuple(_first_screen(run, summary, own)),
        sections=(
            Section("set", "The set, one by one", tuple(one_by_one(summary.changes, summary.saved, own)), formats=PAGE),
            Section("budget", "What a budget buys", tuple(budget(summary)), formats=PAGE | MARKDOWN),
            overview(summary, places),
            Section("rewrites", "Statements written in another way", tuple(beside.rewrites(summary))),
            Section("losers", "Not in the set, and why", tuple(beside.losers(summary)), nav="Not in the set"),
            Section("hopeless", "Where no index can help", tuple(beside.hopeless(run, summary)),
                    formats=PAGE | MARKDOWN),
            Section("queries", "Queries", tuple(query_parts(summary.queries, places, whole)), formats=PAGE),
            _about(run),
        ),
        pgproof=run.pgproof,
        footer=f"Made by pgproof {run.pgproof} from run {run.id}. Every figure can be computed again from advise.json.",
        styles=("query.css", "run.css", "plan.css", "now.css", "load.css", "advise.css"),
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------------- first screen
def _first_screen(run: AdviseRun, summary: AdviseSummary, own: Places) -> Iterator[Block]:
    for table in set_tables(summary, own, TERMINAL):
        yield from (GAP, table)
    yield from set_tables(summary, own, MARKDOWN)
    yield from answer_in_text((), summary.paragraph, summary.next_steps)
    yield Beside(answer(summary.paragraph, "What to do next", summary.next_steps, _tiles(run, summary)), "answer", PAGE)
    yield from set_tables(summary, own, PAGE)
    if summary.changes:
        yield Code("advised.sql", advised(run, summary))


def _tiles(run: AdviseRun, summary: AdviseSummary) -> Iterator[tuple[str, Line]]:
    target, total = numbers.ms(summary.target_ms), f"of {len(summary.queries)}"
    for state, found in (("before", summary.before), ("with the set", summary.after)):
        if found and summary.queries:
            yield f"meet {target} {state}", tile(str(found.meets), f"{total}{found.assumed}, {found.rest}")
    if summary.changes:
        yield "disk", tile(numbers.size(summary.size_bytes), f"{len(summary.changes)} changes")
        yield "more WAL to write", tile(f"{summary.write_share:.1%}", "over the write statements")
    yield "tried", tile(str(len(run.built)), "candidates built and executed")


# ----------------------------------------------------------------------------------------------------------- about
def _about(run: AdviseRun) -> Section:
    options, data = run.options, run.dataset
    facts = Facts((
        ("Status", run.status), ("Size", f"{data.scale:,} {data.unit}, seed {data.seed}"),
        ("Clock", when(data.clock)),
        *((("On top of", ", ".join(run.on_top)),) if run.on_top else ()),
        ("Executions", f"{options.rounds} of a cell at most while a verdict is open, timeout {options.timeout_s:g} s"),
        *((("Schema", run.source),) if run.source else ()),
        about.server(run.server), *about.forced(run.server), about.machine(run.machine),
        ("Time spent", ", ".join(f"{name} {numbers.seconds(took)}" for name, took in run.phases_s.items())),
    ))  # fmt: skip
    said = (*run.notes, *(run.costs.notes if run.costs else ()))
    notes = Fold("Notes", (Sentences(said, "prose"),), formats=PAGE) if said else Sentences(())
    return Section("about", "About this advice", (facts, notes), nav="About", formats=PAGE)


def advised(run: AdviseRun, summary: AdviseSummary) -> str:
    """The set as blocks for optimizations.sql."""
    head: tuple[str, ...] = (
        summary.headline, f"{about.size(run.workload, run.dataset)}, PostgreSQL {run.server.version}, "
        f"{when(run.started_at)}, by pgproof advise.",
    )  # fmt: skip
    head += tuple(f"Slower with the set: {one}" for one in summary.slower)
    return text_of([one.block for one in summary.changes], head, figures_of(summary.changes))


def _kept(run: AdviseRun, folder: Path) -> tuple[str, ...]:
    what = numbers.plural(sum(len(cell.plans) for cell in run.cells), "plan")
    return f"{run.status}; {what} kept: {folder}/advice.html", f"to see it: pgproof report {folder}/advise.json"


EXPERIMENT = Experiment(
    name="advise",
    kind=ADVISE,
    summarize=summarize,
    document=document,
    findings=findings,
    page="advice.html",
    page_is="advice",
    smallest=("--scale", "5k", "--rounds", "2", "--budget", "0", "--no-shipping", "--target", "0.5"),
    others={
        "advised.sql": advised,
        "samples.csv": lambda run, _summary: csv.render(samples.COLUMNS, samples.rows(run.pairs)),
        "samples.parquet": lambda run, _summary: parquet.render(samples.COLUMNS, samples.rows(run.pairs)),
    },
    worth_keeping=lambda run: bool(run.cells or run.pairs),
    kept=_kept,
)
