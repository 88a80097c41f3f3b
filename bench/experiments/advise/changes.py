"""What each member of the set gains, for whom, and what it costs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bench.advice.choosing import Chooser
from bench.advice.menus import Menu, Names, is_slower
from bench.advice.prices import bare_wal
from bench.attribution.costs import Costs, costs
from bench.experiments.advise.record import AdviseRun, HeapOnly, Proposal
from bench.model import Attribution, Optimization, Sample
from bench.model.advice import Candidate
from bench.model.advised import PlanMeasured
from bench.report import numbers
from bench.shipping import concurrent_steps, undo_steps
from bench.statistics.quantiles import Figure, median, percentile

HOT_LEAST = 0.05
"""Share of updates that stop being heap-only by a change, from which on it is said; below, pages are full by chance."""


@dataclass(frozen=True, slots=True)
class Side:
    """A query and class with one set of changes, by the few executions that a plan gets while candidates are tried."""

    ms: float
    """The fastest, by which sets are chosen."""
    p50: Figure | None
    p95: Figure | None
    buffers: int | None
    """None where the plan did not finish."""
    work_ms: float
    """Time, and what the blocks cost (``menus.BLOCK_MS``)."""


@dataclass(frozen=True, slots=True)
class Served:
    """A query and class that a change is for: without the change and with it, the rest of the set there."""

    label: str
    without: Side
    with_it: Side
    expected: float
    """How many times cheaper the planner thought it with the change."""

    @property
    def without_ms(self) -> float:
        """Its fastest execution without the change."""
        return self.without.ms

    @property
    def with_ms(self) -> float:
        """The same with it."""
        return self.with_it.ms

    @property
    def saved_ms(self) -> float:
        """Work that the change saves."""
        return self.without.work_ms - self.with_it.work_ms

    @property
    def times(self) -> float:
        """How many times as fast it is."""
        return self.without.ms / self.with_it.ms if self.with_it.ms else 1.0


@dataclass(frozen=True, slots=True)
class Change:
    """One member of the set."""

    proposal: Proposal
    costs: Costs
    size_bytes: int
    build_ms: float
    write_share: float
    served: tuple[Served, ...]
    """What has more work without it, the most first."""
    slower: tuple[Served, ...]
    """What takes longer by it, beyond noise."""
    concurrent: tuple[str, ...]
    """How it comes to a live database."""
    undo: tuple[str, ...]
    instead: tuple[str, ...] = ()
    """Indexes that the set takes out since this one does their work."""
    bare_wal: Mapping[str, float] = field(default_factory=dict)
    """Write statement to the bytes of WAL that it writes for a row with no candidate there."""
    hot_lost: tuple[HeapOnly, ...] = ()
    """The write statements whose updates it keeps from being heap-only, the most first: it holds a column that they
    set."""

    @property
    def name(self) -> str:
        """Of its block."""
        return self.proposal.block.name

    @property
    def block(self) -> Optimization:
        """Its block, which serves what was seen to get faster by it, whatever it was derived from."""
        queries = tuple(dict.fromkeys(one.label.partition("[")[0] for one in self.served))
        return replace(self.proposal.block, serves=queries or self.proposal.block.serves)

    @property
    def is_drop(self) -> bool:
        """Whether it takes an index out."""
        return self.proposal.candidate.kind == "drop"

    @property
    def best(self) -> Served | None:
        """What it serves most."""
        return self.served[0] if self.served else None


def changes_of(run: AdviseRun, chooser: Chooser, chosen: Names) -> Iterator[Change]:
    """The members of the set, in the order in which they were applied."""
    proposals = {one.block.name: one for one in run.proposals}
    applied = {one.name: one for one in run.applied}
    drops = {one.name: one for one in run.drops}
    bare = bare_wal(run.costs.write_costs if run.costs else ())
    for name in run.chosen:
        one, built = proposals[name], applied.get(name)
        shown = Attribution() if run.costs is None else run.costs
        size = -drops[name].size_bytes if name in drops else built.size_bytes if built else chooser.size([name])
        price = chooser.prices.get(name)
        served = _served(chooser.menus, chosen, name) if name in chosen else []
        yield Change(
            proposal=one,
            costs=costs(shown, name, built.wal_bytes if built else None),
            size_bytes=size,
            build_ms=built.build_ms if built else 0.0,
            write_share=price.write_share if price else 0.0,
            served=tuple(sorted((s for s in served if s.saved_ms > 0), key=lambda s: -s.saved_ms)),
            slower=tuple(s for s in served if is_slower(s.without_ms, s.with_ms)),
            concurrent=tuple(f"{step.sql.rstrip(';')};" for step in concurrent_steps(one.block)),
            undo=tuple(f"{step.sql.rstrip(';')};" for step in undo_steps(one.block)),
            bare_wal=bare,
            hot_lost=_hot_lost(run, name),
            instead=_instead(one, [proposals[other] for other in run.chosen if other in drops]),
        )


def _hot_lost(run: AdviseRun, name: str) -> tuple[HeapOnly, ...]:
    lost = [one for one in run.heap_only if one.optimization == name and one.bare - one.alone >= HOT_LEAST]
    return tuple(sorted(lost, key=lambda one: one.alone - one.bare))


def _instead(one: Proposal, drops: Sequence[Proposal]) -> tuple[str, ...]:
    """The indexes that go for it: those that it contains, and those that the catalog calls superfluous beside it."""
    found = []
    for drop in (other.candidate for other in drops):
        beside = drop.family.rpartition(": ")[2].rpartition(".")[2].strip('"')
        if drop.name in one.candidate.replaces or beside == one.candidate.name:
            found.append(drop.name)
    return tuple(found)


def _served(menus: Sequence[Menu], chosen: Names, name: str) -> list[Served]:
    """The cells that take another plan without ``name``."""
    found = []
    for menu in menus:
        if menu.number(chosen) == menu.number(chosen - {name}):
            continue
        here, there = menu.plan(chosen), menu.plan(chosen - {name})
        expected = there.cost / here.cost if here.cost else 1.0
        sides = _side(menu, there, chosen - {name}), _side(menu, here, chosen)
        found.append(Served(menu.cell.label, *sides, expected))
    return found


def _side(menu: Menu, plan: PlanMeasured, names: Names) -> Side:
    samples = [Sample(one, 0.0, 0, censored=plan.censored) for one in plan.samples_ms]
    buffers = None if plan.censored else plan.counters.buffers
    return Side(menu.ms(names), median(samples), percentile(samples, 0.95), buffers, menu.work_ms(names))


def figures_of(changes: Sequence[Change]) -> Mapping[str, str]:
    """For each block of the set, what was measured of it in a sentence."""
    return {one.name: said for one in changes if (said := _figures(one))}


def _figures(one: Change) -> str:
    room = f"{numbers.size(abs(one.size_bytes))}" if one.size_bytes else ""
    if one.is_drop:
        return f"Nothing measured gets slower without it; it frees {room}." if room else ""
    best = one.best
    if best is None:
        return ""
    blocks = f"{numbers.count(best.without.buffers)} -> {numbers.count(best.with_it.buffers)} blocks"
    gain = f"Measured: {best.label} {numbers.ms(best.without_ms)} -> {numbers.ms(best.with_ms)}, {blocks}"
    hot = "".join(f" Heap-only updates of {hot_in_words(price, '->')}." for price in one.hot_lost[:1])
    return f"{gain}; {room}, {one.write_share:.1%} more WAL to write.{hot}" if room else f"{gain}.{hot}"


def hot_in_words(one: HeapOnly, arrow: str = "→") -> str:
    """A write statement with its shares of heap-only updates without a change and with it."""
    return f"{one.write}: {one.bare:.0%} {arrow} {one.alone:.0%}"


def without_name(candidate: Candidate) -> str:
    """Its statement beside its name: ``ON orders (customer_id)`` of ``CREATE INDEX orders_idx ON orders (…)``."""
    made, on, rest = candidate.ddl.partition(" ON ")
    return f"ON {rest}" if on and candidate.kind == "index" and made.startswith("CREATE INDEX") else candidate.ddl
