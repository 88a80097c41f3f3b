"""One server and a Citus cluster side by side, or a smaller and a larger one: what distribution gains and costs.

Whichever has fewer nodes is called ``one`` here, the other one ``cluster``.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bench.experiments.compare.cells import CUT_OFF, NO_PLAN
from bench.experiments.compare.comparability import Comparable, RunFacts, crosses
from bench.experiments.compare.record import Change, Clock, ComparedCell, ComparedQuery, Comparison, MeasuredCell
from bench.model import STATES, State
from bench.model.plan import Way
from bench.report import numbers
from bench.report.spread import WAYS
from bench.statistics.quantiles import Ratio

Answers = Literal["equal", "equal, but empty", "other rows", "not compared"]


@dataclass(frozen=True, slots=True)
class DistributedCell:
    """A cell on one server and on the cluster."""

    query: str
    parameter_class: str
    state: State
    one: MeasuredCell | None
    cluster: MeasuredCell | None
    answers: Answers
    change: Change
    """From one server to the cluster, whichever of the two is the reference."""

    @property
    def refused(self) -> str:
        """Why the cluster does not answer it."""
        return self.cluster.summary.error if self.cluster else ""

    @property
    def factor(self) -> float | None:
        """Time on the cluster over that on one server, where both are times and no limits."""
        found = self.change.ratio
        return 1 / found.value if found and found.bound == "exactly" else None

    @property
    def more_ms(self) -> float:
        """By how much the median on the cluster is longer; zero where there are not both."""
        ends = [seen.summary.p50 if seen else None for seen in (self.one, self.cluster)]
        return ends[1].ms - ends[0].ms if ends[0] and ends[1] else 0.0


@dataclass(frozen=True, slots=True)
class Distributed:
    """What a cluster does for the queries that one server answers, too."""

    one: str
    """The label of the run on one server."""
    cluster: str
    whose: str
    """What times are held against, as an owner."""
    headline: str
    cells: tuple[DistributedCell, ...]
    sentences: tuple[str, ...]


def distributed(found: Comparison, position: int) -> Distributed | None:
    """Hold the run at ``position`` after the first against it; None where both are of as many nodes."""
    base, head = found.facts[0], found.facts[position + 1]
    if not crosses(base, head):
        return None
    swapped = base.server.nodes > head.server.nodes
    labels = (found.labels[0], found.labels[position + 1])
    one, cluster = labels[::-1] if swapped else labels
    cells = tuple(
        _cell(cell, position, swapped) for query in found.queries for cell in query.cells if cell.changes[position]
    )
    level, facts = found.comparable[position], (head, base) if swapped else (base, head)
    sentences = (
        *_same_rows(facts, level), *_answers(cells, one), *_ways(cells, found.state, level, whose(facts[0], one)),
        *_refused(cells), *_forms(found.queries), *_filling(facts, level),
    )  # fmt: skip
    headline = _headline([cell for cell in cells if cell.state == found.state], facts, level)
    return Distributed(one, cluster, whose(facts[0], one), headline, cells, sentences)


def _cell(cell: ComparedCell, position: int, swapped: bool) -> DistributedCell:
    change, seen = cell.changes[position], (cell.seen[0], cell.seen[position + 1])
    assert change is not None
    one, cluster = seen
    if swapped:
        one, cluster, change = cluster, one, turned(change)
    compared = change.why_not in ("", CUT_OFF, NO_PLAN) and one and cluster and one.result_hash and cluster.result_hash
    same: Answers = "equal, but empty" if change.both_empty else "equal"
    answers: Answers = "not compared" if not compared else "other rows" if change.other_rows else same
    return DistributedCell(cell.query, cell.parameter_class, cell.state, one, cluster, answers, change)


def turned(change: Change) -> Change:
    """The same times, seen from the other run; of work and target nothing is said."""
    other: dict[Clock, Clock] = {"slower": "faster", "faster": "slower"}
    clock = other.get(change.clock, change.clock)
    return replace(
        change, clock=clock, ratio=inverse(change.ratio) if change.ratio else None, work="not compared", goal=""
    )


def inverse(found: Ratio) -> Ratio:
    """The ratio of the same medians the other way round."""
    bound: Literal["exactly", "at least", "at most"] = "exactly"
    if found.bound != "exactly":
        bound = "at most" if found.bound == "at least" else "at least"
    low, high = (1 / end if end else None for end in (found.high, found.low))
    return Ratio(1 / found.value, low if high is not None else None, high, bound, found.paired)


# --------------------------------------------------------------------------------------------------------- sentences
def _headline(cells: Sequence[DistributedCell], facts: tuple[RunFacts, RunFacts], level: Comparable) -> str:
    sizes = [numbers.plural(one.server.nodes, "node") for one in facts]
    few = f"A cluster of {sizes[0]} beside one" if facts[0].server.nodes else "One server beside a cluster"
    nodes = f"{few} of {sizes[1]}"
    equal = sum(cell.answers.startswith("equal") for cell in cells)
    said = f"{nodes}: {equal} of {numbers.plural(len(cells), 'answer')} equal"
    if level.level != "times":
        return f"{said}; times stand side by side ({numbers.listed([reason.short for reason in level.reasons])})"
    clocks = [cell.change.clock for cell in cells]
    where = "the larger one" if facts[0].server.nodes else "the cluster"
    return f"{said}; on {where} {clocks.count('faster')} faster, {clocks.count('slower')} slower"


def whose(fewer: RunFacts, label: str) -> str:
    """What times are held against, as an owner: ``one server's``."""
    return f"run {label}'s" if fewer.server.nodes else "one server's"


def _same_rows(facts: tuple[RunFacts, RunFacts], level: Comparable) -> Iterator[str]:
    hashes = [{name: (one.rows[name], digest) for name, digest in one.hashes.items() if digest} for one in facts]
    shared = [name for name in hashes[0] if name in hashes[1]]
    if level.level != "nothing" and shared:
        yield f"The same rows: the content of {numbers.plural(len(shared), 'table')} has the same hash on both."


def _answers(cells: Sequence[DistributedCell], one: str) -> Iterator[str]:
    by_word = {word: [cell for cell in cells if cell.answers == word] for word in ("equal", "equal, but empty")}
    both = sum(map(len, by_word.values()))
    empty = f", {len(by_word['equal, but empty'])} of them empty" if by_word["equal, but empty"] else ""
    yield f"The same answers in {both} of {numbers.plural(len(cells), 'cell')}, before and after{empty}."
    if missing := [cell for cell in cells if cell.cluster is None and cell.one]:
        names = dict.fromkeys(f"{cell.query}[{cell.parameter_class}]" for cell in missing)
        yield f"In run {one} alone: {numbers.listed(list(names))}."


def _ways(cells: Sequence[DistributedCell], state: State, level: Comparable, owner: str) -> Iterator[str]:
    if level.level != "times":
        return
    for way, words in WAYS.items():
        found = answered(cells, state, way)
        if not found:
            continue
        factors = [cell.factor for cell in found if cell.factor]
        more = statistics.median(cell.more_ms for cell in found)
        by = f", {numbers.ms(abs(more))} {'more' if more >= 0 else 'less'}"
        middle = f"{numbers.digits(statistics.median(factors))} times {owner} time in the median"
        between = f" ({numbers.digits(min(factors))} to {numbers.digits(max(factors))} times)" if factors[1:] else ""
        number = numbers.plural(len(found), "cell")
        yield f"{words[0].upper()}{words[1:]}, {state}: {number}, {middle}{between}{by}."


def answered(cells: Sequence[DistributedCell], state: State, way: Way) -> list[DistributedCell]:
    """The cells of ``state`` that the cluster answers by that way, of which both sides have a time."""
    return [
        one for one in cells
        if one.state == state and one.factor and one.cluster and one.cluster.spread and one.cluster.spread.way == way
    ]  # fmt: skip


def _refused(cells: Sequence[DistributedCell]) -> Iterator[str]:
    for state in STATES:
        names = dict.fromkeys(cell.query for cell in cells if cell.state == state and cell.refused)
        if names:
            yield f"The cluster refuses {state}: {numbers.listed(list(names))}."


def _forms(queries: Sequence[ComparedQuery]) -> Iterator[str]:
    for state in STATES:
        if names := [query.name for query in queries if state in query.forms]:
            yield f"Asked {state} in the words for a cluster that citus/ has: {numbers.listed(names)}."


def _filling(facts: tuple[RunFacts, RunFacts], level: Comparable) -> Iterator[str]:
    one, cluster = facts
    there, here = ("the larger cluster", "the smaller") if one.server.nodes else ("the cluster", "one server")
    if level.level == "times" and one.load_s and cluster.load_s:
        yield (
            f"When they were filled, copying the rows in took {numbers.seconds(cluster.load_s)} on {there} and "
            f"{numbers.seconds(one.load_s)} on {here}; indexes and keys {numbers.seconds(cluster.index_s)} and "
            f"{numbers.seconds(one.index_s)}."
        )


def of_state(found: Distributed, state: State) -> tuple[DistributedCell, ...]:
    """The cells of ``state``."""
    return tuple(cell for cell in found.cells if cell.state == state)
