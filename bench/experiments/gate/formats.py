"""Show the result of a gate: on a terminal, in a pull request, as test cases, as annotations. Decides nothing.

``FORMATS`` maps a name to a function from result to text; ``FILES`` to the file it belongs in. Annotations are for the
log of a job and need to know where the workload lies, so they stand apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from bench import storage
from bench.experiments.gate import markdown
from bench.experiments.gate.findings import findings
from bench.experiments.gate.record import GATE, GateResult
from bench.experiments.gate.terminal import show
from bench.report import github, junit
from bench.report.files import put

__all__ = ["FILES", "FORMATS", "annotate", "show", "write"]

FORMATS: Mapping[str, Callable[[GateResult], str]] = {
    "json": lambda result: storage.text(result, GATE),
    "md": markdown.render,
    "junit": lambda result: _junit(result),
}

FILES: Mapping[str, str] = {"json": "gate.json", "md": "gate.md", "junit": "gate.junit.xml"}


def _junit(result: GateResult) -> str:
    seconds = sum(result.phases_s.values())
    suite = junit.Suite(result.workload, tuple(findings(result)), seconds)
    return junit.render("pgproof gate", [suite], result.started_at, seconds)


def annotate(result: GateResult, workload: str = ".") -> str:
    """Write what needs attention beside the code of a workload that lies there in the repository."""
    return github.annotate(findings(result), "pgproof gate", GATE.file, workload)


def write(result: GateResult, folder: Path) -> tuple[Path, ...]:
    """Write every format into ``folder``, which is made where it is missing; return the files. Raises ``OSError``."""
    return put({FILES[name]: render(result) for name, render in FORMATS.items()}, folder)
