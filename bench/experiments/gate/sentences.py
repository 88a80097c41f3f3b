"""The result of a gate in sentences, the same in every format. Nothing here is escaped: each format does that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from bench.cells.work import LIMITS, WAL
from bench.experiments.gate.record import VERDICTS, CellResult, CellVerdict, GateResult
from bench.report.numbers import digits, listed, ms, plural

PLAN_CHANGES_MOST = 5
ALIKE_MOST = 20
STRICT: tuple[CellVerdict, ...] = ("new", "gone", "not compared")
"""What a strict gate does not accept."""

# For a cell whose record gives no reason of its own.
PLAIN: dict[CellVerdict, str] = {
    "new": "was not there before",
    "gone": "is not there any more",
    "not compared": "is no longer the same question",
}

MANY: dict[CellVerdict, str] = {"regression": "regressions", "improvement": "improvements"}


@dataclass(frozen=True, slots=True)
class Fact:
    """A line about a cell: what it is about, and the text."""

    label: str
    text: str

    def __str__(self) -> str:
        return f"{self.label}: {self.text}" if self.label else self.text


# --------------------------------------------------------------------------------------------------- the result
def sentence(result: GateResult) -> str:
    """Give the verdict, how many cells it rests on, and against what."""
    total, base = plural(len(result.cells), "cell"), result.base or "the base"
    if result.overall == "incompatible":
        return f"Incompatible: {base} cannot be compared with what is here"
    if not result.cells:
        return f"{result.overall.capitalize()}: no cell was compared with {base}"
    if result.overall == "regression":
        bad = result.count("regression")
        if bad:
            return f"Regression: {bad:,} of {total} {'is' if bad == 1 else 'are'} worse than {base}"
        return f"Regression: a strict gate against {base} does not accept {_counts(result, STRICT)}"
    if result.overall == "inconclusive":
        unclear = result.count("inconclusive")
        what = f"{unclear:,} of {total} cannot tell" if unclear else "the measurement cannot exclude one"
        return f"Inconclusive: no regression was seen against {base}, but {what}"
    accepted, unclear = result.count("accepted"), result.count("inconclusive")
    but = f", apart from {accepted:,} accepted" if accepted else ""
    but += f"; {unclear:,} cannot tell" if unclear else ""
    if result.overall == "improvement":
        return f"Improvement: {result.count('improvement'):,} of {total} got better than {base}, none got worse{but}"
    done = "does more work or takes longer than" if timed(result) or same(result) else "does more work than"
    return f"Pass: none of {total} {done} {base}{but}"


def timed(result: GateResult) -> bool:
    """Whether times were taken, or counters alone."""
    return any(cell.timed for cell in result.cells)


def same(result: GateResult) -> int:
    """How many cells cannot differ between the arms."""
    return sum(cell.same for cell in result.cells)


def tally(result: GateResult) -> str:
    """Count the verdicts, worst first."""
    return _counts(result, VERDICTS)


def _counts(result: GateResult, among: Iterable[CellVerdict]) -> str:
    return ", ".join(plural(n, one, MANY.get(one, one)) for one in among if (n := result.count(one)))


def against(result: GateResult) -> str:
    """Say what counters and times were compared with."""
    counters = "the baseline" if result.counters_against == "baseline" else "the old arm, counted in this job"
    times = "times against the old arm, measured in this job" if timed(result) else "no times were taken"
    said = f"Counters against {counters}; {times}"
    if number := same(result):
        ask = "asks" if number == 1 else "ask"
        said += f"; {plural(number, 'cell')} {ask} the same of one database in both arms, and cannot differ in time"
    return said


def controls(result: GateResult) -> str:
    """Say how far the two arms were apart where they do the same by construction."""
    if not result.controls:
        return ""
    return f"Queries without tables, head against base: {', '.join(f'{c - 1:+.1%}' for c in result.controls)}"


# ------------------------------------------------------------------------------------------------------ one cell
def name(cell: CellResult) -> str:
    """Name a cell."""
    return f"{cell.query}, {cell.parameter_class}"


def headline(cell: CellResult, others: int = 0) -> str:
    """Give the first reason; ``others`` cells are alike."""
    said = cell.reasons[0] if cell.reasons else PLAIN.get(cell.word, cell.word)
    return f"{said}, in {others + 1} cells alike" if others else said


def place(cell: CellResult) -> str:
    """Give ``file:line``, as far as it is known."""
    return f"{cell.file}:{cell.line}" if cell.file and cell.line > 0 else cell.file


def expected(cell: CellResult) -> str:
    """Give the reason why a regression is accepted; a cell that has none needs no reason."""
    return cell.expected if cell.word == "accepted" else ""


def facts(cell: CellResult, others: Sequence[CellResult] = ()) -> tuple[Fact, ...]:
    """Say all that is known of a cell: what moved, work, time, plan, likely cause, place; and which ones are alike."""
    shown = [Fact("", headline(cell, len(others))), *(Fact("", reason) for reason in cell.reasons[1:])]
    shown += [Fact("also in", listing(others, ALIKE_MOST) if others else "")]
    shown += [Fact("work", work(cell)), Fact("time", time(cell))]
    shown += [Fact("plan", change) for change in cell.plan_changes[:PLAN_CHANGES_MOST]]
    if len(cell.plan_changes) > PLAN_CHANGES_MOST:
        left = len(cell.plan_changes) - PLAN_CHANGES_MOST
        shown.append(Fact("plan", f"{plural(left, 'more change')}, in gate.json"))
    shown += [Fact("likely cause", cell.cause), Fact("expected", expected(cell)), Fact("at", place(cell))]
    return tuple(fact for fact in shown if fact.text)


def work(cell: CellResult) -> str:
    """Write the counters that moved, base → head; those that are a reason of their own are not said again."""
    if cell.base is None or cell.head is None:
        moved = [f"{d.base:,} → {d.head:,} {d.counter}" for d in cell.differences]
    else:
        old, new = cell.base.counters, cell.head.counters
        counters = [(getattr(old, limit.counter), getattr(new, limit.counter), limit.words) for limit in (*LIMITS, WAL)]
        moved = [f"{a:,} → {b:,} {words}" for a, b, words in counters if a != b]
        if not moved:
            return "the same counters"
    others = [text for text in moved if text not in cell.reasons]
    return f"{'also ' if len(others) < len(moved) else ''}{', '.join(others)}" if others else ""


def time(cell: CellResult) -> str:
    """Write the time for one execution on both arms, their ratio, and how certain it is."""
    if cell.timed is None or cell.change is None:
        return ""
    # The screen chose the cell because it looked extreme, so only the confirmations say how large the change is.
    judged = cell.timed.stages[1:] or cell.timed.stages
    base, head = [v for s in judged for v in s.base_ms], [v for s in judged for v in s.head_ms]
    moved = f"{ms(median(base))} → {ms(median(head))} " if base and head else ""
    clock = "CPU time" if cell.timed.clock == "cpu" else "wall time"
    change, sure = cell.change, ""
    if change.lower > 1:
        sure = f" (99 % sure: {digits(change.lower)} or more)"
    sessions = ", ".join(digits(ratio) for ratio in change.stages)
    by_session = f"; session by session {sessions}" if len(change.stages) > 1 else ""
    return f"{moved}{clock} for one execution, ratio {digits(change.ratio)}{sure}{by_session}"


def listing(cells: Sequence[CellResult], most: int = 8) -> str:
    """Name cells by query: ``queue (hot, tiny) and search (hot)``."""
    classes: dict[str, list[str]] = {}
    for cell in cells:
        classes.setdefault(cell.query, []).append(cell.parameter_class)
    return listed([f"{query} ({', '.join(found)})" for query, found in classes.items()], most)
