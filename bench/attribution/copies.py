"""Copies of a database in which optimizations are undone for good: those whose undo is dear.

Most undos drop something, which takes a fraction of a millisecond. One that builds indexes or gathers statistics takes
seconds, and hundreds of sets lack it. So it is undone once, in a copy for each combination of such optimizations; what
else a set lacks is taken away there in a transaction that is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field

from bench.attribution.changed_tables import Needs, with_dependents
from bench.model import Optimization
from bench.postgres import optimizations
from bench.postgres.build_settings import MAINTENANCE_WORK_MEM
from bench.postgres.connection import Connection, checkpoint, without_timeout

Names = frozenset[str]
Fresh = Callable[[str], AbstractContextManager[Connection]]
"""A connection to a new copy of a database, under a label; dropped afterwards."""

DEAR_S = 0.1
"""Seconds from which on an undo is dear, the faster of two. A copy of 100,000 leads takes some seconds, and a set that
lacks the optimization is met some hundred times."""
COPIES_MOST = 7
"""Copies at most: of three optimizations there are seven combinations."""


@dataclass(slots=True)
class Copies:
    """Copies of a database that has all optimizations, made when first asked for and dropped at the end."""

    blocks: Mapping[str, Optimization]
    """In the order in which they were applied."""
    fresh: Fresh
    stack: ExitStack
    apart: Names = frozenset()
    """The optimizations that are undone in copies."""
    opened: dict[Names, Connection] = field(default_factory=dict)

    def without(self, away: Collection[str], needs: Needs) -> tuple[Connection, Names] | None:
        """The copy for a set that lacks ``away``, and what of that is undone in it; None where it needs no copy."""
        gone = frozenset(with_dependents(self.apart.intersection(away), needs))
        if not gone or not gone.issubset(away):
            return None
        return self._opened(gone), gone

    def with_all(self) -> Connection:
        """A copy in which nothing is undone: what is written there meets what it meets in the others."""
        return self._opened(frozenset())

    def _opened(self, gone: Names) -> Connection:
        if gone not in self.opened:
            connection = self.stack.enter_context(self.fresh(f"apart{len(self.opened)}"))
            self._undo(connection, gone)
            self.opened[gone] = connection
        return self.opened[gone]

    def _undo(self, connection: Connection, gone: Names) -> None:
        connection.execute(f"SET maintenance_work_mem = '{MAINTENANCE_WORK_MEM}'")
        with without_timeout(connection):
            analyzed = optimizations.times_analyzed(connection)
            for name in reversed(list(self.blocks)):
                if name in gone:
                    optimizations.undo(connection, self.blocks[name])
            optimizations.settle(connection, analyzed)
            checkpoint(connection)
        connection.execute("RESET maintenance_work_mem")


@contextmanager
def copies_of(blocks: Mapping[str, Optimization], fresh: Fresh, apart: Collection[str] = ()) -> Iterator[Copies]:
    """Copies for as long as the block lasts; ``fresh`` makes one of the database that has all of ``blocks``."""
    with ExitStack() as stack:
        yield Copies(blocks, fresh, stack, frozenset(apart))


def held_apart(undo_s: Mapping[str, float], copies: int) -> tuple[list[str], list[str]]:
    """The dear optimizations that ``copies`` are enough for, dearest first, and those that they are not enough for.

    As many as have no more combinations than there may be copies: none of these has to go for another.
    """
    dear = sorted((name for name, seconds in undo_s.items() if seconds > DEAR_S), key=lambda name: -undo_s[name])
    number = (max(copies, 0) + 1).bit_length() - 1
    return dear[:number], dear[number:]
