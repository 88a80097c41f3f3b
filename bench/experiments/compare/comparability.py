"""What two runs were measured on, and whether that lets their figures be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from bench.cells.work import WITHOUT_INFLUENCE
from bench.model import Machine, Options, Run, Server
from bench.report.numbers import listed, size

SAMPLED_FROM_ROWS = 600_000
"""Rows of a table above which ANALYZE reads a sample: 300 rows per unit of the statistics target, of which 2,000 is the
most (docs/method.md). A plan that hangs on the sample can differ between two loads of the same rows."""

Level = Literal["times", "counters", "nothing"]
"""What of two runs may be compared: work and times, work alone, or neither."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a run was measured on, without what it measured."""

    id: str
    started_at: str
    status: str
    pgproof: str
    workload: str
    workload_hash: str
    scale: int
    unit: str
    seed: int
    skew: str
    clock: str
    rows: Mapping[str, int]
    """Rows of each table."""
    hashes: Mapping[str, str]
    """Hash of the content of each table; empty for a table that the dataset's own SQL filled."""
    server: Server
    machine: Machine
    options: Options
    aged: str
    """How the databases were aged."""
    load_s: float = 0.0
    """What copying the rows in took, whenever that was."""
    index_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Reason:
    """Something that differs between two runs: in two or three words, and as a sentence."""

    short: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Comparable:
    """What differs between two runs, by what it forbids."""

    counters: tuple[Reason, ...] = ()
    """Why the work of the queries cannot be compared, and with it nothing."""
    times: tuple[Reason, ...] = ()
    """Why times cannot, beyond that."""
    remarks: tuple[str, ...] = ()
    """What differs and forbids nothing; a reader has to know it."""

    @property
    def level(self) -> Level:
        """What may be compared."""
        return "nothing" if self.counters else "counters" if self.times else "times"

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why not everything may be compared."""
        return (*self.counters, *self.times)


def facts_of(run: Run) -> RunFacts:
    """Take from ``run`` what decides whether it may be compared."""
    data = run.dataset
    return RunFacts(
        id=run.id,
        started_at=run.started_at,
        status=run.status,
        pgproof=run.pgproof,
        workload=run.workload,
        workload_hash=run.workload_hash,
        scale=data.scale,
        unit=data.unit,
        seed=data.seed,
        skew=data.skew,
        clock=data.clock,
        rows={table.name: table.rows for table in data.tables},
        hashes={table.name: table.content_hash for table in data.tables},
        server=run.server,
        machine=run.machine,
        options=run.options,
        aged=f"{100 * run.aged.share:g} %, churn.sql {run.aged.churn_hash}" if run.aged else "none",
        load_s=data.load_s,
        index_s=data.index_s,
    )


def comparable(base: RunFacts, head: RunFacts) -> Comparable:
    """Say what of ``base`` and ``head`` may be compared, and why not the rest.

    Counters need the same rows, major version of the server and settings that shape plans; times also the same machine,
    minor version, kind of server and all settings. Whether a query is the same question is decided for each by itself.
    """
    shaping, apart = tuple(_settings(base, head, shaping=True)), crosses(base, head)
    return Comparable(
        (*_data(base, head), *(() if apart else shaping)), (*_place(base, head), *(shaping if apart else ())),
        tuple(_remarks(base, head)),
    )  # fmt: skip


def crosses(base: RunFacts, head: RunFacts) -> bool:
    """Whether one of them is of one server and the other of a cluster, or both of clusters of different sizes.

    Their work is not the same in any case, and what it says is what distribution costs: so settings that shape plans
    forbid no more than times.
    """
    return base.server.nodes != head.server.nodes


def _data(base: RunFacts, head: RunFacts) -> Iterator[Reason]:
    if base.workload != head.workload:
        yield _differs("another workload", "workload", base.workload, head.workload)
    if (base.scale, base.unit) != (head.scale, head.unit):
        yield _differs("another scale", "scale", *(f"{facts.scale:,} {facts.unit}" for facts in (base, head)))
    for short, words, one, other in (
        ("another seed", "seed of the dataset", str(base.seed), str(head.seed)),
        ("another skew", "skew of the dataset", base.skew, head.skew),
        ("another clock", "clock of the dataset", base.clock, head.clock),
    ):
        if one != other:
            yield _differs(short, words, one, other)
    if (base.scale, base.seed, base.skew) == (head.scale, head.seed, head.skew):  # else all rows differ: said already
        yield from _tables(base, head)
    if base.aged != head.aged:
        yield _differs("another age", "age of the databases", base.aged, head.aged)
    major, other_major = (facts.server.version_num // 10_000 for facts in (base, head))
    if major != other_major:
        yield _differs("another major version of PostgreSQL", "major version", f"PostgreSQL {major}", str(other_major))


def _tables(base: RunFacts, head: RunFacts) -> Iterator[Reason]:
    if not base.rows or not head.rows:
        yield Reason("unknown rows", "A run does not say which rows it measured on: it ended before they were made.")
        return
    shared = [name for name in base.rows if name in head.rows]
    other = [n for n in shared if (base.rows[n], base.hashes[n]) != (head.rows[n], head.hashes[n])]
    if other:
        yield Reason("other rows in the tables", f"The content of {listed(other)} differs.")


def _place(base: RunFacts, head: RunFacts) -> Iterator[Reason]:
    machines = [facts.machine for facts in (base, head)]
    if differing := [
        f"{words}: {one} → {other}"
        for words, one, other in (
            ("processor", *(machine.cpu for machine in machines)),
            ("cores", *(str(machine.cores) for machine in machines)),
            ("memory", *(_memory(machine.memory_bytes) for machine in machines)),
            ("system", *(machine.system for machine in machines)),
        )
        if one != other
    ]:
        yield Reason("another machine", f"The machine differs ({'; '.join(differing)}).")
    if base.server.kind != head.server.kind:
        yield _differs("another kind of server", "kind of server", base.server.kind, head.server.kind)
    if base.server.version != head.server.version:
        yield _differs("another version of PostgreSQL", "version", base.server.version, head.server.version)
    yield from _settings(base, head, shaping=False)


def _settings(base: RunFacts, head: RunFacts, *, shaping: bool) -> Iterator[Reason]:
    """Compare the settings that shape plans and counters, or those that only cost time."""
    one, other = base.server.settings, head.server.settings
    if not (one and other):
        if shaping:
            yield Reason("unknown settings", "A run does not say with which settings its server ran.")
        return
    differing = [
        f"{name} {one.get(name, 'not known')} → {other.get(name, 'not known')}"
        for name in sorted(one.keys() | other.keys())
        if (name not in WITHOUT_INFLUENCE) == shaping and one.get(name) != other.get(name)
    ]
    if differing:
        which = "that shape plans" if shaping else "that cost time"
        yield Reason("other settings", f"Settings {which} differ: {listed(differing)}.")


def _remarks(base: RunFacts, head: RunFacts) -> Iterator[str]:
    for facts in (base, head):
        if facts.status != "complete":
            yield f"Run {facts.id} is {facts.status}: cells are missing."
    for words, one, other in (
        ("order of before and after", *(_order(facts.options) for facts in (base, head))),
        ("target", f"{base.options.target_ms:g} ms", f"{head.options.target_ms:g} ms"),
        ("statement timeout", f"{base.options.timeout_s:g} s", f"{head.options.timeout_s:g} s"),
        ("number of warm-ups", str(base.options.warmups), str(head.options.warmups)),
        ("version of pgproof, and with it perhaps how it measures,", base.pgproof, head.pgproof),
        ("version of Python", base.machine.python, head.machine.python),
    ):
        if one != other:
            yield f"The {words} differs: {one} → {other}."
    for verb, names in (
        ("are new", [name for name in head.rows if name not in base.rows]),
        ("are gone", [name for name in base.rows if name not in head.rows]),
    ):
        if names and base.rows and head.rows:
            yield f"Tables that {verb}: {listed(names)}."
    if unhashed := [name for name in base.rows if name in head.rows and not (base.hashes[name] or head.hashes[name])]:
        yield f"The content of {listed(unhashed)} is taken for the same by its number of rows: it was not hashed."
    if large := [name for name, rows in base.rows.items() if rows > SAMPLED_FROM_ROWS and name in head.rows]:
        yield (
            f"Statistics of tables above {SAMPLED_FROM_ROWS:,} rows ({listed(large)}) are of a sample: where it was "
            f"drawn anew, a plan can change by it alone."
        )


def _order(options: Options) -> str:
    return "one after the other" if options.one_copy else "in turn"


def _differs(short: str, words: str, one: str, other: str) -> Reason:
    return Reason(short, f"The {words} differs: {one} → {other}.")


def _memory(number: int) -> str:
    """Write memory so that two that differ are seen to."""
    return f"{size(number)} ({number:,} B)"
