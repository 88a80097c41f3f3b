"""Runs side by side as Markdown: what a comment may hold, the most important first."""

from __future__ import annotations

from collections.abc import Iterator

from bench.experiments.compare import sentences as said
from bench.experiments.compare.record import Change, Comparison, Line, QueryLines, Seen, Versus
from bench.report import numbers
from bench.report.markdown import NAME, PROSE, escape, fitted

CHANGES_MOST = 8
"""Sentences on the plan of one cell."""


def render(found: Comparison) -> str:
    """Write the headline, why not everything compares, what moved, and the cells of each run against the first."""
    sections: list[list[str]] = [
        [f"## {escape(found.headline, PROSE)}\n", *(f"> 🛑 **{escape(alarm, PROSE)}**\n" for alarm in found.alarms)],
        list(_runs(found)),
    ]
    for position, one in enumerate(found.versus):
        sections.append(list(_against(found, position, one)))
    sections.append(list(_optimizations(found)))
    for position, one in enumerate(found.versus):
        sections += [list(_details(query, found, position, one)) for query in found.queries]
    return fitted(sections, "compare.html")


def _runs(found: Comparison) -> Iterator[str]:
    yield f"| | {' | '.join(found.labels)} |"
    yield f"|---|{'---|' * len(found.labels)}"
    for name, texts in said.facts(found):
        yield f"| {name} | {' | '.join(escape(text, PROSE) for text in texts)} |"
    yield ""


def _against(found: Comparison, position: int, one: Versus) -> Iterator[str]:
    if len(found.versus) > 1:
        yield f"### {one.label} against {found.labels[0]}: {escape(one.sentence, PROSE)}\n"
    yield from (f"- {escape(sentence, PROSE)}" for sentence in said.remarks(one))
    yield ""
    lines = [line for query in found.queries for line in query.of(found.state)]
    chosen = said.telling(found, position, found.state)
    if chosen:
        yield from _head(found.labels[0], one.label)
        yield from (_row(line, position) for line in chosen)
        yield ""
    rest = numbers.plural(len(lines) - len(chosen), "cell")
    yield f"{rest} {'more' if one.comparable.level == 'nothing' else 'did not move'}."
    yield ""


def _head(base: str, head: str) -> Iterator[str]:
    arrow = f"{base} → {head}"
    yield f"| Cell | p50, {arrow} | Clock | p95, {arrow} | Buffers, {arrow} | Work | Plan | Verdict |"
    yield "|---|---:|---|---:|---:|---|---|---|"


def _row(line: Line, position: int) -> str:
    base, head, change = line.seen[0], line.seen[position + 1], line.changes[position]
    cells = [
        escape(f"{line.query}[{line.parameter_class}]", NAME),
        f"{_p50(base)} → {_p50(head)}",
        said.clock(change) or numbers.NOTHING,
        f"{_p95(base)} → {_p95(head)}",
        f"{said.buffers(base)} → {said.buffers(head)}",
        escape(said.work(change, base, head), NAME) or numbers.NOTHING,
        said.plan(change) or numbers.NOTHING,
        _verdict(change, head),
    ]
    return f"| {' | '.join(cells)} |"


def _verdict(change: Change | None, head: Seen | None) -> str:
    if change and change.other_rows:
        return "🛑 **other rows**"
    if change and change.goal:
        return f"{'❌' if change.goal.startswith('met') else '✅'} {change.goal}"
    return head.summary.outcome if head else numbers.NOTHING


def _p50(seen: Seen | None) -> str:
    return numbers.figure(seen.summary.p50 if seen else None)


def _p95(seen: Seen | None) -> str:
    return numbers.figure(seen.summary.p95 if seen else None)


def _optimizations(found: Comparison) -> Iterator[str]:
    moved = [block for block in found.optimizations if block.moved]
    if not moved:
        return
    yield "### Optimizations that are not the same\n"
    yield f"| Optimization | {' | '.join(found.labels)} |"
    yield f"|---|{'---|' * len(found.labels)}"
    for block in moved:
        texts = [said.optimization(block.runs[0])]
        texts += [f"{said.PRESENCES[one.presence]}: {said.optimization(one)}" for one in block.runs[1:]]
        yield f"| {escape(block.name, NAME)} | {' | '.join(texts)} |"
    yield ""


def _details(query: QueryLines, found: Comparison, position: int, one: Versus) -> Iterator[str]:
    """Every cell of a query, folded; and what its plans do differently."""
    lines = query.of(found.state)
    if not lines:
        return
    yield f"<details><summary>{escape(query.title, NAME)}, {one.label} against {found.labels[0]}</summary>\n"
    yield from (f"{escape(note, PROSE)}\n" for note in query.notes)
    yield from _head(found.labels[0], one.label)
    yield from (_row(line, position) for line in lines)
    yield ""
    for line in lines:
        change = line.changes[position]
        if change and change.plan:
            yield f"{escape(line.parameter_class, NAME)}:\n"
            yield from (f"- {escape(sentence, PROSE)}" for sentence in change.plan[:CHANGES_MOST])
            yield ""
    yield "</details>\n"
