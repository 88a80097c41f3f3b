"""Which conditions are the statement's own: the same whatever its parameters are, so that an index may rely on them."""

from __future__ import annotations

from collections.abc import Sequence

from bench.advice.candidates.context import Context
from bench.advice.candidates.demands import Demand
from bench.advice.candidates.seen import SeenQuery
from bench.advice.candidates.terms import Term

PARTS = 3
"""Conditions of one partial index at the most."""


def constants(seen: SeenQuery, demands: Sequence[Demand], context: Context) -> tuple[Term, ...]:
    """Terms of one table and alias that hold in all ``demands``, one or more of each class, and come from no parameter.

    A value that some parameter has in some class is taken for the parameter's, even where the statement has it too:
    a partial index that is not used costs more than one that was not thought of.
    """
    values = {value for one in seen.classes.values() for value in one.arguments.values() if value is not None}
    booleans = any(parameter.type in ("bool", "boolean") for parameter in seen.query.parameters)
    found = []
    for term in demands[0].terms:
        if all(any(other.text == term.text for other in demand.terms) for demand in demands):
            own = term.value is not None and term.value not in values
            compared = term.kind in ("equal", "member") or term.operator in ("<>", "!=")
            flag = term.kind in ("true", "false") and not booleans
            sure = bool(term.text) and context.is_expression(demands[0].table, term.text)
            if sure and (term.kind in ("null", "not null") or flag or (compared and own)):
                found.append(term)
    return tuple(found[:PARTS])
