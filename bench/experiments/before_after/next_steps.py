"""What a reader should do now, in the order in which it matters: each with what it saves, why, and how."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.attribution.evidence import THRESHOLDS
from bench.cells.cell import rank
from bench.cells.records import CellSummary, OptimizationSummary, QuerySummary, SideSummary
from bench.experiments.attribution import sentences
from bench.experiments.attribution.summary import AttributedOptimization, AttributionSummary
from bench.experiments.attribution.verdicts import OptimizationOutcome
from bench.model import DIFFERENCES, Run
from bench.report import numbers
from bench.report.numbers import listed, plural

SCALE_TIMES = 10
"""How many times the rows a larger scale has: what was met by a factor of ten lasts a while."""
BUDGET_TIMES = 4
"""How many times the budget is asked for where a verdict is open: four times the executions halve an interval."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """One thing to do."""

    title: str
    sentence: str
    """All of it in a sentence or two, where there is no room for the rest."""
    saving: tuple[tuple[str, str], ...] = ()
    """What it saves, or what is at stake: time, buffers, disk, writes."""
    decided: str = ""
    """The figure that decided it; empty where ``sentence`` has it."""
    evidence: str = ""
    """Where a page shows what it rests on: the name of a query, ``optimization NAME``, or the id of a section."""
    command: str = ""
    """What does it, or begins to."""


def next_steps(
    run: Run,
    queries: Sequence[QuerySummary],
    optimizations: Sequence[OptimizationSummary],
    attribution: AttributionSummary | None,
) -> tuple[NextStep, ...]:
    """Say what to do next, the most urgent first; empty where nothing was measured, or it still goes on."""
    if run.status == "running":
        return ()
    has_after = any(query.after for query in queries)
    steps = [*_wrong(queries), *_over(queries, run), *_unclear(queries, run)]
    if queries and not has_after:
        said = "There is no after state to compare with: put the change you propose into optimizations.sql."
        steps.append(NextStep("Propose a change", said, command=_command("advise", run)))
    if has_after or run.attribution:
        steps += [*_harmful(run, attribution), *_ship(run, queries, attribution)]
        steps += _unused(run, optimizations, attribution)
    if queries and all(query.outcome == "meets" for query in queries):
        steps.append(_larger(run, queries))
    return tuple(steps)


def _command(name: str, run: Run, *options: str) -> str:
    """A command line for the workload of ``run``, as it was named then."""
    return shlex.join(["pgproof", name, *([run.given] if run.given else []), *options])


def _only(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(part for name in names for part in ("--only", name))


# --------------------------------------------------------------------------------------------------------- queries
def _wrong(queries: Sequence[QuerySummary]) -> Iterator[NextStep]:
    if wrong := [query for query in queries if query.outcome in DIFFERENCES]:
        said = (
            f"First make {listed([one.title for one in wrong])} give the same answer: a fast wrong answer is no gain."
        )
        yield _mend(wrong[0], "Make the answers equal", said)
    if failed := [query for query in queries if query.outcome == "failed"]:
        yield _mend(failed[0], "Mend what stopped", f"Mend what stopped {listed([one.title for one in failed])}.")


def _mend(query: QuerySummary, title: str, sentence: str) -> NextStep:
    cell = next(one for one in query.cells if query.outcome in (one.before.outcome, one.after.outcome))
    state = "after" if cell.after.outcome == query.outcome else "before"
    command = ["pgproof", "reproduce", "run.json", f"{query.name}/{cell.parameter_class}", "--state", state]
    return NextStep(title, sentence, decided=query.reason, evidence=query.name, command=shlex.join(command))


def _over(queries: Sequence[QuerySummary], run: Run) -> Iterator[NextStep]:
    missing = sorted((query for query in queries if query.outcome == "misses"), key=_worst, reverse=True)
    if not missing:
        return
    named = listed([f"{query.title} ({_worst_words(query)})" for query in missing])
    target = f"{run.options.target_ms:g} ms"
    first = missing[0]
    saving = []
    if first.worst:
        side = _side(first, first.worst)
        saving = [("time", f"{numbers.figure(side.p95)} at p95, {target} wanted")]
        saving += [("buffers", f"{numbers.count(side.counters.buffers)} an execution")] if side.counters else []
    more = f" and {plural(len(missing) - 1, 'query', 'queries')} more" if len(missing) > 1 else ""
    yield NextStep(
        f"Bring {first.title}{more} under {target}",
        f"Over {target}: {named}. Their plans show where the work is: begin at the widest bar.",
        tuple(saving),
        first.reason,
        first.name,
        _command("advise", run),
    )


def _unclear(queries: Sequence[QuerySummary], run: Run) -> Iterator[NextStep]:
    if unclear := [query for query in queries if query.outcome == "cannot tell"]:
        named = listed([f"{query.title} ({query.reason})" for query in unclear], 3)
        options = [part for query in unclear for part in ("--query", query.name)]
        options += ["--one-copy"] if run.options.one_copy else []
        budget_s = max(1, round(BUDGET_TIMES * run.options.budget_s))
        yield NextStep(
            f"Take more samples of {listed([query.title for query in unclear], 2)}",
            f"No verdict yet: {named}. A longer --budget takes more samples where the answer is open.",
            decided=unclear[0].reason,
            evidence=unclear[0].name,
            command=_command("run", run, *options, "--budget", str(budget_s)),
        )


def _larger(run: Run, queries: Sequence[QuerySummary]) -> NextStep:
    slowest = max(queries, key=_worst)
    steps = ("--from", str(run.dataset.scale), "--to", str(SCALE_TIMES * run.dataset.scale), "--steps", "3")
    return NextStep(
        "See how long it lasts",
        "Run it again at a larger scale to see how long that lasts.",
        decided=f"Nearest to {run.options.target_ms:g} ms: {slowest.title}, {_worst_words(slowest)} at p95.",
        evidence=slowest.name,
        command=_command("scale", run, *steps),
    )


# --------------------------------------------------------------------------------------------------- optimizations
def _harmful(run: Run, attribution: AttributionSummary | None) -> Iterator[NextStep]:
    for row in _with(attribution, "harmful"):
        if row.verdict:
            yield NextStep(
                f"Take out {row.name}",
                f"Take out {row.name}. {row.verdict.sentence}",
                tuple(_spared(row)),
                row.verdict.sentence,
                f"optimization {row.name}",
                _command("ship-script", run, "--undo", *_only([row.name])),
            )


def _spared(row: AttributedOptimization) -> Iterator[tuple[str, str]]:
    """What doing without an optimization saves."""
    if row.verdict and row.verdict.gain.harmed:
        harm = row.verdict.gain.harmed[0]
        yield "time", f"{numbers.ms(harm.ms_with)} → {numbers.ms(harm.ms_without)} in {harm.cell}"
        yield "buffers", f"{numbers.count(harm.buffers_with)} → {numbers.count(harm.buffers_without)}"
    if row.size_bytes:
        yield "disk", numbers.size(row.size_bytes)
    yield from _writes([row])


def _writes(rows: Sequence[AttributedOptimization], more: str = "") -> Iterator[tuple[str, str]]:
    """What the dearest of them costs a row that is written; nothing where that is less than a byte."""
    costs = (row.dearest for row in rows if row.dearest and row.dearest.wal_bytes >= 1)
    if dear := max(costs, key=lambda one: one.wal_bytes, default=None):
        yield "writes", f"{sentences.wal(dear)} WAL a row of {dear.write}{more}"


def _ship(run: Run, queries: Sequence[QuerySummary], attribution: AttributionSummary | None) -> Iterator[NextStep]:
    if run.status != "complete" or not run.applied or any(q.outcome in (*DIFFERENCES, "failed") for q in queries):
        return
    proof = attribution.smallest if attribution else None
    if attribution and proof and proof.verdict == "meets" and 0 < len(proof.kept) < len(run.applied):
        yield _ship_smallest(run, attribution, proof.kept, proof.reasons)
        return
    many = plural(len(run.applied), "optimization")
    yield NextStep(
        f"Ship the {many}",
        f"Ship the {many} to a live database, without stopping its writers.",
        (("disk", numbers.size(sum(one.size_bytes for one in run.applied))),),
        evidence="optimizations",
        command=_command("ship-script", run),
    )


def _ship_smallest(
    run: Run, attribution: AttributionSummary, kept: Sequence[str], reasons: Sequence[str]
) -> NextStep:  # fmt: skip
    rows = [row for row in attribution.rows if row.name in kept]
    taken = numbers.size(sum(row.size_bytes or 0 for row in rows))
    all_taken = numbers.size(sum(row.size_bytes or 0 for row in attribution.rows))
    of = f"{len(kept)} of {plural(len(run.applied), 'optimization')}"
    saving = []
    if best := max((row.best for row in rows if row.best), key=lambda one: one.buffers_without, default=None):
        saving = [("time", f"{sentences.times(best)} in {best.cell}"), ("buffers", sentences.buffers(best))]
    saving.append(("disk", f"{taken}, not {all_taken}"))
    together = attribution.together
    saving += _writes(rows, f"; all together {sentences.wal(together)} a row of {together.write}" if together else "")
    command = _command("ship-script", run, *_only(kept))
    said = f"{of} {'is' if len(kept) == 1 else 'are'} enough ({taken}, not {all_taken})."
    decided = f"{reasons[0]}." if reasons else ""
    return NextStep(
        f"Ship {of}", f"Ship those that are needed: {said}", tuple(saving), decided,
        "optimizations", command,
    )  # fmt: skip


def _unused(
    run: Run, optimizations: Sequence[OptimizationSummary], attribution: AttributionSummary | None
) -> Iterator[NextStep]:
    """Name what to take out; an attribution knows more than plans do."""
    size = {found.name: found.size_bytes or 0 for found in optimizations}
    rows = _with(attribution, "unused")
    if attribution:
        unused = [row.name for row in rows]
        which = f"query, of which none does less work with {{them}} by {THRESHOLDS}"
    else:
        unused = [found.name for found in optimizations if found.use == "unused"]
        which = "plan"
    # What a query that was left out uses is not known.
    if not unused or run.left_out:
        return
    spent = numbers.size(sum(size.get(name, 0) for name in unused))
    is_are, them = ("is", "it") if len(unused) == 1 else ("are", "them")
    why = f"{is_are} used by no measured {which.format(them=them)}"
    saving = [("disk", spent), *_writes(rows)]
    yield NextStep(
        f"Drop {listed(unused, 2)}",
        f"{listed(unused)} {why} ({spent}): drop {them}, or add the query that needs {them}.",
        tuple(saving),
        f"{'It' if len(unused) == 1 else 'They'} {why}.",
        f"optimization {unused[0]}" if attribution else "optimizations",
        _command("ship-script", run, "--undo", *_only(unused)),
    )


def _with(attribution: AttributionSummary | None, outcome: OptimizationOutcome) -> list[AttributedOptimization]:
    rows = attribution.rows if attribution else ()
    return [row for row in rows if row.verdict and row.verdict.outcome == outcome]


# --------------------------------------------------------------------------------------------------------- figures
def _side(query: QuerySummary, cell: CellSummary) -> SideSummary:
    return cell.after if query.after else cell.before


def _worst(query: QuerySummary) -> tuple[bool, float]:
    return rank(_side(query, query.worst).p95 if query.worst else None)


def _worst_words(query: QuerySummary) -> str:
    if query.worst is None:
        return "not measured"
    return f"{query.worst.parameter_class}: {numbers.figure(_side(query, query.worst).p95)}"
