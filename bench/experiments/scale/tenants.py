"""Which tenant a binding asks for, and how large it is: the words of the workload tell. Pure."""

from __future__ import annotations

import re

from bench.model import Binding, Query, Run

_ROWS = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(?= )")

Values = tuple[str | None, ...]


def rows_about(binding: Binding) -> int | None:
    """The number that ``about`` begins with: 9512 for "9,512 live leads"; None where it begins with none."""
    found = _ROWS.match(binding.about)
    return int(found[1].replace(",", "")) if found else None


def tenant(query: Query, binding: Binding) -> Values:
    """The values that say which tenant: the parameters that dataset/classes.sql gives."""
    return tuple(binding.args.get(one.name) for one in query.parameters if one.source == "class")


def tenants(run: Run, query: Query) -> dict[Values, int]:
    """Rows by tenant, from the bindings that tell; a query's own worst case is often of one of these tenants."""
    found = {}
    for pair in run.pairs:
        if pair.query == query.name:
            for binding in pair.bindings:
                if (rows := rows_about(binding)) is not None and tenant(query, binding):
                    found[tenant(query, binding)] = rows
    return found
