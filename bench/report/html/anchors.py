"""Places in a page that a link can name: readable, unique, and the same whenever the run is shown again."""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST = 60


def anchors(kind: str, names: Iterable[str]) -> tuple[str, ...]:
    """An id for each name: ``query-lead_assignment_queue``; names that come out alike are numbered."""
    taken: set[str] = set()
    made = []
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[:LONGEST] or "unnamed"
        found, number = f"{kind}-{plain}", 1
        while found in taken:
            number += 1
            found = f"{kind}-{plain}.{number}"
        taken.add(found)
        made.append(found)
    return tuple(made)
