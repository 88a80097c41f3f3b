"""What every experiment starts from: a filled database, the parameters chosen from it, and its optimized copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench import database, optimizations
from bench.database import Connection, Target
from bench.model import Applied, Binding, Dataset, Query
from bench.progress import Progress, silent
from bench.seeding.curate import curate
from bench.seeding.template import Build, ensure, evict
from bench.seeding.worker import Recipe
from bench.servers import ServerHandle
from bench.workload import Workload


@dataclass(frozen=True, slots=True)
class Ground:
    """A workload, and the server that it is put on."""

    workload: Workload
    server: ServerHandle
    target: Target
    admin: Connection
    progress: Progress = field(default=silent, repr=False)


def fill(ground: Ground, recipe: Recipe, workers: int, cache_limit_bytes: int) -> tuple[str, Dataset]:
    """Return the name of the filled database and its manifest, filling it where there is none.

    Older filled databases are dropped until all take ``cache_limit_bytes`` at most.

    Raises:
        WorkloadError: the dataset's files are wrong.
    """
    server = ground.server
    build = Build(ground.target, server.version_num // 10000, server.bulk, workers, ground.progress)
    template, dataset = ensure(ground.admin, ground.workload, recipe, build)
    evict(ground.admin, cache_limit_bytes, template)
    return template, dataset


def choose(ground: Ground, template: str, queries: Sequence[Query]) -> dict[str, dict[str, tuple[Binding, ...]]]:
    """Return the bindings of each query by class, from the rows of the filled database."""
    workload = ground.workload
    with ground.target.connect(template) as connection:
        return curate(connection, queries, workload.dataset / "classes.sql", workload.clock, ground.progress)


def optimize(ground: Ground, template: str, name: str, about: Mapping[str, Any]) -> tuple[Applied, ...]:
    """Make ``name`` the state after: a copy of ``template`` with all optimizations applied.

    Args:
        ground: where.
        template: name of the filled database.
        name: name of the new one; it is the caller's to drop, also where this fails.
        about: what its mark says beside the workload's name.
    """
    with ground.server.bulk():
        database.clone(ground.admin, template, name, "after", {"workload": ground.workload.name, **about})
        return apply(ground, name)


def apply(ground: Ground, name: str) -> tuple[Applied, ...]:
    """Apply all optimizations to ``name``, and leave nothing of that to be written while somebody measures."""
    with ground.target.connect(name) as connection:
        applied = optimizations.apply_all(connection, ground.workload.optimizations, ground.progress)
    database.checkpoint(ground.admin)
    return applied
