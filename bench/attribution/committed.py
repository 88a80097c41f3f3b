"""Optimizations that are in every set: tried in databases built without them, and with them alone.

That takes two builds each, where a rollback takes milliseconds, so it is for those that cannot be taken away in a
transaction. One whose undo is only too dear for the sets is undone once for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from bench.attribution.cells import Key
from bench.attribution.changed_tables import with_dependents
from bench.attribution.copies import Fresh
from bench.attribution.measure_gains import Gains
from bench.errors import PgproofError
from bench.model import GainCell, Optimization
from bench.postgres import ledger, optimizations
from bench.postgres.connection import Connection


def with_committed(trial: Gains, fresh: Fresh) -> tuple[GainCell, ...]:
    """The results of ``trial``, completed by those that it could not take away.

    They count as present in all sets that were tried; what they add before anybody else comes, is the part of the whole
    gain that no share explains. ``fresh`` copies the database before all optimizations.
    """
    fixed, every = list(trial.sets.fixed), frozenset(trial.sets.blocks)
    if not fixed:
        return trial.results()
    built = _undone if trial.sets.too_dear.issuperset(fixed) else _built
    before: dict[Key, int] = {}
    with built(trial, fresh, "none", every) as (connection, away):
        trial.elsewhere(connection, away, before, "executing without all, built so")
    without: dict[str, dict[Key, int]] = {}
    alone: dict[str, dict[Key, int]] = {}
    for number, name in enumerate(fixed):
        with built(trial, fresh, f"without{number}", {name}, missing=name) as (connection, away):
            trial.elsewhere(connection, away, without.setdefault(name, {}), f"built without {name}")
        with built(trial, fresh, f"alone{number}", every - trial.sets.with_needs([name])) as (connection, away):
            trial.elsewhere(connection, away, alone.setdefault(name, {}), f"built with {name}")
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


_Elsewhere = tuple[Connection, Collection[str]]
"""A connection to a database, and what it lacks."""


@contextmanager
def _undone(trial: Gains, _: Fresh, __: str, away: Collection[str], missing: str = "") -> Iterator[_Elsewhere]:
    """The database with all of them, in which ``away`` and what needs them are undone for as long as this lasts."""
    sets = trial.sets
    gone = with_dependents(set(away), sets.needs)
    with sets.without_here(gone):
        yield sets.connection, gone
    sets.clean()


@contextmanager
def _built(trial: Gains, fresh: Fresh, label: str, away: Collection[str], missing: str = "") -> Iterator[_Elsewhere]:
    """The database before all of them, to which those are applied that are not ``away`` and can be without it."""
    with fresh(label) as connection:
        failed = _build(connection, trial, set(trial.sets.blocks) - set(away), missing)
        yield connection, {*away, *failed}


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
