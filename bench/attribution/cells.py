"""One cell under sets of optimizations: what is known, what follows from it, and what has to be executed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from math import inf

from bench.attribution.copies import Names
from bench.attribution.executing import SPARING_TIMES, Samples, execute_plan, fully, sample, sparingly
from bench.measurement import Cell, Timeout
from bench.measurement.execution import shape_of
from bench.model import GainCell, Json, State, Tried
from bench.plans import index_names, tree, trimmed
from bench.postgres.connection import Connection

Key = tuple[str, str]
"""Query and class."""


@dataclass(slots=True, eq=False)
class Found:
    """What is known of one cell so far."""

    cell: Cell
    sparing: bool = field(default=False, kw_only=True)
    """Whether plans that are beside the point get fewer executions (``SPARING_MS``)."""
    tried: list[Tried] = field(default_factory=list)
    by_plan: dict[str, int] = field(default_factory=dict)
    asked: dict[Names, int] = field(default_factory=dict)
    """Sets taken away, as far as they concern the cell, to the number of the plan."""
    uses: list[set[str]] = field(default_factory=list)
    """For each plan tried, the optimizations whose relations it names, or whose text it is."""
    concerned: set[str] = field(default_factory=set)
    """Optimizations that can change a plan of the cell: those that act on what it reads."""
    hidden: set[str] = field(default_factory=set)
    """Optimizations that no plan names and that the work depends on: those that a trigger's statements use."""
    impure: set[str] = field(default_factory=set)
    """Of these, the ones that may change a plan without being in it."""
    matter: set[str] = field(default_factory=set)
    ordered: tuple[str, ...] = ()
    orders: tuple[tuple[str, ...], ...] = ()
    sets: dict[str, Names] = field(default_factory=dict)

    def known(self, names: Names) -> int | None:
        """The plan without ``names``, where it was seen or follows from one that was."""
        key = names & self.concerned
        if key in self.asked:
            return self.asked[key]
        for other, plan in self.asked.items():
            if other < key and not (key - other) & (self.uses[plan] | self.impure):
                self.asked[key] = plan
                return plan
        return None

    def plan(self, names: Names) -> int:
        """The plan without ``names``, which must be known."""
        return self.asked[names & self.concerned]

    def concerns(self, names: Collection[str], impure: Collection[str]) -> None:
        """Let only ``names`` count from now on; the ``impure`` among them may change a plan without being in it."""
        self.concerned, self.impure = set(names), set(names).intersection(impure)
        self.asked = {other & self.concerned: plan for other, plan in self.asked.items()}

    def relations(self) -> set[str]:
        """The relations that the cell's plans name so far, and those of its header."""
        plans = {node.relation for one in self.tried if one.plan for node in tree(one.plan)}
        return plans | {table.rpartition(".")[2] for table in self.cell.query.tables}

    def settle(self, without: Mapping[str, Names], alone: Mapping[str, Names], none: Names) -> None:
        """Say what matters: what is missed when it goes, what is felt when it comes alone."""
        after, before = self.plan(NOTHING), self.plan(none)
        missed = {name for name, names in without.items() if self.plan(names) != after}
        felt = {name for name, names in alone.items() if self.plan(names) != before}
        self.matter = missed | felt
        self.impure &= self.matter

    @property
    def key(self) -> Key:
        """Query and class."""
        return self.cell.query.name, self.cell.parameter_class

    def ask(self, names: Names, connection: Connection, made_by: Mapping[str, str], samples: int) -> bool:
        """Ask for the plan without ``names``, which are away now, and execute it if it is new; True if it wrote."""
        known = len(self.tried)
        self.asked[names & self.concerned] = self.plan_here(names, connection, made_by, samples)
        return len(self.tried) > known and self.cell.query.writes

    def plan_here(self, names: Names, connection: Connection, made_by: Mapping[str, str], samples: int) -> int:
        """The plan of the database as it is now, without ``names``; executed if it is new."""
        state = self.state(names)
        shape = shape_of(connection, self.cell, state, 0)
        key = ",".join((state + _digest(shape), *sorted(self.hidden - names)))
        if key not in self.by_plan:
            self.by_plan[key] = len(self.tried)
            known = [one.least_ms for one in self.tried if not one.censored]
            enough_ms = SPARING_TIMES * min(known, default=inf)
            timed = sparingly(samples, enough_ms) if self.sparing and known else fully(samples, enough_ms)
            self.tried.append(execute_plan(connection, self.cell, state, names, timed))
            self.uses.append(used(shape, made_by) | self._rewritten(state) | (self.hidden - names))
        return self.by_plan[key]

    def plans_of_all(self, names: Names, connection: Connection) -> str:
        """Name the plans of all bindings without ``names``, which are away now: the same name, the same work."""
        state, numbers = self.state(names), range(len(self.cell.bindings))
        return state + _digest([shape_of(connection, self.cell, state, number) for number in numbers])

    def state(self, names: Names) -> State:
        """Which text runs: a rewrite is an optimization like any other."""
        return "before" if self.cell.query.rewrite and self.cell.query.rewrite.optimization in names else "after"

    def time(self, names: Names, connection: Connection, times: int) -> tuple[float, ...]:
        """Execute it ``times`` times without ``names``, which are away now; a timeout is the last."""
        return self._timed(names, connection, times).wall_ms

    def _timed(self, names: Names, connection: Connection, times: int) -> Samples:
        samples = Samples()
        try:
            with connection.transaction():
                for _ in range(times):
                    samples += sample(connection, self.cell, self.state(names))
        except Timeout as timeout:
            samples += Samples((round(timeout.ms, 4),))
        return samples

    def executions(self, names: Names) -> int:
        """How often the plan without ``names``, which must be known, was executed."""
        return len(self.tried[self.plan(names)].samples_ms)

    def again(self, names: Names, connection: Connection, times: int) -> None:
        """Execute the plan without ``names``, which are away now, some more."""
        number = self.plan(names)
        one, more = self.tried[number], self._timed(names, connection, times)
        self.tried[number] = replace(one, samples_ms=one.samples_ms + more.wall_ms,
                                     processor_ms=one.processor_ms + more.processor_ms)  # fmt: skip

    def _rewritten(self, state: State) -> set[str]:
        return {self.cell.query.rewrite.optimization} if self.cell.query.rewrite and state == "after" else set()

    def result(self, without: Mapping[str, Names], alone: Mapping[str, Names], none: Names) -> GainCell:
        """What was found, as it is kept."""
        after, before = self.plan(NOTHING), self.plan(none)
        missed = {name: plan for name, names in without.items() if (plan := self.plan(names)) != after}
        felt = {name: plan for name, names in alone.items() if (plan := self.plan(names)) != before}
        told = {after, before, *missed.values(), *felt.values()}
        return GainCell(
            query=self.cell.query.name,
            parameter_class=self.cell.parameter_class,
            tried=tuple(
                replace(one, plan=trimmed(one.plan) if number in told and one.plan else {})
                for number, one in enumerate(self.tried)
            ),
            after=after,
            before=before,
            without=missed,
            alone=felt,
            matter=self.ordered,
            subsets={bits: self.plan(names) for bits, names in self.sets.items()},
            orders=self.orders,
        )


NOTHING: Names = frozenset()


def used(plan: Json, made_by: Mapping[str, str]) -> set[str]:
    """Those by which the relations are made that ``plan`` names."""
    names = {*index_names(plan), *(node.relation for node in tree(plan))} if plan else set()
    return {made_by[name] for name in names if name in made_by}


def _digest(plan: Json | list[Json]) -> str:
    """Name a plan by all that is in it but costs and estimates: nodes, indexes, conditions, keys."""
    return hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()
