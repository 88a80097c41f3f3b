"""Ship every optimization on copies under a running load, as the file has it and concurrently, and see who waits.

On each copy the optimizations are applied in the order of the file. Before each of them the load gets time to catch up,
and a quiet moment in which nothing is applied: what its transactions take then is the noise.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from statistics import fmean

from bench.attribution.applying import Application, apply, as_in_the_file, as_shipped
from bench.attribution.stalls import Window, rate_tps, stall
from bench.errors import LoadError, ServerError
from bench.model import Optimization
from bench.model.attribution import Load, Shipped, ShipWay
from bench.pgbench import CLIENTS, RATE_TPS, Mix, Pgbench, Running, Transaction, find_pgbench, make_mix, running
from bench.postgres import databases
from bench.postgres.build_settings import MAINTENANCE_WORK_MEM
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import ServerHandle
from bench.progress import Progress, silent

QUIET_S = 0.04
"""The quiet moment before each application: about as long as a small build. Twenty transactions fall into it, and
ninety such moments show the noise of some seconds together."""

WARM_UP_S = 0.5
"""The first transactions of a connection fill its caches of the catalog, 10 ms and more each."""

LOCK_TIMEOUT_S = 10
"""For the locks of what is applied. The load's transactions take milliseconds, so nothing but a deadlock, or somebody
else in our copy, makes it wait so long; it then fails and is reported, and the load goes on."""

POLL_S = 0.01
PHASE = "shipping under load"
NOBODY = "there was no load to feel the optimizations being applied: "


@dataclass(slots=True)
class Shipment:
    """All optimizations applied on one copy, and the transactions of the load meanwhile."""

    mix: Mix
    begin_s: float = 0.0
    applied: list[Application] = field(default_factory=list)
    quiet: list[Window] = field(default_factory=list)
    transactions: tuple[Transaction, ...] = ()
    troubles: list[str] = field(default_factory=list)

    @property
    def free_since_s(self) -> float:
        """When the latest optimization was done."""
        return self.applied[-1].window.end_s if self.applied else self.begin_s


def ship_all(
    target: Target,
    server: ServerHandle,
    optimizations: Sequence[Optimization],
    copies: Mapping[ShipWay, str],
    progress: Progress = silent,
) -> tuple[tuple[Shipped, ...], Load, tuple[str, ...]]:
    """Apply the optimizations on each of ``copies``: scratch copies of the before state that nobody needs afterwards.

    Without a load (no pgbench, or one that died) build times and locks are still seen, and the notes say why.

    Raises:
        ServerError: a copy is not a database of ours, or the server went away.
    """
    notes: list[str] = []
    pgbench = None
    try:
        pgbench = find_pgbench(server)
    except LoadError as error:
        notes.append(f"{NOBODY}{error}")
    shippable = [one for one in optimizations if one.statements]
    total = len(copies) * len(shippable)
    shipments: dict[ShipWay, Shipment] = {}
    for way, name in copies.items():
        done = len(shipments) * len(shippable)
        stages = as_in_the_file if way == "plain" else as_shipped
        with _copy(target, name) as (connection, watcher):
            shipment = Shipment(make_mix(watcher, shippable))
            with _load_on(target, watcher, shipment, pgbench) as load:
                for number, one in enumerate(shippable):
                    progress(PHASE, done + number, total)
                    _rest(shipment, load, watcher)
                    shipment.applied.append(apply(connection, watcher, one, stages(one), shipment.free_since_s))
                _rest(shipment, load, watcher)
        shipments[way] = shipment
        notes += [*shipment.mix.notes, *shipment.troubles]
    progress(PHASE, total, total)
    shipped = tuple(record for way, shipment in shipments.items() for record in _records(shipment, way))
    return shipped, _load(list(shipments.values()), notes), tuple(dict.fromkeys(notes))


@contextmanager
def _copy(target: Target, name: str) -> Iterator[tuple[Connection, Connection]]:
    """A connection that applies, and one that watches."""
    with target.connect(name) as watcher:
        if not databases.find(watcher, name):
            raise ServerError(f"pgproof did not make the database {name}: nothing is applied to it")
        timeout = f"{LOCK_TIMEOUT_S}s"
        with target.connect(name, lock_timeout=timeout, maintenance_work_mem=MAINTENANCE_WORK_MEM) as connection:
            yield connection, watcher


@contextmanager
def _load_on(
    target: Target, watcher: Connection, shipment: Shipment, pgbench: Pgbench | None
) -> Iterator[Running | None]:
    """The load, or None where there can be none; its transactions are in ``shipment`` afterwards."""
    if pgbench is None or not shipment.mix.scripts:
        yield None
        return
    with ExitStack() as stack:
        try:
            load = stack.enter_context(running(pgbench, watcher, target.dsn, shipment.mix.scripts))
        except LoadError as error:
            shipment.troubles.append(f"{NOBODY}{error}")
            load = None
        else:
            time.sleep(WARM_UP_S)
        shipment.begin_s = time.time()
        yield load
        if load:
            shipment.transactions = load.stop()


def _rest(shipment: Shipment, load: Running | None, watcher: Connection) -> None:
    """Let the load catch up, then record a quiet moment; without a load there is nobody to wait for."""
    if load is None or not _is_alive(shipment, load):
        return
    load.wait_until_on_schedule(watcher)
    begin_s = time.time()
    while load.is_alive() and time.time() < begin_s + QUIET_S:
        time.sleep(POLL_S)
    shipment.quiet.append(Window(shipment.free_since_s, begin_s, time.time()))
    _is_alive(shipment, load)


def _is_alive(shipment: Shipment, load: Running) -> bool:
    """Whether the load goes on; what is wrong with it is noted once."""
    alive, trouble = load.is_alive(), load.trouble()
    if trouble and not shipment.troubles:
        when = f"after {shipment.applied[-1].optimization}" if shipment.applied else "at once"
        what = "lost a client" if alive else "died"
        rest = "saw less of" if alive else "did not see"
        shipment.troubles.append(f"the load {what} {when}, and what came then it {rest}: {trouble}")
    return alive


def _records(shipment: Shipment, way: ShipWay) -> Iterator[Shipped]:
    for one in shipment.applied:
        seen = stall(one.window, shipment.transactions)
        yield Shipped(
            optimization=one.optimization,
            way=way,
            ms=one.ms,
            locks=one.locks.strongest(),
            locked_ms=one.locks.hindering_ms(),
            stall_ms=seen.longest_ms,
            transactions=seen.transactions,
            error=one.error,
        )


def _load(shipments: Sequence[Shipment], notes: Sequence[str]) -> Load:
    quiet = [stall(window, shipment.transactions).longest_ms for shipment in shipments for window in shipment.quiet]
    tables = dict.fromkeys(table for shipment in shipments for table in shipment.mix.tables)
    rates = [rate_tps(shipment.transactions) for shipment in shipments if shipment.transactions]
    if not rates:
        reason = next(
            (note for note in notes if note.startswith(NOBODY)), "no table that an optimization names can be loaded"
        )
        return Load(0, 0.0, (), QUIET_S * 1e3, reason)
    apart_ms = 1e3 * 2 * len(tables) / RATE_TPS
    note = (
        f"reads and updates of one row by primary key in {', '.join(tables)}, {RATE_TPS} a second asked for: an "
        f"update of each table every {apart_ms:.0f} ms, so a shorter lock may meet nobody. A transaction's time counts "
        "from when it was due; its commit does not wait for the disk"
    )
    return Load(CLIENTS, fmean(rates), tuple(ms for ms in quiet if ms is not None), QUIET_S * 1e3, note)
