"""Where rows come from: a ``dataset/`` folder with a Python package, or SQL scripts, or both.

The package's ``tables(scale, seed, skew)`` returns the tables in foreign-key order, each made of chunks that can be
made alone. Scripts (``*.sql`` except those that ask) run afterwards, in the order of their names.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path

from bench.errors import DatasetError
from bench.seeding.table import Table

NOT_SCRIPTS = {"classes.sql", "checks.sql", "distributions.sql"}
"""Files that ask something of the rows."""


def scripts(folder: Path) -> list[Path]:
    """The SQL scripts that make rows, in the order in which they run."""
    return [file for file in sorted(folder.glob("*.sql")) if file.name not in NOT_SCRIPTS]


def tables(folder: Path, scale: int, seed: int, skew: str) -> list[Table]:
    """The tables that the dataset's Python package makes; none if there is no package.

    Raises:
        DatasetError: the package cannot be imported, or makes no use of these arguments.
    """
    entry = folder / "__init__.py"
    if not entry.exists():
        return []
    name = "pgproof_dataset_" + hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    try:
        if name not in sys.modules:
            spec = importlib.util.spec_from_file_location(name, entry, submodule_search_locations=[str(folder)])
            assert spec is not None
            assert spec.loader is not None
            sys.modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[name])
    except (ImportError, SyntaxError) as error:
        sys.modules.pop(name, None)
        raise DatasetError(f"{entry}: cannot be imported: {error}") from error
    if not callable(getattr(sys.modules[name], "tables", None)):
        raise DatasetError(f"{entry} has no function tables(scale, seed, skew)", hint="see docs/own-workload.md")
    try:
        made: list[Table] = sys.modules[name].tables(scale=scale, seed=seed, skew=skew)
    except ValueError as error:
        raise DatasetError(f"{folder.name}: {error}") from error
    return made


def variables(scale: int, seed: int, skew: str, clock: str) -> Mapping[str, str]:
    """What a script or check may use as ``:name``, as SQL literals."""
    quoted = {"skew": skew, "clock": clock}
    return {"scale": str(scale), "seed": str(seed)} | {
        name: "'" + value.replace("'", "''") + "'" for name, value in quoted.items()
    }
