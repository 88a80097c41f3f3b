"""All cells side by side: which are compared, which look worse, which cannot be compared and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from bench.cells.work import Difference
from bench.experiments.gate.cause import Suspects
from bench.experiments.gate.decide import Evidence, Target, decide_cell, worse
from bench.experiments.gate.record import VERDICTS, Catalog, CellResult, Counted, Key, QueryFacts, Timed
from bench.model import Optimization, Query

Args = tuple[dict[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class BothArms:
    """The cells of both arms. ``reference`` is what the head is held against: the baseline's cells or the old arm's."""

    reference: Mapping[Key, Counted]
    beside: Mapping[Key, Counted]
    """The old arm, counted in this job; empty where there is none."""
    head: Mapping[Key, Counted | None]
    """None where the cell ran into the timeout."""
    args: Mapping[Key, Args]
    queries: Mapping[str, Query]
    optimizations: Mapping[str, Optimization]
    hashes: Mapping[str, str]
    facts: Mapping[str, QueryFacts]
    catalogs: tuple[Catalog, Catalog]
    again: Mapping[Key, tuple[Difference, ...]] = field(default_factory=dict)
    missed_again: frozenset[Key] = frozenset()
    same: frozenset[Key] = frozenset()
    """Cells in which the arms are one: where these miss the target, the machine is slower."""

    def shared(self) -> list[Key]:
        """Cells that are the same question in the reference and in the head."""
        return [key for key in self.head if key in self.reference and self.reference[key].args == self.args[key]]

    def worse(self) -> list[Key]:
        """Cells that have to be counted again before anything is said: more work, other rows, a timeout, a miss."""
        return [key for key in self.shared() if self._worse(key)]

    def _worse(self, key: Key) -> bool:
        base, head = self.reference[key], self.head[key]
        if head is None or head.result_hash != base.result_hash:
            return True
        missed = base.target == "meets" and head.target == "misses"
        return (missed and key not in self.same) or bool(worse(base, head, writes=self.queries[key[0]].writes))

    def confirmed(self, head: Mapping[Key, Counted | None], base: Mapping[Key, Counted]) -> BothArms:
        """Both arms after ``worse`` cells were counted a second time, in databases made anew."""
        again: dict[Key, tuple[Difference, ...]] = {}
        missed, heads = set(), dict(self.head)
        for key, cell in head.items():
            if cell is None:
                continue
            if heads[key] is None or heads[key].result_hash != cell.result_hash:  # type: ignore[union-attr]
                heads[key] = cell  # the first time was a hiccup: the second one is what it does
            again[key] = worse(base.get(key, self.reference[key]), cell, writes=self.queries[key[0]].writes)
            if cell.target == "misses":
                missed.add(key)
        return replace(self, head=heads, again=again, missed_again=frozenset(missed))

    def timeable(self) -> list[Key]:
        """Cells that can be timed on both arms: the same question, ended in time on both."""
        return [
            key
            for key in self.shared()
            if self.head[key] and (beside := self.beside.get(key)) and beside.args == self.args[key]
        ]

    def plan_changed(self) -> list[Key]:
        """Cells with another plan than before; their times are confirmed whatever the screen says."""
        return [
            key
            for key in self.shared()
            if (head := self.head[key]) and head.fingerprint != self.reference[key].fingerprint
        ]

    def target(self, key: Key) -> Target:
        """Whether the cell lost its target; a machine on which the old arm misses it too is no fault of the change."""
        base, head = self.reference[key], self.head[key]
        if head is None or base.target != "meets" or head.target != "misses":
            return ""
        if key not in self.missed_again:
            return "slower machine" if key in self.same else ""
        beside = self.beside.get(key)
        if beside:
            return "slower machine" if beside.target == "misses" else "missed"
        return "missed" if self.again.get(key) or head.fingerprint != base.fingerprint else "slower machine"

    def expected(self, name: str) -> str:
        """The reason in the query's header, unless the reference was made with it: then it has expired."""
        reason = self.queries[name].expected
        known = self.facts.get(name)
        return "" if known and known.expected == reason else reason


def decide_all(
    both: BothArms, timed: Mapping[Key, Timed], unclear: Collection[Key], timeout_s: float,
    same: Collection[Key] = (),
) -> tuple[CellResult, ...]:  # fmt: skip
    """Decide every cell, worst first, in the order of their names; in those that are ``same`` the arms are one."""
    facts = both.facts
    changed = frozenset(n for n, h in both.hashes.items() if n in facts and facts[n].sql_hash != h)
    suspects = Suspects(*both.catalogs, changed, both.queries, both.optimizations)
    found = []
    for key in both.shared():
        base, head = both.reference[key], both.head[key]
        evidence = Evidence(
            base=base, head=head, writes=both.queries[key[0]].writes, expected=both.expected(key[0]),
            again=both.again.get(key), timed=timed.get(key), unclear=key in unclear, target=both.target(key),
            timeout_s=timeout_s,
        )  # fmt: skip
        found.append(replace(decide_cell(evidence, suspects.blame(base, head)), same=key in same))
    found += _not_shared(both)
    return tuple(sorted(found, key=lambda cell: (VERDICTS.index(cell.word), cell.query, cell.parameter_class)))


def _not_shared(both: BothArms) -> list[CellResult]:
    hashes = {facts.sql_hash: name for name, facts in both.facts.items() if name not in both.queries}
    found = []
    for key, head in both.head.items():
        query = both.queries[key[0]]
        reference = both.reference.get(key)
        if reference is None:
            old = hashes.get(both.hashes[key[0]])
            why = f"was {old}: the same statement under another name" if old else "not in the baseline"
            found.append(CellResult(*key, "new", (why,), file=query.file, line=query.line, head=head))
        elif reference.args != both.args[key]:
            why = f"asked with other parameters: {_moved(reference.args, both.args[key])}"
            found.append(
                CellResult(*key, "not compared", (why,), file=query.file, line=query.line, base=reference, head=head)
            )
    for key, base in both.reference.items():
        if key not in both.head:
            found.append(CellResult(*key, "gone", ("in the baseline, but not any more",), base=base))
    return found


def _moved(old: Args, new: Args) -> str:
    for before, now in zip(old, new, strict=False):
        for name in [*before, *(name for name in now if name not in before)]:
            if before.get(name) != now.get(name):
                return f"{name} was {before.get(name, 'absent')}, is {now.get(name, 'absent')}"
    return f"{len(old)} sets of values before, {len(new)} now"
