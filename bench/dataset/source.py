"""Where rows come from: a ``dataset/`` folder with a Python package, or SQL scripts, or both.

The package's ``tables(scale, seed, skew)`` returns the tables in foreign-key order, each made of chunks that can be
made alone. Scripts (``*.sql`` except those in ``NOT_SCRIPTS``) run afterwards, in the order of their names.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from bench.dataset.table import Table
from bench.errors import DatasetError
from bench.workload.sqlfile import read_text

NOT_SCRIPTS = {"classes.sql", "checks.sql", "distributions.sql", "fresh_tenant.sql"}
"""Files that ask something of the rows, and the one that adds a tenant to a copy."""

HINTS = {
    "base": "see 'One tenant that grows' in docs/own-workload.md",
    "clock": "see 'Another clock' in docs/own-workload.md, or change clock in pgproof.toml and the rows with it",
}
"""By argument that a dataset need not take: what to do."""
SMALL = 1_000
"""Units below which a dataset is asked whether it can make so few: no workload of ours needs more than 100."""


def scripts(folder: Path) -> list[Path]:
    """The SQL scripts that make rows, in the order in which they run."""
    return [file for file in sorted(folder.glob("*.sql")) if file.name not in NOT_SCRIPTS]


def tables(folder: Path, scale: int, seed: int, skew: str, base: int | None = None, clock: str = "") -> list[Table]:
    """The tables that the dataset's Python package makes; none if there is no package.

    Args:
        folder: the dataset/ of a workload.
        scale: units in all.
        seed: another seed, other rows of the same shape.
        skew: how unequal the tenants are.
        base: units that are spread over all tenants, while those beyond belong to the largest one; None for all.
        clock: the present of the rows, ISO 8601; a package that has its own alone is not told.

    Raises:
        DatasetError: the package cannot be imported, or makes no use of these arguments.
    """
    if not (folder / "__init__.py").exists():
        return []
    make = _module(folder).tables
    more: dict[str, object] = {} if base is None else {"base": base}
    if clock and "clock" in inspect.signature(make).parameters:
        more["clock"] = clock
    try:
        made: list[Table] = make(scale=scale, seed=seed, skew=skew, **more)
    except ValueError as error:
        raise DatasetError(f"{folder.name}: {error}") from error
    return made


def _module(folder: Path) -> ModuleType:
    entry = folder / "__init__.py"
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
    return sys.modules[name]


def insist_on_scale(folder: Path, scale: int, seed: int, skew: str) -> None:
    """Raise ``DatasetError`` where the dataset's package refuses so few units; before a server is started for them.

    Only of small sizes it is asked: those are the ones that a dataset refuses, and to import it takes its time.
    """
    if scale < SMALL:
        tables(folder, scale, seed, skew)


def insist_on(argument: str, folder: Path) -> None:
    """Raise ``DatasetError`` where the dataset makes no use of an argument that it need not take (``HINTS``)."""
    entry = folder / "__init__.py"
    used = re.compile(rf"(?<!:):{argument}\b")
    if entry.exists():
        if argument not in inspect.signature(_module(folder).tables).parameters:
            raise DatasetError(f"{entry}: tables() takes no argument {argument}", hint=HINTS[argument])
    elif not any(used.search(read_text(file)) for file in scripts(folder)) and (argument == "base" or scripts(folder)):
        raise DatasetError(f"{folder}: no script makes use of :{argument}", hint=HINTS[argument])


def variables(scale: int, seed: int, skew: str, clock: str, base: int | None = None) -> Mapping[str, str]:
    """What a script or check may use as ``:name``, as SQL literals."""
    quoted = {"skew": skew, "clock": clock}
    numbers = {"scale": scale, "seed": seed, "base": scale if base is None else base}
    return {name: str(value) for name, value in numbers.items()} | {
        name: "'" + value.replace("'", "''") + "'" for name, value in quoted.items()
    }
