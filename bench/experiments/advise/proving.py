"""Prove the set that was chosen: built by itself, every query and class with it and without, interleaved; then what is
proposed beside it, indexes that could go and statements written in another way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bench.attribution.shipping import ship_all
from bench.errors import DatasetError, WorkloadError
from bench.experiments.advise.building import build
from bench.experiments.advise.cursors import NO_CURSOR, by_cursor
from bench.experiments.advise.dropping import find_drops, try_drops
from bench.experiments.advise.record import AdviseRun, Proposal
from bench.experiments.setup import Setup
from bench.hygiene.findings import TITLES
from bench.measurement import Cell, Sides, Timeout, compare, measure_within, time_pairs
from bench.model import Attribution, CellSide, Optimization, Options, Pair, Rewrite, State
from bench.postgres.connection import checkpoint

REWRITE_ROUNDS = 10
"""Executions of a statement and its rewrite, in turn."""

Told = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Proving:
    """What is proved, where, and who is told."""

    setup: Setup
    options: Options
    cells: tuple[Cell, ...]
    ship: bool
    told: Told


def prove(work: Proving, seen: AdviseRun) -> None:
    """Prove the set that ``seen`` has chosen; ``work.told`` gets what was seen, part by part."""
    setup = work.setup
    proposals = {one.block.name: one for one in seen.proposals}
    blocks = [proposals[name].block for name in seen.chosen]
    with setup.watch("clone"), setup.server.bulk():
        before, after = (setup.copy(setup.template, label) for label in ("before", "after"))
        with setup.target.connect(after) as connection:
            applied, _ = build(connection, blocks, setup.progress)
    with setup.watch("drops"), setup.passing_copy(after, "drops") as name:
        drops = find_drops(setup, name, seen, work.cells, work.options.timeout_s)
        work.told(proposals=(*proposals.values(), *drops))
        tried = try_drops(setup, name, _worth_trying(drops, seen), work.cells, work.options.timeout_s)
    taken = {one.name for one in tried if one.taken}
    accepted = [one.block for one in drops if one.block.name in taken]
    with setup.target.connect(after) as connection:
        gone, _ = build(connection, accepted, setup.progress)
    applied, blocks = (*applied, *gone), [*blocks, *accepted]
    work.told(drops=tried, chosen=tuple(block.name for block in blocks), applied=applied)
    checkpoint(setup.admin)
    databases: dict[State, str] = {"before": before, "after": after} if blocks else {"before": before}
    sides = Sides(setup.target, databases, work.options.timeout_s)
    measure_within(
        sides, work.cells, work.options, setup.watch, "equality and plans", setup.progress,
        lambda pairs: work.told(pairs=tuple(pairs)),
    )  # fmt: skip
    _rewrites(work, after, [one for one in seen.proposals if one.candidate.kind == "rewrite"])
    if work.ship and blocks:
        with setup.watch("shipping"):
            work.told(costs=_shipped(work, blocks, seen.costs or Attribution()))


def _worth_trying(drops: Sequence[Proposal], seen: AdviseRun) -> list[Proposal]:
    """That no query uses an index says something only of queries that somebody wrote, and of all of them."""
    known = not (seen.left_out or seen.inferred_queries or seen.broken)
    return [one for one in drops if known or one.candidate.family != TITLES["unused"].lower()]


# -------------------------------------------------------------------------------------------------------- rewrites
def _rewrites(work: Proving, database: str, proposals: Sequence[Proposal]) -> None:
    """Each statement as it is and rewritten, on the same database, with the set."""
    if not proposals:
        return
    setup, pairs = work.setup, list[Pair]()
    sides = Sides(setup.target, {"before": database, "after": database}, work.options.timeout_s)
    options = replace(work.options, rounds=REWRITE_ROUNDS, budget_s=0.0, target_ms=0.0)
    with setup.watch("rewrites"):
        for number, one in enumerate(proposals):
            setup.progress("trying rewrites", number, len(proposals))
            for cell in work.cells:
                if cell.query.name in one.candidate.queries:
                    pairs.append(rewritten(sides, cell, one, options))
                    work.told(rewrites=tuple(pairs))
        setup.progress("trying rewrites", len(proposals), len(proposals))


def rewritten(sides: Sides, cell: Cell, proposal: Proposal, options: Options) -> Pair:
    """The pair of a cell and its rewrite, under the name of the block; timed where the answers are equal."""
    name, cursor = proposal.block.name, proposal.candidate.cursor
    rewrite = Rewrite(name, proposal.candidate.ddl, cell.query.line)
    try:
        plain = replace(cell, query=replace(cell.query, rewrite=rewrite))
        other = by_cursor(sides, cell, cursor, rewrite) if cursor else plain
        if other is None:
            return Pair(name, cell.parameter_class, cell.bindings, skipped=NO_CURSOR)
        pair = compare(sides, other)
        if pair.equality and pair.equality.equal:
            (pair,) = time_pairs(sides, [other], [pair], options, lambda *_: None, lambda _: None)
    except Timeout:
        pair = Pair(name, cell.parameter_class, cell.bindings, skipped="reading its cursor took too long")
    except (WorkloadError, DatasetError) as error:
        pair = Pair(cell.query.name, cell.parameter_class, cell.bindings, after=CellSide(error=error.message))
    return replace(pair, query=name)


# -------------------------------------------------------------------------------------------------------- shipping
def _shipped(work: Proving, blocks: Sequence[Optimization], costs: Attribution) -> Attribution:
    setup = work.setup
    plain, concurrent = (setup.passing_copy(setup.template, label) for label in ("plain", "concurrent"))
    with plain as here, concurrent as there:
        shipped, load, notes = ship_all(
            setup.target, setup.server, blocks, {"plain": here, "concurrent": there}, setup.progress
        )
    return replace(costs, shipped=shipped, load=load, notes=(*costs.notes, *notes))
