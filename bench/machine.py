"""What this machine is, for the record of a run."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from bench.model import Machine


def facts() -> Machine:
    """Describe the machine; what the system does not tell is left empty or 0."""
    return Machine(
        cpu=_first(Path("/proc/cpuinfo"), "model name") or platform.processor() or platform.machine(),
        cores=os.cpu_count() or 0,
        memory_bytes=int((_first(Path("/proc/meminfo"), "MemTotal") or "0 kB").split()[0]) * 1024,
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
    )


def _first(file: Path, key: str) -> str:
    if not file.exists():
        return ""
    lines = (line.partition(":") for line in file.read_text(encoding="utf-8").splitlines())
    return next((value.strip() for name, _, value in lines if name.strip() == key), "")
