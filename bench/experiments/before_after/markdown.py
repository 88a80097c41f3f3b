"""A run as Markdown for a pull request: never more than a comment may hold, whatever the workload."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.cells.records import CellSummary, OptimizationSummary, Outcome, QuerySummary, Summary
from bench.cells.sentences import effect
from bench.experiments.attribution import document as attribution
from bench.experiments.attribution.summary import AttributionSummary
from bench.experiments.attribution.summary import summarize as summarize_attribution
from bench.experiments.before_after import cold_markdown
from bench.experiments.before_after.cold import summarize_cold
from bench.experiments.before_after.summary import summarize
from bench.model import Run
from bench.report import numbers
from bench.report.markdown import NAME, PROSE, blocks, escape, fitted

SIGNS: dict[Outcome, str] = {
    "meets": "✅ meets",
    "misses": "❌ misses",
    "cannot tell": "❔ cannot tell",
    "other rows": "🛑 **other rows**",
    "failed": "🛑 **failed**",
}
USES = {
    "unused": "**no measured plan**",
    "not in plans": "not seen in plans",
    "not applied": "not applied",
    "cannot tell": "no plans",
}


def render(run: Run) -> str:
    """Write the verdict, the tables and the environment; the least important parts go first where they do not fit."""
    summary, attributed, cold = summarize(run), summarize_attribution(run), summarize_cold(run)
    title = f"{escape(run.workload, NAME)}: {escape(summary.sentence, PROSE)}"
    # In the order of importance, which is the order of the page too.
    sections = [
        [f"## {title}\n", *(f"> 🛑 **{escape(alarm, PROSE)}**\n" for alarm in summary.alarms)],
        [
            f"{escape(' '.join(summary.paragraph), 5 * PROSE)}\n",
            *(f"- {escape(step, 2 * PROSE)}" for step in summary.next_steps),
            "",
        ],
        _queries(summary),
        cold_markdown.section(cold, escape) if cold else [],
        _attributed(attributed) if attributed else _optimizations(summary.optimizations),
        _environment(run),
        *([*_details(query)] for query in summary.queries),
    ]
    return fitted(sections, "report.html")


def _queries(summary: Summary) -> list[str]:
    if not summary.queries:
        return []
    lines = [
        "| Query | p95 hot, before → after | Worst class | p95 worst, before → after "
        "| Faster (hot) | Buffers (hot) | Verdict |",
        "|---|---:|---|---:|---:|---:|---|",
    ]
    for query in summary.queries:
        title, sign = escape(query.title, NAME), SIGNS[query.outcome]
        if query.hot is None or query.worst is None:
            lines.append(f"| {title} | – | – | – | – | – | {sign} |")
            continue
        worst = escape(query.worst.parameter_class, NAME)
        cells = [title, _p95(query.hot), worst, _p95(query.worst), effect(query.hot), _buffers(query.hot), sign]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _optimizations(optimizations: Sequence[OptimizationSummary]) -> list[str]:
    if not optimizations:
        return []
    lines = [
        "### Optimizations\n",
        "| Optimization | Category | Used by | Build | Size | WAL |",
        "|---|---|---|---:|---:|---:|",
    ]
    for found in optimizations:
        used = escape(numbers.listed(found.used_by), PROSE) if found.use == "used" else USES[found.use]
        cost = f"{numbers.ms(found.build_ms)} | {numbers.size(found.size_bytes)} | {numbers.size(found.wal_bytes)}"
        lines.append(f"| {escape(found.name, NAME)} | {escape(found.category, NAME)} | {used} | {cost} |")
    return [*lines, ""]


def _attributed(summary: AttributionSummary) -> list[str]:
    (section,) = attribution.sections(summary, {})
    lines = [*blocks(section.blocks)]
    return [f"### {section.title}\n", *lines] if lines else []


def _details(query: QuerySummary) -> Iterable[str]:
    yield f"<details><summary>{escape(query.title, NAME)}: {query.outcome}</summary>\n"
    yield f"{escape(query.reason, PROSE)}\n"
    yield "| Class | Rows | p50 before → after | p95 before → after | Max before → after | Effect | Buffers | n |"
    yield "|---|---:|---:|---:|---:|---|---:|---:|"
    for cell in query.cells:
        name = escape(cell.parameter_class, NAME)
        if cell.skipped:
            yield f"| {name} | {escape(cell.skipped, PROSE)} | | | | | | |"
            continue
        p50, longest = (
            f"{numbers.figure(getattr(cell.before, which))} → {numbers.figure(getattr(cell.after, which))}"
            for which in ("p50", "longest")
        )
        shown = [
            *(name, numbers.count(cell.result_rows), p50, _p95(cell), longest, effect(cell), _buffers(cell)),
            f"{cell.before.n} / {cell.after.n}",
        ]
        yield f"| {' | '.join(shown)} |"
    yield ""
    changes = next((cell.changes for cell in query.cells if cell.changes), ())
    yield from (f"- {escape(change, PROSE)}" for change in changes)
    yield "\n</details>\n"


def _environment(run: Run) -> list[str]:
    server, machine, data, options = run.server, run.machine, run.dataset, run.options
    facts = (
        f"pgproof {run.pgproof}, PostgreSQL {server.version} ({server.kind}) on {machine.cpu}, "
        f"{numbers.plural(machine.cores, 'core')}, {numbers.size(machine.memory_bytes)}, {machine.system}",
        f"{data.scale:,} {data.unit}, seed {data.seed}, skew {data.skew}, clock {data.clock}, dataset {data.key}",
        f"at least {options.rounds} timed executions per cell, before and after interleaved, "
        f"statement timeout {options.timeout_s:g} s; run {run.id}, {run.started_at}",
        *run.notes,
    )
    return [*(f"- {escape(fact, PROSE)}" for fact in facts), ""]


def _p95(cell: CellSummary) -> str:
    return f"{numbers.figure(cell.before.p95)} → {numbers.figure(cell.after.p95)}"


def _buffers(cell: CellSummary) -> str:
    return numbers.change(*(side.counters.buffers if side.counters else None for side in (cell.before, cell.after)))
