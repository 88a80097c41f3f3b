"""A run as a document: what was found and what to do, then everything that this rests on.

``first_screen``   what was found, what to do now, figures at a glance
``since``          what moved since the run before
``ready``          what is known before a release
``overview``       a row for each query, and where the work is
``spread``         where on a cluster each query is answered
``cold``           executions with emptied caches
``beside``         the queries that read, in other circumstances
``optimizations``  what each change costs and who uses it
``queries``        each query, with its ``plans`` and ``parameters``
``coverage``       which clauses of the queries nothing tests
``data``           what was generated
``method``         where and how it was measured, and the files of a run
``places``         where queries stand in the page
``words``          pieces of text that they share
"""

from __future__ import annotations

from pathlib import Path

from bench.experiments.attribution import document as attribution
from bench.experiments.before_after import indexed
from bench.experiments.before_after.document.beside import beside
from bench.experiments.before_after.document.cold import cold
from bench.experiments.before_after.document.coverage import coverage
from bench.experiments.before_after.document.data import data
from bench.experiments.before_after.document.first_screen import first_screen
from bench.experiments.before_after.document.method import environment, files, method
from bench.experiments.before_after.document.optimizations import optimizations, script
from bench.experiments.before_after.document.overview import overview
from bench.experiments.before_after.document.places import links, places
from bench.experiments.before_after.document.queries import folded, queries
from bench.experiments.before_after.document.ready import ready
from bench.experiments.before_after.document.spread import spread
from bench.experiments.before_after.files import OTHERS
from bench.experiments.before_after.findings import findings
from bench.experiments.before_after.summary import RunSummary, summarize
from bench.experiments.experiment import Experiment
from bench.model import Run
from bench.report.document import Document
from bench.storage import RUN
from bench.timestamps import when

__all__ = ["EXPERIMENT", "document"]


def document(run: Run, summary: RunSummary) -> Document:
    """Place what a run says."""
    found = places(run)
    attributed = summary.attribution
    return Document(
        experiment="run",
        file="report",
        title=f"{summary.sentence}, {run.workload}",
        markdown_title=run.workload,
        headline=summary.sentence,
        mark=summary.mark,
        facts=(run.workload, when(run.started_at)),
        alarms=tuple(f"{alarm}." for alarm in summary.alarms),
        alarm_lead="Not proven.",
        alarm_sign="‼",
        lead=tuple(first_screen(run, summary, found)),
        sections=(
            overview(summary, found),
            *ready(run, summary),
            queries(run, summary, found),
            *spread(summary),
            *cold(summary, found),
            *beside(summary, found),
            *(
                attribution.sections(attributed, links(found), *script(summary))
                if attributed
                else (optimizations(summary, found),)
            ),
            environment(run),
            folded(summary),
            *coverage(summary),
            data(run, summary),
            method(run, summary),
            files(),
        ),
        pgproof=run.pgproof,
        footer=f"Made by pgproof {run.pgproof} from run {run.id}. Every figure can be computed again from run.json.",
        styles=(
            "query.css",
            "run.css",
            "plan.css",
            *(["advise.css"] if run.known else []),
            *(["attribution.css"] if attributed else []),
        ),
    )


def _measured(run: Run) -> bool:
    return run.attribution is not None or any(pair.before.first_ms is not None for pair in run.pairs)


def _kept(_run: Run, folder: Path) -> tuple[str, ...]:
    file = folder / RUN.file
    return f"the part that was measured is kept: {file}", f"to see it: pgproof report {file}"


EXPERIMENT = Experiment(
    name="run",
    kind=RUN,
    summarize=summarize,
    document=document,
    findings=findings,
    page="report.html",
    page_is="report",
    smallest=("--scale", "1k", "--rounds", "1", "--budget", "0", "--no-attribution"),
    others=OTHERS,
    outcome=lambda _run: "",  # a run that misses the target is no failure of the run: --check is what asks
    worth_keeping=_measured,
    kept=_kept,
    worth_reporting=lambda _run: False,
    answers=indexed.answers,
    figures=indexed.figures,
)
