"""Queries for a schema: bare statements described by the server, classes chosen from the rows, probes.

::

    read_bare        files of SQL → statements under names, parameters as :name
    bare_in          a bare file of a workload's queries/ → the same
    surroundings     what is known of the database: tables, keys, references, clock
    describe         statement → query: types from PREPARE, columns from its tree and its plan
    classes_for      query → the same with parameter classes, each tried by execution
    probes           schema → statements that any application is likely to send
    infer            all of it, for a workload folder
    file_text        query → text of its file
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.errors import WorkloadError
from bench.inference.queries.bare import BareQuery, bare_in, read_bare
from bench.inference.queries.classes import SECONDS, Chosen, choose, classes_for
from bench.inference.queries.describe import describe
from bench.inference.queries.probes import PROBES, probes
from bench.inference.queries.surroundings import Reference, Surroundings, surroundings
from bench.inference.queries.text import file_text
from bench.inference.queries.trial import Seen
from bench.model import Query
from bench.progress import Progress, silent

__all__ = [
    "BareQuery", "Chosen", "Inferred", "Reference", "Seen", "Surroundings", "bare_in", "choose", "classes_for",
    "describe", "file_text", "infer", "probes", "read_bare", "surroundings",
]  # fmt: skip

IN_ALL = 60.0
"""Seconds for the classes of all queries together; late ones get what is left, and fewer classes."""


@dataclass(frozen=True, slots=True)
class Inferred:
    """The queries of a workload, and what could not be one."""

    queries: tuple[Query, ...]
    refused: tuple[str, ...] = ()
    """File, line and the server's reason of each statement that is left out."""
    seen: Mapping[str, Mapping[str, Seen]] = field(default_factory=dict)
    """Query and class to what its execution did."""


def infer(
    around: Surroundings,
    bare: Sequence[BareQuery],
    *,
    strict: bool = False,
    seconds: float = IN_ALL,
    progress: Progress = silent,
) -> Inferred:
    """Describe statements and choose the classes of each, within ``seconds``; the database has to be filled.

    Raises:
        WorkloadError: ``strict``, and a statement cannot be prepared or executed; or none can.
    """
    queries: list[Query] = []
    refused: list[str] = []
    seen: dict[str, Mapping[str, Seen]] = {}
    deadline = time.monotonic() + seconds
    for number, one in enumerate(bare):
        progress("choosing classes", number, len(bare), "queries")
        left = max(0.0, deadline - time.monotonic()) / (len(bare) - number)
        try:
            ours = one.file == PROBES
            chosen = choose(around, describe(around, one), min(SECONDS, 2 * left), ours=ours)
        except WorkloadError as error:
            refused.append(error.message)
            continue
        if chosen.failed:
            if ours:  # nobody has asked for it
                continue
            refused.append(f"{one.file}:{one.line}: {chosen.failed}")
            continue
        queries.append(chosen.query)
        seen[chosen.query.name] = chosen.seen
    progress("choosing classes", len(bare), len(bare), "queries")
    if refused and (strict or not queries):
        more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
        raise WorkloadError(f"{refused[0]}{more}", hint="" if not queries else "without --strict the rest goes on")
    return Inferred(tuple(queries), tuple(refused), seen)
