"""A run cut down to some of its queries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from bench.errors import RunFileError
from bench.model import Run
from bench.suggestions import did_you_mean


def only(run: Run, names: Collection[str]) -> Run:
    """The part of ``run`` that is about the queries ``names``, as if the others had been left out.

    The four sides are left out too: shares are shares of the gains of all queries.

    Raises:
        RunFileError: the run has no such query.
    """
    known = [query.name for query in run.queries]
    if unknown := [name for name in names if name not in known]:
        raise RunFileError(f"--query {unknown[0]}: the run has no such query", hint=did_you_mean(unknown[0], known))
    return replace(
        run,
        queries=tuple(query for query in run.queries if query.name in names),
        pairs=tuple(pair for pair in run.pairs if pair.query in names),
        left_out=(*run.left_out, *(name for name in known if name not in names)),
        attribution=None,
    )
