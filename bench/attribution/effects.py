"""What kind of effect an optimization can have on plans, by what it did to the catalog."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.cells.index_use import bare
from bench.model import Applied, Optimization
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection

_CHECK = re.compile(
    r"ALTER\s+TABLE\s.*\bADD\s+(CONSTRAINT\s+\S+\s+)?CHECK\b|ALTER\s+TABLE\s.*\bVALIDATE\s+CONSTRAINT\b"
    r"|COMMENT\s+ON\b",
    re.IGNORECASE | re.DOTALL,
)
_STATISTICS = re.compile(
    r"ALTER\s+TABLE\s+\S+\s+ALTER\s+(COLUMN\s+)?\S+\s+SET\s+STATISTICS\s+\S+$"
    r"|(CREATE|ALTER)\s+STATISTICS\b|ANALYZE\b|COMMENT\s+ON\b",
    re.IGNORECASE,
)
_INDEX = re.compile(r"CREATE\s+INDEX\b|COMMENT\s+ON\b", re.IGNORECASE)
_EXTENSION = re.compile(r"CREATE\s+EXTENSION\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PlanEffects:
    """The optimizations of a database, sorted by what they can do."""

    made_by: Mapping[str, str]
    """Relations, as plans name them, to the optimization that made them."""
    inert: frozenset[str]
    """They change no plan: checks of values, which the planner looks at for partitions and UNION ALL only."""
    pure: frozenset[str]
    """They only add ways to read (plain indexes, extensions): where a plan does not use one, taking it away leaves the
    plan as it is, because the planner chooses the cheapest of fewer. An index on an expression is not among them: it
    brings statistics, which can change any estimate; nor is a unique one, which proves things."""
    unwritten: frozenset[str]
    """No row that is written costs more for them: the ``inert``, and statistics, which ANALYZE gathers."""
    relations: Mapping[str, frozenset[str]]
    """Optimization to the relations that it makes or changes, as plans name them; absent where that is not known."""


def plan_effects(
    connection: Connection,
    blocks: Sequence[Optimization],
    applied: Sequence[Applied],
    changed: Mapping[str, Sequence[str]],
) -> PlanEffects:
    """Sort ``blocks``, all of which are applied in the database of ``connection``.

    ``changed`` says which tables each has changed, where the catalog shows that.
    """
    plain = {row["name"] for row in rows(connection, "list_plain_indexes_by_name")}
    seen = {one.name: one for one in applied}
    inert, pure, statistics, relations = set(), set(), set(), {}
    for block in blocks:
        texts = [statement.sql.lstrip() for statement in block.statements]
        creates = seen[block.name].creates if block.name in seen else ()
        if texts and all(_CHECK.match(text) for text in texts):
            inert.add(block.name)
        elif texts and all(_STATISTICS.match(text) for text in texts):
            statistics.add(block.name)
        elif (texts and all(_EXTENSION.match(text) for text in texts)) or (
            creates and plain.issuperset(creates) and all(_INDEX.match(text) for text in texts)
        ):
            pure.add(block.name)
        if found := (*changed.get(block.name, ()), *creates):
            relations[block.name] = frozenset(map(bare, found))
        elif block.name in pure:
            relations[block.name] = frozenset()
    made_by = {bare(name): one.name for one in applied for name in one.creates}
    return PlanEffects(made_by, frozenset(inert), frozenset(pure), frozenset(inert | statistics), relations)
