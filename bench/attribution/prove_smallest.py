"""The smallest set of optimizations, executed: it is enough, and without any one of its members it is not.

A set is chosen by the plans that were measured. It is executed in every cell until the verdict is decided; where a cell
does not meet the target that meets it with all optimizations, another set is chosen. Then each member is taken out: a
cell that now misses proves that it is needed; where none does, it leaves the set, and the proof goes on.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.attribution.cells import NOTHING, Found
from bench.attribution.copies import Names
from bench.attribution.subsets import Sets
from bench.measurement import Timeout, execute
from bench.model import LeftOut, Pair, Sample, SetTried, State, Verdict
from bench.postgres.connection import Connection
from bench.progress import Progress
from bench.statistics import looks as fixed
from bench.statistics.verdicts import at_looks

LOOKS = tuple(look.n for look in fixed.LOOKS)
FIRST_LOOKS = LOOKS[:4]
"""A member is taken out to find one cell that misses, and a clear miss is decided by then: no other cell gets more
before all that changed were looked at so often."""
PROOF_S = 240.0
"""Seconds of executing after which what is open stays so, where nothing else is asked for."""
FOR_ENOUGH = 0.5
"""Share of it for finding a set that is enough: on a machine too noisy to decide, the members get the rest."""
CLEAR = 2.0
"""Times the target from which on one execution says where to look first for a cell that misses it."""
ATTEMPTS = 8
"""Sets that are executed at most before the best of them is shown as it is: not enough, or not decided."""

Samples = dict[tuple[str, str], list[Sample]]
"""By cell and the name of its plans."""
Refuted = list[tuple[str, frozenset[str]]]
Choose = Callable[[Refuted], Sequence[str]]
"""Choose a set that none of these refutes."""


@dataclass(slots=True)
class Proof:
    """Executes cells with sets of optimizations; a plan that was executed counts in every set that gives it."""

    sets: Sets
    found: Sequence[Found]
    target_ms: float
    progress: Progress
    budget_s: float = PROOF_S
    share: float = FOR_ENOUGH
    """Of the budget, that what is executed now may use up."""
    begun: float = field(default_factory=time.perf_counter)
    samples: Samples = field(default_factory=dict)
    """What was executed so far; ``executed_before`` gives what to begin with."""
    plans: dict[tuple[str, Names], str] = field(default_factory=dict)
    """Cell, and what of a set taken away concerns it, to the name of its plans."""
    rng: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311 (order of execution)

    def prove(self, choose: Choose) -> SetTried:
        """Choose a set, execute it, and take out one member after the other."""
        kept = self._enough(choose)
        hurried, self.share = self._late(), 1.0
        members, dropped = self._needed(kept)
        kept = [name for name in kept if name not in dropped]
        names = self._away(kept)
        unmet = [seen for seen in self.found if self._verdict(seen, names) != "meets"]
        return SetTried(
            kept=tuple(kept),
            samples_ms=self._times(self.found, names),
            bindings={seen.cell.label: len(seen.cell.bindings) for seen in self.found if len(seen.cell.bindings) > 1},
            all_ms=self._times(unmet, NOTHING),
            members=tuple(members),
            dropped=tuple(dropped),
            note=f"the {self.budget_s:g} s of --proof-budget were used up" if hurried or self._late() else "",
        )

    # ------------------------------------------------------------------------------------------------- it is enough
    def _enough(self, choose: Choose) -> list[str]:
        """A set with which every cell meets the target that does so with all; where none is found, the one that fewest
        cells refute."""
        refuted: Refuted = []
        tried: list[tuple[int, int, int, list[str]]] = []
        for _ in range(ATTEMPTS):
            kept = list(choose(refuted))
            names = self._away(kept)
            self._execute(self.found, names, "executing the smallest set")
            unmet = [seen for seen in self.found if self._verdict(seen, names) != "meets"]
            self._execute(unmet, NOTHING, "executing with all")
            broken = [seen for seen in unmet if self._verdict(seen, NOTHING) == "meets"]
            missing = sum(self._verdict(seen, names) == "misses" for seen in broken)
            tried.append((missing, len(broken), len(kept), kept))
            if not broken or not names or self._late():
                break
            refuted += [(seen.cell.label, frozenset(kept)) for seen in broken]
        return min(tried)[-1]

    # ------------------------------------------------------------------------------------------------- none can go
    def _needed(self, kept: Sequence[str]) -> tuple[list[LeftOut], list[str]]:
        """The set without each member that is needed, or may be; and the members that are not."""
        dropped: list[str] = []
        proved: dict[str, LeftOut] = {}
        while (name := self._next([one for one in kept if one not in dropped], proved)) is not None:
            left = [one for one in kept if one not in dropped]
            self.progress("taking out one member", len(proved), len(left), "members")
            whole, names = self._away(left), self._away([one for one in left if one != name])
            promised = [seen for seen in self.found if self._verdict(seen, whole) != "misses"]
            changed = [seen for seen in promised if self._plan(seen, whole) != self._plan(seen, names)]
            self._look_for_a_miss(changed, names)
            gone = [one for one in left if one in names]
            if all(self._verdict(seen, names) == "meets" for seen in changed):
                dropped += gone
                proved.clear()  # of a larger set; what was executed for it counts where the plans are the same
            else:
                executed = [seen for seen in changed if self.samples.get(self._key(seen, names))]
                proved[name] = LeftOut(name, tuple(gone), self._times(executed, names))
        self.progress("taking out one member", len(proved), len(proved), "members")
        return [proved[one] for one in kept if one in proved], dropped

    def _next(self, left: Sequence[str], proved: Collection[str]) -> str | None:
        return next((name for name in left if name not in proved and name not in self.sets.fixed), None)

    def _look_for_a_miss(self, changed: Sequence[Found], names: Names) -> None:
        """Execute cells until one misses: first where one execution says that it will, the fastest of these first."""
        self._execute(changed, names, looks=(1,))

        def promising(seen: Found) -> tuple[bool, bool, float]:
            ms = next((sample.ms for sample in self.samples[self._key(seen, names)]), 0.0)
            clear = ms >= CLEAR * self.target_ms
            return seen.cell.query.writes, not clear, ms if clear else -ms

        ordered = sorted(changed, key=promising)
        for looks in (FIRST_LOOKS, LOOKS):
            for seen in ordered:
                self._execute([seen], names, looks=looks)
                if self._verdict(seen, names) == "misses":
                    return

    # ---------------------------------------------------------------------------------------------------- executing
    def _execute(self, cells: Sequence[Found], names: Names, what: str = "", looks: Sequence[int] = LOOKS) -> None:
        """Execute ``cells`` without ``names``, in rounds, until each is decided or was looked at as often as it may."""
        for writes in (False, True):  # last: even rolled back they leave dead rows
            chosen = [seen for seen in cells if seen.cell.query.writes == writes]
            if not self._open(chosen, names, looks[-1]):
                continue
            with self.sets.without(names):
                for look in looks:
                    self._rounds(chosen, names, look, what)
            if writes:
                self.sets.clean()
        if what and cells:
            self.progress(what, len(cells), len(cells), "cells")

    def _rounds(self, cells: Sequence[Found], names: Names, look: int, what: str) -> None:
        """Rounds, because a burst of noise then touches every cell a little instead of one wholly."""
        open_cells = self._open(cells, names, look)
        while open_cells and not self._late():
            if what:
                self.progress(what, len(cells) - len(open_cells), len(cells), "cells")
            self.rng.shuffle(open_cells)
            for seen in open_cells:
                self._once(seen, names)
            open_cells = [
                seen
                for seen in open_cells
                if len(self.samples[self._key(seen, names)]) < look and not self._stopped(seen, names)
            ]

    def _open(self, cells: Iterable[Found], names: Names, look: int) -> list[Found]:
        """Those that more executions, up to ``look``, could decide."""
        found = []
        for seen in cells:
            taken = self.samples.setdefault(self._key(seen, names), [])
            if len(taken) < look and self._verdict(seen, names) == "cannot tell" and not self._stopped(seen, names):
                found.append(seen)
        return found

    def _stopped(self, seen: Found, names: Names) -> bool:
        """Two timeouts say all that more of them could."""
        return sum(sample.censored for sample in self.samples[self._key(seen, names)]) > 1

    def _once(self, seen: Found, names: Names) -> None:
        """Execute a cell once, with its bindings in turn; the first of each comes after one that does not count."""
        taken, bindings = self.samples[self._key(seen, names)], seen.cell.bindings
        number = len(taken) % len(bindings)
        try:
            for _ in range(2 if len(taken) < len(bindings) else 1):
                with self.sets.connection.transaction():
                    ms, _ = execute(self.sets.connection, seen.cell, seen.state(names), number)
            taken.append(Sample(round(ms, 4), 0.0, number))
        except Timeout as timeout:
            taken.append(Sample(round(timeout.ms, 4), 0.0, number, censored=True))

    # ------------------------------------------------------------------------------------------------ what was seen
    def _verdict(self, seen: Found, names: Names) -> Verdict:
        """As a look decided it: what would rest on an assumption is open."""
        found = at_looks(self.samples.get(self._key(seen, names), []), self.target_ms)
        return found.verdict if found else "cannot tell"

    def _times(self, cells: Iterable[Found], names: Names) -> dict[str, tuple[float, ...]]:
        taken = {seen.cell.label: self.samples.get(self._key(seen, names), []) for seen in cells}
        return {label: tuple(sample.ms for sample in samples) for label, samples in taken.items() if samples}

    def _away(self, kept: Sequence[str]) -> Names:
        return self.sets.closed(set(self.sets.blocks) - set(kept))

    def _key(self, seen: Found, names: Names) -> tuple[str, str]:
        return seen.cell.label, self._plan(seen, names)

    def _plan(self, seen: Found, names: Names) -> str:
        if (seen.cell.label, names & seen.concerned) not in self.plans:
            self._name_plans(names)
        return self.plans[seen.cell.label, names & seen.concerned]

    def _name_plans(self, names: Names) -> None:
        """Ask for those of all cells that ``names`` may change in another way than the sets before."""
        asked = [seen for seen in self.found if (seen.cell.label, names & seen.concerned) not in self.plans]
        with self.sets.without(names):
            for seen in asked:
                self.plans[seen.cell.label, names & seen.concerned] = seen.plans_of_all(names, self.sets.connection)

    def _late(self) -> bool:
        return time.perf_counter() - self.begun > self.share * self.budget_s


def executed_before(
    found: Sequence[Found], pairs: Sequence[Pair], connections: Mapping[State, Connection], every: Names
) -> Samples:
    """What a run has executed of these cells, without all optimizations and with all: the same plans on the same rows.

    Args:
        found: the cells.
        pairs: what was timed on copies of the databases before and after, in rounds, as is done here.
        connections: to databases with these rows, as they were then: plans are asked for, and nothing is executed.
        every: all that can be taken away.

    Statements that write are left out: what other executions left dead was among their rows.
    """
    timed = {(pair.query, pair.parameter_class): pair for pair in pairs}
    samples: Samples = {}
    for seen in found:
        pair = timed.get(seen.key)
        if pair is None or seen.cell.query.writes:
            continue
        both: tuple[tuple[State, Names], ...] = (("before", every), ("after", NOTHING))
        for state, names in both:
            taken = pair.side(state).samples
            if seen.cell.query.rewrite and seen.state(names) != state:  # the block that it needs cannot be taken away
                continue
            if taken and all(one.binding == place % len(seen.cell.bindings) for place, one in enumerate(taken)):
                samples[seen.cell.label, seen.plans_of_all(names, connections[state])] = list(taken)
    return samples
