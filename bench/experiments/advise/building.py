"""Build candidates on a copy, each by itself on the clock; one that cannot be built is told, and the others go on."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue

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

AT_ONCE = 2
"""Candidates that are built at a time: a build holds off writers, not other builds. Each then takes longer by the
clock, which is shown of none; what the set takes is seen when that is built by itself."""


def build(
    connection: Connection, blocks: Sequence[Optimization], progress: Progress
) -> tuple[tuple[Applied, ...], dict[str, str]]:
    """Apply the blocks that can be, and gather the statistics that they bring; and why others could not be."""
    applied: list[Applied] = []
    failed: dict[str, str] = {}
    ledger.create(connection)
    connection.execute(f"SET maintenance_work_mem = '{MAINTENANCE_WORK_MEM}'")
    analyzed = optimizations.times_analyzed(connection)
    for number, block in enumerate(blocks):
        progress("building candidates", number, len(blocks))
        try:
            if done := optimizations.apply_one(connection, block):
                applied.append(done)
        except WorkloadError as error:
            failed[block.name] = error.message
    optimizations.settle(connection, analyzed)
    progress("building candidates", len(blocks), len(blocks))
    return tuple(applied), failed


def build_together(
    target: Target, database: str, together: Sequence[Proposal], alone: Sequence[Proposal], progress: Progress
) -> tuple[tuple[Applied, ...], dict[str, str]]:
    """Build ``alone`` one after the other, then indexes of plain tables ``AT_ONCE`` at a time, on a copy that is
    dropped afterwards: log and locks are seen of none of the latter, and no ledger is kept of them."""
    with target.connect(database) as connection:
        applied, failed = build(connection, [one.block for one in alone], progress)
        analyzed = optimizations.times_analyzed(connection)
        took: dict[str, float] = {}
        for one, found in _at_once(target, database, together, progress):
            if isinstance(found, str):
                failed[one.block.name] = found
            else:
                took[one.block.name] = found
        optimizations.settle(connection, analyzed)
        sizes = {row["name"]: row["size_bytes"] for row in rows(connection, "list_index_definitions")}
    names = {one.block.name: _name(one) for one in together if one.block.name in took}
    made = [Applied(block, took[block], sizes[name], 0, (), creates=(name,)) for block, name in names.items()]
    return (*applied, *made), failed


def _name(one: Proposal) -> str:
    return qualified(one.candidate.index.name if one.candidate.index else "", one.candidate.tables[0].partition(".")[0])


def _at_once(
    target: Target, database: str, proposals: Sequence[Proposal], progress: Progress
) -> Iterator[tuple[Proposal, float | str]]:
    """Each with how long it took, in ms, or why it could not be built."""
    free: SimpleQueue[Connection] = SimpleQueue()

    def made(one: Proposal) -> float | str:
        connection = free.get()
        try:
            begin = time.perf_counter()
            run_file(connection, one.block.statements, one.block.file)
            return (time.perf_counter() - begin) * 1e3
        except WorkloadError as error:
            return error.message
        finally:
            free.put(connection)

    with ExitStack() as stack:
        for _ in range(AT_ONCE):
            free.put(stack.enter_context(target.connect(database, maintenance_work_mem=MAINTENANCE_WORK_MEM)))
        pool = stack.enter_context(ThreadPoolExecutor(AT_ONCE))
        for number, both in enumerate(zip(proposals, pool.map(made, proposals), strict=True)):
            progress("building candidates", number, len(proposals))
            yield both
    progress("building candidates", len(proposals), len(proposals))
