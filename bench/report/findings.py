"""What one looks at after an experiment, one at a time: what it is about, where that stands, and how bad it is.

An experiment gives its findings from its record and summary; test cases (``junit``) and the annotations of a code host
(``github``) are lists of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "failure", "skipped", "warning", "notice", "passed"]
"""Worst first: something broke; it is not as it must be; it could not be judged; it wants a look; it is worth a line;
there is nothing to say."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was judged: a query's class in most cases, all of the experiment where ``suite`` is empty."""

    severity: Severity
    verdict: str
    """In the words of the experiment."""
    message: str
    suite: str = ""
    """The query."""
    case: str = ""
    """Its parameter class."""
    lines: tuple[str, ...] = ()
    """All that is known of it, the most important first."""
    annotation: tuple[str, ...] = ()
    """What is said of it beside the code, where it needs attention there."""
    file: str = ""
    line: int = 0
    seconds: float = 0.0
    properties: tuple[tuple[str, str], ...] = ()
    """Figures by name."""


def unfinished(case: str, status: str, done: str = "") -> tuple[Finding, ...]:
    """What is to be said of an experiment that did not get to its end; nothing of one that did."""
    if status == "complete":
        return ()
    message = f"the {case} did not get to its end: {status}"
    return (Finding("error", status, message, case=case, lines=(message, done)),)


def fails(findings: Iterable[Finding]) -> bool:
    """Whether something is not as it must be."""
    return any(one.severity == "failure" for one in findings)
