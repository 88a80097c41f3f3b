"""A workload folder made from a schema alone: schema.sql, dataset.toml, queries/, pgproof.toml.

It is a folder like one that somebody wrote: each command runs on it, and ``pgproof init`` gives it to its user.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import tomlkit

from bench.inference.dataset_file import FILE, ROWS
from bench.inference.dataset_file.writing import write_plan
from bench.inference.plan import DatasetPlan
from bench.inference.queries import file_text
from bench.model import Query
from bench.model.assumed import Assumed

ASSUMED = ".assumed.json"
"""What was assumed beside what dataset.toml says: of the schema, of queries, of their classes."""


@dataclass(frozen=True, slots=True)
class Inferred:
    """Everything that a folder is made of."""

    name: str
    schema: str
    """The text of schema.sql."""
    plan: DatasetPlan
    queries: tuple[Query, ...]
    assumed: tuple[Assumed, ...] = ()
    """Of the schema and of queries; of rows and columns dataset.toml says it."""
    source: str = ""
    probes: bool = False
    """Whether the queries were made from the schema."""
    fire_triggers: bool = False
    keys: frozenset[tuple[str, str]] = frozenset()
    """Table and column of keys that are numbered."""
    size: str = ROWS
    """As a user writes it."""


def write_folder(found: Inferred, folder: Path) -> None:
    """Write the folder, which must not be there or be empty. Raises ``OSError``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "schema.sql").write_text(found.schema)
    (folder / FILE).write_text(write_plan(found.plan, found.keys, fire_triggers=found.fire_triggers))
    (folder / "pgproof.toml").write_text(_settings(found))
    write_queries(found, folder)


def write_queries(found: Inferred, folder: Path) -> None:
    """Write queries/ anew, and what was assumed. Raises ``OSError``."""
    shutil.rmtree(folder / "queries", ignore_errors=True)
    (folder / "queries").mkdir()
    for query in found.queries:
        (folder / "queries" / f"{query.name}.sql").write_text(file_text(query))
    origin = {"source": found.source, "probes": found.probes, "assumed": [asdict(one) for one in found.assumed]}
    (folder / ASSUMED).write_text(json.dumps(origin, indent=1) + "\n")


def _settings(found: Inferred) -> str:
    document = tomlkit.document()
    document.add("name", tomlkit.item(found.name))
    document.add("target_ms", tomlkit.item(100))
    document.add("clock", tomlkit.item(found.plan.clock))
    scale = tomlkit.table()
    scale.add("unit", tomlkit.item("rows"))
    scale.add("default", tomlkit.item(found.size))
    document.add("scale", scale)
    return tomlkit.dumps(document)


def origin_in(folder: Path) -> tuple[str, bool, tuple[Assumed, ...]]:
    """What the schema was read from, whether its queries are probes, and what was assumed of both."""
    file = folder / ASSUMED
    if not file.exists():
        return "", False, ()
    data = json.loads(file.read_text())
    return data["source"], data["probes"], tuple(Assumed(**one) for one in data["assumed"])
