"""From a plan to rows that the server takes: what is there already, what keys allow, what a trial refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from bench.inference.limits.judge import judge, learn, samples
from bench.inference.plan import DatasetPlan, Limits
from bench.inference.rows.draws import Flags, ranks_within, together
from bench.inference.rows.existing import read_existing
from bench.inference.rows.graph import above, ordered
from bench.inference.rows.sources import BY_TYPE, REFERENCE, CannotMake
from bench.inference.rows.subjects import Subject
from bench.inference.rows.trial import sieve, try_table
from bench.inference.rows.unique import codes_of, repeats
from bench.inference.rows.world import World
from bench.model.schema import Check, Index, Schema
from bench.postgres.connection import Connection

TURNS = 5
"""Times that sizes are settled anew after a table got fewer rows, which its children have to know."""
MOST_CANDIDATES = 4
"""Candidates for each row at most where the server judges them."""
LOWEST_SHARE = 0.02
"""Share of accepted candidates below which more of them are not worth their time."""
_TEXTS = {"text", "varchar", "bpchar", "citext", "name"}


def make_ready(connection: Connection, schema: Schema, plan: DatasetPlan) -> World:
    """Find out what can be filled, and how; nothing in the database is changed.

    ``connection`` may write past row-level security; keys and checks of the schema are live. The plan of the world that
    is returned says which tables are left out and why, and how many rows each other one gets.
    """
    world = World(schema, plan)
    return _Ready(connection, world).run()


def refit(connection: Connection, world: World, refused: Mapping[str, str]) -> None:
    """Judge each row of tables that were refused when they were copied as a whole, for the reasons given."""
    _Ready(connection, world).refit(refused)


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
            read_existing(self.connection, self.world)
            for name, unread in self.world.unread.items():
                if self.world.states[name].rows:
                    self._learn(name, unread)
            self._settle()
            for name in self.order:
                if self.world.states[name].rows and not self._orphaned(name):
                    self._tell_apart(name)
                    self._insist_on_keys(name)
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

    def refit(self, refused: Mapping[str, str]) -> None:
        """Judge rows whose sample the server had taken."""
        with self.connection.transaction(force_rollback=True):
            self.connection.execute("SET LOCAL session_replication_role = replica")
            for name, reason in refused.items():
                if self.world.states[name].kept is None:
                    self._judge(name, reason)
                else:  # judged before, and refused again: what its rows depend on has changed under them
                    self._leave_out(name, reason)
            self._settle()
        self._finish()

    # -- sizes --------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Leave out what has no parents, and give no table more rows than its keys allow, until nothing changes."""
        for _ in range(TURNS):
            changed = False
            for name in self.order:
                changed |= self._orphaned(name) or self._shortened(name)
            if not changed:
                return

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
        state.rows, state.drawn, state.kept = 0, 0, None
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
        """Keep the first of rows that have a key of several columns in common, whatever led to that."""
        world, state = self.world, self.world.states[name]
        made = world.skeleton(name)
        single = {column for column, numbers in made.numbers.items() if len(np.unique(numbers)) == len(numbers)}
        kept = np.ones(made.rows, bool)
        for key in world.subjects[name].keys:
            plain = set(key.keys) <= set(key.columns) and not key.operators
            if plain and (state.taken or not single & set(key.columns)) and state.kept is None:
                kept &= ~self._twice(name, key)
        if not kept.all():
            state.drawn, state.kept, state.rows = state.rows, np.flatnonzero(kept).astype(np.int64), int(kept.sum())
            self.notes[name] = f"its keys and its parents allow {state.rows:,}"
            world.forget(name)

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
        wanted = state.drawn = state.rows
        while True:
            state.kept = None
            self.world.forget(name)
            kept, why = sieve(self.connection, self.world, name, self.world.skeleton(name).rows)
            share = len(kept) / state.drawn
            if len(kept) >= wanted or share < LOWEST_SHARE or state.drawn >= wanted * MOST_CANDIDATES:
                break
            state.drawn = min(int(wanted / share * 1.2) + 1, wanted * MOST_CANDIDATES)
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
            plans.append(replace(plan, rows=state.rows, reason=reason, left_out=left_out))
        self.world.plan = replace(self.world.plan, tables=tuple(plans))
        self.world.plans = {plan.name: plan for plan in plans}
        return self.world


def _index_checks(subject: Subject) -> list[Check]:
    """Expressions of indexes as conditions that nothing fails, but for what raises an error in them."""
    return [
        Check(index.name, f"(({expression}) IS NULL) IS NOT NULL", index.columns)
        for index in subject.table.indexes
        for expression in (*(key for key in index.keys if key not in index.columns), index.predicate)
        if expression
    ]
