"""Findings as workflow commands of GitHub: lines of a job's log that it shows beside the code."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from bench.report.findings import Finding, Severity
from bench.report.text import one_line

Level = Literal["error", "warning", "notice"]
LEVELS: Mapping[Severity, Level] = {
    "error": "error", "failure": "error", "skipped": "warning", "warning": "warning", "notice": "notice",
}  # fmt: skip

SHOWN_MOST = 10
"""Annotations of each level that GitHub shows from one step; it drops the others without a word."""
CLASSES_MOST = 6
NAME_MOST, LINE_MOST = 80, 500


def annotate(findings: Iterable[Finding], name: str, whole: str, workload: str = ".") -> str:
    """Write one line for each query and verdict, the most important first; empty when there is nothing to point at.

    ``workload`` is the path of the workload from the root of the repository, which annotations count from; the file
    ``whole`` has what does not fit.
    """
    lines: dict[Level, list[str]] = {"error": [], "warning": [], "notice": []}
    for group in _grouped(findings):
        level = LEVELS[group[0].severity]
        lines[level].append(_annotation(level, group, name, workload))
    return "".join(f"{line}\n" for level, found in lines.items() for line in _cut(level, found, name, whole))


def _grouped(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Put the classes of one query together: ten annotations are soon used up. What is about all of it comes first."""
    groups: dict[tuple[str, str, str, int], list[Finding]] = {}
    for one in findings:
        if one.annotation and one.severity in LEVELS:
            groups.setdefault((one.suite, one.verdict, one.file, one.line), []).append(one)
    return sorted(groups.values(), key=lambda group: bool(group[0].suite))


def _annotation(level: Level, group: Sequence[Finding], name: str, workload: str) -> str:
    first, others = group[0], group[1:]
    if not first.suite:
        return _command(level, f"{name}: {first.verdict}", first.annotation)
    cases = one_line(", ".join(one.case for one in group[:CLASSES_MOST]), NAME_MOST)
    more = f" and {len(group) - CLASSES_MOST} more" if len(group) > CLASSES_MOST else ""
    title = f"{first.verdict}: {one_line(first.suite, NAME_MOST)} ({cases}{more})"
    lines = [*first.annotation, *(f"{one.case}: {one.annotation[0]}" for one in others[: CLASSES_MOST - 1])]
    file = posixpath.normpath(posixpath.join(workload, first.file)) if first.file else ""
    return _command(level, title, lines, file, first.line)


def _cut(level: Level, lines: Sequence[str], name: str, whole: str) -> Sequence[str]:
    if len(lines) <= SHOWN_MOST:
        return lines
    left = len(lines) - SHOWN_MOST + 1
    said = f"{left:,} more like these are in the summary of the job, and all of them in {whole}"
    return [*lines[: SHOWN_MOST - 1], _command(level, f"{name}: {left:,} more", [said])]


def _command(level: Level, title: str, lines: Sequence[str], file: str = "", line: int = 0) -> str:
    """Write ``::level file=…,line=…,title=…::message``."""
    properties = {"file": file, "line": str(line) if file and line > 0 else "", "title": title}
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    message = "\n".join(one_line(text, LINE_MOST) for text in lines if text)
    return f"::{level} {written}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text)).replace(":", "%3A").replace(",", "%2C")
