"""What makes the answer void, and what was found, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from bench.cells.cell import WRONG
from bench.cells.coverage import CoverageSummary
from bench.cells.records import CellSummary, OptimizationSummary, QuerySummary
from bench.experiments.before_after.beside import Beside
from bench.experiments.before_after.cold import ColdSummary
from bench.experiments.before_after.order import order_sentences
from bench.model import DIFFERENCES, Run
from bench.report import numbers
from bench.report.numbers import listed, plural


def alarms(run: Run, queries: Iterable[QuerySummary]) -> Iterable[str]:
    """Say what makes a claim void: states that aged apart, then other rows and failed statements, query by query."""
    if run.aged and run.aged.differing:
        yield f"The churn wrote other rows before than after the optimizations in {listed(run.aged.differing)}"
    for query in queries:
        for difference in DIFFERENCES:
            if wrong := [cell.parameter_class for cell in query.cells if cell.equality == difference]:
                classes = listed(wrong)
                yield f"{query.title} {WRONG[difference]} after the optimizations ({classes}): however fast, it fails"
        for state in ("after", "before"):
            failed = [cell for cell in query.cells if cell.side(state).error]
            if failed:
                classes = listed([cell.parameter_class for cell in failed])
                yield f"{query.title} failed {state} ({classes}): {failed[0].side(state).error}"


def paragraph(
    run: Run,
    queries: Sequence[QuerySummary],
    optimizations: Sequence[OptimizationSummary],
    cold: ColdSummary | None,
    others: Sequence[Beside],
    covered: CoverageSummary | None,
    measured: int,
) -> Iterable[str]:
    """Say what was found, with ``measured`` pairs."""
    cells = [cell for query in queries for cell in query.cells]
    titles = {query.name: query.title for query in queries}
    if not measured:
        yield _unmeasured(run)
        return
    has_after = any(query.after for query in queries)
    if has_after:
        yield from _gains(cells, titles)
        yield from _losses(cells, titles)
        yield from order_sentences(run)
        yield from _compared(cells)
    if all(query.outcome == "meets" for query in queries):
        yield f"Every query meets {run.options.target_ms:g} ms in every class."
    if covered:
        yield from covered.sentences[:2]
    if cold:
        yield cold.sentence
    yield from (said for one in others for said in one.sentences[:2])
    if has_after:
        yield from _optimizations(optimizations)
    total = sum(not cell.absent for cell in cells)
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
        f"The largest gain is {_named(best, titles)}: {numbers.figure(best.before.p50)} → "
        f"{numbers.figure(best.after.p50)} in the median, {numbers.times(best.ratio)}."
    )


def _losses(cells: Sequence[CellSummary], titles: dict[str, str]) -> Iterable[str]:
    slower = [cell for cell in cells if cell.effect == "slower"]
    if slower:
        worst = min(slower, key=lambda cell: cell.ratio.value if cell.ratio else 0)
        yield (
            f"{plural(len(slower), 'pair')} became slower, most of all {_named(worst, titles)}: "
            f"{numbers.figure(worst.before.p50)} → {numbers.figure(worst.after.p50)} in the median."
        )


def _compared(cells: Sequence[CellSummary]) -> Iterable[str]:
    """Count the answers by what their comparison says; two that are empty prove little."""
    counted = Counter(cell.equality for cell in cells if cell.before.measured and cell.after.measured)
    if counted:
        said = [f"{number} {word}" for word, number in counted.most_common()]
        yield f"Of {plural(counted.total(), 'answer')} before and after, {'; '.join(said)}."


def _optimizations(optimizations: Sequence[OptimizationSummary]) -> Iterable[str]:
    applied = [found for found in optimizations if found.build_ms is not None]
    if applied:
        built = numbers.seconds(sum(found.build_ms or 0 for found in applied) / 1000)
        grown = numbers.size(sum(found.size_bytes or 0 for found in applied))
        yield f"{plural(len(applied), 'optimization')} took {built} to apply and {grown} of disk."


def _named(cell: CellSummary, titles: dict[str, str]) -> str:
    return f"{titles.get(cell.query, cell.query)}, {cell.parameter_class}"
