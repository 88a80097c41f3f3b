"""Candidates tried on one copy that has them all: plans are asked for under sets of them, and new ones executed.

Each candidate alone first, since several on one table would hide each other. Then, with all of them there, what the
server takes, and what it takes without that, and so on: so what a join needs on several sides is found, too. An
execution happens only where nothing but its own set is visible, so that no time has the planning of the others in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.advice.menus import BLOCK_MS
from bench.attribution.cells import NOTHING, Found, used
from bench.attribution.copies import Names
from bench.attribution.subsets import Sets
from bench.measurement import Cell
from bench.measurement.execution import shape_of
from bench.model import Optimization
from bench.model.advised import CellTried, PlanMeasured, SetAsked
from bench.postgres.connection import Connection, without_timeout
from bench.progress import Progress

AS_IT_IS = 5
"""Timed executions of each cell with no candidate, against which all others are held."""
EXECUTIONS = 3
"""The same of a plan that is new, fewer where they take long (``executing.SPARING_MS``), and none where it takes twice
as long as another of the cell: choosing goes by the fastest, and the plans of the sets chosen are executed again."""
DEPTH = 4
"""How often what a plan uses is taken away, beginning with all candidates, to see what comes in its place."""
BRANCHES, BRANCHES_OTHERS = 12, 4
"""Sets that are asked for so at most, for the slowest class of each query, and for its other classes: what helps them
together is mostly the same, and under the sets chosen all are asked about."""

Key = tuple[str, str]
Wanted = dict[Names, list[Found]]
Store = Callable[[tuple[CellTried, ...]], None]


@dataclass(slots=True)
class Trial:
    """Tries the cells of one database in sets of its candidates."""

    blocks: Mapping[str, Optimization]
    """In the order in which they were applied."""
    made_by: Mapping[str, str]
    """Relations, as plans name them, to the candidate that made them."""
    pure: Collection[str]
    """Candidates that only add a way to read: what does not use one stays as it is without it."""
    statistics: Collection[str]
    """Those that no plan names, whatever they change."""
    triggered: Collection[str]
    """Those of foreign keys: what looks for children when a parent goes is in no plan."""
    reads: Mapping[str, Collection[str]]
    """Candidate to the relations that it is about, as plans name them."""
    wishes: Mapping[str, Collection[str]]
    """Candidate to the queries that it was made for."""
    progress: Progress
    least_ms: float
    """Cells that take less are left alone: no candidate could save enough there. Under the sets chosen they are asked
    about like all others."""
    limit_ms: float
    """Cells that take more come first, those that write too: time may run out, and they are what it is about."""
    limit_s: float
    """Seconds after which nothing new is executed."""
    found: list[Found] = field(default_factory=list)
    begun: float = field(default_factory=time.perf_counter)
    sets: Sets = field(init=False)

    def explore(self, connection: Connection, cells: Sequence[Cell], store: Store) -> None:
        """Try ``cells`` with no candidate, with each alone, and in the sets that all of them together suggest.

        ``connection`` is to a copy that nobody else uses, with all candidates; ``store`` gets what is known so far.
        """
        self.sets, names = Sets(connection, self.blocks), list(self.blocks)
        impure = set(names) - set(self.pure)
        self.found = [Found(cell, sparing=True, concerned=set(names), impure=set(impure)) for cell in cells]
        self._ask({self.sets.only([]): self.found}, "executing as it is", AS_IT_IS)
        store(self.results())
        for seen in self.found:
            self._learn(seen)
        left = {seen.key: self._as_it_is_ms(seen) for seen in self.found if seen.tried}
        open_ = [seen for seen in self.found if left.get(seen.key, 0.0) > self.least_ms]
        open_.sort(key=lambda seen: -left[seen.key])
        over = [seen for seen in open_ if left[seen.key] > self.limit_ms]
        for part in (over, open_[len(over) :]):
            self._explore(part)
            store(self.results())

    def _explore(self, cells: Sequence[Found]) -> None:
        """Try these with each candidate that was made for them alone, the slowest first, then in the sets that plans
        use where all candidates are there: what was made for another query, and helps, is seen then."""
        first: dict[str, list[Found]] = {}
        for seen in cells:
            for name in sorted(seen.concerned):
                if seen.cell.query.name in self.wishes[name]:
                    first.setdefault(name, []).append(seen)
        self._ask({self.sets.only([name]): found for name, found in first.items()}, "trying one at a time")
        self._ask(self._joint(cells), "trying several together")

    def confirm(self, chosen: Iterable[Collection[str]]) -> bool:
        """Ask for the plans of all cells under these sets; True where one was not known before."""
        before = sum(len(seen.tried) for seen in self.found), sum(len(seen.asked) for seen in self.found)
        self._ask({self.sets.only(names): self.found for names in chosen}, "asking about the sets chosen")
        return before != (sum(len(seen.tried) for seen in self.found), sum(len(seen.asked) for seen in self.found))

    def again(self, chosen: Sequence[Collection[str]], times: int) -> None:
        """Execute the plans of these sets until each was executed ``times`` times."""
        wrote = False
        for number, names in enumerate(chosen):
            self.progress("executing the sets chosen", number, len(chosen), "sets")
            away = self.sets.only(names)
            short = [seen for seen in self.found if not self.late and self._short(seen, away, times)]
            if not short:
                continue
            with self.sets.without(away):
                for seen in short:
                    seen.again(away, self.sets.connection, times - seen.executions(away))
            wrote = wrote or any(seen.cell.query.writes for seen in short)
        if wrote:
            self._clean()
        self.progress("executing the sets chosen", len(chosen), len(chosen), "sets")

    def results(self) -> tuple[CellTried, ...]:
        """What was seen of each cell so far."""
        return tuple(self._result(seen) for seen in self.found if seen.tried)

    @property
    def late(self) -> bool:
        """Whether the time is up."""
        return time.perf_counter() - self.begun > self.limit_s

    # -------------------------------------------------------------------------------------------------------- steps
    def _short(self, seen: Found, away: Names, times: int) -> bool:
        if seen.known(away) is None:
            return False
        tried = seen.tried[seen.plan(away)]
        return not tried.censored and len(tried.samples_ms) < times

    def _learn(self, seen: Found) -> None:
        """Keep only the candidates on relations that the cell reads."""
        relations = seen.relations()
        concerned = {
            name
            for name in self.blocks
            if seen.cell.query.name in self.wishes[name] or relations.intersection(self.reads[name])
        }
        seen.hidden = set(self.triggered).intersection(concerned) if seen.cell.query.writes else set()
        seen.concerns(concerned, (concerned - set(self.pure)) | seen.hidden)

    def _as_it_is_ms(self, seen: Found) -> float:
        """What is to be saved of a cell at most."""
        tried = seen.tried[seen.plan(self.sets.only([]))]
        return min(tried.samples_ms) + BLOCK_MS * tried.counters.buffers

    def _joint(self, cells: Sequence[Found]) -> Wanted:
        """The sets that plans use, with all candidates there or without some of them."""
        wanted: Wanted = {}
        open_: list[tuple[Found, Names]] = [(seen, NOTHING) for seen in cells if seen.concerned]
        slowest = {seen.cell.query.name: seen.key for seen in reversed(cells)}
        left = {seen.key: BRANCHES if seen.key in slowest.values() else BRANCHES_OTHERS for seen in cells}
        for depth in range(DEPTH):
            self.progress("looking for what helps together", depth, DEPTH, "rounds")
            following: set[tuple[Key, Names]] = set()
            by_key = {seen.key: seen for seen in self.found}
            for seen, away, uses in self._used_without(open_):
                if uses:
                    wanted.setdefault(self.sets.only(uses), []).append(seen)
                left[seen.key] -= 1
                if left[seen.key] > 0:
                    following |= {(seen.key, away | {name}) for name in uses}
            open_ = [(by_key[key], away) for key, away in sorted(following, key=lambda one: (one[0], sorted(one[1])))]
        self.progress("looking for what helps together", DEPTH, DEPTH, "rounds")
        return wanted

    def _used_without(self, open_: Sequence[tuple[Found, Names]]) -> list[tuple[Found, Names, set[str]]]:
        grouped: Wanted = {}
        for seen, away in open_:
            grouped.setdefault(away, []).append(seen)
        uses = []
        for away, found in grouped.items():
            if self.late:
                break
            with self.sets.without(away):
                for seen in found:
                    shape = shape_of(self.sets.connection, seen.cell, seen.state(away), 0)
                    uses.append((seen, away, used(shape, self.made_by)))
        return uses

    def _ask(self, wanted: Mapping[Names, Collection[Found]], what: str, executions: int = EXECUTIONS) -> None:
        """Find the plan of each cell in each set, executing those that are new."""
        parts = [
            (names, [seen for seen in found if seen.cell.query.writes is writing])
            for writing in (False, True)  # last: even rolled back they leave dead rows
            for names, found in wanted.items()
        ]
        todo, wrote = [(names, found) for names, found in parts if found], False
        for number, (names, found) in enumerate(todo):
            self.progress(what, number, len(todo), "sets")
            left = [seen for seen in found if seen.known(names) is None]
            if not left or self.late:
                continue
            concerned = set().union(*(seen.concerned for seen in left))  # the others would change nothing
            with self.sets.without(names & concerned):
                told = [seen.ask(names, self.sets.connection, self.made_by, executions) for seen in left]
            wrote = wrote or any(told)
        if wrote:
            self._clean()
        self.progress(what, len(todo), len(todo), "sets")

    def _clean(self) -> None:
        """Take out what rolled back executions left; however long that takes with so many indexes."""
        with without_timeout(self.sets.connection):
            self.sets.clean()

    def _result(self, seen: Found) -> CellTried:
        asked = [SetAsked(tuple(sorted(seen.concerned - away)), plan) for away, plan in seen.asked.items()]
        return CellTried(
            query=seen.cell.query.name,
            parameter_class=seen.cell.parameter_class,
            plans=tuple(self._plan(seen, number) for number in range(len(seen.tried))),
            concerns=tuple(sorted(seen.concerned)),
            asked=tuple(sorted(asked, key=lambda one: one.names)),
        )

    def _plan(self, seen: Found, number: int) -> PlanMeasured:
        tried = seen.tried[number]
        there = set(self.statistics).intersection(seen.concerned).difference(tried.without)
        return PlanMeasured(
            needs=tuple(sorted(seen.uses[number] | there)),
            fingerprint=tried.fingerprint,
            cost=tried.cost,
            counters=tried.counters,
            samples_ms=tried.samples_ms,
            censored=tried.censored,
            processor_ms=tried.processor_ms,
        )
