"""Build candidates on a copy, each by itself on the clock; one that cannot be built is told, and the others go on."""

from __future__ import annotations

from collections.abc import Sequence

from bench.errors import WorkloadError
from bench.model import Applied, Optimization
from bench.postgres import ledger, optimizations
from bench.postgres.build_settings import MAINTENANCE_WORK_MEM
from bench.postgres.connection import Connection
from bench.progress import Progress


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
