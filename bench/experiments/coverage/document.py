"""Coverage of clauses as a document: a row for each query, then each clause that nothing tests."""

from __future__ import annotations

from bench.cells.coverage import CoverageSummary, clauses_table
from bench.experiments import about
from bench.experiments.coverage.record import COVERAGE, CoverageRun
from bench.experiments.coverage.summary import WorkloadCoverage, findings, summarize
from bench.experiments.experiment import Experiment
from bench.report import numbers
from bench.report.document import PAGE, Cell, Column, Document, Facts, Section, Sentences, Table
from bench.timestamps import when


def document(run: CoverageRun, summary: WorkloadCoverage) -> Document:
    """Place what it says."""
    return Document(
        experiment="coverage",
        file="coverage",
        title=f"{run.workload}: {summary.headline}",
        markdown_title=run.workload,
        headline=summary.headline,
        facts=("coverage", about.size(run.workload, run.dataset), when(run.started_at)),
        alarms=summary.alarms,
        lead=(Sentences(summary.clauses.sentences, style="prose"),) if summary.clauses else (),
        sections=(*(_sections(summary.clauses) if summary.clauses else ()), _about(run)),
        pgproof=run.pgproof,
        footer=f"Made by pgproof {run.pgproof} from coverage.json.",
    )


def _sections(clauses: CoverageSummary) -> tuple[Section, ...]:
    queries = Table(
        "Clauses told apart, a row for each query",
        (Column("Query"), Column("Told apart", number=True), Column("Clauses", number=True)),
        tuple((Cell(title), Cell(str(told)), Cell(str(total))) for title, told, total in clauses.by_query),
        sortable=True,
    )
    none = Sentences(("Every changed clause is told apart by a class.",), style="none")
    return (
        Section("queries", "Queries", (queries,)),
        Section("clauses", "Not told apart", (clauses_table(clauses) if clauses.holes else none,)),
    )


def _about(run: CoverageRun) -> Section:
    facts = Facts((
        ("Status", run.status), ("State", run.state), about.server(run.server), about.machine(run.machine),
    ))  # fmt: skip
    return Section("about", "About this", (facts,), nav="About", formats=PAGE)


EXPERIMENT = Experiment(
    name="coverage",
    kind=COVERAGE,
    page="coverage.html",
    page_is="coverage",
    summarize=summarize,
    document=document,
    findings=findings,
    worth_keeping=lambda run: run.reads is not None,
    kept=lambda run, folder: (
        f"{run.status}; {numbers.plural(len(run.reads.clauses) if run.reads else 0, 'clause')} kept: "
        f"{folder}/coverage.html",
    ),
    smallest=("--scale", "1k"),
)
