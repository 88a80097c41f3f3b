"""Time both arms: pairs of samples back to back, in sessions on fresh copies."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from statistics import median

from bench.experiments.gate import times
from bench.experiments.gate.arms import ARMS, ArmName
from bench.experiments.gate.databases import Databases
from bench.experiments.gate.record import Key, Session
from bench.measurement import Cell
from bench.measurement.loops import LOOPS_MAX, SAMPLE_MS, Loop, prepare, process_clock
from bench.model import Binding, Query
from bench.postgres.catalog import rows
from bench.progress import Progress

CONTROLS = {
    "arithmetic": "SELECT sum(g * g % 7) FROM generate_series(1, 4000) AS g",
    "sorting": "SELECT g FROM generate_series(1, 3000) AS g ORDER BY md5(g::text) LIMIT 1",
    "hashing": "SELECT count(*) FROM (SELECT g % 97 AS k FROM generate_series(1, 4000) AS g GROUP BY 1) AS h",
}
"""Queries that touch no table: between the arms they can differ by noise alone."""
CONTROL = "control"
"""Query name of a control; a class is its parameter class. No file of a workload can have this name and no file."""
WARM_UPS = 4
SAMPLE_MAX_MS = 4 * SAMPLE_MS
"""Wall time of the head arm's sample at most, unless one execution takes longer: where it is a hundred times slower,
the loop that suits the base arm would take minutes, for a difference that is plain."""
CLOCK_MS = 0.001
BURN_ROUNDS = 24
BURN_TRIED = 1.5
"""Share of a cell's time at which the burn is tried."""
BURN_TURN_MS = 40e-6
"""A guess at the time of one turn, to begin with."""

CHURN_MOST = 20
"""Executions of writes after which the tables are cleaned up, at the end of a round: about one round of the CRM's seven
cells that write, and many rounds where one of them is confirmed."""

Pairs = dict[Key, tuple[list[float], list[float]]]
"""Times of base and head, parallel, in ms for one execution."""


def control_cells() -> list[Cell]:
    """The controls, as cells like any other."""
    return [
        Cell(
            Query(
                name=CONTROL, title=name, asks="", tables=(), parameters=(), classes=(), extra_classes={}, expects=(),
                writes=False, cross_tenant="", sql=statement, line=1, file="a control",
            ),
            name,
            (Binding({}),),
        )
        for name, statement in CONTROLS.items()
    ]  # fmt: skip


@dataclass(slots=True)
class Timer:
    """What stays the same from session to session: the cells, and how often each is executed in one sample."""

    databases: Databases
    prepared: Mapping[ArmName, str]
    cells: Mapping[Key, Mapping[ArmName, Cell]]
    rng: random.Random
    progress: Progress
    burn: Mapping[Key, float] = field(default_factory=dict)
    """Extra CPU time of the head arm by cell, as a share of its own (a selftest's injection)."""
    loops: dict[Key, int] = field(default_factory=dict)
    cpu_clock: bool = True

    @contextmanager
    def session(self, keys: Sequence[Key], label: str, *, reverse: bool = False) -> Iterator[OpenSession]:
        """Fresh copies, fresh connections, warm: ready to time ``keys`` and the controls."""
        controls = {(CONTROL, cell.parameter_class): cell for cell in control_cells()}
        with self.databases.copies(self.prepared, label, reverse=reverse) as copies, ExitStack() as stack:
            made: dict[ArmName, dict[Key, Loop]] = {}
            for name in ARMS:
                sides = self.databases.sides(name, copies[name])
                connection = stack.enter_context(sides.connect("after", writes=True))
                connection.prepared_max = None
                clock_id = process_clock(connection, readable=self.databases.setup.server.capabilities.clocks_readable)
                self.cpu_clock = clock_id is not None
                cells = {key: self.cells[key][name] for key in keys} | controls
                made[name] = {
                    key: prepare(connection, number, cell, "after", clock_id)
                    for number, (key, cell) in enumerate(cells.items())
                }
            session = OpenSession(self, made, list(keys), list(controls))
            session.warm_up()
            yield session


def _wall_ms(loop: Loop) -> float:
    begin = time.perf_counter()
    loop.run(1)
    return (time.perf_counter() - begin) * 1e3


@dataclass(slots=True)
class OpenSession:
    """Pairs of one session."""

    timer: Timer
    made: Mapping[ArmName, Mapping[Key, Loop]]
    keys: list[Key]
    controls: list[Key]
    pairs: Pairs = field(default_factory=dict)
    burns: dict[Key, int] = field(default_factory=dict)
    """Turns of pure computing after each execution of the head arm."""
    churn: int = 0
    """Executions of writes on each arm since the last clean-up."""
    dirty: dict[ArmName, list[str]] = field(default_factory=dict)
    """Tables in which the writes leave dead rows, as the catalog quotes them."""

    def warm_up(self) -> None:
        """Run each statement a few times on each arm, and find out once how many executions make a sample.

        Both arms execute each statement equally often, here and later: what one execution leaves behind in a table that
        it writes, dead rows and split pages, then is the same on both.
        """
        for key in [*self.keys, *self.controls]:
            base, head = self.made["base"][key], self.made["head"][key]
            ms = median([base.run(1) for _ in range(WARM_UPS)][1:])
            wall = median([_wall_ms(head) for _ in range(WARM_UPS)][1:])
            if key not in self.timer.loops:
                wanted, bearable = SAMPLE_MS / max(ms, CLOCK_MS), SAMPLE_MAX_MS / max(wall, CLOCK_MS)
                self.timer.loops[key] = max(1, min(LOOPS_MAX, round(wanted), int(bearable)))
            self.pairs[key] = ([], [])
        if burning := [key for key in self.timer.burn if key in self.pairs]:
            self._measure_out(burning)

    def _measure_out(self, burning: Sequence[Key]) -> None:
        """Find the turns of pure computing that are the wanted share of a cell's time, in rounds like those to come.

        A cell alone runs faster than among others, whose rows it then finds in the processor's caches. So the turns are
        tried in ordinary rounds, many at once, where they stand out from the noise. Each session measures anew: the
        time of a short cell differs by a third from one connection and copy to the next, that of computing does not.
        """
        for key in burning:
            ms = median(self.made["base"][key].run(1) for _ in range(WARM_UPS))
            self.made["head"][key].run(WARM_UPS)
            self.burns[key] = max(1, round(BURN_TRIED * ms / BURN_TURN_MS))
        self.take(self.keys, BURN_ROUNDS, "measuring out the burn")
        for key in burning:
            seen = math.exp(median(self.logs(key))) - 1
            self.burns[key] = max(1, round(self.burns[key] * self.timer.burn[key] / max(seen, 0.1)))
        for key in self.pairs:
            self.pairs[key] = ([], [])

    def take(self, keys: Sequence[Key], rounds: int, what: str) -> None:
        """Add ``rounds`` pairs to each of ``keys`` and the controls; cells that write come after those that read."""
        reads = [key for key in keys if not self._writes(key)]
        writes = [key for key in keys if self._writes(key)]
        for number in range(rounds):
            self.timer.progress(what, number, rounds, "rounds")
            for order in ([*reads, *self.controls], writes):
                self.timer.rng.shuffle(order)
                for key in order:
                    self._pair(key)
            self.churn += sum(self.timer.loops[key] for key in writes)
            if self.churn >= CHURN_MOST:
                self.churn = 0
                with ThreadPoolExecutor(len(ARMS)) as pool:
                    list(pool.map(self._vacuum, ARMS))
        self.timer.progress(what, rounds, rounds, "rounds")

    def _vacuum(self, name: ArmName) -> None:
        """Remove what the writes left dead, so that later rounds find the tables as earlier ones did.

        Without it the time of a write drifts by as much as half, in steps that last for dozens of pairs: which page
        takes the next row and when a page is pruned is a matter of luck, and differs between the arms.
        """
        connection = next(iter(self.made[name].values())).connection
        connection.execute("SELECT pg_stat_force_next_flush()")
        if name not in self.dirty:
            self.dirty[name] = [row["name"] for row in rows(connection, "list_tables_with_dead_rows")]
        for table in self.dirty[name]:
            connection.execute(f"VACUUM (INDEX_CLEANUP ON, TRUNCATE OFF, PARALLEL 0) {table}")

    def _writes(self, key: Key) -> bool:
        return self.made["base"][key].writes

    def _pair(self, key: Key) -> None:
        taken = {}
        for name in self.timer.rng.sample(ARMS, 2):
            burn = self.burns.get(key, 0) if name == "head" else 0
            taken[name] = self.made[name][key].run(self.timer.loops[key], burn)
        base, head = self.pairs[key]
        base.append(taken["base"])
        head.append(taken["head"])

    def kept(self, key: Key, name: str) -> Session:
        """The pairs of one cell, as they are kept: microseconds' thousandths are noise."""
        base, head = self.pairs[key]
        return Session(name, tuple(round(ms, 6) for ms in base), tuple(round(ms, 6) for ms in head))

    def logs(self, key: Key) -> list[float]:
        """Logarithms of head over base."""
        return times.logs(self.kept(key, ""))

    def controls_agree(self) -> bool:
        """Whether the arms took the same time where they must."""
        return times.controls_agree([self.logs(key) for key in self.controls])

    def control_ratios(self) -> tuple[float, ...]:
        """Head over base of each control."""
        return tuple(math.exp(median(self.logs(key))) for key in self.controls)
