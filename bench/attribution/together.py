"""Sets that are taken away together, because no cell of the one is concerned by what another lacks.

To undo some optimizations takes longer than to ask for a plan, and so does planning right after it, when the catalog
has to be read again. Most sets are asked about by the cells of one query, which reads a few tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.attribution.cells import Found
from bench.attribution.copies import Names
from bench.attribution.subsets import Sets

Part = tuple[Names, Sequence[Found]]
"""A set that is away, and the cells whose plans without it are asked for."""


@dataclass(slots=True)
class Together:
    """Sets that are away at once."""

    parts: list[Part] = field(default_factory=list)
    away: set[str] = field(default_factory=set)
    present: set[str] = field(default_factory=set)
    """What concerns one of the cells, and is not to be away for it."""
    apart: Names = frozenset()
    """What of ``away`` is undone in a copy: other cells are not asked there."""
    writes: bool = False
    """Whether a cell leaves dead rows: one of another set would meet them."""

    def takes(self, other: Together) -> bool:
        """Whether ``other`` may be away at the same time."""
        return (
            self.apart == other.apart
            and self.present.isdisjoint(other.away)
            and self.away.isdisjoint(other.present)
            and not (self.writes and other.writes)
        )

    def add(self, other: Together) -> None:
        """Have ``other`` away as well."""
        self.parts += other.parts
        self.away |= other.away
        self.present |= other.present
        self.writes |= other.writes


def together(parts: Sequence[Part], sets: Sets) -> list[Together]:
    """Put ``parts`` into as few as it takes when each goes into the first that has room for it."""
    found: list[Together] = []
    for one in (_alone(names, cells, sets) for names, cells in parts):
        if place := next((other for other in found if other.takes(one)), None):
            place.add(one)
        else:
            found.append(one)
    return found


def _alone(names: Names, cells: Sequence[Found], sets: Sets) -> Together:
    concerned = set().union(*(seen.concerned for seen in cells))
    away = sets.closed(names & concerned)  # the others would change nothing
    return Together(
        parts=[(names, cells)],
        away=set(away),
        present=concerned - names,
        apart=away & sets.copies.apart if sets.copies else frozenset(),
        writes=any(seen.cell.query.writes for seen in cells),
    )
