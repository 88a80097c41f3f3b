"""The example shop as a subject of tests: a few seconds from nothing to a verdict."""

from __future__ import annotations

import subprocess
from pathlib import Path

from bench.experiments.gate.arms import Arm
from bench.experiments.gate.run import GatePlan
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


def plan_of(head: Workload, **more: object) -> GatePlan:
    made: dict[str, object] = {
        "head": Arm("head", "the working tree", head),
        "base": Arm("base", "the example", read(SHOP)),
        "baseline": None,
        "scale": ORDERS,
        "seed": 1,
        "skew": "default",
        "workers": 2,
        "cache_limit_bytes": 2**34,
        "timeout_s": 30.0,
        "target_ms": 50.0,
    }
    return GatePlan(**(made | more))  # type: ignore[arg-type]


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True)
