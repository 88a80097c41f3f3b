"""What every record says of where it was made, as the facts that its document shows."""

from __future__ import annotations

from bench.model import Dataset, Machine, Server
from bench.report import numbers


def size(workload: str, dataset: Dataset) -> str:
    """The workload, and how much data."""
    return f"{workload}, {dataset.scale:,} {dataset.unit}"


def when(started_at: str) -> str:
    """A moment to the minute."""
    return f"{started_at[:16].replace('T', ' ')} UTC"


def server(one: Server) -> tuple[str, str]:
    """The server, as a fact."""
    return "Server", f"PostgreSQL {one.version} ({one.kind})"


def machine(one: Machine) -> tuple[str, str]:
    """The machine, as a fact."""
    return "Machine", f"{one.cpu}, {numbers.plural(one.cores, 'core')}, {numbers.size(one.memory_bytes)}"
