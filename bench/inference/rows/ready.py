"""From a plan to rows that the server takes: what is there already, what keys allow, what a trial refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
from psycopg import sql

from bench.inference.limits.expression import read
from bench.inference.limits.judge import judge, learn, repeated, samples
from bench.inference.plan import DatasetPlan, Limits
from bench.inference.rows.draws import Flags, ranks_within, together
from bench.inference.rows.existing import count_anew, read_existing
from bench.inference.rows.graph import above, ordered
from bench.inference.rows.sources import BY_TYPE, REFERENCE, CannotMake
from bench.inference.rows.subjects import Subject
from bench.inference.rows.trial import sieve, try_table
from bench.inference.rows.unique import codes_of, repeats
from bench.inference.rows.volumes import share_again
from bench.inference.rows.world import World
from bench.model.schema import Check, Index, Schema
from bench.postgres.connection import Connection
from bench.report.numbers import listed

TURNS = 5
"""Times that sizes are settled anew after a table got fewer rows, which its children have to know."""
MOST_CANDIDATES = 4
"""Candidates for each row at most where the server judges them."""
FEW = 4_000
"""Candidates that a table may have in any case: they are judged in half a second."""
MISSED = 0.001
"""Share of the rows asked for that may be missing since a table took fewer; more are shared out among the others."""
LOWEST_SHARE = 0.02
"""Share of accepted candidates below which more of them are not worth their time."""
_CASE = re.compile(r'(?:pg_catalog\.)?(?:lower|upper)\(\(?"?\w+"?\)?(?:::text)?\)')
_TEXTS = {"text", "varchar", "bpchar", "citext", "name"}


def make_ready(connection: Connection, schema: Schema, plan: DatasetPlan) -> World:
    """Find out what can be filled, and how; nothing in the database is changed.

    ``connection`` may write past row-level security; keys and checks of the schema are live. The plan of the world that
    is returned says which tables are left out and why, and how many rows each other one gets.
    """
    world = World(schema, plan)
    found = _Ready(connection, world).run().plan
    missing = sum(one.rows for one in plan.tables) - sum(one.rows for one in found.tables)
    if missing < MISSED * plan.rows:
        return world
    # Of rows that are judged as many are asked for as before: of fewer, fewer would pass once more.
    judged = {n: one.asked for n, one in world.states.items() if one.kept is not None and one.rows < one.asked}
    again = share_again(world.subjects, plan, found)
    tables = (replace(one, rows=judged.get(one.name, one.rows)) for one in again.tables)
    return _Ready(connection, World(schema, replace(again, tables=tuple(tables)))).run()


def refit(connection: Connection, world: World, refused: Mapping[str, str], role: str = "replica") -> dict[str, str]:
    """Judge each row of tables that were refused when they were copied as a whole, for the reasons given.

    ``role`` is the ``session_replication_role``: triggers fire in the role ``origin``. Returns for each table that gets
    fewer rows by that the reason.
    """
    return _Ready(connection, world).refit(refused, role)


def beside(connection: Connection, world: World, name: str) -> None:
    """Have the new rows of a table go on behind those that triggers of others made in it since."""
    count_anew(connection, world, name)
    with connection.transaction(force_rollback=True):
        read_existing(connection, world, [name])
        _Ready(connection, world).tell_apart(name)


class _Ready:
    def __init__(self, connection: Connection, world: World) -> None:
        self.connection, self.world = connection, world
        self.order = [name for name in ordered(above(world.subjects)) if name in world.states]
        self.left_out: dict[str, str] = {}
        self.notes: dict[str, str] = {}

    def run(self) -> World:
        with self.connection.transaction(force_rollback=True):
            self.connection.execute("SET LOCAL session_replication_role = replica")
            self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            read_existing(self.connection, self.world, self.world.subjects)
            for name, unread in self.world.unread.items():
                if self.world.states[name].rows:
                    self._learn(name, unread)
            self._settle()
            for name in self.order:
                if self.world.states[name].rows and not self._orphaned(name):
                    self.tell_apart(name)
                    self._try(name)
            self._settle()
        return self._finish()

    def _learn(self, name: str, unread: Sequence[Check]) -> None:
        """Have the server try values of columns whose conditions could not be read."""
        world = self.world
        table, before = world.subjects[name].table, world.limits[name]
        world.limits[name], _ = learn(
            self.connection, table, before, unread, f"{world.seed} {name}",
            functions=world.schema.functions, clock=world.plan.clock,
        )  # fmt: skip
        learnt = {column: limits for column, limits in world.limits[name].items() if limits != before.get(column)}
        self._use(name, learnt, "values that the server let pass")

    def _use(self, name: str, found: Mapping[str, Limits], reason: str) -> None:
        """Have columns obey what was found out about them."""
        world = self.world
        columns = tuple(
            replace(plan, kind=BY_TYPE, reason=reason, limits=found[plan.name])
            if plan.name in found and plan.kind != REFERENCE
            else plan
            for plan in world.plans[name].columns
        )
        world.limits[name] = {**world.limits[name], **found}
        world.plans[name] = replace(world.plans[name], columns=columns)
        world.forget(name)

    def _sample(self, name: str, checks: Sequence[Check]) -> None:
        """Give columns values that an index can be built on, where an expression of it raises an error for others."""
        table, limits = self.world.subjects[name].table, self.world.limits[name]
        found: dict[str, Limits] = {}
        for check in checks:
            for column in check.columns:
                kind = table.column(column).type.plain.name
                if len(check.columns) > 1 or kind not in _TEXTS or limits.get(column, Limits()).values:
                    continue
                texts = pa.array(samples(), pa.string())
                passed = judge(self.connection, table, [check], {column: texts})
                if passed.any() and not passed.all():
                    kept = tuple(texts.filter(pa.array(passed)).to_pylist())
                    found[column] = replace(limits.get(column, Limits()), values=kept)
        self._use(name, found, "values that an index takes")

    def tell_apart(self, name: str) -> None:
        """Have no two rows of a table share what its keys say."""
        self._tell_apart(name)
        self._insist_on_keys(name)

    def refit(self, refused: Mapping[str, str], role: str) -> dict[str, str]:
        """Judge rows whose sample the server had taken."""
        with self.connection.transaction(force_rollback=True):
            setting = sql.SQL("SET LOCAL session_replication_role = {}").format(sql.Identifier(role))
            self.connection.execute(setting)
            self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for name, reason in refused.items():
                if self.world.states[name].kept is None:
                    self._judge(name, reason)
                else:  # judged before, and refused again: what its rows depend on has changed under them
                    self._leave_out(name, reason)
            self._settle()
        self._finish()
        return {**self.notes, **self.left_out}

    # -- sizes --------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Leave out what has no parents, and give no table more rows than its keys allow, until nothing changes."""
        changing: list[str] = []
        for turn in range(2 * TURNS):
            if turn >= TURNS:  # each gives the other fewer rows, down to none
                for name in changing:
                    self._leave_out(name, f"its key and those of {listed(self._circle(name, changing))} never agree")
            changing = [name for name in self.order if self._orphaned(name) or self._shortened(name)]
            if not changing:
                return

    def _circle(self, name: str, others: Sequence[str]) -> list[str]:
        return [one for one in others if one != name] or [name]

    def _orphaned(self, name: str) -> bool:
        state = self.world.states[name]
        if not state.rows:
            return False
        for reference in self.world.subjects[name].references:
            if reference.table == name or self.world.size(reference.table):
                continue
            open_ = [column for column in reference.columns if self.world.nullable(name, column)]
            if not open_ or (reference.match_full and len(open_) < len(reference.columns)):
                why = self.left_out.get(reference.table, "")
                self._leave_out(name, f"{reference.table} has no rows to refer to" + (f": {why}" if why else ""))
                return True
        return False

    def _shortened(self, name: str) -> bool:
        state = self.world.states[name]
        if not state.rows:
            return False
        self.world.skeleton(name)
        if name not in self.world.shortened:
            return False
        short = self.world.shortened.pop(name)
        if not state.rows:
            self._leave_out(name, f"no row satisfies its key ({short})")
        else:
            self.notes[name] = f"its key ({short}) and its parents allow {state.rows:,}"
        self.world.forget(name)
        return True

    def _leave_out(self, name: str, reason: str) -> None:
        state = self.world.states[name]
        state.rows, state.asked, state.drawn, state.kept = 0, 0, 0, None
        self.left_out.setdefault(name, reason)
        self.world.forget(name)

    # -- values that have to be unique --------------------------------------------------------------------------

    def _tell_apart(self, name: str) -> None:
        """Mark the texts that repeat others in columns that make a key unique."""
        world, made, state = self.world, self.world.skeleton(name), self.world.states[name]
        for column, numbers in made.numbers.items():
            found, plan = world.subjects[name].table.column(column), world.column_plan(name, column)
            if plan.kind in (BY_TYPE, REFERENCE) or column in made.slots:
                continue
            each = len(np.unique(numbers)) == len(numbers)
            try:
                rows = np.arange(made.rows if each else made.counts[column], dtype=np.int64)
                values = world.raw(name, column, rows) if each else world.numbered(name, column, rows)
            except CannotMake:
                continue
            flags = repeats(values, state.taken.get(column))
            if not flags.any():
                continue
            limits = world.limits_of(name, column)
            if each and found.type.plain.name in _TEXTS and not limits.patterns and not limits.values:
                state.repeated[column] = np.packbits(flags).tobytes()
            else:
                state.opaque |= {column}
            world.forget_values(name, column)

    def _insist_on_keys(self, name: str) -> None:
        """Keep the first of rows that have what a key says in common, whatever led to that."""
        state = self.world.states[name]
        wanted, kept = state.rows, self._first_of_keys(name)
        if kept.all() or state.kept is not None:
            return
        most = self._most(wanted)
        while kept.sum() < wanted and state.drawn < most and kept.mean() > LOWEST_SHARE:
            self._draw(name, min(int(wanted / kept.mean() * 1.2) + 1, most))
            kept = self._first_of_keys(name)
        state.drawn = state.drawn or state.asked
        state.kept = np.flatnonzero(kept)[:wanted].astype(np.int64)
        state.rows = len(state.kept)
        if state.rows < wanted:
            self.notes[name] = f"its keys and its parents allow {state.rows:,}"
        self.world.forget(name)

    def _draw(self, name: str, candidates: int) -> None:
        """Have a table's rows come from so many candidates."""
        state = self.world.states[name]
        state.drawn, state.kept = candidates, None
        state.repeated.clear()
        self.world.forget(name)
        self._tell_apart(name)

    def _most(self, wanted: int) -> int:
        return max(wanted * MOST_CANDIDATES, FEW)

    def _first_of_keys(self, name: str) -> Flags:
        """Rows whose keys stood in no row before, as far as nothing makes that sure."""
        state, made = self.world.states[name], self.world.skeleton(name)
        single = {column for column, numbers in made.numbers.items() if len(np.unique(numbers)) == len(numbers)}
        generated = {column.name for column in self.world.subjects[name].table.columns if column.generated}
        kept = np.ones(made.rows, bool)
        for key in self.world.subjects[name].keys:
            if key.operators or (not state.taken and single & set(_told_apart(key))):
                continue
            if set(key.keys) <= set(key.columns) - generated:
                kept &= ~self._twice(name, key)
            elif key.columns:
                kept &= ~self._repeated(name, key)
        return kept

    def _repeated(self, name: str, key: Index) -> Flags:
        """The same of a key on expressions or generated columns: what they come to says the server."""
        table = self.world.subjects[name].table
        wanted = [column.name for column in table.columns if not column.generated]
        asked = set(key.columns).union(*(read(table.column(c).default).columns for c in key.columns
                                         if table.column(c).generated))  # fmt: skip
        numbers = np.arange(self.world.skeleton(name).rows, dtype=np.int64)
        rows = self.world.columns(name, [column for column in wanted if column in asked], numbers)
        return repeated(self.connection, table, key, rows)

    def _twice(self, name: str, key: Index) -> Flags:
        """Rows whose values in a key stood in an earlier row."""
        made = self.world.skeleton(name)
        columns = self.world.columns(name, key.columns, np.arange(made.rows, dtype=np.int64))
        taken = self.world.states[name].taken
        all_of_them = {c: pa.concat_arrays([taken[c].cast(v.type), v]) if c in taken else v for c, v in columns.items()}
        codes = together([codes_of(column) for column in all_of_them.values()])
        before = len(codes) - made.rows
        counts = np.ones(made.rows, bool)
        for column in () if key.nulls_not_distinct else columns.values():
            counts &= np.asarray(column.is_valid())
        for flags, index in made.falsified:
            if index.name == key.name:
                counts &= ~flags
        looked_at = np.concatenate([np.ones(before, bool), counts])
        found = np.zeros(len(codes), bool)
        found[looked_at] = ranks_within(codes[looked_at]) > 0
        return found[before:] & counts

    # -- the server's word --------------------------------------------------------------------------------------

    def _try(self, name: str) -> None:
        reason = self._guarded(lambda: try_table(self.connection, self.world, name))
        if reason and (checks := _index_checks(self.world.subjects[name])):
            self._sample(name, checks)
            reason = self._guarded(lambda: try_table(self.connection, self.world, name))
        if reason:
            self._judge(name, reason)

    def _judge(self, name: str, reason: str) -> None:
        """Keep the rows that the server takes, from as many candidates as that asks for."""
        state = self.world.states[name]
        wanted, most = state.rows, self._most(state.rows)
        self._draw(name, state.drawn or state.asked)
        while True:
            kept, why = sieve(self.connection, self.world, name, self.world.skeleton(name).rows)
            share = len(kept) / state.drawn
            if len(kept) >= wanted or share < LOWEST_SHARE or state.drawn >= most:
                break
            self._draw(name, min(int(wanted / share * 1.2) + 1, most))
        if not len(kept):
            self._leave_out(name, why or reason)
            return
        state.kept, state.rows = kept[:wanted], min(len(kept), wanted)
        if state.rows < wanted:
            self.notes[name] = f"the server refuses the others: {why or reason}"
        self.world.forget(name)

    def _guarded(self, ask: Callable[[], str]) -> str:
        try:
            return ask()
        except CannotMake as error:
            return str(error)

    def _finish(self) -> World:
        plans = []
        for plan in self.world.plans.values():
            state = self.world.states[plan.name]
            reason = f"{plan.reason}; {self.notes[plan.name]}" if plan.name in self.notes else plan.reason
            left_out = self.left_out.get(plan.name, plan.left_out)
            rows = state.rows if state.copied is None else state.copied
            plans.append(replace(plan, rows=rows, reason=reason, left_out=left_out))
        self.world.plan = replace(self.world.plan, tables=tuple(plans))
        self.world.plans = {plan.name: plan for plan in plans}
        return self.world


def _told_apart(key: Index) -> tuple[str, ...]:
    """Columns one of which makes the key unique where its own values are, upper and lower case counted as one."""
    if all(one in key.columns or _CASE.fullmatch(one) for one in key.keys):
        return key.columns
    return tuple(column for column in key.keys if column in key.columns)


def _index_checks(subject: Subject) -> list[Check]:
    """Expressions of indexes as conditions that nothing fails, but for what raises an error in them."""
    return [
        Check(index.name, f"(({expression}) IS NULL) IS NOT NULL", index.columns)
        for index in subject.table.indexes
        for expression in (*(key for key in index.keys if key not in index.columns), index.predicate)
        if expression
    ]
