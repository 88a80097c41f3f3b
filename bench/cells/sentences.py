"""What decided cells say, in words: the effect on one, and the answer of a whole run in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from bench.cells.cell import summarize_pair
from bench.cells.query import summarize_query
from bench.cells.records import CellSummary, QuerySummary
from bench.cells.tally import Tally, tally
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
    """Say in one sentence how many of the queries meet the target, miss it, or cannot be told, after and before."""
    cells = [cell for query in queries for cell in query.cells if not cell.absent]
    before, after = tallies(queries)
    measured = sum(cell.after.measured if after else cell.before.measured for cell in cells)
    return _sentence(run, len(queries), before, after, measured, len(cells))


def tallies(queries: Sequence[QuerySummary]) -> tuple[Tally, Tally | None]:
    """Count the queries before and after; None where nothing has an after state."""
    before = tally((query.before, query.assumes.get("before", "")) for query in queries)
    if not any(query.after for query in queries):
        return before, None
    return before, tally((query.after, query.assumes.get("after", "")) for query in queries)


def _sentence(run: Run, total: int, before: Tally, after: Tally | None, measured: int, pairs: int) -> str:
    target, scale = f"{run.options.target_ms:g} ms", f"{run.dataset.scale:,} {run.dataset.unit}"
    if not measured and run.attribution:
        return f"The four sides of {plural(len(run.applied), 'optimization')} at {scale}{_ending(run.status)}"
    if not measured:
        return f"Nothing was measured at {scale}{_ending(run.status)}"
    now = after or before
    said = f"{now.meets} of {_queries(total)} {_meet(total, now.meets)} {target} at {scale}{now.assumed}"
    if now.trouble:
        said = f"{now.trouble}, {said}"
    said += f"; before: {before.words}" if after else "; without optimizations"
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
