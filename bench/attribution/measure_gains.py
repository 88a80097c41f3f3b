"""The read gain by execution: the plans of every cell under the sets of optimizations that can matter to it.

Asking the server for a plan is cheap, executing it is not. So plans are asked for wherever they could differ, and each
plan is executed once per cell, in the set in which it was first met: the same plan on the same rows is the same work.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from random import Random

from bench.attribution.cells import NOTHING, Found, Key
from bench.attribution.copies import Names
from bench.attribution.effects import PlanEffects
from bench.attribution.evidence import ADVICE_EXECUTIONS, better, by_work, enough, faster
from bench.attribution.executing import SAMPLES
from bench.attribution.gains import gains
from bench.attribution.subsets import Sets
from bench.attribution.together import Part, together
from bench.measurement import Cell
from bench.model import Attribution, GainCell, Tried
from bench.postgres.connection import Connection
from bench.progress import Progress

EXACT_MOST = 6
"""Optimizations that matter to one cell at most for which all sets are tried (64); beyond, orders are sampled."""
ORDERS = 2
"""Orders of arrival that are sampled, each with its reverse: the pair cancels what position alone would give. Where
gains only add up, as for parts of a statement that read different tables, one order is exact already."""

TURNS, SAMPLES_A_TURN = 2, 2
"""More executions of two plans on which time and counters disagree, in turns."""
ADVICE_A_TURN = 3
"""The same of two plans on which an advice rests, until each has enough (``ADVICE_EXECUTIONS``)."""
ADVICE_PASSES = 4
"""How often what was executed may show that an advice rests on other plans."""
ADVICE_S = 120.0
"""Seconds after which an advice that lacks executions is not given."""

Wanted = dict[Names, list[Found]]


@dataclass(slots=True)
class Gains:
    """Tries the cells of one database in sets of its optimizations."""

    sets: Sets
    effects: PlanEffects
    progress: Progress
    found: list[Found] = field(default_factory=list)
    none: Names = NOTHING
    alone: dict[str, Names] = field(default_factory=dict)
    without: dict[str, Names] = field(default_factory=dict)

    def explore(self, cells: Sequence[Cell]) -> None:
        """Try ``cells`` in the sets that can matter to them."""
        impure = set(self.sets.blocks) - set(self.effects.pure)
        self.found = [Found(cell, concerned=set(self.sets.blocks), impure=impure) for cell in cells]
        names = [name for name in self.sets.blocks if name not in self.sets.fixed]
        self.none = self.sets.only([])
        self.alone = {name: self.sets.only([name]) for name in names}
        self.without = {name: self.sets.closed([name]) for name in names}
        self._ask({NOTHING: self.found, self.none: self.found}, "executing with and without all")
        for seen in self.found:
            self._learn(seen, names)
        self._ask(dict.fromkeys(self.without.values(), self.found), "leaving one out")
        self._ask(dict.fromkeys(self.alone.values(), self.found), "adding one", samples=1)
        for seen in self.found:
            seen.settle(self.without, self.alone, self.none)
        self._look_again()
        self._substitutes()
        self._sets_that_matter()
        self._for_advice(names)

    def results(self) -> tuple[GainCell, ...]:
        """What was seen of each cell, in the order in which they were given."""
        return tuple(seen.result(self.without, self.alone, self.none) for seen in self.found)

    def elsewhere(self, connection: Connection, without: Collection[str], kept: dict[Key, int], what: str) -> None:
        """Find and execute the plans in another database, which was built without ``without``; ``kept`` gets them."""
        for number, seen in enumerate(self.found):
            self.progress(what, number, len(self.found), "cells")
            with connection.transaction():
                kept[seen.key] = seen.plan_here(frozenset(without), connection, self.effects.made_by, SAMPLES)
        self.progress(what, len(self.found), len(self.found), "cells")

    def _learn(self, seen: Found, names: Sequence[str]) -> None:
        """Find out which optimizations act on a relation that the cell reads."""
        relations = seen.relations()
        rewrite = seen.cell.query.rewrite
        found = {
            name
            for name in names
            if name not in self.effects.inert
            and (name not in self.effects.relations or relations.intersection(self.effects.relations[name]))
        }  # fmt: skip
        found |= {rewrite.optimization} if rewrite else set()
        found |= {needed for name in found for needed in self.sets.needs.get(name, ())}
        seen.concerns(found, found - set(self.effects.pure))

    def _look_again(self) -> None:
        """Execute in turns where time and counters disagree on what an optimization does: noise comes in bursts."""
        pairs = [(names, NOTHING) for names in self.without.values()]
        pairs += [(names, self.none) for names in self.alone.values()]
        doubtful = [
            (seen, pair)
            for seen in self.found
            for pair in pairs
            if not seen.cell.query.writes and _disagree(*(seen.tried[seen.plan(names)] for names in pair))
        ]
        for number, (seen, pair) in enumerate(doubtful):
            self.progress("looking again", number, len(doubtful), "pairs")
            for _ in range(TURNS):
                for names in pair:
                    with self.sets.without(names):
                        seen.again(names, self.sets.connection, SAMPLES_A_TURN)
        self.progress("looking again", len(doubtful), len(doubtful), "pairs")

    def _for_advice(self, names: Sequence[str]) -> None:
        """Execute in turns, often enough, the plans on which an advice to do without an optimization would rest."""
        begun, by_cell = time.perf_counter(), {seen.cell.label: seen for seen in self.found}
        for _ in range(ADVICE_PASSES):
            seen_so_far = Attribution(needs=self.sets.needs, not_tried=self.sets.fixed, cells=self.results())
            found = gains(seen_so_far, names).values()
            short = [effect for gain in found for effect in gain.deciding if not enough(effect)]
            for number, effect in enumerate(short):
                self.progress("executing what advice rests on", number, len(short), "pairs")
                if time.perf_counter() - begun < ADVICE_S:
                    self._in_turns(by_cell[effect.cell], [frozenset(one.without) for one in effect.sides])
            if not short:
                break
            self.progress("executing what advice rests on", len(short), len(short), "pairs")

    def _in_turns(self, seen: Found, sides: Sequence[Names]) -> None:
        while short := [names for names in sides if seen.executions(names) < ADVICE_EXECUTIONS]:
            for names in short:
                with self.sets.without(names):
                    seen.again(names, self.sets.connection, ADVICE_A_TURN)
            if seen.cell.query.writes:
                self.sets.clean()

    def _substitutes(self) -> None:
        """Take away what a plan uses, then what the next plan uses, until a plan uses nothing of ours."""
        while True:
            wanted: Wanted = {}
            for seen in self.found:
                names = self.sets.closed(seen.matter)
                if seen.known(names) is None:
                    wanted.setdefault(names, []).append(seen)
            if not wanted:
                return
            self._ask(wanted, "looking for substitutes")
            for seen in self.found:
                seen.matter |= self._used(seen)

    def _sets_that_matter(self) -> None:
        """Try the sets of what matters to each cell; what a plan uses besides matters, too."""
        open_cells = list(self.found)
        while open_cells:
            for seen in open_cells:
                seen.ordered = tuple(name for name in self.sets.blocks if name in seen.matter)
                seen.orders = () if len(seen.ordered) <= EXACT_MOST else _orders(seen.ordered, seen.cell)
                seen.sets = dict(_sets_of(seen, self.sets, self._helpful(seen)))
            self._in_order(open_cells)
            grown = []
            for seen in open_cells:
                if more := self._used(seen) - seen.matter:
                    seen.matter |= more
                    grown.append(seen)
            open_cells = grown

    def _helpful(self, seen: Found) -> set[str]:
        """The optimizations that alone make the cell do less work, though the plan of all does not use them."""
        before, used = seen.tried[seen.plan(self.none)], seen.uses[seen.plan(NOTHING)]
        return {
            name for name, names in self.alone.items()
            if name not in used and better(seen.tried[seen.plan(names)], before) > 0
        }  # fmt: skip

    def _in_order(self, found: Sequence[Found]) -> None:
        """Try the sets of these cells, small ones first: larger ones often follow from them."""
        by_size: dict[int, Wanted] = {}
        for seen in found:
            for names in seen.sets.values():
                by_size.setdefault(len(names), {}).setdefault(names, []).append(seen)
        for done, size in enumerate(sorted(by_size)):
            self.progress("trying sets", done, len(by_size), "sizes")
            self._ask(by_size[size], "", samples=1)
        self.progress("trying sets", len(by_size), len(by_size), "sizes")

    def _used(self, seen: Found) -> set[str]:
        """The optimizations that any of the cell's plans uses."""
        return set().union(*seen.uses) - set(self.sets.fixed)

    def _ask(self, wanted: Mapping[Names, Collection[Found]], what: str, samples: int = SAMPLES) -> None:
        """Find the plan of each cell in each set, executing those that are new.

        A set that leaves all that concerns a cell as another set does, is known.
        """
        parts = [(names, _unknown(found, names)) for names, found in wanted.items()]
        parts, done = [(names, found) for names, found in parts if found], 0
        for one in together(parts, self.sets):
            if what:
                self.progress(what, done, len(parts), "sets")
            done += len(one.parts)
            self._ask_together(
                [(names, left) for names, found in one.parts if (left := _unknown(found, names))], samples
            )
        if parts and what:
            self.progress(what, len(parts), len(parts), "sets")

    def _ask_together(self, parts: Sequence[Part], samples: int) -> None:
        """The same for sets that are away at once; of some the plans are known by now."""
        for one in together(parts, self.sets):
            with self.sets.without(one.away):
                asked = [
                    seen.ask(names, self.sets.connection, self.effects.made_by, samples)
                    for names, found in one.parts
                    for seen in found
                ]
            if any(asked):
                self.sets.clean()


def _unknown(found: Collection[Found], names: Names) -> list[Found]:
    return [seen for seen in found if seen.known(names) is None]


def _disagree(one: Tried, other: Tried) -> bool:
    if one is other or one.censored or other.censored:
        return False
    return faster(one, other) not in (0, by_work(one, other))


def _orders(matter: Sequence[str], cell: Cell) -> tuple[tuple[str, ...], ...]:
    rng = Random(f"{cell.query.name}/{cell.parameter_class}")  # noqa: S311
    drawn = [tuple(rng.sample(list(matter), len(matter))) for _ in range(ORDERS)]
    return tuple(order for one in drawn for order in (one, one[::-1]))


def _sets_of(seen: Found, sets: Sets, helpful: Collection[str]) -> list[tuple[str, Names]]:
    """The sets that the shares are computed from: presence as bits, and what has to be taken away.

    Where orders are sampled, also what tells who stands in for whom: all but one that the plan of all uses, and all but
    that one and one of the ``helpful``, which it does not use.
    """
    matter = seen.ordered
    if seen.orders:
        found = {frozenset(order[:n]) for order in seen.orders for n in range(len(order) + 1)}
        used = seen.uses[seen.plan(NOTHING)]
        found |= {
            frozenset(matter) - {one, other} for one in matter if one in used for other in matter if other in helpful
        }
        found |= {frozenset(matter) - {one} for one in matter}
    else:
        found = {
            frozenset(name for name, bit in zip(matter, bits, strict=True) if bit)
            for bits in product((False, True), repeat=len(matter))
        }
    return [
        ("".join("1" if name in names else "0" for name in matter), sets.closed(set(matter) - names))
        for names in sorted(found, key=sorted)
    ]
