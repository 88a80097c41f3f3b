"""Statements of several files: each is carried out as soon as what it needs is there.

Where nobody says an order, one that fails because something is not there waits until a statement has been carried out
that names what it lacks, and is tried again behind that one's file. So tables may stand behind what refers to them, and
keys and rows behind those. What is there already is left out and told. Where there is an order, one waits only for what
another file makes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import psycopg

from bench.errors import PgproofError, WorkloadError
from bench.postgres.connection import Connection
from bench.postgres.waiting import Made, ThereError, WaitsError, spare, words
from bench.workload.psql import Step

TRIES = 8
"""Times that all statements may be tried in the mean: three is what three thousand in seventy files took."""

CarryOut = Callable[..., None]
"""Carries out a step; with ``patient=True`` it raises ``WaitsError`` where another file may help, or ``ThereError``.
With ``late=True`` it raises ``WaitsError`` where nothing else helps; with ``last=True`` what is ``spare`` is left out.
"""


@dataclass(slots=True)
class _Waiting:
    step: Step
    path: str
    """The search path that it had in its file."""
    names: frozenset[str]


@dataclass(slots=True)
class _Order:
    """The search for an order: what was carried out, and what still waits."""

    carry_out: CarryOut
    connection: Connection
    number: int
    """Of all statements."""
    made: Made | None = None
    """What the files make that have an order; None where they have none."""
    tries: int = 0
    done: list[Step] = field(default_factory=list)
    waiting: list[_Waiting] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    """Words of what was carried out since those that wait were tried."""

    def first(self, step: Step) -> None:
        """Carry out a step in its place, or have it wait."""
        path = _path(self.connection)
        try:
            self.carry_out(step, **self._patience())
            self._did(step)
        except WaitsError as error:
            if self.made and not self.made.elsewhere(error.names, step):
                self.carry_out(step)  # which says why it fails
            self.waiting.append(_Waiting(step, path, error.names))
        except ThereError:
            pass

    def _patience(self) -> dict[str, bool]:
        return {"late": True} if self.made else {"patient": True}

    def again(self, *, all_of_them: bool = False) -> None:
        """Try those that wait for what was named since, until nothing more succeeds."""
        while (self.named or all_of_them) and self.waiting:
            named, self.named = self.named, set()
            kept = []
            for one in self.waiting:
                due = all_of_them or not one.names or one.names & (named | self.named)
                if not (due and self._succeeds(one)):
                    kept.append(one)
            self.waiting = kept
            all_of_them = False

    def help(self) -> None:
        """Have each succeed that does with what may be done for it alone; where none does, leave out what may be.

        Raises:
            PgproofError: what the first one says that has to succeed.
        """
        first: PgproofError | None = None  # of those that have to succeed, which are all where there is an order
        before = len(self.waiting)
        for one in tuple(self.waiting):
            if not any(one is other for other in self.waiting):  # it succeeded behind one that was helped
                continue
            self._count()
            try:
                self._at(one, patient=False)
            except PgproofError as error:
                first = first or (None if spare(one.step.sql) and not self.made else error)
            else:
                self.waiting = [other for other in self.waiting if other is not one]
                self.again()
        if len(self.waiting) < before:
            return
        if first:
            raise first
        for one in self.waiting:
            self._at(one, last=True)
        self.waiting.clear()

    def _succeeds(self, one: _Waiting) -> bool:
        self._count()
        try:
            self._at(one, **self._patience())
        except WaitsError as error:
            one.names = error.names
            return False
        except ThereError:
            pass
        return True

    def _count(self) -> None:
        """Count a try, and end the search where there have been too many, with what the first says that waits."""
        self.tries += 1
        if self.tries <= TRIES * (self.number + 100):
            return
        why = ""
        try:
            self._at(self.waiting[0], patient=False)
        except PgproofError as error:
            why = f": {error.message}"
        left = f"{len(self.waiting):,} of {self.number:,} statements still wait for what is not there"
        raise WorkloadError(
            f"the files say no order, and after {self.tries:,} tries {left}{why}",
            hint="give one file that includes the others in order (\\i), or number them",
        )

    def _at(self, one: _Waiting, **how: bool) -> None:
        """Carry a step out with the search path that it had in its file."""
        now = _path(self.connection)
        if one.path == now:
            self.carry_out(one.step, **how)
            return self._did(one.step)
        there, back = (  # an empty path is shown as "", which SET does not take
            Step("SET search_path = " + (path if path.strip('"') else "''"), one.step.line, one.step.file)
            for path in (one.path, now)
        )
        self.carry_out(there)
        try:
            self.carry_out(one.step, **how)
            self._did(there, one.step, back)
        finally:
            self.carry_out(back)

    def _did(self, *steps: Step) -> None:
        self.done.extend(steps)
        for step in steps:
            self.named |= words(step.sql)


def in_any_order(
    steps: Sequence[Step], carry_out: CarryOut, connection: Connection, *, ordered: bool = False
) -> tuple[Step, ...]:
    """Carry out the steps of several files; return them in the order in which they were.

    None are returned where they are ``ordered`` and that was right.

    Raises:
        PgproofError: what the first statement says that never succeeds, or that they were tried too often.
    """
    order = _Order(carry_out, connection, len(steps), Made(steps) if ordered else None)
    waited = not ordered
    for _, file in groupby(steps, key=lambda step: step.file):
        for step in file:
            order.first(step)
        waited = waited or bool(order.waiting)
        order.again()
    while order.waiting:
        left = len(order.waiting)
        order.again(all_of_them=True)
        if len(order.waiting) == left:  # nothing else helps
            order.help()
    return tuple(order.done) if waited else ()


def _path(connection: Connection) -> str:
    reported = connection.info.parameter_status("search_path")  # from PostgreSQL 18 on, without asking
    if reported is not None:
        return reported
    if connection.info.transaction_status == psycopg.pq.TransactionStatus.INERROR:
        return ""
    return str(connection.execute("SHOW search_path").fetchall()[0][0])
