"""A verdict on each optimization, and the sentence that defends it. Pure, and from counters wherever they can tell."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.attribution.costs import Costs, costs
from bench.attribution.evidence import (
    ADVICE_EXECUTIONS,
    MEANT,
    Effect,
    because,
    enough,
    executions,
)
from bench.attribution.gains import Gain, gains, largest
from bench.experiments.attribution.moved import without_moved
from bench.model import Attribution, Run
from bench.report import numbers

OptimizationOutcome = Literal[
    "keep", "keep, but it costs", "substitutable", "needed by others", "unused", "harmful", "not for queries",
    "cannot tell",
]  # fmt: skip

DO_WITHOUT: tuple[OptimizationOutcome, ...] = ("harmful", "substitutable", "unused")
"""Words that advise to do without an optimization."""
NAMED_MOST = 3
"""Cells or optimizations that a sentence names before it says how many more there are."""


@dataclass(frozen=True, slots=True)
class OptimizationVerdict:
    """One optimization: what it gains, what it costs, and what to do with it."""

    name: str
    outcome: OptimizationOutcome
    sentence: str
    gain: Gain
    costs: Costs
    in_smallest: bool | None
    """Whether the smallest sufficient set holds it; None where that was not asked."""


def verdicts(run: Run) -> tuple[OptimizationVerdict, ...]:
    """Judge every optimization that was applied, in the order of the file; nothing without an attribution.

    By the cells whose plans are those of the run; where it matters to another one, doing without it is not advised.
    """
    attribution = without_moved(run).attribution
    if attribution is None or not attribution.cells:
        return ()
    wal = {one.name: one.wal_bytes for one in run.applied}
    names = [block.name for block in run.optimizations if block.name in wal]
    found = gains(attribution, names)
    needed_by, unsure = _needed_by(attribution), _unsure(run, attribution)
    made = []
    for block in run.optimizations:
        if block.name not in found:
            continue
        gain, price = found[block.name], costs(attribution, block.name, wal.get(block.name))
        helps = needed_by.get(block.name, ())
        said = _word(block.name, attribution, gain, price, helps, _can_be_in_plans(run, block.name))
        outcome, sentence = _advised(said, gain, attribution, run.options.target_ms, unsure.get(block.name, ()))
        kept = None if attribution.smallest is None else block.name in attribution.smallest.kept
        made.append(OptimizationVerdict(block.name, outcome, sentence, gain, price, kept))
    return tuple(made)


def _unsure(run: Run, attribution: Attribution) -> dict[str, list[str]]:
    """Optimizations to the cells that they matter to and that are not among those of ``attribution``."""
    known = {cell.label for cell in attribution.cells}
    found: dict[str, list[str]] = {}
    for cell in run.attribution.cells if run.attribution else ():
        for name in cell.matter if cell.label not in known else ():
            found.setdefault(name, []).append(cell.label)
    return found


def _advised(
    said: tuple[OptimizationOutcome, str], gain: Gain, attribution: Attribution, target_ms: float, unsure: Sequence[str]
) -> tuple[OptimizationOutcome, str]:
    """Add the evidence to a word that advises to do without it; where that is too little, it cannot be told."""
    outcome, sentence = said
    if outcome not in DO_WITHOUT:
        return said
    if unsure:
        return "cannot tell", f"{sentence} But it matters to {_listed(unsure)}: another plan than in the run."
    if few := [effect for effect in gain.deciding if not enough(effect)]:
        number = min(map(executions, few))
        return "cannot tell", (
            f"{sentence} But that rests on {number} {'execution' if number == 1 else 'executions'} of a side; "
            f"{ADVICE_EXECUTIONS} are asked for."
        )
    if gain.deciding:
        return outcome, f"{sentence} {because(gain.deciding[0], target_ms)}"
    cells = f"{len(attribution.cells):,} {'cell' if len(attribution.cells) == 1 else 'cells'}"
    return outcome, f"{sentence} It changes no plan of {cells}, so no verdict against {target_ms:g} ms either."


def _needed_by(attribution: Attribution) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, needed in attribution.needs.items():
        for other in needed:
            found[other] = (*found.get(other, ()), name)
    return found


def _can_be_in_plans(run: Run, name: str) -> bool:
    """Whether it made a relation or is a statement: checks, views and procedures serve people, not plans."""
    block = next(one for one in run.optimizations if one.name == name)
    return block.category not in ("constraint", "monitoring", "maintenance")


def _word(
    name: str, attribution: Attribution, gain: Gain, price: Costs, helps: Sequence[str], visible: bool
) -> tuple[OptimizationOutcome, str]:
    if (reason := attribution.not_tried.get(name)) and not (gain.missed or gain.harmed or gain.alone):
        return "cannot tell", f"It could not be taken away: {reason}."
    if gain.harmed and gain.share_buffers <= 0 and not _outweighed(gain):
        return "harmful", f"With it {_cells(gain.harmed)} {'does' if len(gain.harmed) == 1 else 'do'} more work."
    proved = [effect for effect in gain.harmed if enough(effect)]
    harm = f" It harms {_cells(proved)}." if proved else ""
    if gain.missed and helps and not gain.alone:
        return "needed by others", f"Needed by {_listed(helps)}."
    if gain.missed:
        missed = f"With it {_cells(gain.missed)} {'does' if len(gain.missed) == 1 else 'do'} less work."
        if price.reasons:
            return "keep, but it costs", f"{missed} Its price: {', '.join(price.reasons)}.{harm}"
        return "keep", missed + harm
    if helps:
        return "needed by others", f"Needed by {_listed(helps)}."
    if gain.alone:
        by = f" by {_listed(gain.substitutes)}" if gain.substitutes else ""
        return "substitutable", f"Alone it would help {_cells(gain.alone)}, which the others do as well{by}.{harm}"
    if gain.harmed:
        return "harmful", f"With it {_cells(gain.harmed)} does more work, and it helps nobody."
    if not visible:
        return "not for queries", "It guards or maintains the data; no plan of a query can show it."
    return "unused", "No query does less work with it, neither beside the others nor alone."


def _outweighed(gain: Gain) -> bool:
    """Whether what it saves where it is missed is more than what it costs where it harms."""
    saved = sum(effect.buffers_without - effect.buffers_with for effect in gain.missed)
    lost = sum(effect.buffers_with - effect.buffers_without for effect in gain.harmed)
    return saved > lost


def _cells(effects: Sequence[Effect]) -> str:
    ordered = sorted(effects, key=largest, reverse=True)
    first = ordered[0]
    few, many = sorted((first.buffers_without, first.buffers_with))
    if first.stopped_without or first.stopped_with:
        sides = ((first.ms_without, first.stopped_without), (first.ms_with, first.stopped_with))
        seen = f" ({' → '.join(('> ' if stopped else '') + numbers.ms(ms) for ms, stopped in sides)})"
    elif many >= MEANT * few:
        seen = f" ({first.buffers_without:,} → {first.buffers_with:,} buffers)"
    else:
        seen = f" ({numbers.ms(first.ms_without)} → {numbers.ms(first.ms_with)})"
    return _listed([effect.cell + (seen if effect is first else "") for effect in ordered])


def _listed(names: Collection[str]) -> str:
    shown = list(names)[:NAMED_MOST]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
