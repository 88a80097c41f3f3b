"""Sets of optimizations, made by taking the others away inside a transaction that is rolled back.

From the database that has them all, any set can be had by undoing the rest: dropping an index costs a fraction of a
millisecond, building one costs seconds. After the rollback the database is as it was; nothing was built, so nothing of
what a rolled-back CREATE INDEX leaves behind is there (docs/attribution.md).
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from bench.attribution.changed_tables import with_dependents
from bench.attribution.copies import DEAR_S, Copies, Names, held_apart
from bench.errors import WorkloadError
from bench.measurement import Cell
from bench.measurement.execution import try_planning
from bench.model import Optimization
from bench.postgres.build_settings import statistics_target
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, without_timeout
from bench.postgres.failures import explained, first_line


class CannotUndo(WorkloadError):
    """An optimization that cannot be taken away in a transaction, and why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"undo of {name}: {reason}")
        self.reason = reason


@dataclass(slots=True)
class Sets:
    """The sets of optimizations of one database that has them all."""

    connection: Connection
    blocks: Mapping[str, Optimization]
    """In the order in which they were applied."""
    creates: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The relations that each has made."""
    needs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Optimization to those without which it cannot be."""
    fixed: dict[str, str] = field(default_factory=dict)
    """Those that cannot be taken away, and why."""
    undo_s: dict[str, float] = field(default_factory=dict)
    """Seconds that taking each away and putting it back takes."""
    copies: Copies | None = None
    """Where the dear ones are undone already; else they are undone here, each time."""
    made: int = 0
    """How often a set was made by undoing the others."""
    too_dear: set[str] = field(default_factory=set)
    """Those of ``fixed`` that can be taken away: so dear, and without a copy, that they are in no other set."""

    def closed(self, without: Collection[str]) -> Names:
        """``without`` and everything that cannot be without one of them; what is fixed stays."""
        return frozenset(with_dependents(set(without) - set(self.fixed), self.needs) - set(self.fixed))

    def with_needs(self, names: Collection[str]) -> set[str]:
        """``names`` and everything that they cannot be without."""
        kept = set(names)
        while more := {needed for name in kept for needed in self.needs.get(name, ())} - kept:
            kept |= more
        return kept

    def only(self, present: Collection[str]) -> Names:
        """What has to be taken away so that ``present`` and what they need are left."""
        return self.closed(set(self.blocks) - self.with_needs(present))

    @contextmanager
    def without(self, names: Collection[str]) -> Iterator[None]:
        """Take ``names`` away for as long as the block lasts; ``connection`` then leads to where they are.

        Raises:
            CannotUndo: one of them cannot be taken away like this.
        """
        self.made += 1
        with ExitStack() as stack:
            if not self._taken_in_a_copy(stack, names):
                stack.enter_context(self.without_here(names))
            yield

    @contextmanager
    def without_here(self, names: Collection[str]) -> Iterator[None]:
        """The same in this database, however long it takes."""
        away = [name for name in reversed(list(self.blocks)) if name in names]
        with self.connection.transaction(force_rollback=True):
            if not self._undo_at_once(away):
                for name in away:
                    self._undo(name)
            yield

    def _taken_in_a_copy(self, stack: ExitStack, names: Collection[str]) -> bool:
        """Enter a copy in which the dear ones of ``names`` are undone, and take the others away; False where none is
        needed, or where one of the others could only be undone before them."""
        found = self.copies.without(names, self.needs) if self.copies else None
        if found is None:
            return False
        connection, gone = found
        try:
            stack.enter_context(self._at(connection))
            stack.enter_context(self.without_here(set(names) - gone))
        except CannotUndo:
            stack.close()
            return False
        return True

    @contextmanager
    def _at(self, connection: Connection) -> Iterator[None]:
        here, self.connection = self.connection, connection
        try:
            yield
        finally:
            self.connection = here

    def _undo_at_once(self, names: Sequence[str]) -> bool:
        """Take ``names`` away in one message, which saves the way there and back for each; False where that fails."""
        if any(self._builds(name) for name in names):
            return False
        statements = [statement.rstrip("; \n") for name in names for statement in self.blocks[name].undo]
        try:
            with self.connection.transaction():
                self.connection.execute(";\n".join(statements), prepare=False)
        except psycopg.OperationalError:
            raise
        except psycopg.Error:
            return False
        return True

    def _builds(self, name: str) -> bool:
        return any(not text.lstrip().upper().startswith(_TAKES_AWAY) for text in self.blocks[name].undo)

    def can_go(self, name: str) -> bool:
        """Whether ``name`` could be taken away now; it stays."""
        return self.try_undo(name, for_good=False)

    def try_undo(self, name: str, *, for_good: bool = True) -> bool:
        """Take ``name`` away, if that is possible: for the rest of the transaction, or to see whether it is."""
        try:
            with self.connection.transaction(force_rollback=not for_good):
                self._undo(name)
        except CannotUndo:
            return False
        return True

    def clean(self) -> None:
        """Remove what rolled-back executions left dead: later ones must find the tables as earlier ones did.

        All pages are read: from some of them VACUUM would estimate how many rows the table has, a little off each time.
        """
        for connection in (self.connection, *(self.copies.opened.values() if self.copies else ())):
            connection.execute("SELECT pg_stat_force_next_flush()")
            with explained("cleaning up after writes"):
                for row in rows(connection, "list_tables_with_dead_rows"):
                    connection.execute(
                        f"VACUUM (DISABLE_PAGE_SKIPPING, INDEX_CLEANUP ON, TRUNCATE OFF, PARALLEL 0) {row['name']}"
                    )

    def _undo(self, name: str) -> None:
        with without_timeout(self.connection) if self._builds(name) else nullcontext():
            try:
                for statement in self.blocks[name].undo:
                    self.connection.execute(statement)
            except psycopg.OperationalError:
                raise
            except psycopg.Error as error:
                raise CannotUndo(name, first_line(error)) from error
            if self._builds(name):
                self._settle(name)

    def _settle(self, name: str) -> None:
        """An undo that builds: the index must be usable here and now, and an expression needs its statistics."""
        if hidden := rows(self.connection, "list_indexes_hidden_from_us"):
            raise CannotUndo(name, f"{hidden[0]['name']} cannot be used by the transaction that builds it")
        with explained(f"statistics after the undo of {name}"):
            for row in rows(self.connection, "list_tables_lacking_statistics"):
                target = sql.Literal(statistics_target(row["rows"]))
                self.connection.execute(sql.SQL("SET LOCAL default_statistics_target = {}").format(target))
                self.connection.execute(f"ANALYZE {row['name']}")


_TAKES_AWAY = ("DROP", "ALTER", "RESET", "DELETE", "COMMENT", "REVOKE")


def find_needs(sets: Sets) -> None:
    """Find out who needs whom, and who cannot be taken away at all, by trying; ``sets`` gets to know it."""
    names = list(sets.blocks)
    for position, name in reversed(list(enumerate(names))):
        reason, sets.undo_s[name] = _timed(sets, [name])
        if reason is None:
            continue
        later = [other for other in names[position + 1 :] if other not in sets.fixed]
        dependents: list[str] = []
        while (found := _next_dependent(sets, name, later, dependents)) is not None:
            dependents.append(found)
        failed, seconds = _timed(sets, [name, *dependents]) if dependents else (reason, 0.0)
        if failed is not None:
            sets.fixed[name] = reason
            continue
        sets.undo_s[name] = seconds - sum(sets.undo_s[other] for other in dependents)
        for other in dependents:
            sets.needs[other] = (name, *sets.needs.get(other, ()))


def _next_dependent(sets: Sets, name: str, later: Sequence[str], known: Sequence[str]) -> str | None:
    """The one whose absence lets ``name`` go, when those after it in the file are away already; None when it can go.

    One is taken away after the other, the last first, until ``name`` can go: at first without those that are dear.
    """
    quick = [other for other in reversed(later) if sets.undo_s.get(other, 0.0) <= DEAR_S]
    with sets.without(sets.closed(known)):
        if sets.can_go(name):
            return None
        for other in (*quick, *reversed(later)):
            if other not in known and sets.try_undo(other) and sets.can_go(name):
                return other
    return None


def find_rewrite_needs(sets: Sets, cells: Sequence[Cell]) -> None:
    """Find out which optimizations a rewritten statement reads from: without them it cannot be planned.

    All cells of it are asked: in the functions that it calls, other classes may come to other statements. Nothing is
    asked where only indexes, checks or statistics are away.
    """
    rewritten: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        if cell.query.rewrite:
            rewritten.setdefault((cell.query.name, cell.query.rewrite.optimization), []).append(cell)
    for name in sets.blocks:
        names = sets.closed([name])
        if not any(sets.blocks[one].undo for one in names):
            continue
        there = _what_statements_name(sets)
        with sets.without(names):
            if there <= _what_statements_name(sets):
                continue
            for (_, rewrite), own in rewritten.items():
                if rewrite not in names and not all(_can_be_planned(sets, cell) for cell in own):
                    sets.needs[rewrite] = (*sets.needs.get(rewrite, ()), name)


def _what_statements_name(sets: Sets) -> set[int]:
    return {row["oid"] for row in rows(sets.connection, "list_what_statements_name")}


def _can_be_planned(sets: Sets, cell: Cell) -> bool:
    try:
        with sets.connection.transaction():
            try_planning(sets.connection, cell, "after", 0)
    except WorkloadError:
        return False
    return True


NOISE_S = 1.0
"""An undo that takes less is timed twice before it is called dear: a burst of noise may have been as long."""


def set_apart(sets: Sets, copies: Copies, most: int) -> None:
    """Have the dear undos carried out once, in ``copies``, of which ``most`` may be made.

    Where these are not enough, the least dear count as present in every set, like what cannot be taken away; so does
    what they cannot be without.
    """
    for name in [name for name, seconds in _undoable(sets).items() if DEAR_S < seconds < NOISE_S]:
        _, seconds = _timed(sets, sets.closed([name]))
        others = sum(sets.undo_s[other] for other in sets.closed([name]) - {name})
        sets.undo_s[name] = min(sets.undo_s[name], seconds - others)
    held, without_room = held_apart(_undoable(sets), most)
    copies.apart, sets.copies = frozenset(held), copies
    for name in without_room:
        reason = f"its undo takes {sets.undo_s[name]:.1f} s, and there is no room for copies without it"
        _keep(sets, name, f"{reason}: it is in every set, and taken away by itself alone")


def _undoable(sets: Sets) -> dict[str, float]:
    return {name: seconds for name, seconds in sets.undo_s.items() if name not in sets.fixed}


def _keep(sets: Sets, name: str, reason: str) -> None:
    sets.fixed[name] = reason
    sets.too_dear.add(name)
    for needed in sets.needs.get(name, ()):
        if needed not in sets.fixed:
            _keep(sets, needed, f"{name} needs it, and stays")


def _timed(sets: Sets, names: Collection[str]) -> tuple[str | None, float]:
    """``_fails``, and the seconds that it took."""
    begun = time.perf_counter()
    return _fails(sets, names), time.perf_counter() - begun


def _fails(sets: Sets, names: Collection[str]) -> str | None:
    """Why ``names`` cannot be taken away together; None when they can."""
    try:
        with sets.without(names):
            left = {row["name"] for row in rows(sets.connection, "list_relations")}
            for name in names:
                if stays := left.intersection(sets.creates.get(name, ())):
                    return f"its undo leaves {min(stays)} in place"
    except CannotUndo as error:
        return error.reason
    return None
