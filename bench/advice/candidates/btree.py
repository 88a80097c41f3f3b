"""B-trees: equality columns, then a range or an order; for the rows of a join; for a part of the table; covering."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bench.advice.candidates.context import EQUALITIES, Context
from bench.advice.candidates.demands import Demand, SortKey
from bench.advice.candidates.idea import Idea, reason, weight
from bench.advice.candidates.shapes import Key, Shape, conjunction
from bench.advice.candidates.terms import Term
from bench.syntax.expressions import quoted

TINY_PAGES = 10
"""Pages read in all scans of a table, up to which no index can save more than a fraction of a millisecond."""

FEW_PROBES = 0.25
"""Rows of the other side of a join, as a share of the table's, up to which looking each up may beat reading all."""

INCLUDED = 2
"""Columns that an index carries beside its keys at the most."""

INCLUDED_BYTES = 64
"""Their mean width together."""

RANGES = 2
"""Ranges of one scan that an index is made for, the most selective first."""

KEYS = 6
"""Of one index."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What an index for one demand can be put together from."""

    equal: tuple[Key, ...]
    joins: tuple[Key, ...]
    members: tuple[Key, ...]
    ranges: tuple[tuple[Key, ...], ...]
    orders: tuple[tuple[Key, ...], ...]


def ideas(demand: Demand, constants: Sequence[Term], context: Context) -> Iterator[Idea]:
    """Indexes for one demand, the most promising first.

    ``constants`` are those of its terms that the statement itself has, whatever its parameters.
    """
    parts = _parts(demand, context)
    best: list[Idea] = []
    unique = [
        {key.text for key in index.keys}
        for index in context.there(demand.table)
        if index.unique and not index.predicate
    ]
    for keys, family, clause in _plain(parts, unique):
        shape = Shape(demand.table, "btree", keys[:KEYS])
        idea = Idea(shape, family, demand.query, reason(demand, clause), weight(demand))
        best.append(idea)
        yield idea
    for idea in best[:2]:
        for one in (*_partial(idea, demand, constants, context), idea):
            if one is not idea:
                yield one
            yield from _covering(one, demand, context)
    if not best:
        yield from _constant_alone(demand, constants)


def worth_it(demand: Demand) -> bool:
    """Whether the scan, or the sort of its rows, costs something."""
    return demand.pages > TINY_PAGES or not demand.executed or any(order.rows > 1000 for order in demand.orders)


# ---------------------------------------------------------------------------------------------------------- parts
def _parts(demand: Demand, context: Context) -> Parts:
    table = demand.table
    size = max(context.table(table).rows, 1)

    def keys(terms: Sequence[Term]) -> list[Key]:
        usable = [term for term in terms if context.is_key(table, term.key, term.columns)]
        return [Key(term.key, term.columns) for term in usable]

    strong = [term for term in demand.terms if term.kind in EQUALITIES and context.narrows(table, term)]
    looked_up = [
        join.term for join in demand.joins if join.term.kind == "equal" and join.probes <= FEW_PROBES * size
    ]  # fmt: skip
    ranges = sorted(
        keys([term for term in demand.terms if term.kind == "range"]),
        key=lambda key: -context.distinct(table, key.text, key.columns),
    )
    cursors = [
        tuple(Key(text, (text.strip('"'),)) for text in term.keys) for term in demand.terms if term.kind == "cursor"
    ]
    orders = [_order(order.keys, demand, context) for order in demand.orders]
    return Parts(
        equal=context.ordered(table, keys(strong)),
        joins=context.ordered(table, keys(looked_up)),
        members=context.ordered(table, keys([term for term in demand.terms if term.kind == "member"])),
        ranges=tuple((key,) for key in dict.fromkeys(ranges))[:RANGES],
        orders=tuple(
            dict.fromkeys(order for order in (*orders, *cursors, _order(demand.groups, demand, context)) if order)
        ),
    )


def _order(keys: Sequence[SortKey], demand: Demand, context: Context) -> tuple[Key, ...]:
    """The keys of an order up to the first that no B-tree has; those that are constant anyway are left out."""
    fixed = {term.key for term in demand.terms if term.kind in EQUALITIES}
    found: list[Key] = []
    for key in keys:
        if key.key in fixed:
            continue
        if not context.is_key(demand.table, key.key, key.columns):
            break
        found.append(Key(key.key, key.columns, descending=key.descending, nulls_first=key.nulls_first))
    return forwards(found)


def forwards(keys: Sequence[Key]) -> tuple[Key, ...]:
    """Keys that all run down with NULL first, the other way round: a scan backwards gives the same."""
    if keys and all(key.descending and key.nulls_first for key in keys):
        return tuple(replace(key, descending=False, nulls_first=False) for key in keys)
    return tuple(keys)


# --------------------------------------------------------------------------------------------------------- shapes
def _plain(parts: Parts, unique: Sequence[set[str]]) -> Iterator[tuple[tuple[Key, ...], str, str]]:
    """Keys, family and clause of each index of the whole table; none for what finds one row by a ``unique`` one."""
    leads = [_merged(parts.joins, parts.equal), parts.equal]
    if parts.joins and parts.equal:
        leads.append(parts.joins)
    for lead in dict.fromkeys(leads):
        if any(one <= {key.text for key in lead} for one in unique):
            continue
        how = ["join" if set(lead) & set(parts.joins) else "equality"] if lead else []
        by = [f"finds by {_listed(lead)}"] if lead else []
        for order in parts.orders:
            keys = (*lead, *(key for key in order if key.text not in {one.text for one in lead}))
            if len(keys) > len(lead):
                yield keys, _and(*how, "sort"), _and(*by, f"gives the order of {_listed(keys[len(lead) :])}")
                for member in parts.members[:1]:
                    if member.text not in {key.text for key in keys}:
                        yield (
                            (*keys, member),
                            _and(*how, "sort", "list"),
                            _and(*by, f"gives the order of {_listed(order)}"),
                        )
        for group in parts.ranges:
            if group[0].text not in {one.text for one in lead}:
                yield (*lead, *group), _and(*how, "range"), _and(*by, f"narrows {_listed(group)}")
        if parts.members:
            members = tuple(key for key in parts.members if key.text not in {one.text for one in lead})
            if members:
                yield (*lead, *members), _and(*how, "list"), _and(*by, f"finds each of a list of {_listed(members)}")
        if lead:
            yield lead, _and(*how), _and(*by)


def _merged(*groups: tuple[Key, ...]) -> tuple[Key, ...]:
    return tuple({key.text: key for group in groups for key in group}.values())


def _listed(keys: Sequence[Key]) -> str:
    return ", ".join(key.text for key in keys)


def _and(*parts: str) -> str:
    return " and ".join(parts)


def _partial(idea: Idea, demand: Demand, constants: Sequence[Term], context: Context) -> Iterator[Idea]:
    """The same index of those rows alone that the statement's own constants let pass."""
    if not constants:
        return
    fixed = {term.key for term in constants if term.kind in EQUALITIES}
    keys = tuple(key for key in idea.shape.keys if key.text not in fixed)
    if not keys:
        return
    yield _where(replace(idea.shape, keys=keys), idea, constants)


def _where(shape: Shape, idea: Idea, constants: Sequence[Term]) -> Idea:
    predicate = conjunction(term.text for term in constants)
    columns = tuple(dict.fromkeys(column for term in constants for column in term.columns))
    return replace(
        idea,
        shape=replace(shape, predicate=predicate, predicate_columns=columns),
        family=f"{idea.family}, partial",
        reason=f"{idea.reason[:-1]}; only rows with {predicate} matter.",
    )


def _constant_alone(demand: Demand, constants: Sequence[Term]) -> Iterator[Idea]:
    """Where nothing but constants narrows: an index of those rows, by the primary key."""
    key = demand.table.primary_key
    if not constants or key is None:
        return
    first = Key(key.keys[0], (key.keys[0],))
    idea = Idea(
        Shape(demand.table, "btree", (first,)), "constant", demand.query,
        reason(demand, "an index of those rows alone finds them"), weight(demand),
    )  # fmt: skip
    yield _where(idea.shape, idea, constants)


def _covering(idea: Idea, demand: Demand, context: Context) -> Iterator[Idea]:
    """The same index, with what else the statement reads of the table: then it reads no page of that."""
    have = {column for key in idea.shape.keys for column in key.columns if key.text == quoted(column)}
    more = sorted(demand.needed - have - set(idea.shape.predicate_columns))
    own = {column.name for column in demand.table.columns}
    if not 0 < len(more) <= INCLUDED or not own.issuperset(more):  # ctid: who writes or locks reads the table
        return
    widths = [facts.width if (facts := context.column(demand.table, name)) else 0 for name in more]
    if sum(widths) > INCLUDED_BYTES:
        return
    yield replace(
        idea,
        shape=replace(idea.shape, include=tuple(more)),
        family=f"{idea.family}, covering",
        reason=f"{idea.reason[:-1]}; with {', '.join(more)} in it, no page of the table has to be read.",
    )
