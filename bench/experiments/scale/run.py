"""The same experiment at one scale after the other. Each step is an ordinary run; nothing of a smaller one is reused.

A smaller dataset is no prefix of a larger one, and must not be: more leads in the same three years arrive closer
together, at more tenants, with other sizes (``dataset/planning.py``). Each step is filled anew, and kept as a template.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bench.experiments.before_after import run as experiment
from bench.experiments.before_after.run import Keep, RunOptions
from bench.experiments.scale.steps import Known, insist_on_room
from bench.experiments.setup import SetupOptions
from bench.model import Options, Run
from bench.postgres import databases
from bench.postgres.connection import Target
from bench.postgres.servers import SESSION_SETTINGS, ServerHandle
from bench.postgres.servers.disk import FreeBytes, free_bytes_of
from bench.progress import Progress


@dataclass(frozen=True, slots=True)
class Hooks:
    """Who is told what while the steps go on."""

    begin: Callable[[int], tuple[Progress, Keep]]
    """Called with the scale of a step before it: gives its progress, and what keeps the part that was measured."""
    done: Callable[[Run], None]
    """Called with each finished step."""
    say: Callable[[str], None]


def carry_out(
    setup: SetupOptions, options: Options, scales: Sequence[int], server: ServerHandle, hooks: Hooks,
    *, free_bytes: FreeBytes = free_bytes_of,
) -> None:  # fmt: skip
    """Run the experiment at each of ``scales``, from small to large, without attribution.

    Raises:
        DiskFull: a step does not fit. Checked before the first one where a filled database of this workload tells the
            size of a row, else after the first one; what was measured stays.
    """
    known, cached = look(setup, server)
    for position, scale in enumerate(scales):
        left = scales[position:]
        free = free_bytes(server)
        if free is None:
            if not position:
                hooks.say("the server's disk cannot be looked at from here: whether all steps fit is not checked")
        elif known:
            insist_on_room(left, known, cached, setup.cache_limit_bytes, free, setup.workload.scale.unit)
        elif not position:
            hooks.say("nothing is filled yet: the smallest step will tell whether the others fit on the disk")
        progress, keep = hooks.begin(scale)
        step = replace(setup, scale=scale, progress=progress)
        run = experiment.run(step, RunOptions(options, plans=True), server, keep)
        hooks.done(run)
        _, cached = look(setup, server)
        known = measured(run, cached)


def look(setup: SetupOptions, server: ServerHandle) -> tuple[Known | None, dict[int, int]]:
    """Look at the filled databases of the workload: the size of a unit by the largest, and their bytes by scale."""
    with Target(server.dsn, SESSION_SETTINGS).connect() as admin:
        own = databases.own_databases(admin)
    cached = {
        int(one.about["scale"]): one.size_bytes
        for one in own
        if one.kind == "template" and one.complete and one.about.get("workload") == setup.workload.name
        and databases.OPTIMIZED_FROM not in one.about
        and (setup.seed, setup.skew, setup.base) == tuple(one.about.get(name) for name in ("seed", "skew", "base"))
    }  # fmt: skip
    if not cached:
        return None, cached
    largest = max(cached)
    return Known(cached[largest] / largest), cached


def measured(run: Run, cached: dict[int, int]) -> Known:
    """What a finished step tells of sizes."""
    tables = sum(table.size_bytes + table.index_bytes for table in run.dataset.tables)
    size = max(tables, cached.get(run.dataset.scale, 0), 1)
    added = sum(max(0, applied.size_bytes) for applied in run.applied)
    return Known(size / run.dataset.scale, added / size)
