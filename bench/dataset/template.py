"""The filled database that an experiment is cloned from, made once and kept under a key of all that shaped it.

An interrupted build leaves a database whose mark says "not complete"; nothing takes that for a dataset, and the next
run drops it.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from bench import timestamps
from bench.dataset.checks import insist, run_checks
from bench.dataset.distributions import Asked, checksum, count, read_distributions
from bench.dataset.holdback import Held, build, hold_back
from bench.dataset.load import load
from bench.dataset.mending import mend
from bench.dataset.parallel import Job, run_jobs
from bench.dataset.rules import is_inferred, rules_hash
from bench.dataset.source import scripts, variables
from bench.dataset.worker import Loaded, Recipe
from bench.errors import DatasetError, PgproofError
from bench.inference.dataset_file import FILE as PLAN_FILE
from bench.model import Bar, Check, Dataset, Distribution, TableSeen
from bench.postgres import cluster, databases, ledger
from bench.postgres.build_settings import statistics_target
from bench.postgres.capabilities import is_superuser
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target, checkpoint
from bench.postgres.distribution import resolved
from bench.postgres.schema_loader import LoadedSchema, load_schema
from bench.postgres.schema_roles import drop_unused
from bench.progress import Progress
from bench.workload import Workload, hash_files
from bench.workload.psql import texts

if TYPE_CHECKING:
    from bench.inference.rows.world import World

BUILD_VERSION = 7
"""Raised when this module changes what a finished template holds."""

ASKING = ("classes.sql", "distributions.sql", "fresh_tenant.sql")
"""Files of the dataset that make no row of a template: they ask it, or add to a copy of it."""

COUNTED = "distributions_checksum"
"""Beside the fields of the manifest: the text whose distributions it holds."""

WAIT_S = 0.5
"""Pause between looks at a template that another run is building."""


@dataclass(frozen=True, slots=True)
class Build:
    """What it takes to make a template, apart from the recipe."""

    target: Target
    server_major: int
    bulk: Callable[[], AbstractContextManager[None]]
    workers: int
    progress: Progress
    spread: bool = False
    """Tables are spread over the nodes of a Citus cluster, where the workload says how."""
    scheduler: str = ""
    """Of the Dask cluster that makes the rows (host:port), if it is one."""
    shard_nodes: int = 0
    """Workers of the cluster that shards go to; 0: all."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A database with its schema, before any row is copied in."""

    schema: LoadedSchema
    schema_ms: float
    world: World | None = None
    """Inferred rows, ready to be copied; None where there are none."""
    fire_triggers: bool = False


def template_name(
    workload: Workload, recipe: Recipe, server_major: int, admin: Connection, *, spread: bool = False,
    shard_nodes: int = 0,
) -> str:  # fmt: skip
    """The database name that stands for the schema, the dataset's files, the recipe and the server's major version.

    Each role that is no superuser has names of its own: it may not mark what another one made.
    """
    files = hash_files(workload.root, ["schema.sql", "dataset", PLAN_FILE], without=ASKING)
    schema = ledger.checksum(texts(workload.schema))  # companions of schema.sql included
    shaped = [BUILD_VERSION, server_major, files, schema, workload.clock, recipe.scale, recipe.seed, recipe.skew]
    if recipe.base is not None:
        shaped.append(recipe.base)
    if is_inferred(workload.root):  # what a dataset.toml leaves out is, by rules that change
        shaped.append(rules_hash())
    if workload.cluster_sql:  # its objects belong to another role
        shaped.append("cluster SQL")
    if not is_superuser(admin):
        shaped.append(admin.info.user)
    if spread and workload.distribution:
        nodes = [[node.host, node.port, node.has_shards] for node in cluster.nodes_of(admin)]
        shaped.append(
            [nodes, [[one.table, one.column, one.colocate_with, one.shard_count] for one in workload.distribution]]
        )
        if shard_nodes:
            shaped.append(shard_nodes)
    return f"{databases.PREFIX}t_{hashlib.sha256(json.dumps(shaped).encode()).hexdigest()[:16]}"


def ensure(admin: Connection, workload: Workload, recipe: Recipe, how: Build) -> tuple[str, Dataset]:
    """Return the name of the template and its manifest, building it where no finished one exists.

    Raises:
        WorkloadError: the dataset's files are wrong; rows that are complete by then stay.
    """
    name = template_name(
        workload, recipe, how.server_major, admin, spread=how.spread, shard_nodes=how.shard_nodes
    )  # fmt: skip
    asked = read_distributions(workload.dataset / "distributions.sql")  # before the load: a wrong file costs none
    while True:
        found = databases.find(admin, name)
        if found and found.complete:
            databases.write_mark(admin, replace(found, used_at=timestamps.now_text()))
            return name, replace(_counted(name, workload, recipe, asked, how), cached=True)
        if databases.claim(admin, name):
            try:
                _build(admin, name, workload, recipe, how)
                return name, _counted(name, workload, recipe, asked, how)
            finally:
                databases.release(admin, name)
        how.progress("waiting for another run that makes this dataset", 0, 1)
        time.sleep(WAIT_S)


def go_on(
    admin: Connection, database: str, workload: Workload, recipe: Recipe, how: Build, begun: Begun
) -> tuple[str, Dataset]:  # fmt: skip
    """Make the template of ``database``, in which the schema is already, and which has no more than that.

    It takes the template's name; where that is there, or somebody makes it, ``database`` is left as it is.
    """
    name = template_name(workload, recipe, how.server_major, admin, spread=how.spread)
    if databases.find(admin, name) or not databases.claim(admin, name):
        return ensure(admin, workload, recipe, how)
    try:
        databases.rename(admin, database, name, "template")
        _build(admin, name, workload, recipe, how, begun)
        return name, _counted(name, workload, recipe, (), how)
    finally:
        databases.release(admin, name)


def _counted(name: str, workload: Workload, recipe: Recipe, asked: Sequence[Asked], how: Build) -> Dataset:
    """The manifest of a finished template, with the distributions that the workload asks for now.

    They are counted once and kept with the manifest. Another text is counted anew, in a second, instead of filling
    the template again, in minutes: no row depends on it.
    """
    sum_now = checksum(asked)
    with how.target.connect(name) as connection:
        manifest = ledger.read_manifest(connection)
        kept = manifest.pop(COUNTED, "")
        dataset = read_dataset(manifest)
        if not asked or kept == sum_now:
            return dataset if asked else replace(dataset, distributions=())
        values = variables(recipe.scale, recipe.seed, recipe.skew, workload.clock, recipe.base)
        dataset = replace(dataset, distributions=count(connection, asked, values, how.progress))
        ledger.write_manifest(connection, asdict(dataset) | {COUNTED: sum_now})
    return dataset


def _build(
    admin: Connection, name: str, workload: Workload, recipe: Recipe, how: Build, begun: Begun | None = None
) -> None:  # fmt: skip
    about = {"workload": workload.name, "scale": recipe.scale, "seed": recipe.seed, "skew": recipe.skew}
    if recipe.base is not None:
        about["base"] = recipe.base
    if how.shard_nodes:
        about["shard_nodes"] = how.shard_nodes
    if begun is None:
        spread = how.spread and bool(workload.distribution)
        databases.create(admin, name, "template", about=about, spread=spread, shard_nodes=how.shard_nodes)
    try:
        with how.bulk():
            _fill(name, workload, recipe, how, begun or _begin(name, workload, recipe, how))
    except PgproofError:
        databases.drop(admin, name)  # an interruption leaves it to the next run: then there is no time to wait
        drop_unused(admin)
        raise
    databases.complete(admin, name, about | {"unit": workload.scale.unit})


def _begin(name: str, workload: Workload, recipe: Recipe, how: Build) -> Begun:
    """Load the schema, and find out what rows there are going to be, while all keys and checks are live."""
    begin = time.perf_counter()
    schema = load_schema(how.target, name, workload.schema)
    ms = (time.perf_counter() - begin) * 1e3
    if not is_inferred(workload.root):
        return Begun(schema, ms)
    from bench.dataset.inferred import ready
    from bench.dataset.plans import planned

    how.progress("planning rows", 0, 1)
    found = planned(how.target, name, workload.root, recipe.scale, recipe.seed, workload.clock)
    world = ready(how.target, name, found.schema, found.plan)
    how.progress("planning rows", 1, 1)
    return Begun(schema, ms, world, found.fire_triggers)


def _load(
    name: str, workload: Workload, recipe: Recipe, how: Build, begun: Begun
) -> tuple[dict[str, Loaded], tuple[str, ...]]:
    """Make the rows: those of dataset.toml first, then those of package and scripts; and what is told of the former."""
    filled: dict[str, Loaded] = {}
    told: tuple[str, ...] = ()
    if begun.world is not None:
        from bench.dataset.inferred import Cluster, load_world

        filled, told = load_world(
            how.target, name, begun.world, how.workers, how.progress, fire_triggers=begun.fire_triggers,
            cluster=Cluster(how.scheduler, recipe.folder) if how.scheduler else None,
        )  # fmt: skip
    if begun.world is None or scripts(recipe.folder):
        scheduler = how.scheduler if begun.world is None else ""  # beside a plan there are scripts at the most
        filled |= load(how.target, name, recipe, workload.clock, how.workers, how.progress, scheduler)
    return filled, told


def _fill(name: str, workload: Workload, recipe: Recipe, how: Build, begun: Begun) -> None:
    clock = time.perf_counter
    with how.target.connect(name) as connection:
        ledger.create(connection)
        ms = begun.schema_ms
        sum_now = ledger.checksum(texts(workload.schema))
        ledger.record_applied(connection, "schema.sql", "schema", sum_now, ms)
        ledger.refresh_index_catalog(connection)
        keeper = _keeper(how.target)
        with keeper.connect(name) as own:
            held = hold_back(own, keys=not begun.fire_triggers)  # what they do may lean on keys: ON CONFLICT
            if how.spread:
                wanted = [one for one in workload.distribution if not one.made_by]
                cluster.distribute(own, resolved(connection, wanted))  # by the search path of who wrote the file
        begin = clock()
        filled, told = _load(name, workload, recipe, how, begun)
        loaded = clock()
        sizes = {row["name"]: int(row["size_bytes"]) for row in rows(connection, "list_tables")}
        mended = _build_keys(keeper, name, held, sizes, how, begun)
        indexed = clock()
        vacuum(keeper, name, how.workers, how.progress)
        vacuumed = clock()
        values = variables(recipe.scale, recipe.seed, recipe.skew, workload.clock, recipe.base)
        refused: list[str] = []
        told_of = refused if how.spread and workload.distribution else None
        checks = run_checks(connection, workload.dataset / "checks.sql", values, how.progress, refused=told_of)
        insist(checks)
        dataset = Dataset(
            key=name.removeprefix(f"{databases.PREFIX}t_"), scale=recipe.scale, unit=workload.scale.unit,
            seed=recipe.seed, skew=recipe.skew, clock=workload.clock, cached=False, base=recipe.base,
            load_s=loaded - begin, index_s=indexed - loaded, vacuum_s=vacuumed - indexed,
            tables=tuple(
                TableSeen(
                    row["name"], one.rows, one.content_hash, row["size_bytes"], row["index_bytes"]
                )
                for row in rows(connection, "list_tables")
                if (one := _of_table(filled, row))
            ),
            checks=checks, schema_notes=(*workload.schema_notes, *begun.schema.notes, *told, *mended, *refused),
        )  # fmt: skip
        ledger.write_manifest(connection, asdict(dataset))


def _build_keys(
    keeper: Target, name: str, held: Held, sizes: Mapping[str, int], how: Build, begun: Begun
) -> tuple[str, ...]:  # fmt: skip
    """Build what was held back; of inferred rows those that break a key are taken back, and told."""
    try:
        build(keeper, name, held, sizes, how.workers, how.progress)
    except DatasetError:
        if begun.world is None:
            raise
        from bench.dataset.inferred import past_policies

        schema = begun.world.schema  # keys call functions of it, so that this is no work for ourselves
        with past_policies(how.target, schema), how.target.connect(name, search_path="pg_catalog") as own:
            return mend(own, held, schema)
    return ()


def _keeper(target: Target) -> Target:
    """Who drops, builds and vacuums: ourselves, since a schema's tables may belong to any role of it.

    What an index calls runs as the table's owner all the same; names are qualified, whatever the schema has made.
    """
    return replace(target, login={}, settings={**target.settings, "search_path": "pg_catalog"})


def _of_table(filled: Mapping[str, Loaded], row: Mapping[str, Any]) -> Loaded:
    """What was copied into a table, or what the server knows of it."""
    plain = f"{row['schema_name']}.{row['table_name']}"
    return filled.get(row["name"]) or filled.get(plain) or Loaded(row["rows"], "")


def vacuum(target: Target, name: str, connections: int, progress: Progress) -> None:
    """Freeze, set the visibility map and gather statistics, table by table, so that nothing is left to chance.

    In two passes: how many rows a table has, and so how large its sample must be, is known to the catalog only after
    the first. Since PostgreSQL 18 building an index does not tell it where autovacuum is off, and a VACUUM that skips
    pages does not either: of rows that COPY froze it reads none.
    """
    _each_table(
        target, name, connections, "vacuum", progress,
        lambda table: (f"VACUUM (FREEZE, DISABLE_PAGE_SKIPPING) {table['name']}",),
    )  # fmt: skip
    _each_table(
        target, name, connections, "statistics", progress,
        lambda table: (
            f"SET default_statistics_target = {statistics_target(table['rows'])}", f"ANALYZE {table['name']}"
        ),
    )  # fmt: skip
    with target.connect(name) as connection:
        checkpoint(connection)


def _each_table(
    target: Target, name: str, connections: int, phase: str, progress: Progress,
    statements: Callable[[Mapping[str, Any]], tuple[str, ...]],
) -> None:  # fmt: skip
    with target.connect(name) as connection:
        tables = rows(connection, "list_tables")
    jobs = [Job(f"{phase} of {table['name']}", statements(table), 1 + table["size_bytes"] / 1e6) for table in tables]
    run_jobs(target, name, jobs, connections, phase, progress)


def read_dataset(manifest: Mapping[str, Any]) -> Dataset:
    """The record behind a stored manifest."""
    fields = dict(manifest)
    fields["tables"] = tuple(TableSeen(**table) for table in manifest["tables"])
    fields["checks"] = tuple(Check(**check) for check in manifest["checks"])
    fields["distributions"] = tuple(
        Distribution(one["name"], one["across"], one["counts"], tuple(Bar(**bar) for bar in one["bars"]))
        for one in manifest.get("distributions", ())  # templates of older versions have none
    )
    fields["schema_notes"] = tuple(manifest.get("schema_notes", ()))
    return Dataset(**fields)


def evict(admin: Connection, limit_bytes: int, *keep: str) -> list[str]:
    """Drop the templates used longest ago until the rest fits ``limit_bytes``; never one of ``keep`` or in use."""
    templates = [d for d in databases.own_databases(admin) if d.kind == "template" and d.complete and d.may_drop]
    total = sum(template.size_bytes for template in templates)
    dropped = []
    for template in sorted(templates, key=lambda t: t.used_at):
        if total <= limit_bytes:
            break
        if template.name not in keep and not template.connections and databases.claim(admin, template.name):
            databases.drop(admin, template.name)
            databases.release(admin, template.name)
            total -= template.size_bytes
            dropped.append(template.name)
    return dropped
