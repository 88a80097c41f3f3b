"""What the planner would ignore, where extension hypopg can be had: that need not be built.

It is asked for a plan with an index that does not exist, which gives an estimate and no time. So nothing is ranked by
it; only what no plan would use is left out, alone and beside all others. Indexes on expressions are built in any case:
they bring statistics, which a hypothetical one does not have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import psycopg

from bench.experiments.advise.record import Proposal
from bench.measurement import Cell
from bench.measurement.execution import shape_of
from bench.plans import index_names
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target
from bench.progress import Progress

EXTENSION = "hypopg"
METHODS = ("btree", "brin", "hash")
"""Access methods that it knows, of those that are proposed."""
MOST = 1_000
"""Hypothetical indexes at a time: it runs out of numbers at about 2,500 (ankane/dexter has the same limit)."""


def ignored(
    target: Target,
    database: str,
    proposals: Sequence[Proposal],
    wishes: Mapping[str, Sequence[Cell]],
    progress: Progress,
) -> tuple[str, ...]:
    """Names of the blocks that no plan of the cells in ``wishes`` (by block) would use; none without the extension."""
    asked = [one for one in proposals if _can_ask(one)][:MOST]
    with target.connect_as_ourselves(database) as ours:
        if not (asked and rows(ours, "find_extension", EXTENSION)):
            return ()
        try:
            ours.execute(f"CREATE EXTENSION IF NOT EXISTS {EXTENSION} WITH SCHEMA public")
        except psycopg.Error:  # a role that may not: everything is built
            return ()
    used: set[str] = set()
    with target.connect(database) as connection:
        for number, one in enumerate(asked):
            progress("asking the planner", number, len(asked))
            used |= _used(connection, [one], wishes.get(one.block.name, ()))
        together = {cell.label: cell for one in asked for cell in wishes.get(one.block.name, ())}
        used |= _used(connection, asked, list(together.values()))
    progress("asking the planner", len(asked), len(asked))
    return tuple(one.block.name for one in asked if one.block.name not in used)


def _can_ask(one: Proposal) -> bool:
    index = one.candidate.index
    plain = one.candidate.kind == "index" and index is not None and set(index.keys) <= set(index.columns)
    return bool(plain and index and index.method in METHODS and not one.candidate.extensions)


def _used(connection: Connection, proposals: Sequence[Proposal], cells: Sequence[Cell]) -> set[str]:
    """Those of the hypothetical indexes that a plan uses; what cannot be made so counts as used."""
    made: dict[str, str] = {}
    found: set[str] = set()
    for one in proposals:
        try:
            asked = "SELECT indexname FROM public.hypopg_create_index(%s)"
            made[connection.execute(asked, [one.candidate.ddl]).fetchall()[0][0]] = one.block.name
        except psycopg.Error:
            found.add(one.block.name)
    for cell in cells:
        shape = shape_of(connection, cell, "after", 0)
        found |= {made[name] for name in index_names(shape) if name in made}
    connection.execute("SELECT public.hypopg_reset()")
    return found
