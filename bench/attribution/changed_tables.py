"""Which tables an optimization changed, learnt from the catalog by taking it away for a moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bench.errors import PgproofError
from bench.measurement.write_trials import taken_away
from bench.model import Optimization
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, without_timeout

Needs = Mapping[str, Sequence[str]]
"""Optimization to those without which it cannot be."""


def with_dependents(names: Collection[str], needs: Needs) -> set[str]:
    """``names`` and everything that cannot be without one of them."""
    gone = set(names)
    while more := {other for other, needed in needs.items() if gone.intersection(needed)} - gone:
        gone |= more
    return gone


def away_with(name: str, optimizations: Sequence[Optimization], needs: Needs) -> tuple[str, ...]:
    """Everything that needs ``name``, in the order in which to undo it, the reverse of the file's; ``name`` is last."""
    gone = with_dependents([name], needs)
    return (*(block.name for block in reversed(optimizations) if block.name in gone - {name}), name)


def changed_tables(
    connection: Connection, optimizations: Sequence[Optimization], needs: Needs
) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """The tables whose columns, indexes, constraints, triggers or options each optimization changed.

    Those that change no table are absent. The second part says why others could not be taken away.
    """
    blocks = {block.name: block for block in optimizations}
    found, failed = {}, {}
    with without_timeout(connection):  # an undo may build something
        for block in (one for one in optimizations if one.undo):
            gone = [blocks[name] for name in away_with(block.name, optimizations, needs)]
            try:
                before, after = _around(connection, gone)
            except PgproofError as error:
                failed[block.name] = error.message
                continue
            # a table that is gone with the optimization was made by it: nobody writes to it but the optimization
            if tables := tuple(name for name, digest in before.items() if after.get(name, digest) != digest):
                found[block.name] = tables
    return found, failed


def _around(connection: Connection, gone: Sequence[Optimization]) -> tuple[dict[str, str], dict[str, str]]:
    """The tables without those that need the last of ``gone``, with it and without it."""
    *dependents, itself = gone
    with taken_away(connection, dependents):
        before = _digests(connection)
        with taken_away(connection, [itself]):
            return before, _digests(connection)


def _digests(connection: Connection) -> dict[str, str]:
    return {row["name"]: row["digest"] for row in rows(connection, "digest_tables")}
