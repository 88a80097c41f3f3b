"""Which tables come before which: parents first, as far as there is such an order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter

from bench.inference.rows.subjects import Subject

Above = dict[str, set[str]]


def above(chosen: Mapping[str, Subject]) -> Above:
    """For each table those that it refers to, without what would close a circle.

    What is left out of a circle is the weakest reference in it: one that may be NULL before one that may not, and that
    before one in the primary key.
    """
    edges = sorted(
        (-_strength(subject, reference.columns), name, reference.table)
        for name, subject in chosen.items()
        for reference in subject.references
        if reference.table in chosen and reference.table != name
    )
    found: Above = {name: set() for name in sorted(chosen)}
    for _, child, parent in edges:
        if child not in _reached(found, parent):
            found[child].add(parent)
    return found


def _strength(subject: Subject, columns: Iterable[str]) -> int:
    if not all(subject.table.column(name).not_null for name in columns):
        return 0
    primary = subject.table.primary_key
    return 2 if primary and set(columns) & set(primary.columns) else 1


def _reached(above: Above, start: str) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        for parent in above[waiting.pop()] - seen:
            seen.add(parent)
            waiting.append(parent)
    return seen


def ordered(above: Above) -> list[str]:
    """The names, each after those above it; among equals in the order of the names."""
    return list(TopologicalSorter({name: sorted(parents) for name, parents in above.items()}).static_order())


def depths(above: Above) -> dict[str, int]:
    """How many generations stand above each, the longest way."""
    found: dict[str, int] = {}
    for name in ordered(above):
        found[name] = max((found[parent] + 1 for parent in above[name]), default=0)
    return found
