"""The example shop as a subject of tests: a few seconds from nothing to a verdict."""

from __future__ import annotations

import subprocess
from pathlib import Path

from bench.experiments.gate.arms import Arm
from bench.experiments.gate.run import GateOptions
from bench.experiments.setup import SetupOptions
from bench.workload import Workload, read
from tests import SHOP

ORDERS = 5_000


def changed(shop: Path, file: str, old: str, new: str) -> Workload:
    """The workload after one replacement in one of its files."""
    path = shop / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return read(shop)


def setup_of(workload: Workload, scale: int = ORDERS, **more: object) -> SetupOptions:
    """A workload and the rows that it is put on."""
    return SetupOptions(workload, scale, 1, "default", 2, 2**34, **more)  # type: ignore[arg-type]


def gate_of(head: Workload, only: tuple[str, ...] = (), scale: int = ORDERS, **more: object) -> GateOptions:
    """What a gate of ``head`` compares: unless ``more`` says otherwise, the example with it."""
    made: dict[str, object] = {
        "setup": setup_of(head, scale, only=only),
        "head": Arm("head", "the working tree", head),
        "base": Arm("base", "the example", read(SHOP)),
        "baseline": None,
        "timeout_s": 30.0,
        "target_ms": 50.0,
    }
    return GateOptions(**(made | more))  # type: ignore[arg-type]


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True)
