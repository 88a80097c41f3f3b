"""What a reader should do now, in the order in which it matters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.attribution.evidence import THRESHOLDS
from bench.cells.cell import rank
from bench.cells.records import OptimizationSummary, QuerySummary
from bench.experiments.attribution.summary import AttributedOptimization, AttributionSummary
from bench.experiments.attribution.verdicts import OptimizationOutcome
from bench.model import DIFFERENCES, Run
from bench.report import numbers
from bench.report.numbers import listed, plural


def next_steps(
    run: Run,
    queries: Sequence[QuerySummary],
    optimizations: Sequence[OptimizationSummary],
    attribution: AttributionSummary | None,
) -> tuple[str, ...]:
    """Say what to do next, a sentence a step, the most urgent first; empty where nothing was measured."""
    has_after = any(query.after for query in queries)
    steps = [*_wrong(queries), *_over(queries, run), *_unclear(queries)]
    if queries and not has_after:
        steps.append("There is no after state to compare with: put the change you propose into optimizations.sql.")
    if has_after or run.attribution:
        steps += [*_worthless(run, optimizations, attribution), *_ship(run, queries)]
    if queries and all(query.outcome == "meets" for query in queries):
        steps.append("Run it again at a larger scale to see how long that lasts.")
    return tuple(steps)


def _wrong(queries: Sequence[QuerySummary]) -> Iterator[str]:
    if wrong := [query.title for query in queries if query.outcome in DIFFERENCES]:
        yield f"First make {listed(wrong)} give the same answer: a fast wrong answer is no gain."
    if failed := [query.title for query in queries if query.outcome == "failed"]:
        yield f"Mend what stopped {listed(failed)}."


def _over(queries: Sequence[QuerySummary], run: Run) -> Iterator[str]:
    missing = sorted((query for query in queries if query.outcome == "misses"), key=_worst, reverse=True)
    if missing:
        named = listed([f"{query.title} ({_worst_words(query)})" for query in missing])
        target = f"{run.options.target_ms:g} ms"
        yield f"Over {target}: {named}. Their plans show where the work is: begin at the widest bar."


def _unclear(queries: Sequence[QuerySummary]) -> Iterator[str]:
    if unclear := [query for query in queries if query.outcome == "cannot tell"]:
        named = listed([f"{query.title} ({query.reason})" for query in unclear], 3)
        yield f"No verdict yet: {named}. A longer --budget takes more samples where the answer is open."


def _worthless(
    run: Run, optimizations: Sequence[OptimizationSummary], attribution: AttributionSummary | None
) -> Iterator[str]:
    """Name what to take out; an attribution knows more than plans do."""
    size = {found.name: found.size_bytes or 0 for found in optimizations}
    if attribution:
        for row in _with(attribution, "harmful"):
            yield f"Take out {row.name}. {row.verdict.sentence if row.verdict else ''}"
        unused = [row.name for row in _with(attribution, "unused")]
        which = f"query, of which none does less work with {{them}} by {THRESHOLDS}"
    else:
        unused = [found.name for found in optimizations if found.use == "unused"]
        which = "plan"
    # What a query that was left out uses is not known.
    if unused and not run.left_out:
        spent = numbers.size(sum(size.get(name, 0) for name in unused))
        is_are, them = ("is", "it") if len(unused) == 1 else ("are", "them")
        yield (
            f"{listed(unused)} {is_are} used by no measured {which.format(them=them)} ({spent}): drop {them}, or add "
            f"the query that needs {them}."
        )


def _with(attribution: AttributionSummary, outcome: OptimizationOutcome) -> list[AttributedOptimization]:
    return [row for row in attribution.rows if row.verdict and row.verdict.outcome == outcome]


def _ship(run: Run, queries: Sequence[QuerySummary]) -> Iterator[str]:
    if run.status == "complete" and run.applied and not any(q.outcome in (*DIFFERENCES, "failed") for q in queries):
        yield (
            f"pgproof ship-script writes the {plural(len(run.applied), 'optimization')} for a live database, "
            "without stopping its writers."
        )


def _worst(query: QuerySummary) -> tuple[bool, float]:
    side = query.worst and (query.worst.after if query.after else query.worst.before)
    return rank(side.p95 if side else None)


def _worst_words(query: QuerySummary) -> str:
    if query.worst is None:
        return "not measured"
    side = query.worst.after if query.after else query.worst.before
    return f"{query.worst.parameter_class}: {numbers.figure(side.p95)}"
