"""What a look for plan traps says as a whole: the headline, alarms and notes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.experiments import about
from bench.experiments.traps.answers import compared
from bench.experiments.traps.hazards import QueryTraps, Verdict
from bench.experiments.traps.record import TrapsRun
from bench.report import numbers
from bench.statistics.quantiles import CONFIDENCE

FEW_DRAWS = 5
"""With fewer samples, another plan every second time would go unseen one time in 16."""


ADVICE: dict[Verdict, str] = {
    "generic plan hurts": "SET plan_cache_mode = force_custom_plan for the sessions or the function that runs it: it "
    "is planned each time, for its values",
    "coin toss": "a higher statistics target for the columns that it filters by (ALTER TABLE … ALTER COLUMN … SET "
    "STATISTICS), or an index that makes one plan the better by far",
    "fresh tenant hurts": "ANALYZE after a tenant was imported, by whoever imports it; autovacuum waits until a tenth "
    "of the table is new",
    "borrowed plan hurts": "no plan hint and no forced generic plan for it",
    "estimates off": "CREATE STATISTICS on the columns that belong together, or a higher statistics target",
}
"""What helps against each verdict; the tenth is autovacuum_analyze_scale_factor as the server has it by default."""


def advice(queries: Sequence[QueryTraps]) -> Iterator[tuple[Verdict, str, tuple[str, ...]]]:
    """Say what helps against each verdict that a query has, and the titles of these queries."""
    for kind, text in ADVICE.items():
        if titles := tuple(one.query.title for one in queries if any(found.kind == kind for found in one.hazards)):
            yield kind, text, titles


def headline(queries: Sequence[QueryTraps], run: TrapsRun) -> str:
    """Count the queries with a trap, those with a risk, and those of which it cannot be told."""
    if not queries:
        return "No query took part."
    trapped = [one for one in queries if one.trap]
    total = numbers.plural(len(queries), "query", "queries")
    if trapped:
        text = f"{len(trapped)} of {total} {'has' if len(trapped) == 1 else 'have'} a plan trap"
    elif run.status == "complete" and not any(one.unknown for one in queries):
        text = f"No plan trap found in {total}"
    else:
        text = f"No plan trap found so far in {total}"
    risky, unknown = sum(one.risk for one in queries), sum(one.unknown for one in queries)
    parts = [text]
    if risky:
        parts.append(f"{risky} more {'has' if risky == 1 else 'have'} a risk")
    if unknown:
        parts.append(f"of {unknown} it cannot be told")
    return ", ".join(parts)


def alarms(run: TrapsRun) -> Iterator[str]:
    """Say what went wrong: an end before the end, and every failure."""
    yield from about.unfinished("This look for traps", run.status, "seen")
    for one in compared(run):
        if not one.same:
            yield f"{one.query}, {one.about}: {one.plan} gives another answer than its own, on the same rows."
    for cell in run.cells:
        if cell.error:
            yield f"{cell.query}, class {cell.parameter_class}: {cell.error}"


def bound(draws: int) -> float:
    """How often another plan may come at most (95 %) that came in none of ``draws``: the rule of three, exactly."""
    return 1 - (1 - CONFIDENCE) ** (1 / draws) if draws else 1.0


def notes(run: TrapsRun) -> Iterator[str]:
    """Say how far chance has a part, and what was not done."""
    yield from run.notes
    if (seen := compared(run)) and all(one.same for one in seen):
        yield f"Answers were compared {numbers.plural(len(seen), 'time')}, of two plans each: all the same."
    draws = min((len(cell.stability.draws) for cell in run.cells if cell.stability), default=0)
    target = run.options.statistics_target
    if draws and not run.sampled:
        yield (
            f"At a statistics target of {target} ANALYZE reads every table of this size whole: chance has no part in "
            "these statistics. It gets one where a table has more than 300 times as many rows."
        )
    elif draws:
        names = numbers.listed([f"{name} ({rows:,} rows)" for name, rows in sorted(run.sampled.items())])
        yield f"Chance enters where ANALYZE reads a sample of {300 * target:,} rows: {names}."
    if draws and run.sampled:
        yield (
            f"A plan that came {draws} of {draws} times may still be another one up to {100 * bound(draws):.0f} times "
            "in 100 (95 %)." + (" Ask for more with --analyzes." if draws < FEW_DRAWS else "")
        )
    if run.fresh_note:
        yield run.fresh_note
