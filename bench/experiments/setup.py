"""What every experiment stands on: a filled database, parameters chosen from its rows, and copies that go again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import psycopg

from bench import __version__, machine
from bench.dataset import optimized
from bench.dataset.bindings import choose_bindings
from bench.dataset.parallel import opened
from bench.dataset.template import Build, ensure, evict
from bench.dataset.worker import Recipe
from bench.errors import DatasetError, PgproofError, ServerError, WorkloadError
from bench.measurement import Bindings
from bench.measurement.clause_coverage import Kept
from bench.measurement.stopwatch import Stopwatch
from bench.model import Applied, Binding, Dataset, Query, State
from bench.postgres import cluster, databases, optimizations
from bench.postgres.connection import Connection, Target, checkpoint
from bench.postgres.distribution import resolved
from bench.postgres.servers import SESSION_SETTINGS, ServerHandle
from bench.postgres.servers.record import record_of
from bench.progress import Progress, silent
from bench.timestamps import id_of, now_text, stamp
from bench.workload import Workload

Record = TypeVar("Record", bound=Any)


@dataclass(frozen=True, slots=True)
class SetupOptions:
    """What the user chose for any experiment: a workload, and the rows that it is put on."""

    workload: Workload
    scale: int
    seed: int
    skew: str
    workers: int
    """Processes that make and load rows."""
    cache_limit_bytes: int
    """What filled databases may take together; older ones are dropped."""
    only: tuple[str, ...] = ()
    """Names of the queries that take part; empty means all."""
    base: int | None = None
    """Units spread over all tenants, while those beyond belong to the largest one; None: all of them."""
    progress: Progress = field(default=silent, repr=False)
    scheduler: str = ""
    """Of the Dask cluster that makes and loads the rows instead (host:port), if it is one."""
    shard_nodes: int = 0
    """Workers of a Citus cluster that shards go to; 0: all."""

    @property
    def recipe(self) -> Recipe:
        """What defines the rows."""
        return Recipe(self.workload.dataset, self.scale, self.seed, self.skew, self.base, self.workload.clock)

    @property
    def queries(self) -> tuple[Query, ...]:
        """The queries that take part, reads first: a statement that writes leaves dead rows, even rolled back."""
        return tuple(sorted((q for q in self.workload.queries if self.takes(q.name)), key=lambda query: query.writes))

    @property
    def left_out(self) -> tuple[str, ...]:
        """Names of the others."""
        return tuple(query.name for query in self.workload.queries if not self.takes(query.name))

    def takes(self, name: str) -> bool:
        """Whether the query of that name takes part."""
        return not self.only or name in self.only

    @property
    def size(self) -> str:
        """How many rows, in words: ``20,000 leads``."""
        return f"{self.scale:,} {self.workload.scale.unit}"


@dataclass(frozen=True, slots=True)
class Setup:
    """A workload on a server: its filled database, which nobody writes to, and how copies of it are made."""

    options: SetupOptions
    server: ServerHandle
    target: Target
    admin: Connection
    template: str
    """Name of the filled database."""
    dataset: Dataset
    stamp: str = field(default_factory=stamp)
    """In the names of all that is made here and goes at the end."""
    watch: Stopwatch = field(default_factory=Stopwatch)
    refused: list[str] = field(default_factory=list)
    """Classes that a cluster cannot be asked for, each in a line."""
    blocks_refused: list[str] = field(default_factory=list)
    """Optimizations that a cluster has no feature for, and why."""

    @property
    def workload(self) -> Workload:
        """What is put on the server."""
        return self.options.workload

    @property
    def spread(self) -> bool:
        """Whether its tables are spread over the nodes of a Citus cluster."""
        return spreads(self.workload, self.server)

    @property
    def progress(self) -> Progress:
        """Who is told what is going on."""
        return self.options.progress

    def facts(self) -> dict[str, Any]:
        """The fields that the records of experiments share, of one that begins now."""
        begun = now_text()
        return {
            "id": id_of(begun),
            "started_at": begun,
            "status": "running",
            "pgproof": __version__,
            "workload": self.workload.name,
            "workload_hash": self.workload.content_hash(),
            "machine": machine.facts(),
            "server": record_of(self.server, self.admin, spread=self.spread),
            "dataset": self.dataset,
        }

    def bindings(self, queries: Sequence[Query]) -> Bindings:
        """The bindings of each query by class, from the rows of the filled database."""
        workload = self.workload
        with opened(self.target, self.template, max(1, min(self.options.workers, len(queries)))) as (
            connection,
            *beside,
        ):
            return choose_bindings(
                connection, queries, workload.dataset / "classes.sql", workload.clock, self.progress,
                refused=self.refused if self.spread else None, beside=beside,
            )  # fmt: skip

    def bindings_told(self, queries: Sequence[Query]) -> tuple[Bindings, dict[str, str]]:
        """``bindings``, and of queries whose bindings cannot be chosen why: the others go on without them."""
        found: dict[str, Mapping[str, tuple[Binding, ...]]] = {}
        failed: dict[str, str] = {}
        try:
            return self.bindings(queries), failed
        except (WorkloadError, DatasetError):
            for query in queries:
                try:
                    found |= self.bindings([query])
                except (WorkloadError, DatasetError) as error:
                    failed[query.name] = error.message
        return found, failed

    def beside(self, workload: Workload) -> Setup:
        """Another workload on the same server, with the same choices; its copies go with those of this one."""
        options = replace(self.options, workload=workload)
        template, dataset = fill(options, self.server, self.admin)
        return replace(self, options=options, template=template, dataset=dataset)

    def name(self, label: str) -> str:
        """The name of a database that goes at the end."""
        return f"{databases.PREFIX}{self.stamp}_{label}"

    def clone(self, name: str, state: State, **about: Any) -> None:  # noqa: ANN401 - as JSON holds it
        """Make the database ``name`` from the filled one; its mark says ``about`` beside workload and scale."""
        mark = {"workload": self.workload.name, "scale": self.options.scale, **about}
        databases.clone(self.admin, self.template, name, state, mark)

    def take(self, name: str, state: State, **about: Any) -> None:  # noqa: ANN401 - as JSON holds it
        """``clone`` without a copy: the filled database is called ``name`` from now on, and the next run fills anew."""
        mark = {"workload": self.workload.name, "scale": self.options.scale, **about}
        databases.take(self.admin, self.template, name, state, mark)

    def after(self, name: str, **about: Any) -> tuple[tuple[Applied, ...], str]:  # noqa: ANN401 - as JSON holds it
        """Make the state after as ``name``; return what applying took, and when that was where it was not now.

        It is a copy of the one that is kept for this template and these blocks. Where there is none it is made, and
        kept if it and the template fit into the cache.
        """
        mark = {"workload": self.workload.name, "scale": self.options.scale, **about}
        with self.server.bulk():
            if kept := self.kept_after():
                databases.clone(self.admin, kept.name, name, "after", mark)
                checkpoint(self.admin)
                return kept.applied, kept.made_at
            self.clone(name, "after", **about)
            with self.target.connect(name) as connection:
                applied = optimizations.apply_all(
                    connection, self.workload.optimizations, self.progress,
                    refused=self.blocks_refused if self.spread else None, settling=self.settling(name),
                )  # fmt: skip
                if self.spread:
                    there = {one.name for one in applied}
                    made = [one for one in self.workload.distribution if one.made_by in there]
                    cluster.distribute(connection, resolved(connection, made))
            if key := self.keep_after(name, applied):
                databases.clone(self.admin, key, name, "after", mark)
            checkpoint(self.admin)
        return applied, ""

    def settling(self, name: str) -> optimizations.Settling:
        """How statistics are gathered in the database ``name`` once it is optimized: of several tables at once."""
        return optimized.settling(self.target, name, self.options.workers)

    @property
    def after_key(self) -> str:
        """The name under which the state after is kept: it stands for the filled database and the blocks."""
        return optimized.name_of(self.template, self.workload.optimizations)

    def kept_after(self) -> optimized.Optimized | None:
        """The state after that is kept, which nobody may write to; None where there is none."""
        return optimized.find(self.admin, self.target, self.after_key)

    def kept_clauses(self) -> Kept | None:
        """Where is kept what is found of the queries' clauses in the state after; None where that state is not kept."""
        found = None if self.spread else databases.find(self.admin, self.after_key)
        return Kept(self.target, found.name) if found and found.complete and found.may_drop else None

    def keep_after(self, name: str, applied: Sequence[Applied]) -> str:
        """Keep the database ``name``, to which all was just ``applied``, and return the name that it has from then on.

        Empty where it stays as it is: it is not worth keeping, or another one is there by now.
        """
        origin, key = {"workload": self.workload.name, databases.OPTIMIZED_FROM: self.template}, self.after_key
        if not (self._worth_keeping(name) and optimized.keep(self.admin, self.target, name, key, applied, origin)):
            return ""
        evict(self.admin, self.options.cache_limit_bytes, self.template, key)
        return key

    def _worth_keeping(self, name: str) -> bool:
        """Whether it holds an optimization, and fits into the cache beside its template."""
        both = [databases.find(self.admin, one) for one in (name, self.template)]
        size = sum(one.size_bytes for one in both if one)
        return bool(self.workload.optimizations) and size <= self.options.cache_limit_bytes

    def optimized(self, label: str) -> str:
        """Make the state after, which stays to the end, and return its name."""
        name = self.name(label)
        self.after(name)
        return name

    def copy(self, source: str, label: str) -> str:
        """Make a copy of ``source`` with nothing left to write while somebody measures; it stays to the end."""
        name = self.name(label)
        with self.server.bulk():
            databases.clone(self.admin, source, name, "scratch")
            checkpoint(self.admin)
        return name

    @contextmanager
    def passing_copy(self, source: str, label: str) -> Iterator[str]:
        """A copy of ``source`` that goes at the end of the block."""
        with databases.passing(self.admin, self.copy(source, label)) as name:
            yield name


NOT_ON_A_CLUSTER = "works on one server, and distribution.sql spreads this workload over a Citus cluster"
ONE_SERVER = "give --dsn a database of the coordinator without the extension citus, or leave --dsn out"


def spreads(workload: Workload, server: ServerHandle) -> bool:
    """Whether the workload's tables are spread there: a Citus cluster, and a workload that says how."""
    return server.capabilities.spreads_tables and bool(workload.distribution)


def insist_on_one_server(command: str, workload: Workload, server: ServerHandle) -> None:
    """Raise ``ServerError`` where ``command``, which does not know what a cluster does, would be on one."""
    if spreads(workload, server):
        raise ServerError(f"{command} {NOT_ON_A_CLUSTER}", hint=ONE_SERVER)


@contextmanager
def prepared(options: SetupOptions, server: ServerHandle, *, one_server: str = "") -> Iterator[Setup]:
    """Drop what interrupted runs left, fill the database or take the filled one; what is made of it goes at the end.

    Raises:
        WorkloadError: the dataset's files are wrong.
        ServerError: ``one_server``, a command, does not know what a cluster does, and this is one. Nothing was made.
    """
    target, watch = Target(server.dsn, SESSION_SETTINGS, server.login), Stopwatch()
    if one_server:
        insist_on_one_server(one_server, options.workload, server)
    if spreads(options.workload, server):
        options = replace(options, workload=options.workload.on_a_cluster())
    with target.connect() as admin:
        databases.clean(admin)
        with watch("dataset"):
            setup = Setup(options, server, target, admin, *fill(options, server, admin), watch=watch)
        try:
            yield setup
        finally:
            _drop_copies(setup)


def fill(options: SetupOptions, server: ServerHandle, admin: Connection) -> tuple[str, Dataset]:
    """Return the name of the filled database and its manifest, filling it where there is none.

    Older filled databases are dropped until all take ``options.cache_limit_bytes`` at most.
    """
    template, dataset = ensure(admin, options.workload, options.recipe, build_on(server, options))
    evict(admin, options.cache_limit_bytes, template)
    return template, dataset


def build_on(server: ServerHandle, options: SetupOptions) -> Build:
    """What it takes to fill a database on ``server``."""
    target = Target(server.dsn, SESSION_SETTINGS, server.login)
    return Build(
        target, server.version_num // 10000, server.bulk, options.workers, options.progress,
        spread=server.capabilities.spreads_tables, scheduler=options.scheduler,
        shard_nodes=options.shard_nodes,
    )  # fmt: skip


def with_queries(options: SetupOptions, server: ServerHandle) -> Workload:
    """The workload with its bare queries described on its rows, which are filled in where they are not yet.

    Raises:
        WorkloadError: the server cannot prepare one of them (file:line).
    """
    from bench.dataset.describing import described

    with Target(server.dsn, SESSION_SETTINGS, server.login).connect() as admin:
        databases.clean(admin)
        return described(options.workload, options.recipe, build_on(server, options), admin)


def complete(record: Record) -> Record:
    """Give ``record`` as one that ends now, with all that it was to see."""
    ended: Record = replace(record, status="complete", finished_at=now_text())
    return ended


def _drop_copies(setup: Setup) -> None:
    """Drop what was made; where the server is gone, the next run does it."""
    with suppress(PgproofError, psycopg.OperationalError), setup.target.connect() as admin:
        for one in databases.own_databases(admin):
            if one.name.startswith(setup.name("")):
                databases.drop(admin, one.name)
