"""From statements, plans and catalog to what is worth trying. Pure.

``seen``       what it is derived from
``terms``      a condition taken apart
``demands``    what the scans of a plan ask of their tables
``constants``  which conditions are the statement's own
``context``    sizes, shares, types, what queries share
``shapes``     an index that is not there yet: name, DDL, comparison with those that are
``btree``      equality, range, order, join, partial, covering
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.advice.candidates import btree
from bench.advice.candidates.constants import constants
from bench.advice.candidates.context import Context, context_of
from bench.advice.candidates.demands import Demand, demands
from bench.advice.candidates.idea import Idea
from bench.advice.candidates.seen import Proposals, SeenClass, SeenQuery
from bench.advice.candidates.shapes import existing, names_for
from bench.model.advice import Candidate
from bench.model.facts import Facts
from bench.model.schema import Schema
from bench.syntax.expressions import qualified

__all__ = ["Proposals", "SeenClass", "SeenQuery", "candidates"]

MOST = 10
"""Indexes for one query and table."""


def candidates(schema: Schema, seen: Sequence[SeenQuery], facts: Facts) -> Proposals:
    """Everything that is worth trying for these queries, and what nothing was found for."""
    by_query = {one.query.name: list(demands(one, schema)) for one in seen}
    context = context_of(schema, facts, [demand for found in by_query.values() for demand in found])
    ideas = [idea for one in seen for idea in _ideas(one, by_query[one.query.name], context)]
    return Proposals(_indexes(ideas, context), ())


def _ideas(seen: SeenQuery, found: Sequence[Demand], context: Context) -> Iterable[Idea]:
    """Those of one query, at most ``MOST`` of a table."""
    kept: dict[str, dict[tuple[object, ...], Idea]] = {}
    for alias in dict.fromkeys((demand.table.name, demand.alias) for demand in found):
        own = [demand for demand in found if (demand.table.name, demand.alias) == alias]
        fixed = constants(seen, own)
        for demand in own:
            for idea in btree.ideas(demand, fixed, context):
                if existing(idea.shape, context.there(demand.table)) is None:
                    kept.setdefault(demand.table.name, {}).setdefault(idea.shape.identity, idea)
    for ideas in kept.values():
        yield from list(ideas.values())[:MOST]


def _indexes(ideas: Sequence[Idea], context: Context) -> tuple[Candidate, ...]:
    """One candidate of each shape, for all queries that asked for it."""
    grouped: dict[tuple[object, ...], list[Idea]] = {}
    for idea in ideas:
        grouped.setdefault(idea.shape.identity, []).append(idea)
    shapes = [found[0].shape for found in grouped.values()]
    taken = {(table.schema, table.table) for table in context.schema.tables}
    taken |= {(table.schema, index.name) for table in context.schema.tables for index in table.indexes}
    names = names_for(shapes, taken)
    made = [_candidate(found, names[identity]) for identity, found in grouped.items()]
    return tuple(sorted(made, key=lambda one: (one.tables, one.name)))


def _candidate(ideas: Sequence[Idea], name: str) -> Candidate:
    heaviest = max(ideas, key=lambda idea: idea.weight)
    shape = heaviest.shape
    return Candidate(
        name=name,
        kind="index",
        family=heaviest.family,
        tables=(shape.table.name,),
        ddl=shape.ddl(name),
        undo=f"DROP INDEX {qualified(name, shape.table.schema)}",
        index=shape.index(name),
        queries=tuple(dict.fromkeys(idea.query for idea in ideas)),
        reason=heaviest.reason,
    )
