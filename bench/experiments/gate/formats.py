"""Show the result of a gate: on a terminal, in a pull request, as a page, as test cases, as annotations.

``FORMATS`` maps a name to a function from result to text; ``FILES`` to the file it belongs in. Annotations are for the
log of a job and need to know where the workload lies, so they stand apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import RenderableType

from bench import storage
from bench.experiments.gate.document import document
from bench.experiments.gate.findings import findings
from bench.experiments.gate.record import GATE, GateResult
from bench.experiments.gate.summary import summarize
from bench.report import github, junit, markdown, terminal
from bench.report.files import put
from bench.report.html import render as html

__all__ = ["FILES", "FORMATS", "annotate", "show", "write"]


def _junit(result: GateResult) -> str:
    seconds = sum(result.phases_s.values())
    suite = junit.Suite(result.workload, tuple(findings(result, summarize(result))), seconds)
    return junit.render("pgproof gate", [suite], result.started_at, seconds)


FORMATS: Mapping[str, Callable[[GateResult], str]] = {
    "json": lambda result: storage.text(result, GATE),
    "html": lambda result: html.render(document(result, summarize(result))),
    "md": lambda result: markdown.render(document(result, summarize(result))),
    "junit": _junit,
}

FILES: Mapping[str, str] = {"json": "gate.json", "html": "gate.html", "md": "gate.md", "junit": "gate.junit.xml"}


def annotate(result: GateResult, workload: str = ".") -> str:
    """Write what needs attention beside the code of a workload that lies there in the repository."""
    return github.annotate(findings(result, summarize(result)), "pgproof gate", GATE.file, workload)


def show(result: GateResult) -> RenderableType:
    """Give what a terminal shows."""
    return terminal.render(document(result, summarize(result)))


def write(result: GateResult, folder: Path) -> tuple[Path, ...]:
    """Write every format into ``folder``, which is made where it is missing; return the files. Raises ``OSError``."""
    return put({FILES[name]: render(result) for name, render in FORMATS.items()}, folder)
