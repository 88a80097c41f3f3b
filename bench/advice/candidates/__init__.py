"""From statements, plans and catalog to what is worth trying. Pure.

``seen``          what it is derived from
``terms``         a condition taken apart
``demands``       what the scans of a plan ask of their tables
``constants``     which conditions are the statement's own
``immutable``     which expressions an index can be made of
``context``       sizes, shares, types, what queries share
``shapes``        an index that is not there yet: name, DDL, comparison with those that are
``btree``         equality, range, order, join, partial, covering
``operators``     GIN, GiST, patterns, BRIN, hash
``foreign_keys``  what deleting parents needs
``merging``       one index for two
``rewrites``      other statements for the same question
``drops``         what could go
``extended``      extended statistics
``hopeless``      why nothing was found for a statement
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from bench.advice.candidates import btree, foreign_keys, operators
from bench.advice.candidates.constants import constants
from bench.advice.candidates.context import Context, context_of
from bench.advice.candidates.demands import Demand, demands
from bench.advice.candidates.drops import drops, later, with_replaced
from bench.advice.candidates.extended import statistics
from bench.advice.candidates.hopeless import hopeless
from bench.advice.candidates.idea import Idea
from bench.advice.candidates.merging import merged
from bench.advice.candidates.rewrites import rewrites
from bench.advice.candidates.seen import Proposals, SeenClass, SeenQuery
from bench.advice.candidates.shapes import Shape, existing, names_for
from bench.advice.candidates.terms import Term
from bench.model.advice import Candidate
from bench.model.facts import Facts
from bench.model.schema import Schema
from bench.syntax.expressions import qualified

__all__ = ["Proposals", "SeenClass", "SeenQuery", "candidates", "superfluous"]

MOST = 10
"""Indexes for one query and table."""


def candidates(schema: Schema, seen: Sequence[SeenQuery], facts: Facts) -> Proposals:
    """Everything that is worth trying for these queries, and what nothing was found for."""
    by_query = {one.query.name: list(demands(one, schema)) for one in seen}
    found = [demand for own in by_query.values() for demand in own]
    context = context_of(schema, facts, found)
    ideas = [idea for one in seen for idea in _ideas(one, by_query[one.query.name], context)]
    ideas += merged(ideas)
    ideas += foreign_keys.ideas(seen, context)
    shapes = _shapes(ideas, context)
    indexes = _indexes(ideas, shapes, context)
    made = [*indexes, *statistics(found, context), *(other for one in seen for other in rewrites(one, schema))]
    going = {one.ddl: one for one in drops(seen, context)}
    for one in later(indexes, shapes, context):
        going.setdefault(one.ddl, one)
    helped = {query for one in made for query in one.queries}
    left = tuple(
        hopeless(one, by_query[one.query.name], context) for one in seen if one.query.name not in helped and one.classes
    )
    return Proposals(_named_apart([*made, *going.values()]), left)


def superfluous(schema: Schema, seen: Sequence[SeenQuery], facts: Facts) -> tuple[Candidate, ...]:
    """Only the indexes that could go as the database is, by themselves."""
    return _named_apart(drops(seen, context_of(schema, facts, ())))


def _named_apart(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The second of a name, of another schema, with the name of that."""
    found: dict[str, Candidate] = {}
    for one in candidates:
        name, number = one.name, 1
        while name in found:
            name = f"{one.tables[0].partition('.')[0]}.{one.name}" + (f" {number}" if number > 1 else "")
            number += 1
        found[name] = replace(one, name=name)
    return tuple(found.values())


def _ideas(seen: SeenQuery, found: Sequence[Demand], context: Context) -> Iterator[Idea]:
    """Those of one query, at most ``MOST`` of a table."""
    kept: dict[str, dict[tuple[object, ...], Idea]] = {}
    for alias in dict.fromkeys((demand.table.name, demand.alias) for demand in found):
        own = [demand for demand in found if (demand.table.name, demand.alias) == alias]
        fixed = constants(seen, own, context)
        for demand in own:
            if not btree.worth_it(demand) or demand.table.foreign:
                continue
            for idea in chain(*(_of(one, fixed, context) for one in (demand, *_arms(demand)))):
                if existing(idea.shape, context.there(demand.table)) is None:
                    kept.setdefault(demand.table.name, {}).setdefault(idea.shape.identity, idea)
    for ideas in kept.values():
        yield from list(ideas.values())[:MOST]


def _of(demand: Demand, fixed: Sequence[Term], context: Context) -> Iterable[Idea]:
    return chain(operators.ideas(demand, context), btree.ideas(demand, fixed, context))


def _arms(demand: Demand) -> Iterator[Demand]:
    """The sides of an OR, each as a demand of its own: the server can put together what several indexes find."""
    for term in demand.terms:
        if term.kind == "or" and not term.others:
            rest = tuple(one for one in demand.terms if one is not term)
            for arm in term.arms:
                yield replace(demand, terms=(*rest, *arm), orders=(), joins=(), groups=(), needed=frozenset({"*"}))


def _shapes(ideas: Sequence[Idea], context: Context) -> dict[str, Shape]:
    """Shapes by the name that each gets."""
    unique = {idea.shape.identity: idea.shape for idea in ideas}
    taken = {(table.schema, table.table) for table in context.schema.tables}
    taken |= {(table.schema, index.name) for table in context.schema.tables for index in table.indexes}
    names = names_for(unique.values(), taken)
    return {names[identity]: shape for identity, shape in unique.items()}


def _indexes(ideas: Sequence[Idea], shapes: dict[str, Shape], context: Context) -> tuple[Candidate, ...]:
    """One candidate of each shape, for all queries that asked for it."""
    grouped: dict[tuple[object, ...], list[Idea]] = {}
    for idea in ideas:
        grouped.setdefault(idea.shape.identity, []).append(idea)
    made = [_candidate(grouped[shape.identity], name) for name, shape in shapes.items()]
    return tuple(sorted(with_replaced(made, shapes, context), key=lambda one: (one.tables, one.name)))


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
        queries=tuple(dict.fromkeys(idea.query for idea in ideas if idea.query)),
        reason=heaviest.reason,
        extensions=heaviest.needs,
    )
