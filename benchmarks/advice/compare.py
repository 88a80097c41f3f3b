"""Each adviser's set of changes built and executed on the same rows, and each of its proposals alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.errors import PgproofError
from bench.postgres.index_facts import index_facts
from benchmarks.advice import judge
from benchmarks.advice.ground import Ground
from benchmarks.advice.judge import Look
from benchmarks.advice.planted import Planted, Trap


@dataclass(frozen=True, slots=True)
class Change:
    """One proposal of an adviser."""

    ddl: str
    queries: tuple[str, ...] = ()
    """Those that it is said to help."""
    saving: float | None = None
    """Of the planner's cost, where the adviser estimates."""


@dataclass(frozen=True, slots=True)
class Adviser:
    """What somebody advised for a workload."""

    name: str
    changes: tuple[Change, ...]
    seconds: float = 0.0
    warned: tuple[str, ...] = ()
    """Cells that the adviser itself says get slower."""


@dataclass(slots=True)
class Known:
    """What is known of the workload before anybody advises: as it is, and with each planted index alone."""

    bare: Look
    price: Mapping[str, float]
    planted: dict[str, tuple[Planted, Look, tuple[str, ...]]] = field(default_factory=dict)
    """By name: the index, its query's cells with it, and those that it helps."""


def know(ground: Ground, planted: Sequence[Planted]) -> Known:
    """Execute the workload as it is, and each planted index's query with it alone."""
    with ground.with_changes(()) as (database, _):
        known = Known(ground.look(database), ground.price(database))
    for one in planted:
        with ground.with_changes([one.ddl]) as (database, _):
            alone = ground.look(database, [one.query])
        known.planted[one.name] = (one, alone, judge.helped(known.bare, alone, one.query))
    return known


def executed(ground: Ground, known: Known, adviser: Adviser, traps: Sequence[Trap], target_ms: float) -> dict[str, Any]:
    """Build what ``adviser`` advised, execute everything, and give the figures of the comparison."""
    with ground.with_changes([change.ddl for change in adviser.changes]) as (database, applied):
        look, price = ground.look(database), ground.price(database)
        caught = _caught(ground, database, traps)
    slower = judge.slower(known.bare, look)
    found = [name for name, (_, alone, cells) in known.planted.items() if judge.finds(alone, look, cells)]
    halved = [name for name, (*_, cells) in known.planted.items() if judge.all_help(known.bare, look, cells)]
    used = {index for seen in look.values() for index in seen.indexes}
    alone = [tried(ground, known, change) for change in adviser.changes]
    return {
        "found": len(found), "halved": len(halved), "planted": len(known.planted),
        "missed": sorted(set(known.planted) - set(found)),
        "met": len(judge.met(look, target_ms)), "queries": len({judge.query_of(label) for label in look}),
        "changes": len(adviser.changes), "disk_bytes": sum(one.size_bytes for one in applied),
        "build_ms": round(sum(one.build_ms for one in applied)),
        "write_ratio": {name: price[name] / known.price[name] for name in price if known.price[name]},
        "unused": [one.creates[0] for one in applied if one.creates and one.creates[0].rpartition(".")[2] not in used],
        "helps_not": sum(not one["helps"] for one in alone), "traps": caught, "slower": list(slower),
        "slower_unwarned": [label for label in slower if label not in adviser.warned],
        "seconds": round(adviser.seconds, 1), "proposals": alone,
        "cells": {label: {"work": seen.work, "ms": seen.ms, "error": seen.error} for label, seen in look.items()},
    }  # fmt: skip


def tried(ground: Ground, known: Known, change: Change) -> dict[str, Any]:
    """One proposal built alone, and whether any query that it was advised for is helped by it."""
    said: dict[str, Any] = {"ddl": change.ddl, "queries": list(change.queries), "saving": change.saving}
    if change.ddl.upper().startswith("DROP"):
        return {**said, "helps": True, "cells": {}}
    try:
        with ground.with_changes([change.ddl]) as (database, _):
            look = ground.look(database, change.queries)
    except PgproofError as error:
        return {**said, "helps": False, "error": error.message, "cells": {}}
    cells = {
        label: {"work": [known.bare[label].work, seen.work], "ms": [known.bare[label].ms, seen.ms]}
        for label, seen in look.items()
    }  # fmt: skip
    slower, helps = list(judge.slower(known.bare, look)), judge.improves(known.bare, look, change.queries)
    return {**said, "helps": helps, "slower": slower, "cells": {} if helps else cells}


def _caught(ground: Ground, database: str, traps: Sequence[Trap]) -> list[str]:
    with ground.setup.target.connect(ground.setup.template) as connection:
        there = {index.name for index in index_facts(connection, {})}
    with ground.setup.target.connect(database) as connection:
        new = [index for index in index_facts(connection, {}) if index.name not in there]
    return sorted({trap.name for trap in traps for index in new if trap.catches(index)})
