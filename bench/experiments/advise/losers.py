"""Why a candidate is not in the set, with the figures that decided. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.advice.choosing import WORTH_SHARE, WORTH_TIMES, Chooser
from bench.advice.menus import NOTHING, Menu, Names
from bench.experiments.advise.record import AdviseRun, Proposal
from bench.report import numbers

NEEDLESS = "It was not built: its queries take too little in every class for anything to save enough."
IGNORED = "The planner would use it in no class, alone or beside the others: it was not built."


@dataclass(frozen=True, slots=True)
class Loser:
    """A candidate that is not proposed."""

    proposal: Proposal
    reason: str
    size_bytes: int
    cell: str = ""
    """``query[class]`` in which the planner expected most of it."""
    expected: float | None = None
    """How many times cheaper the planner thought that with it alone."""
    measured: float | None = None
    """How many times as fast it then was."""
    misled: bool = False
    """Whether the planner took it for better, and it was slower beyond noise."""


def losers(run: AdviseRun, chooser: Chooser, chosen: Names) -> Iterator[Loser]:
    """Every candidate that was tried and is not in the set, what was nearest to it first."""
    errors = {one.name: one.error for one in run.built if one.error}
    drops = {one.name: one for one in run.drops}
    found = []
    for one in run.proposals:
        name = one.block.name
        if name in run.chosen or one.candidate.kind == "rewrite":
            continue
        if name in run.ignored:
            found.append(Loser(one, IGNORED, 0))
        elif name in run.needless:
            found.append(Loser(one, NEEDLESS, 0))
        elif name in errors:
            found.append(Loser(one, f"It could not be built: {errors[name]}.", 0))
        elif name in drops:
            found.append(Loser(one, _kept(drops[name].error, drops[name].slower), drops[name].size_bytes))
        elif one.candidate.kind == "drop" and run.applied:
            found.append(Loser(one, _untried(one), 0))
        elif name in chooser.prices and run.cells:
            found.append(_loser(one, chooser, chosen, run))
    yield from sorted(found, key=lambda one: (-(one.measured or 0.0), one.proposal.block.name))


def _kept(error: str, slower: dict[str, tuple[float, float]]) -> str:
    if error:
        return f"It cannot go: {error}."
    label, (with_it, without) = max(slower.items(), key=lambda one: one[1][1] - one[1][0])
    more = f" and {len(slower) - 1} more" if len(slower) > 1 else ""
    return f"It stays: without it {label}{more} gets slower ({numbers.ms(with_it)} → {numbers.ms(without)})."


def _untried(drop: Proposal) -> str:
    """Why an index that could go was not tried."""
    return f"It stays, though {drop.candidate.family}: the statements here are not all that the database is asked."


def _loser(one: Proposal, chooser: Chooser, chosen: Names, run: AdviseRun) -> Loser:
    name = one.block.name
    alone = frozenset({name})
    changed = [menu for menu in chooser.menus if menu.number(alone) != menu.number(NOTHING)]
    size = chooser.prices[name].size_bytes
    if not changed:
        used = any(name in needs for menu in chooser.menus for needs in menu.needs)
        said = "Only beside others a plan uses it, and not all of those are in the set."
        if not used:
            said = "No plan uses it, in any class."
            if one.candidate.family == "foreign key":
                said = f"No statement here shows what it is for. {one.candidate.reason}"
        return Loser(one, said, size)
    expected, menu = max(
        ((menu.plan(NOTHING).cost / max(menu.plan(alone).cost, 0.01), menu) for menu in changed),
        key=lambda both: both[0],
    )
    measured = menu.ms(NOTHING) / max(menu.ms(alone), 0.001)
    reason, misled = _reason(name, changed, chooser, chosen, run), expected > 1.0 and menu.slower(alone)
    return Loser(one, reason, size, menu.cell.label, expected, measured, misled)


def _reason(name: str, changed: list[Menu], chooser: Chooser, chosen: Names, run: AdviseRun) -> str:
    alone = frozenset({name})
    best = max(changed, key=lambda menu: menu.work_ms(NOTHING) - menu.work_ms(alone))
    gain = f"{best.cell.label} {numbers.ms(best.ms(NOTHING))} → {numbers.ms(best.ms(alone))}"
    slower = [menu for menu in changed if menu.slower(alone)]
    if slower and best.ms(NOTHING) <= best.ms(alone) * WORTH_TIMES:
        worst = max(slower, key=lambda menu: menu.ms(alone) / menu.ms(NOTHING))
        times = f"{numbers.ms(worst.ms(NOTHING))} → {numbers.ms(worst.ms(alone))}"
        return f"It makes {worst.cell.label} slower ({times}) and helps nothing as much."
    saved = best.work_ms(NOTHING) - best.work_ms(alone)
    if best.work_ms(NOTHING) < WORTH_TIMES * best.work_ms(alone) or saved < WORTH_SHARE * best.target_ms:
        return f"It helps too little: at most {gain}."
    if best.work_ms(chosen) <= WORTH_TIMES * best.work_ms(alone):
        instead = sorted(set(best.plan(chosen).needs) & chosen)
        by = (
            f"{numbers.listed(instead)} does as well: {numbers.ms(best.ms(chosen))}"
            if instead
            else "the set does as well"
        )
        return f"Alone it helps ({gain}), but {by}."
    if over := _over(run, chooser, chosen | alone):
        return f"It would help ({gain}), but {over}."
    return _beyond(changed, chosen, chosen | alone) or f"Alone it helps ({gain}); beside the set it adds too little."


def _beyond(changed: list[Menu], chosen: Names, more: Names) -> str:
    """What it would halve beside the set that is well within the target already; empty where there is no such class."""
    best = max(changed, key=lambda menu: menu.work_ms(chosen) - menu.work_ms(more))
    if not best.easy(chosen) or best.work_ms(chosen) < WORTH_TIMES * best.work_ms(more):
        return ""
    gain = f"{numbers.ms(best.ms(chosen))} → {numbers.ms(best.ms(more))}"
    return f"It would make {best.cell.label} faster ({gain}), which is within the target already (--beyond-target)."


def _over(run: AdviseRun, chooser: Chooser, more: Names) -> str:
    """Which limit the set would break with it."""
    limits = run.limits
    if limits.disk_bytes is not None and chooser.size(more) > limits.disk_bytes:
        return f"then the set takes {numbers.size(chooser.size(more))}, more than --disk grants"
    if limits.write_share is not None and chooser.write_share(more) > limits.write_share:
        return f"then writing costs {chooser.write_share(more):.1%} more WAL, more than --write-cost grants"
    return ""
