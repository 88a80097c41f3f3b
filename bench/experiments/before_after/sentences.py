"""The answer in one sentence, what makes it void, what was found, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.model import Run
from bench.summary import words
from bench.summary.cold import cold_sentence
from bench.summary.next_steps import next_steps
from bench.summary.queries import importance
from bench.summary.records import CellSummary, OptimizationSummary, QuerySummary, Summary
from bench.summary.words import listed, plural

QUERIES = ("query", "queries")


def tell(run: Run, queries: tuple[QuerySummary, ...], optimizations: tuple[OptimizationSummary, ...]) -> Summary:
    """Put the summary of ``run`` into words."""
    cells = [cell for query in queries for cell in query.cells if not cell.absent]
    has_after = any(query.after for query in queries)
    # A query of an unfinished run that has no after cell yet meets nothing.
    meet_after = sum(query.after == "meets" for query in queries) if has_after else None
    meet_before = sum(query.before == "meets" for query in queries)
    measured = sum(cell.after.measured if has_after else cell.before.measured for cell in cells)
    return Summary(
        target_ms=run.options.target_ms,
        sentence=answer(run, queries),
        alarms=tuple(_alarms(queries)),
        paragraph=tuple(_paragraph(run, queries, optimizations, measured, len(cells))),
        next_steps=next_steps(run, queries, optimizations) if measured or run.attribution else (),
        queries=tuple(sorted(queries, key=importance)),
        optimizations=optimizations,
        meet_before=meet_before,
        meet_after=meet_after,
        pairs_measured=measured,
        pairs_total=len(cells),
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


def _alarms(queries: Iterable[QuerySummary]) -> Iterable[str]:
    for query in queries:
        wrong = [cell.parameter_class for cell in query.cells if cell.equality == "different"]
        if wrong:
            yield f"{query.title} returns other rows after the optimizations ({listed(wrong)}): however fast, it fails"
        for state in ("after", "before"):
            failed = [cell for cell in query.cells if cell.side(state).error]
            if failed:
                classes = listed([cell.parameter_class for cell in failed])
                yield f"{query.title} failed {state} ({classes}): {failed[0].side(state).error}"


def _paragraph(
    run: Run, queries: Sequence[QuerySummary], optimizations: Sequence[OptimizationSummary], measured: int, total: int
) -> Iterable[str]:
    cells = [cell for query in queries for cell in query.cells]
    titles = {query.name: query.title for query in queries}
    if not measured:
        yield _unmeasured(run)
        return
    has_after = any(query.after for query in queries)
    if has_after:
        yield from _gains(cells, titles)
        yield from _losses(cells, titles)
    if all(query.outcome == "meets" for query in queries):
        yield f"Every query meets {run.options.target_ms:g} ms in every class."
    if cold := cold_sentence(run):
        yield cold
    if has_after:
        yield from _optimizations(optimizations)
    if run.status != "complete" and measured < total:
        yield f"{total - measured} of {plural(total, 'pair')} have no samples yet, so what is said here may change."


def _unmeasured(run: Run) -> str:
    if run.status == "running":
        return "The run has not come to its first measurement."
    if run.attribution:
        return "The queries were not timed before and after: pgproof run does that."
    if not run.queries:
        return "The workload has no queries: put one into queries/."
    return "There is not one sample to judge. Run it again; a filled dataset is kept, so it starts sooner."


def _gains(cells: Sequence[CellSummary], titles: dict[str, str]) -> Iterable[str]:
    faster = [cell for cell in cells if cell.effect == "faster" and cell.ratio]
    if not faster:
        yield "No cell became faster beyond the noise."
        return
    best = max(faster, key=lambda cell: cell.ratio.value if cell.ratio else 0)
    counted = len([cell for cell in cells if cell.ratio])
    said = f"{len(faster)} of {plural(counted, 'measured pair')} became faster"
    unchanged = sum(cell.effect == "plan unchanged" for cell in cells)
    if unchanged:
        said += f"; {unchanged} kept {'its plan and claims' if unchanged == 1 else 'their plan and claim'} nothing"
    yield f"{said}."
    yield (
        f"The largest gain is {_named(best, titles)}: {words.figure(best.before.p50)} → {words.figure(best.after.p50)} "
        f"in the median, {words.times(best.ratio)}."
    )


def _losses(cells: Sequence[CellSummary], titles: dict[str, str]) -> Iterable[str]:
    slower = [cell for cell in cells if cell.effect == "slower"]
    if slower:
        worst = min(slower, key=lambda cell: cell.ratio.value if cell.ratio else 0)
        yield (
            f"{plural(len(slower), 'pair')} became slower, most of all {_named(worst, titles)}: "
            f"{words.figure(worst.before.p50)} → {words.figure(worst.after.p50)} in the median."
        )


def _optimizations(optimizations: Sequence[OptimizationSummary]) -> Iterable[str]:
    applied = [found for found in optimizations if found.build_ms is not None]
    if applied:
        built = words.seconds(sum(found.build_ms or 0 for found in applied) / 1000)
        grown = words.size(sum(found.size_bytes or 0 for found in applied))
        yield f"{plural(len(applied), 'optimization')} took {built} to apply and {grown} of disk."


def _named(cell: CellSummary, titles: dict[str, str]) -> str:
    return f"{titles.get(cell.query, cell.query)}, {cell.parameter_class}"


def _queries(number: int) -> str:
    return plural(number, *QUERIES)


def _meet(total: int, number: int) -> str:
    return "meets" if 1 in (total, number) else "meet"
