"""What there is to choose in a query: which parameters select an owner, and which others go with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bench.inference.queries.class_sql import Part, Shape, clock
from bench.inference.queries.describe import CLASS, CLOCK
from bench.inference.queries.plan_columns import plan_columns
from bench.inference.queries.surroundings import Surroundings
from bench.inference.queries.uses import Analysis, Use, analyse
from bench.model import Query
from bench.syntax.tree import Node, kind, walk
from bench.workload import sqlfile


def shape_of(around: Surroundings, query: Query, *, joint: bool = True) -> Shape:
    """Take a query apart.

    ``joint``: values come from the rows that the statement reads; otherwise each table gives its own, which works
    where those rows are too many to be gone through, or nothing is found in them.

    Raises:
        NotParsed: its statement is none of the parser's grammar.
    """
    types = {one.name: one.type for one in query.parameters}
    sources = {one.name: one.source for one in query.parameters}
    names = sqlfile.placeholders(query.sql)
    plain = sqlfile.fill_in(query.sql, {name: f"${number}" for number, name in enumerate(names, 1)}, "")
    analysis = analyse(plain, names, around.relations)
    chosen = [number for number, name in enumerate(names, 1) if sources[name] == CLASS]
    uses = [_with_origin(analysis.main(number), around) for number in chosen]
    uses = _behind_views(uses, around, sqlfile.numbered(query.sql, types)[0], len(names))
    inserts = tuple(use for use in uses if use.role == "value" and use.origin[0])
    read = [use for use in uses if use.role != "value"]
    read = [use for use in read if (use.column is not None if joint else use.origin[0])]
    owners = _owners(read, around, joint=joint)
    taken = {use.number for use in (*read, *inserts)}
    return Shape(
        around=around,
        analysis=analysis,
        types=[types[name] for name in names],
        parts=tuple(_parts(read, owners, joint=joint)),
        owners=owners,
        offsets=tuple(use for n in range(1, len(names) + 1) if (use := analysis.main(n)).role == "offset"),
        optional=frozenset(use.number for use in uses if all(one.optional for one in analysis.of(use.number))),
        inserts=inserts,
        fixed=tuple(use for use in uses if use.number not in taken),
        listed=bool(owners) and owners[0].role == "set" and types[names[owners[0].number - 1]].endswith("[]"),
        given=_given(query, names),
        taken=_tables(analysis),
    )


def _given(query: Query, names: Sequence[str]) -> dict[int, str]:
    """The values of parameters that no class chooses, by number."""
    found = {}
    for one in query.parameters:
        if one.name in names and one.source == CLOCK:
            found[names.index(one.name) + 1] = f"{clock(one.name)}::{one.type}"
        elif one.name in names and re.fullmatch(r"'(?:[^']|'')*'|-?[\d.]+", one.source):
            found[names.index(one.name) + 1] = f"{one.source}::{one.type}"
    return found


def _with_origin(use: Use, around: Surroundings) -> Use:
    return use if use.origin[0] in around.relations.by_name else replace(use, origin=("", ""))


def _behind_views(uses: list[Use], around: Surroundings, text: str, count: int) -> list[Use]:
    """Of a column of a view, the table's own: the server's plan knows it."""
    if not any(use.origin[0] and around.relations[use.origin[0]].is_view for use in uses):
        return uses
    known = plan_columns(around.connection, text, count)
    return [
        replace(use, origin=known[use.number])
        if use.origin[0] and around.relations[use.origin[0]].is_view and use.number in known
        else use
        for use in uses
    ]


def _owners(uses: Iterable[Use], around: Surroundings, *, joint: bool) -> tuple[Use, ...]:
    """The parameters that together select whose rows are read; of one level, or one table."""
    equal = [use for use in uses if use.role == "equal" and not use.negated and use.filters]
    references = [use for use in equal if use.bare and around.is_reference(use.origin)]
    required = [use for use in references if not use.optional]
    listed = [use for use in uses if use.role == "set" and not use.negated]
    wanted = required or references or [use for use in equal if not use.optional] or equal or listed[:1]
    if not wanted:
        return ()
    place = _place(wanted[0], joint=joint)
    return tuple(use for use in wanted if _place(use, joint=joint) == place)


def _place(use: Use, *, joint: bool) -> object:
    return use.level.number if joint else use.origin[0]


def _parts(uses: list[Use], owners: tuple[Use, ...], *, joint: bool) -> Iterable[Part]:
    groups: dict[object, list[Use]] = {}
    for use in [*owners, *uses]:
        group = groups.setdefault(_place(use, joint=joint), [])
        if all(use.number != other.number for other in group):
            group.append(use)
    for group in groups.values():
        yield Part(tuple(group), joint)


def _tables(analysis: Analysis) -> frozenset[str]:
    def named(node: Node) -> str:
        return str(node.relname if kind(node) == "RangeVar" else node.ctename)

    return frozenset(named(node) for node in walk(analysis.top) if kind(node) in ("RangeVar", "CommonTableExpr"))
