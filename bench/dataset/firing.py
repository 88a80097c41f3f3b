"""Rows copied in while the schema's triggers fire: a table at a time, parents first.

What a trigger does counts. Rows that it refuses are taken out of the plan; rows that it changes are read back before
others refer to them; rows that it makes are there already when their table's turn comes. All is told by its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from bench.dataset.sequences import set_sequences
from bench.dataset.worker import Loaded, copy_table
from bench.errors import PgproofError
from bench.inference.rows.existing import read_back
from bench.inference.rows.filling import table_of
from bench.inference.rows.graph import above, ordered
from bench.inference.rows.ready import beside, refit
from bench.inference.rows.subjects import Subject
from bench.inference.rows.world import World
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target
from bench.postgres.failures import explained
from bench.progress import Progress
from bench.report.numbers import listed, plural

NAMED = 4
"""Tables that a line names at most."""


def silent_triggers(world: World, names: Iterable[str]) -> Iterator[str]:
    """Which triggers of these tables did not fire, and which did although nobody asked, in words."""
    chosen = [world.subjects[name] for name in names]
    if quiet := [f"{trigger} of {one.name}" for one in chosen for trigger in triggers_of(one, always=False)]:
        yield f"{plural(len(quiet), 'trigger')} did not fire while rows arrived: {', '.join(quiet)}"
    if always := [f"{trigger} of {one.name}" for one in chosen for trigger in triggers_of(one, always=True)]:
        yield f"{plural(len(always), 'trigger')} fired while rows arrived, ENABLE ALWAYS: {', '.join(always)}"


def triggers_of(subject: Subject, *, always: bool) -> tuple[str, ...]:
    """Triggers of the table and its partitions: those that fire whoever asks, or those that only fire when they may."""
    tables = (subject.table, *subject.leaves)
    return tuple(t for table in tables for t in (table.always_triggers if always else table.triggers))


@dataclass
class Firing:
    """Fills the tables of a world one after the other."""

    target: Target
    """Whose sessions have the role ``origin``."""
    database: str
    world: World
    progress: Progress
    told: list[str] = field(default_factory=list)
    """What triggers did, a line for each table that has some."""
    filled: dict[str, Loaded] = field(default_factory=dict)
    _grown: set[str] = field(default_factory=set)
    """Tables that triggers wrote into."""

    def run(self, reading: Connection) -> None:
        """Fill them; ``reading`` is in the same database, and may write past policies."""
        names = [name for name in ordered(above(self.world.subjects)) if name in self.world.states]
        total = sum(self.world.states[name].rows for name in names)
        done = 0
        with self.target.connect(self.database, autocommit=False) as connection:
            for name in names:
                wanted = self.world.states[name].rows
                if name in self._grown and wanted:
                    beside(reading, self.world, name)
                if self.world.states[name].rows:
                    self._fill(connection, reading, name)
                done += wanted
                self.progress("loading rows", done, total, "rows")

    def _fill(self, connection: Connection, reading: Connection, name: str) -> None:
        try:
            self._copy(connection, name)
        except PgproofError as error:
            connection.rollback()
            self._refused(reading, name, str(error))
            if not self.world.states[name].rows:
                return
            self._copy(connection, name)
        set_sequences(reading, self.world, [name])
        if self._triggers(name) or name in self._grown:
            read_back(reading, self.world, name)

    def _refused(self, reading: Connection, name: str, reason: str) -> None:
        """Find out which rows the table takes, and tell it."""
        asked = self.world.states[name].rows
        said = refit(reading, self.world, {name: reason}, "origin")
        left = self.world.states[name].rows
        why = said.pop(name, reason)
        kept = "no row is taken" if not left else f"{left:,} of {plural(asked, 'row')} are taken"
        if left == asked:
            kept = "some rows are refused, others were made instead"
        self.told.append(f"{self._who(name)}: {kept}: {why.removeprefix(f'loading {name}: ')}")
        self.told += [f"{other}: {why}" for other, why in said.items()]

    def _triggers(self, name: str) -> list[str]:
        subject = self.world.subjects[name]
        return [trigger for always in (False, True) for trigger in triggers_of(subject, always=always)]

    def _who(self, name: str) -> str:
        found = self._triggers(name)
        return f"{'triggers' if len(found) > 1 else 'trigger'} {listed(found)} of {name}" if found else name

    def _tell(self, name: str, sent: int, stored: int, made: Mapping[str, int]) -> None:
        """Say what the triggers of a table did."""
        if not self._triggers(name):
            return
        did = [f"wrote {plural(rows, 'row')} in {other}" for other, rows in made.items()]
        if stored != sent:
            did.insert(0, f"had {stored:,} of {plural(sent, 'row')} stored")
        self.told.append(f"{self._who(name)} fired: {listed(did, NAMED) or 'no row more or less'}")

    def _copy(self, connection: Connection, name: str) -> None:
        with explained(f"loading {name}"):
            connection.rollback()
            before = _written(connection)
            loaded = copy_table(replace(table_of(self.world, name), whole=False), connection)
            connection.execute("SET CONSTRAINTS ALL IMMEDIATE")  # deferred triggers fire now, and their rows count
            after = _written(connection)
            connection.commit()
        made = {self._root(one): rows - before.get(one, 0) for one, rows in after.items() if rows > before.get(one, 0)}
        stored = made.pop(name, 0)
        self.filled[name] = replace(loaded, rows=stored)
        self._grown |= made.keys()
        self._tell(name, loaded.rows, stored, made)

    def _root(self, name: str) -> str:
        """The table that is filled where ``name`` is a partition of it."""
        while name in self.world.schema.by_name and (parent := self.world.schema.by_name[name].partition_of):
            name = parent
        return name


def _written(connection: Connection) -> dict[str, int]:
    return {row["plain"]: row["rows"] for row in rows(connection, "count_rows_written")}
