"""Optimizations that cannot be taken away in a transaction: tried in databases built without them, and with them alone.

That takes two builds each, where a rollback takes milliseconds, so it is for those alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace

from bench.attribution.cells import Key
from bench.attribution.measure_gains import Gains
from bench.errors import PgproofError
from bench.model import GainCell, Optimization
from bench.postgres import ledger, optimizations
from bench.postgres.connection import Connection

Fresh = Callable[[str], AbstractContextManager[Connection]]
"""A connection to a new copy of the database before all optimizations, under a label; dropped afterwards."""


def with_committed(trial: Gains, fresh: Fresh) -> tuple[GainCell, ...]:
    """The results of ``trial``, completed by those that it could not take away.

    They count as present in all sets that were tried; what they add before anybody else comes, is the part of the whole
    gain that no share explains.
    """
    fixed = list(trial.sets.fixed)
    if not fixed:
        return trial.results()
    before: dict[Key, int] = {}
    with fresh("none") as connection:
        trial.elsewhere(connection, trial.sets.blocks, before, "executing without all, built so")
    without: dict[str, dict[Key, int]] = {}
    alone: dict[str, dict[Key, int]] = {}
    for number, name in enumerate(fixed):
        with fresh(f"without{number}") as connection:
            away = {name, *_build(connection, trial, set(trial.sets.blocks) - {name}, name)}
            trial.elsewhere(connection, away, without.setdefault(name, {}), f"built without {name}")
        with fresh(f"alone{number}") as connection:
            kept = {name, *trial.sets.needs.get(name, ())}
            _build(connection, trial, kept)
            trial.elsewhere(connection, set(trial.sets.blocks) - kept, alone.setdefault(name, {}), f"built with {name}")
    results = zip(trial.results(), trial.found, strict=True)
    return tuple(
        replace(
            cell,
            before=before[seen.key],
            without=cell.without | _changed(((n, plans[seen.key]) for n, plans in without.items()), cell.after),
            alone=cell.alone | _changed(((n, plans[seen.key]) for n, plans in alone.items()), before[seen.key]),
        )
        for cell, seen in results
    )


def _changed(plans: Iterable[tuple[str, int]], usual: int) -> dict[str, int]:
    return {name: plan for name, plan in plans if plan != usual}


def _build(connection: Connection, trial: Gains, kept: Collection[str], missing: str = "") -> list[str]:
    """Apply ``kept`` for good; return those that could not be applied because ``missing`` is, and remember it."""
    failed = []
    ledger.create(connection)
    analyzed = optimizations.times_analyzed(connection)
    for block in trial.sets.blocks.values():
        if block.name not in kept:
            continue
        try:
            optimizations.apply_one(connection, block)
        except PgproofError:
            if not missing:
                raise
            failed.append(block.name)
            _remember(trial, block, missing)
    optimizations.settle(connection, analyzed)
    return failed


def _remember(trial: Gains, block: Optimization, missing: str) -> None:
    needed = trial.sets.needs.get(block.name, ())
    if missing not in needed:
        trial.sets.needs[block.name] = (*needed, missing)
