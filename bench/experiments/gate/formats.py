"""Show the result of a gate: on a terminal, in a pull request, as test cases, as annotations. Decides nothing.

``FORMATS`` maps a name to a function from result to text; ``FILES`` to the file it belongs in. Annotations are for the
log of a job and need to know where the workload lies, so they stand apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from bench import storage
from bench.experiments.gate import junit, markdown
from bench.experiments.gate.github import annotate
from bench.experiments.gate.record import GATE, GateResult
from bench.experiments.gate.terminal import show
from bench.report.files import put

__all__ = ["FILES", "FORMATS", "annotate", "show", "write"]

FORMATS: Mapping[str, Callable[[GateResult], str]] = {
    "json": lambda result: storage.text(result, GATE),
    "md": markdown.render,
    "junit": junit.render,
}

FILES: Mapping[str, str] = {"json": "gate.json", "md": "gate.md", "junit": "gate.junit.xml"}


def write(result: GateResult, folder: Path) -> tuple[Path, ...]:
    """Write every format into ``folder``, which is made where it is missing; return the files. Raises ``OSError``."""
    return put({FILES[name]: render(result) for name, render in FORMATS.items()}, folder)
