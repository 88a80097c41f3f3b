"""What decided cells say, in words: the effect on one, and the answer of a whole run in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from bench.cells.cell import summarize_pair
from bench.cells.query import summarize_query
from bench.cells.records import CellSummary, QuerySummary
from bench.model import Run
from bench.report import numbers
from bench.report.numbers import plural

QUERIES = ("query", "queries")


def effect(cell: CellSummary) -> str:
    """Say what the optimizations did to a cell; a factor only where it is a claim."""
    if cell.effect in ("faster", "slower"):
        between = numbers.interval(cell.ratio)
        return f"{numbers.times(cell.ratio)} ({between})" if between else numbers.times(cell.ratio)
    if cell.ratio is None and cell.effect == "cannot tell":
        return numbers.NOTHING
    return cell.effect


def sentence(run: Run) -> str:
    """Compute the sentence of a summary by itself, in a small part of the time that all of it takes."""
    cells = [summarize_pair(pair, run.options.target_ms, alone=True) for pair in run.pairs]
    asked = run.queries if run.pairs or not run.attribution else ()
    return answer(
        run, [summarize_query(query, tuple(cell for cell in cells if cell.query == query.name)) for query in asked]
    )


def answer(run: Run, queries: Sequence[QuerySummary]) -> str:
    """Say in one sentence how many of the queries meet the target."""
    cells = [cell for query in queries for cell in query.cells if not cell.absent]
    has_after = any(query.after for query in queries)
    meet_after = sum(query.after == "meets" for query in queries) if has_after else None
    meet_before = sum(query.before == "meets" for query in queries)
    measured = sum(cell.after.measured if has_after else cell.before.measured for cell in cells)
    return _sentence(run, len(queries), meet_before, meet_after, measured, len(cells))


def _sentence(run: Run, total: int, meet_before: int, meet_after: int | None, measured: int, pairs: int) -> str:
    target, scale = f"{run.options.target_ms:g} ms", f"{run.dataset.scale:,} {run.dataset.unit}"
    if not measured and run.attribution:
        return f"The four sides of {plural(len(run.applied), 'optimization')} at {scale}{_ending(run.status)}"
    if not measured:
        return f"Nothing was measured at {scale}{_ending(run.status)}"
    if meet_after is None:
        said = (
            f"{meet_before} of {_queries(total)} {_meet(total, meet_before)} {target} at {scale}, without optimizations"
        )
    else:
        said = (
            f"{meet_after} of {_queries(total)} {_meet(total, meet_after)} {target} at {scale}, before: {meet_before}"
        )
    return f"{said}{_ending(run.status, f'{measured} of {pairs} pairs measured')}"


def _ending(status: str, more: str = "") -> str:
    if status == "complete":
        return ""
    said = {"running": "not finished", "interrupted": "interrupted", "failed": "the run failed"}[status]
    return f" ({said}{': ' if more else ''}{more})"


def _queries(number: int) -> str:
    return plural(number, *QUERIES)


def _meet(total: int, number: int) -> str:
    return "meets" if 1 in (total, number) else "meet"
