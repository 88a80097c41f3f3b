"""The result of a gate as workflow commands of GitHub: lines of a job's log that it shows beside the code."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Literal

from bench.experiments.gate import sentences
from bench.experiments.gate.record import WORDS, CellResult, GateResult, Word
from bench.report.text import one_line

Level = Literal["error", "warning", "notice"]
LEVELS: dict[Word, Level] = {
    "regression": "error",
    "inconclusive": "warning",
    "plan changed": "warning",
    "not compared": "warning",
    "accepted": "notice",
    "improvement": "notice",
}
"""New and gone cells and those that pass need no attention at a line."""

SHOWN_MOST = 10
"""Annotations of each level that GitHub shows from one step; it drops the others without a word."""
CLASSES_MOST = 6
NAME_MOST, LINE_MOST = 80, 500


def annotate(result: GateResult, workload: str = ".") -> str:
    """Write one line for each query and verdict, the most important first; empty when there is nothing to point at.

    ``workload`` is the path of the workload from the root of the repository, which annotations count from.
    """
    found: dict[Level, list[str]] = {"error": [], "warning": [], "notice": []}
    if summed := _whole(result):
        level, line = summed
        found[level].append(line)
    for word in WORDS:
        if word in LEVELS:
            for cells in _grouped(sentences.of(result, word)):
                found[LEVELS[word]].append(_of_query(LEVELS[word], cells, workload))
    return "".join(f"{line}\n" for level, lines in found.items() for line in _cut(level, lines))


def _whole(result: GateResult) -> tuple[Level, str] | None:
    """Give a line for a verdict that no cell stands for."""
    level: Level
    if result.overall == "incompatible" or (result.overall == "regression" and not result.count("regression")):
        level = "error"
    elif result.overall == "inconclusive" and not result.count("inconclusive"):
        level = "warning"
    else:
        return None
    lines = [sentences.sentence(result), *result.incompatible, f"next: {result.hint}" if result.hint else ""]
    return level, _command(level, f"pgproof gate: {result.overall}", lines)


def _grouped(cells: Sequence[CellResult]) -> list[list[CellResult]]:
    """Put the classes of one query together: ten annotations are soon used up."""
    groups: dict[tuple[str, str, int], list[CellResult]] = {}
    for cell in cells:
        groups.setdefault((cell.query, cell.file, cell.line), []).append(cell)
    return list(groups.values())


def _of_query(level: Level, cells: Sequence[CellResult], workload: str) -> str:
    first, others = cells[0], cells[1:]
    names = ", ".join(cell.parameter_class for cell in cells[:CLASSES_MOST])
    more = f" and {len(cells) - CLASSES_MOST} more" if len(cells) > CLASSES_MOST else ""
    title = f"{first.word}: {one_line(first.query, NAME_MOST)} ({one_line(names, NAME_MOST)}{more})"
    lines = [str(fact) for fact in sentences.facts(first) if fact.label != "at"]
    lines += [f"{cell.parameter_class}: {sentences.headline(cell)}" for cell in others[: CLASSES_MOST - 1]]
    file = posixpath.normpath(posixpath.join(workload, first.file)) if first.file else ""
    return _command(level, title, lines, file, first.line)


def _cut(level: Level, lines: Sequence[str]) -> Sequence[str]:
    if len(lines) <= SHOWN_MOST:
        return lines
    left = len(lines) - SHOWN_MOST + 1
    said = f"{left:,} more like these are in the summary of the job, and all of them in gate.json"
    return [*lines[: SHOWN_MOST - 1], _command(level, f"pgproof gate: {left:,} more", [said])]


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
