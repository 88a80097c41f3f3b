"""Whether rows are inferred, and by which rules: known without loading what infers them."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from pathlib import Path

import bench.inference
from bench.inference.dataset_file import FILE
from bench.workload import hash_files


@cache
def rules_hash() -> str:
    """What the rules are by which rows are inferred: SHA-256 over this program's files, and the version of Faker."""
    root = Path(bench.inference.__file__).parent
    return f"{hash_files(root, sorted(path.name for path in root.iterdir()))} {version('Faker')}"


def is_inferred(root: Path) -> bool:
    """Whether rows of the workload at ``root`` are inferred: a dataset.toml is there, or nothing that makes any."""
    return (root / FILE).exists() or not (root / "dataset").is_dir()
