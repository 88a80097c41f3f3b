"""What was measured on: the fingerprint that has to match a baseline's."""

from __future__ import annotations

from bench.cells.work import WITHOUT_INFLUENCE
from bench.experiments.gate.record import Fingerprint
from bench.model import Dataset, Server
from bench.workload import Workload


def fingerprint_of(workload: Workload, dataset: Dataset, server: Server) -> Fingerprint:
    """What has to be the same for stored counters to be comparable."""
    return Fingerprint(
        server_version=server.version,
        settings={name: value for name, value in server.settings.items() if name not in WITHOUT_INFLUENCE},
        workload=workload.name,
        scale=dataset.scale,
        unit=dataset.unit,
        seed=dataset.seed,
        skew=dataset.skew,
        clock=dataset.clock,
        tables={table.name: f"{table.rows:,} rows, {table.content_hash[:16]}" for table in dataset.tables},
    )
