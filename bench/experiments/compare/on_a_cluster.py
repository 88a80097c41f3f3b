"""Where a comparison shows one server and a cluster side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bench.experiments.compare.distribution import Distributed, DistributedCell, inverse, of_state
from bench.experiments.compare.record import Clock
from bench.experiments.compare.summary import Versus
from bench.model import STATES, State
from bench.report import numbers, spread
from bench.report.document import (
    PAGE,
    Block,
    Cell,
    Column,
    Fold,
    Row,
    Section,
    Sentences,
    Table,
    Tone,
    columns,
    marked,
    verdict,
)

NAME = "What distribution gains and costs"


def on_a_cluster(one: Versus, state: State, *, alone: bool) -> Iterator[Section]:
    """The section, where ``one`` holds one server against a cluster; ``alone`` where it is all that is compared."""
    if not (found := one.distributed):
        return
    told = Sentences(found.sentences, "prose")
    folded = (Fold(f"State {other}", (_table(found, other),), formats=PAGE) for other in STATES if other != state)
    blocks: tuple[Block, ...] = (told, _table(found, state), *folded)
    ident = "distribution" if alone else f"distribution-{one.label}"
    yield Section(ident, NAME if alone else f"{NAME}, {one.title}", blocks, nav="Cluster")


def _table(found: Distributed, state: State) -> Table:
    pair = found.one, found.cluster
    p50s, buffers = ([f"{what}, {label}" for label in pair] for what in ("p50", "Buffers"))
    heads = (
        Column("Cell"), Column("Answered"), *spread.columns(), *columns(*p50s, number=True),
        Column(f"Time, of {found.whose}"), *(Column(name, number=True, rank=3) for name in buffers),
        Column("Answers", rank=1),
    )  # fmt: skip
    caption = marked(
        f"State {state}. *Time*: that in run {found.cluster} over {found.whose}, medians, with its 95 % interval, "
        f"where times compare. Of run {found.cluster} are *Tasks*, the statements that the coordinator sent to shards, "
        "and *Between nodes*, the rows that went from one to another, results included. *Buffers*: blocks of 8 kB, "
        "on a cluster of all tasks together."
    )
    rows = tuple(_row(cell) for cell in of_state(found, state))
    return Table(f"{NAME}, {state}", heads, rows, caption, sortable=True, kind="cells")


def _row(cell: DistributedCell) -> Row:
    name = Cell(f"{cell.query}[{cell.parameter_class}]")
    p50s = tuple(numbers.figure(seen.summary.p50) if seen else numbers.NOTHING for seen in (cell.one, cell.cluster))
    counted = [seen.summary.counters if seen else None for seen in (cell.one, cell.cluster)]
    blocks = tuple(Cell(numbers.count(one.buffers if one else None)) for one in counted)
    if cell.refused:
        why = Cell("refused", "over", hint=cell.refused)
        return name, why, *spread.figures(None), *map(Cell, p50s), Cell(numbers.NOTHING), *blocks, Cell("")
    found = cell.cluster.spread if cell.cluster else None
    where = Cell(spread.way(found, planned=counted[1] is not None), "" if found else "quiet")
    answers = Cell(verdict(cell.answers), "alarm") if cell.answers == "other rows" else Cell(cell.answers, "quiet")
    return name, where, *spread.figures(found), *map(Cell, p50s), _times(cell), *blocks, answers


def _times(cell: DistributedCell) -> Cell:
    """How many times as long as on one server; "slower" and "faster" where the clock tells the two apart."""
    tones: Mapping[Clock, Tone] = {"slower": "worse", "faster": "better"}
    change = cell.change
    if change.ratio is None:
        return Cell(numbers.NOTHING)
    found = inverse(change.ratio)
    between = f" ({numbers.interval(found)})" if numbers.interval(found) else ""
    word = f" {change.clock}" if change.clock in tones else ""
    return Cell(f"{numbers.times(found)}{between}{word}", tones.get(change.clock, "quiet"), value=found.value)
