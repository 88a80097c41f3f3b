"""How many values a column has, and how many rows a table may have because of them."""

from __future__ import annotations

from collections.abc import Mapping

from bench.inference.plan import Limits
from bench.inference.rows.subjects import Subject
from bench.inference.types import capacity
from bench.model.schema import Column, ForeignKey, Index


def values_of(column: Column, limits: Limits) -> int | None:
    """How many different values the column can be given, NULL not counted; None where nothing limits them."""
    return 0 if limits.always_null else capacity(column, limits)


def of_table(
    subject: Subject, limits: Mapping[str, Limits], sizes: Mapping[str, int]
) -> tuple[int | None, str]:  # fmt: skip
    """Rows that the table's keys allow, and which of them says so in words.

    ``sizes`` are the rows of tables that it refers to; those that are missing in it limit nothing yet.
    """
    best: tuple[int | None, str] = (None, "")
    for key in subject.keys:
        count = _of_key(subject, key, limits, sizes)
        if count is not None and (best[0] is None or count < best[0]):
            names = ", ".join(key.columns)
            best = count, f"its key ({names}) allows {count:,}" if names else "it may have one row alone"
    return best


def _of_key(
    subject: Subject, key: Index, limits: Mapping[str, Limits], sizes: Mapping[str, int]
) -> int | None:  # fmt: skip
    if key.predicate:  # rows that it does not hold are always possible
        return None
    if not key.columns:
        return 1
    product, left = 1, set(key.columns)
    for reference in inside(subject, key):
        if reference.table == subject.name or reference.table not in sizes:
            return None
        product *= sizes[reference.table]
        left -= set(reference.columns)
    for name in left:
        column = subject.table.column(name)
        count = None if column.generated else values_of(column, limits.get(name, Limits()))
        if count is None:
            return None
        product *= count
    return product


def inside(subject: Subject, key: Index) -> list[ForeignKey]:
    """Foreign keys that give columns of the key, larger ones first; each brings a column that none before it has."""
    found, covered = [], set[str]()
    for reference in sorted(subject.references, key=lambda reference: -len(reference.columns)):
        mine = set(reference.columns) & set(key.columns) - subject.own
        if mine - covered:
            found.append(reference)
            covered |= mine
    return found
