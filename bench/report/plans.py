"""Two plans of one statement, compared: on common lines, with what changed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.model import STATES, PlanSeen, State
from bench.plans import Mark, PlanNode, Row, align, changes, explain_text, tree
from bench.report import numbers
from bench.report.plan_sentences import KINDS, sentences

# From here on a wrong estimate is likely to have cost a better plan.
WRONG_ESTIMATE = 10
READS_ALL = ("Sort", "Aggregate", "Hash", "Bitmap Index Scan")
# What these pass on are bitmaps: the server counts no rows for them.
NO_ROWS = ("BitmapAnd", "BitmapOr")
# Deeper nodes are indented no further: a phone has no room, and by then the tree lines say little.
DEPTH_MAX = 12


@dataclass(frozen=True, slots=True)
class PlanStep:
    """A step on one side. ``share``: its own part of the plan's time, or of its buffers, in percent.

    ``facts`` describe it, ``warnings`` are what may have cost time. A fact that the step beside it has too is left out
    on the second side.
    """

    node: PlanNode
    share: float
    facts: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def rows(self) -> float | None:
        """Rows passed on; None where the server counts none."""
        return None if self.node.kind in NO_ROWS else self.node.actual_rows

    @property
    def expected(self) -> float | None:
        """Rows that the planner expected; None where the plan was kept without."""
        return self.node.estimated_rows or (None if self.node.actual_rows else 0.0)

    @property
    def indent(self) -> int:
        """Steps to the right."""
        return min(self.node.depth, DEPTH_MAX)


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A line: its number from 1, what changed, the step of each state or None beside a gap.

    ``elsewhere`` is the line of a step that has moved; 0 for all others.
    """

    number: int
    marks: tuple[Mark, ...]
    sides: dict[State, PlanStep | None]
    elsewhere: int


@dataclass(frozen=True, slots=True)
class ComparedPlans:
    """Two plans, or one. ``measures``: by state ``time`` or ``buffers``, whatever ``share`` is a share of.

    ``said``: what changed, in plain words and as EXPLAIN names it. ``meanings``: kinds of nodes and what they do.
    """

    lines: tuple[PlanLine, ...]
    measures: dict[State, str]
    said: tuple[tuple[str, str], ...]
    meanings: tuple[tuple[str, str], ...]
    texts: dict[State, str]
    """The plans as EXPLAIN writes them, to be copied; empty where there is no room for them."""

    @property
    def timed(self) -> bool:
        """Whether the share of a step is of the time, in one of them at least."""
        return "time" in self.measures.values()


def compare_plans(before: PlanSeen | None, after: PlanSeen | None, *, texts: bool = True) -> ComparedPlans | None:
    """Put two plans on common lines; None where none was seen, one side where only that was."""
    seen: dict[State, PlanSeen] = {state: plan for state, plan in zip(STATES, (before, after), strict=True) if plan}
    if not seen:
        return None
    nodes = {state: tree(plan.plan) for state, plan in seen.items()}
    shares = {state: _shares(nodes[state], plan.self_ms) for state, plan in seen.items()}
    former, latter = (nodes.get(state, ()) for state in STATES)
    kinds = sorted({node.kind for found in nodes.values() for node in found})
    return ComparedPlans(
        lines=_lines(former, latter, shares),
        measures={state: "time" if _timed(nodes[state], plan.self_ms) else "buffers" for state, plan in seen.items()},
        said=sentences(changes(former, latter)) if len(seen) > 1 else (),
        meanings=tuple((kind, KINDS[kind].means) for kind in kinds if kind in KINDS),
        texts={state: explain_text(plan.plan) for state, plan in seen.items()} if texts else {},
    )


def _lines(
    before: Sequence[PlanNode], after: Sequence[PlanNode], shares: dict[State, list[float]]
) -> tuple[PlanLine, ...]:
    rows = align(before, after)
    alone = not before or not after
    stops = {"before": _stopped(before), "after": _stopped(after)}
    lines = {("before", row.before): at for at, row in enumerate(rows, 1)}
    lines |= {("after", row.after): at for at, row in enumerate(rows, 1)}

    def view(state: State, nodes: Sequence[PlanNode], at: int | None, beside: PlanNode | None) -> PlanStep | None:
        if at is None:
            return None
        return _view(nodes[at], shares[state][at], beside, stopped=stops[state][at])

    def line(number: int, row: Row) -> PlanLine:
        left = view("before", before, row.before, None)
        right = view("after", after, row.after, left.node if left else None)
        other: State = "after" if row.after is None else "before"
        elsewhere = lines[other, row.elsewhere] if row.elsewhere is not None else 0
        return PlanLine(number, () if alone else row.marks, {"before": left, "after": right}, elsewhere)

    return tuple(line(number, row) for number, row in enumerate(rows, 1))


def _view(node: PlanNode, share: float, beside: PlanNode | None, *, stopped: bool) -> PlanStep:
    facts = [f"by {node.keys}" if node.keys else "", node.condition, _loops(node)]
    if beside:
        known = {f"by {beside.keys}", beside.condition}
        # Left out it would look like the same one.
        facts[1] = facts[1] or ("no condition" if beside.condition else "")
        facts = [fact for fact in facts if fact not in known]
    warnings = [_removed(node), _estimate(node, stopped=stopped), _spill(node)]
    if node.heap_fetches:
        warnings.append(numbers.plural(node.heap_fetches, "heap fetch", "heap fetches"))
    return PlanStep(node, share, tuple(filter(None, facts)), tuple(filter(None, warnings)))


def _timed(nodes: Sequence[PlanNode], self_ms: Sequence[float]) -> bool:
    return len(self_ms) == len(nodes) and sum(self_ms) > 0


def _shares(nodes: Sequence[PlanNode], self_ms: Sequence[float]) -> list[float]:
    """Give each node's own part in percent: of the time where that was measured, otherwise of the buffers."""
    own = self_ms if _timed(nodes, self_ms) else [node.buffers_self for node in nodes]
    full = sum(own) or 1
    return [100 * part / full for part in own]


def _stopped(nodes: Sequence[PlanNode]) -> list[bool]:
    """Say for each node whether a Limit above may have stopped it early."""
    found: list[bool] = []
    stopped: list[bool] = []
    for node in nodes:
        above = stopped[node.depth - 1] if node.depth else False
        found.append(above)
        del stopped[node.depth :]
        # A node that reads all its input first shields it.
        stopped.append(node.kind == "Limit" or (above and node.kind not in READS_ALL))
    return found


def _loops(node: PlanNode) -> str:
    return f"{numbers.count(node.loops)} loops" if node.loops > 1 else ""


def _removed(node: PlanNode) -> str:
    return f"{numbers.plural(round(node.rows_removed), 'row')} read and thrown away" if node.rows_removed else ""


def _spill(node: PlanNode) -> str:
    """Say what did not fit into memory, and how much went to disk."""
    parts = [node.sort_method if node.disk_kb else ""]
    parts.append(f"{numbers.count(node.batches)} batches" if node.batches > 1 else "")
    parts.append(f"{numbers.size(node.disk_kb * 1024)} on disk" if node.disk_kb else "")
    parts.append(numbers.plural(node.temp_self, "temp block") if node.temp_self else "")
    said = ", ".join(filter(None, parts))
    return f"spills: {said}" if said else ""


def _estimate(node: PlanNode, *, stopped: bool) -> str:
    """Say how far off the planner's row estimate was, where that is more than tenfold.

    A node that was stopped early gave fewer rows than it has: that is no wrong estimate.
    """
    if not node.estimated_rows:  # at least one, unless the plan was kept without
        return ""
    guessed, real = max(node.estimated_rows, 1.0), max(node.actual_rows, 1.0)
    factor = max(guessed / real, real / guessed)
    if not node.executed or node.kind in NO_ROWS or factor < WRONG_ESTIMATE or (stopped and guessed > real):
        return ""
    return f"{factor:,.0f}× too {'many' if guessed > real else 'few'} rows expected"
