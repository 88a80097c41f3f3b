"""Build candidates on a copy, each by itself on the clock; one that cannot be built is told, and the others go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from queue import SimpleQueue
from typing import TypeVar

import psycopg

from bench.errors import WorkloadError
from bench.experiments.advise.record import Proposal
from bench.model import Applied, Optimization
from bench.postgres import ledger, optimizations
from bench.postgres.build_settings import MAINTENANCE_WORK_MEM
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target
from bench.postgres.statements import run_file
from bench.progress import Progress
from bench.syntax.expressions import qualified

One = TypeVar("One")
Made = TypeVar("Made")

AT_ONCE = 2
"""Candidates that are built at a time: a build holds off writers, not other builds. Each then takes longer by the
clock, which is shown of none; what the set takes is seen when that is built by itself."""


def build(
    connection: Connection, blocks: Sequence[Optimization], progress: Progress
) -> tuple[tuple[Applied, ...], dict[str, str]]:
    """Apply the blocks that can be, and gather the statistics that they bring; and why others could not be."""
    analyzed = optimizations.times_analyzed(connection)
    built = _one_by_one(connection, blocks, progress)
    optimizations.settle(connection, analyzed)
    return built


def _one_by_one(
    connection: Connection, blocks: Sequence[Optimization], progress: Progress
) -> tuple[tuple[Applied, ...], dict[str, str]]:
    applied: list[Applied] = []
    failed: dict[str, str] = {}
    ledger.create(connection)
    connection.execute(f"SET maintenance_work_mem = '{MAINTENANCE_WORK_MEM}'")
    for number, block in enumerate(blocks):
        progress("building candidates", number, len(blocks))
        try:
            if done := optimizations.apply_one(connection, block):
                applied.append(done)
        except WorkloadError as error:
            failed[block.name] = error.message
    progress("building candidates", len(blocks), len(blocks))
    return tuple(applied), failed


def build_together(
    target: Target, database: str, together: Sequence[Proposal], alone: Sequence[Proposal], progress: Progress
) -> tuple[tuple[Applied, ...], dict[str, str]]:
    """Build ``alone`` one after the other, then indexes of plain tables ``AT_ONCE`` at a time, and gather statistics.

    On a copy that is dropped afterwards: log and locks are seen of none of the latter, and no ledger is kept of them.
    """
    took: dict[str, float] = {}
    applied: tuple[Applied, ...] = ()
    failed: dict[str, str] = {}
    with target.connect(database) as connection:
        analyzed = optimizations.times_analyzed(connection)
        if alone:
            applied, failed = _one_by_one(connection, [one.block for one in alone], progress)
        _make_extensions(connection, together)
        with _pool(target, database) as pool:
            for number, (one, found) in enumerate(pool(_build, _longest_first(together))):
                progress("building candidates", number, len(together))
                if isinstance(found, str):
                    failed[one.block.name] = found
                else:
                    took[one.block.name] = found
            progress("building candidates", len(together), len(together))
            for _ in pool(optimizations.settle_table, optimizations.unsettled(connection, analyzed)):
                pass
        sizes = {row["name"]: row["size_bytes"] for row in rows(connection, "list_index_definitions")}
    names = {one.block.name: _name(one) for one in together if one.block.name in took}
    made = [Applied(block, took[block], sizes[name], 0, (), creates=(name,)) for block, name in names.items()]
    return (*applied, *made), failed


def _make_extensions(connection: Connection, proposals: Sequence[Proposal]) -> None:
    """Beforehand, for two that make the same at a time get in each other's way; why it cannot be, the build tells."""
    texts = [statement.sql for one in proposals for statement in one.block.statements[:-1] if one.candidate.extensions]
    for text in dict.fromkeys(texts):
        with suppress(psycopg.errors.DatabaseError):
            connection.execute(text)


def _longest_first(proposals: Sequence[Proposal]) -> list[Proposal]:
    """So that none is left over for one alone."""
    return sorted(proposals, key=lambda one: bool(one.candidate.index and one.candidate.index.method != "gin"))


def _name(one: Proposal) -> str:
    return qualified(one.candidate.index.name if one.candidate.index else "", one.candidate.tables[0].partition(".")[0])


def _build(connection: Connection, one: Proposal) -> tuple[Proposal, float | str]:
    """With how long it took, in ms, or why it could not be built."""
    begin = time.perf_counter()
    try:
        run_file(connection, one.block.statements, one.block.file)
    except WorkloadError as error:
        return one, error.message
    return one, (time.perf_counter() - begin) * 1e3


@contextmanager
def _pool(
    target: Target, database: str
) -> Iterator[Callable[[Callable[[Connection, One], Made], Sequence[One]], Iterator[Made]]]:
    """Something that does a work for each of several, ``AT_ONCE`` at a time, each on a connection of its own."""
    free: SimpleQueue[Connection] = SimpleQueue()

    def of_each(work: Callable[[Connection, One], Made], several: Sequence[One]) -> Iterator[Made]:
        def done(one: One) -> Made:
            connection = free.get()
            try:
                return work(connection, one)
            finally:
                free.put(connection)

        return threads.map(done, several)

    with ExitStack() as stack:
        for _ in range(AT_ONCE):
            free.put(stack.enter_context(target.connect(database, maintenance_work_mem=MAINTENANCE_WORK_MEM)))
        threads = stack.enter_context(ThreadPoolExecutor(AT_ONCE))
        yield of_each
