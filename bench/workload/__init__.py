"""A workload: the folder with schema.sql, queries/, optimizations.sql, dataset/, and optionally writes/ and settings.

Reads and checks the files; every complaint names file:line. Nothing here talks to a server.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.errors import WorkloadError
from bench.model import ClusterForm, DistributedTable, Optimization, Query
from bench.suggestions import did_you_mean, file_nearby
from bench.workload import sqlfile
from bench.workload.classes import read_class_reasons
from bench.workload.cluster_forms import asked_on_a_cluster, read_forms
from bench.workload.distribution import read_distribution, with_makers
from bench.workload.optimizations import CATEGORIES, read_optimizations
from bench.workload.psql import Step, read_script
from bench.workload.queries import read_any_query, read_write
from bench.workload.refusals import refuse_cluster_sql
from bench.workload.tolerance import sorted_out

__all__ = ["CATEGORIES", "CLOCK", "SCALE_MAX", "ScaleSettings", "Workload", "hash_files", "read"]

_SCALE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([kKmM]?)\s*$")
CLOCK = "2026-01-01T00:00:00+00:00"
"""Now, for rows that are inferred: none of their times lies behind it but those that point ahead (``expires_at``)."""
SCALE_MAX = 100_000_000
"""Units at most: ten times the largest preset, about 2.5 billion rows of the CRM. More is a typing error."""


@dataclass(frozen=True, slots=True)
class ScaleSettings:
    """How the size of the dataset is named."""

    unit: str = "rows"
    default: str = "100k"
    presets: dict[str, str] = field(default_factory=dict)
    gate: str = ""
    """The size at which baselines are made and changes are gated; empty means the default."""

    def parse(self, text: str, option: str = "--scale") -> int:
        """Turn ``20k``, ``1M``, ``5000`` or a preset's name into a number of units; ``option`` gave it."""
        match = _SCALE.match(self.presets.get(text, text))
        factor = {"": 1, "k": 1_000, "m": 1_000_000}
        number = float(match[1]) * factor[match[2].lower()] if match else -1.0
        if not 1 <= number <= SCALE_MAX or number != int(number):
            near = did_you_mean(text, self.presets, "use a number such as 20k or 1M, or ")
            raise WorkloadError(
                f"{option} {text}: not a number of {self.unit} between 1 and {SCALE_MAX:,}",
                hint=near or "use a number such as 20k or 1M",
            )
        return int(number)


@dataclass(frozen=True, slots=True)
class Workload:
    """A checked workload."""

    root: Path
    name: str
    target_ms: float
    tenant: str
    clock: str
    scale: ScaleSettings
    schema: tuple[Step, ...]
    queries: tuple[Query, ...]
    optimizations: tuple[Optimization, ...]
    writes: tuple[Query, ...] = ()
    """Representative write statements, by which the price of an optimization is measured."""
    class_reasons: dict[str, str] = field(default_factory=dict)
    """What each class of dataset/classes.sql stands for, where its header says so."""
    schema_notes: tuple[str, ...] = ()
    """What of schema.sql is no schema and left out, each in a line."""
    distribution: tuple[DistributedTable, ...] = ()
    """How its tables are spread over the nodes of a Citus cluster; no part of the hash, as no answer depends on it."""
    forms: tuple[ClusterForm, ...] = ()
    """What of its queries is asked otherwise there; no part of the hash either."""
    cluster_sql: bool = False
    """Whether its SQL may reach beyond its own databases, because the user said so."""

    @property
    def dataset(self) -> Path:
        """The folder that makes the rows."""
        return self.root / "dataset"

    @property
    def bare(self) -> tuple[Query, ...]:
        """The queries of which no more is known than their statement: of them nothing can be executed yet."""
        return tuple(query for query in self.queries if not query.title)

    def kept_for(self, query: Query) -> tuple[Optimization, ...]:
        """The optimizations whose upkeep decides how fresh the rewrite of ``query`` is: its own, and rollups for it."""
        if not query.rewrite:
            return ()
        name = query.rewrite.optimization
        return tuple(
            block
            for block in self.optimizations
            if block.name == name or (block.category == "rollup" and query.name in block.serves)
            if block.upkeep or block.staleness
        )

    def on_a_cluster(self) -> Workload:
        """The same as a cluster is asked."""
        return replace(self, queries=asked_on_a_cluster(self.queries, self.forms))

    def without(self, names: Collection[str]) -> Workload:
        """The workload without the optimizations of these names, and without the rewrites that stand on one of them."""

        def stands(query: Query) -> bool:
            own = [query.rewrite.optimization] if query.rewrite else []
            return not {*own, *query.expects, *(block.name for block in self.kept_for(query))} & set(names)

        return replace(
            self,
            optimizations=tuple(block for block in self.optimizations if block.name not in names),
            queries=tuple(query if stands(query) else replace(query, rewrite=None) for query in self.queries),
        )

    def content_hash(self) -> str:
        """SHA-256 over everything that defines the experiment, file names included."""
        parts = ["pgproof.toml", "schema.sql", "optimizations.sql", "queries", "writes", "dataset", "dataset.toml"]
        return hash_files(self.root, parts)


def hash_files(root: Path, parts: Iterable[str], *, without: Iterable[str] = ()) -> str:
    """SHA-256 over the names and bytes of the given files and folders below ``root``; what is absent is left out."""
    digest = hashlib.sha256()
    skipped = {"__pycache__", *without}
    for part in parts:
        path = root / part
        files = sorted(path.rglob("*")) if path.is_dir() else [path] if path.is_file() else []
        for file in files:
            if file.is_file() and skipped.isdisjoint(file.relative_to(root).parts):
                content = file.read_bytes()
                digest.update(f"{file.relative_to(root).as_posix()}\0{len(content)}\0".encode())
                digest.update(content)
    return digest.hexdigest()


def read(folder: Path, *, cluster_sql: bool = False) -> Workload:
    """Read the workload in ``folder``.

    Raises:
        WorkloadError: a file is missing or wrong, or, without ``cluster_sql``, a statement of any of them reaches
            beyond the workload's own databases; the message names file and line.
    """
    if not folder.is_dir():
        hint = "give a schema (a file, a folder of migrations, a DSN), or a folder with schema.sql and queries/"
        hint = file_nearby(folder) or hint
        raise WorkloadError(f"there is no {folder}", hint=hint)
    for needed in ("schema.sql", "queries"):
        if not (folder / needed).exists():
            raise WorkloadError(f"{folder} is no workload: it has no {needed}", hint="see 'Your own schema' in README")
    settings = _settings(folder / "pgproof.toml")
    clock = str(settings.get("clock", "" if (folder / "dataset").is_dir() else CLOCK))
    if not cluster_sql:
        refuse_cluster_sql(folder, clock)
    queries = tuple(read_any_query(file, folder) for file in sorted((folder / "queries").glob("*.sql")))
    if not queries:
        raise WorkloadError(f"{folder / 'queries'} holds no .sql file", hint="write one business query per file")
    optimizations = read_optimizations(folder / "optimizations.sql", folder)
    _check_names(queries, optimizations)
    schema, notes = sorted_out(read_script(folder / "schema.sql"), trusted=cluster_sql)
    return Workload(
        root=folder,
        name=str(settings.get("name", folder.resolve().name)),
        target_ms=float(settings.get("target_ms", 100)),
        tenant=str(settings.get("tenant", "")),
        clock=clock,
        scale=ScaleSettings(**settings.get("scale", {})),
        schema=schema,
        queries=queries,
        optimizations=optimizations,
        writes=tuple(read_write(file, folder) for file in sorted((folder / "writes").glob("*.sql"))),
        class_reasons=read_class_reasons(folder / "dataset" / "classes.sql"),
        schema_notes=notes,
        distribution=with_makers(read_distribution(folder), optimizations),
        forms=read_forms(folder, queries),
        cluster_sql=cluster_sql,
    )


def _settings(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {}
    try:
        settings = tomllib.loads(sqlfile.read_text(file))
    except tomllib.TOMLDecodeError as error:
        raise WorkloadError(f"{file.name}: {error}") from None
    known = {"name", "target_ms", "tenant", "clock", "scale"}
    if unknown := sorted(set(settings) - known):
        raise WorkloadError(f"{file.name}: unknown setting {unknown[0]}", hint=f"known: {', '.join(sorted(known))}")
    if unknown := sorted(set(settings.get("scale", {})) - {"unit", "default", "gate", "presets"}):
        hint = "known: unit, default, gate, presets"
        raise WorkloadError(f"{file.name}: unknown setting scale.{unknown[0]}", hint=hint)
    return settings


def _check_names(queries: tuple[Query, ...], optimizations: tuple[Optimization, ...]) -> None:
    known = {optimization.name: optimization for optimization in optimizations}
    for query in queries:
        for name in query.expects:
            if name not in known:
                raise WorkloadError(f"{query.file}:1: expects '{name}', which optimizations.sql does not hold")
        if query.rewrite and query.rewrite.optimization not in known:
            raise WorkloadError(
                f"{query.file}:{query.rewrite.line - 1}: rewrite '{query.rewrite.optimization}' is no block of "
                "optimizations.sql",
                hint=f"add a block '-- optimization: {query.rewrite.optimization}' with '-- category: rewrite'",
            )
    names = {query.name for query in queries} | {"maintenance"}
    for optimization in optimizations:
        for name in optimization.serves:
            if name not in names:
                raise WorkloadError(
                    f"{optimization.file}:{optimization.line}: serves '{name}', but no such query exists"
                )
