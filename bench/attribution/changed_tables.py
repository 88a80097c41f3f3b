"""Which tables an optimization changed, learnt from the catalog by taking it away for a moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bench.errors import PgproofError
from bench.measurement.write_trials import taken_away
from bench.model import Optimization
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection

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
    connection.execute("SET statement_timeout = 0")  # it is for queries: an undo may build something
    for block in optimizations:
        if not block.undo:
            continue
        *dependents, itself = away_with(block.name, optimizations, needs)
        try:
            with taken_away(connection, [blocks[name] for name in dependents]):
                before = _digests(connection)
                with taken_away(connection, [blocks[itself]]):
                    after = _digests(connection)
        except PgproofError as error:
            failed[block.name] = error.message
            continue
        # a table that is gone with the optimization was made by it: nobody writes to it but the optimization
        if tables := tuple(name for name, digest in before.items() if after.get(name, digest) != digest):
            found[block.name] = tables
    connection.execute("RESET statement_timeout")
    return found, failed


def _digests(connection: Connection) -> dict[str, str]:
    return {row["name"]: row["digest"] for row in rows(connection, "digest_tables")}
