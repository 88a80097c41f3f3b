"""Queries under two groups of settings: one database, a connection for each group, executions in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import psycopg

from bench.errors import WorkloadError
from bench.experiments.settings.record import SettingsGroup, SettingsRun
from bench.experiments.setup import Setup, SetupOptions, prepared
from bench.measurement import Sides, cells_of, compare, time_pairs
from bench.model import Options, Pair, State
from bench.postgres.connection import Connection
from bench.postgres.failures import first_line
from bench.postgres.servers import ServerHandle
from bench.timestamps import now_text

Groups = tuple[SettingsGroup, SettingsGroup]
Keep = Callable[[SettingsRun], None]
"""Called with everything seen so far, after every cell and round."""


def run(
    chosen: SetupOptions, options: Options, state: State, groups: Groups, server: ServerHandle, keep: Keep
) -> SettingsRun:
    """Time every query that only reads under both ``groups`` and return what was seen.

    Raises:
        WorkloadError: a setting does not exist, cannot be changed in a session, or does not take the value.
    """
    with prepared(chosen, server, one_server="pgproof settings") as setup:
        insist_on_settings(setup.admin, groups)
        queries = [query for query in chosen.queries if not query.writes]
        cells = cells_of(queries, setup.bindings(queries))
        seen = SettingsRun(
            **setup.facts(), options=options, state=state, first=groups[0], second=groups[1],
            titles={query.name: query.title for query in queries}, notes=_notes(setup, len(cells)),
        )  # fmt: skip
        database = setup.copy(setup.template, "settings") if state == "before" else setup.optimized("settings")
        databases: dict[State, str] = {"before": database, "after": database}
        settings: dict[State, dict[str, str]] = {"before": groups[0].settings, "after": groups[1].settings}
        sides = Sides(setup.target, databases, options.timeout_s, settings)
        pairs: list[Pair] = []
        for number, cell in enumerate(cells):
            setup.progress("comparing rows", number, len(cells))
            pairs.append(compare(sides, cell))
            keep(seen := replace(seen, pairs=tuple(pairs)))
        setup.progress("comparing rows", len(cells), len(cells))

        def store(timed: Sequence[Pair]) -> None:
            keep(replace(seen, pairs=tuple(timed)))

        timed = time_pairs(sides, cells, pairs, options, setup.progress, store)
    seen = replace(seen, pairs=timed, status="complete", finished_at=now_text())
    keep(seen)
    return seen


def insist_on_settings(connection: Connection, groups: Sequence[SettingsGroup]) -> None:
    """Set each setting once, in a transaction that is rolled back. Raises ``WorkloadError`` where that fails."""
    for group in groups:
        for name, value in group.settings.items():
            try:
                with connection.transaction(force_rollback=True):
                    connection.execute("SELECT set_config(%s, %s, true)", [name, value])
            except psycopg.Error as error:
                hint = "SELECT name, setting, context FROM pg_settings lists what a session can set (context user)"
                raise WorkloadError(f"--group {group.name}: {name}={value}: {first_line(error)}", hint=hint) from None


def _notes(setup: Setup, cells: int) -> tuple[str, ...]:
    writing = [query.name for query in setup.options.queries if query.writes]
    notes = [f"{', '.join(writing)}: left out, since what writes would leave another database to the other group."]
    return (*(notes if writing else ()), *(() if cells else ("There is no query that only reads.",)))
