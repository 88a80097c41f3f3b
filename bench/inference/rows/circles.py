"""References that go round in circles: which of them wait for the others, and by which a column gets its value."""

from __future__ import annotations

from collections.abc import Mapping

from bench.inference.rows.capacity import inside
from bench.inference.rows.graph import above
from bench.inference.rows.joins import cluster
from bench.inference.rows.subjects import Subject

Late = dict[str, frozenset[int]]
Givers = dict[str, dict[str, tuple[int, str]]]


def circles(chosen: Mapping[str, Subject]) -> tuple[Late, Givers]:
    """By table the positions of references that wait, and for each column the reference that gives it, with the column
    of the parent.

    A reference waits where it goes to its own table, or closes a circle and has to agree with other columns. A column
    whose value would come from itself in the end is given by nothing: the reference has to agree with it.
    """
    parents = above(chosen)
    late = {name: _late(subject, parents[name]) for name, subject in chosen.items()}
    candidates = {name: _candidates(subject, late[name]) for name, subject in chosen.items()}
    givers: Givers = {name: {} for name in chosen}
    for waits in (False, True):
        for name, found in candidates.items():
            for column, position, to in found:
                reference = chosen[name].references[position]
                if (position in late[name]) is not waits or column in givers[name]:
                    continue
                if not _leads_to(givers, chosen, reference.table, to, (name, column)):
                    givers[name][column] = position, to
    return late, givers


def _late(subject: Subject, parents: set[str]) -> frozenset[int]:
    references = subject.references
    hard = {
        references.index(reference)
        for key in subject.keys
        if not key.predicate and set(key.columns) <= {c for r in references for c in r.columns} - subject.own
        for reference in inside(subject, key)
    }
    found = set()
    for group in cluster(references, subject.name):
        for position in group:
            reference = references[position]
            closes = reference.table not in parents and (len(group) > 1 or len(reference.columns) > 1)
            if (reference.table == subject.name or closes) and position not in hard:
                found.add(position)
    return frozenset(found)


def _candidates(subject: Subject, late: frozenset[int]) -> list[tuple[str, int, str]]:
    """Column, position of a reference, and column of the parent: those that wait come last."""
    order = [position for group in cluster(subject.references, subject.name) for position in group]
    return [
        (column, position, to)
        for position in sorted(order, key=lambda position: position in late)
        for column, to in zip(subject.references[position].columns, subject.references[position].to, strict=True)
    ]


def _leads_to(
    givers: Givers, chosen: Mapping[str, Subject], table: str, column: str, place: tuple[str, str]
) -> bool:  # fmt: skip
    """Whether the value of a column comes from ``place`` in the end, as far as givers are known."""
    while (table, column) != place:
        found = givers.get(table, {}).get(column)
        if found is None:
            return False
        table, column = chosen[table].references[found[0]].table, found[1]
    return True
