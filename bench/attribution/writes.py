"""The write cost of every optimization: representative write statements with it and without it.

An index is maintained by every row that is written, whether a query uses it or not. Each statement is executed with
everything in place, with each optimization of its tables taken away, and with none of them, all in transactions that
are rolled back: give it a connection to a copy that is dropped afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from psycopg import sql

from bench.attribution.changed_tables import Needs, away_with
from bench.attribution.copies import Copies
from bench.attribution.merges import Merge, measure_merges, total
from bench.errors import PgproofError, WorkloadError
from bench.measurement.write_statements import WriteStatement, made_up, statements_of
from bench.measurement.write_trials import Trial, clean_up, run_here, run_trial, taken_away
from bench.model import Optimization, Write, WriteCost, WriteSeen
from bench.postgres.capabilities import may_skip_triggers
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.postgres.failures import explained
from bench.progress import Progress, silent
from bench.workload import Workload

EXECUTIONS = 3
"""Executions of each statement in each set of optimizations, taking turns."""

SETTLE = 6
"""Executions at most before the counted ones, until no page is touched for the first time since the last checkpoint:
that would put its image into the log. Four were enough for the CRM, whose indexes also have to split their pages."""

NONE = ""
"""The name under which all optimizations are taken away."""


_Written = tuple[tuple[str, ...], bool]
"""Tables, and whether rows of them are updated."""


@dataclass(slots=True)
class _State:
    """One set of optimizations and what the statements did under it."""

    away: tuple[str, ...]
    connection: Connection
    undone: frozenset[str] = frozenset()
    """Those of ``away`` that are undone for good where ``connection`` leads to."""
    seen: dict[str, list[Trial]] = field(default_factory=dict)
    merges: dict[str, Merge] = field(default_factory=dict)
    """The merges that a statement puts off, together."""

    def blocks(self, known: Mapping[str, Optimization]) -> list[Optimization]:
        """What has to be undone for each execution."""
        return [known[name] for name in self.away if name not in self.undone]


def write_costs(
    connection: Connection,
    workload: Workload,
    changed: Mapping[str, Sequence[str]],
    needs: Needs,
    progress: Progress = silent,
    also: Sequence[WriteStatement] = (),
    copies: Copies | None = None,
) -> tuple[tuple[Write, ...], tuple[WriteCost, ...], tuple[str, ...]]:
    """Measure write statements with and without each optimization of their tables.

    They are those of the workload, and one made up for each table that none of them writes; and ``also`` these, of
    which one that fails or writes nothing is left out.

    ``changed`` says which tables an optimization changed, ``needs`` without which others it cannot be. What needs an
    optimization goes before it does: then both sides lack it. Where a dear one is among what goes, the statements are
    executed in one of ``copies``.

    Raises:
        WorkloadError: a statement of ``writes/`` fails or does not write (file:line).
    """
    touched = {table for names in changed.values() for table in names}
    statements, notes = statements_of(connection, workload, touched)
    groups, more = _grouped(connection, statements)
    notes += more
    if workload.writes and (bare := touched - {table for tables, _ in groups for table in tables}):
        others, more = made_up(connection, bare)
        for (tables, updates), group in _grouped(connection, others)[0].items():
            groups.setdefault((tables, updates), []).extend(group)
        statements, notes = (*statements, *others), notes + more
    for key, group in _grouped(connection, also, strict=False)[0].items():
        groups.setdefault(key, []).extend(group)
        statements = (*statements, *group)
    costs: list[WriteCost] = []
    done = 0
    for (tables, updates), group in groups.items():
        progress("measuring write costs", done, len(statements), "statements")
        pairs, more = _states(connection, workload.optimizations, tables, changed, needs, copies)
        notes += more
        for place in _places(pairs):
            if place is not connection:
                _begin_session(place, group)
            if updates:
                _make_room(place, group, tables)
            _warm_up(place, group, tables)
        if pairs:
            notes += _execute(group, pairs, workload.optimizations, tables)
        for statement in group:
            costs += _costs(statement.write.name, pairs)
            notes += _doubts(statement.write.name, pairs)
        done += len(group)
    progress("measuring write costs", len(statements), len(statements), "statements")
    measured = {cost.write for cost in costs}
    writes = tuple(statement.write for statement in statements if statement.write.name in measured)
    return writes, tuple(costs), tuple(dict.fromkeys(notes))


def _grouped(
    connection: Connection, statements: Sequence[WriteStatement], *, strict: bool = True
) -> tuple[dict[_Written, list[WriteStatement]], tuple[str, ...]]:
    """The statements by what they write, which is seen by executing them once; ``strict``: one that does not is an
    error."""
    found: dict[tuple[str, ...], list[tuple[WriteStatement, bool]]] = {}
    notes = []
    for statement in statements:
        try:
            trial = run_trial(connection, statement)
        except PgproofError:
            if strict:
                raise
            continue
        clean_up(connection, trial.tables)
        if trial.rows:
            found.setdefault(trial.tables, []).append((statement, trial.updated > 0))
        elif trial.modifies:
            notes.append(f"{statement.where}: writes no row of this dataset, so it was not measured.")
        elif strict:
            hint = "writes/ is for INSERT, UPDATE, DELETE and MERGE; put questions into queries/"
            raise WorkloadError(f"{statement.where}: this statement does not write", hint=hint)
    groups = {
        (tables, any(updates for _, updates in members)): [statement for statement, _ in members]
        for tables, members in found.items()
    }
    return groups, tuple(notes)


def _states(
    connection: Connection,
    optimizations: Sequence[Optimization],
    tables: Sequence[str],
    changed: Mapping[str, Sequence[str]],
    needs: Needs,
    copies: Copies | None,
) -> tuple[dict[str, tuple[_State, _State]], tuple[str, ...]]:
    """Optimization to the two states that tell its price: with it and without it."""
    blocks = {block.name: block for block in optimizations}
    states: dict[tuple[tuple[str, ...], int], _State] = {}

    def state(away: tuple[str, ...], where: Connection, undone: frozenset[str] = frozenset()) -> _State:
        return states.setdefault((away, id(where)), _State(away, where, undone))

    def pair(first: tuple[str, ...], away: tuple[str, ...]) -> tuple[_State, _State]:
        """Both in this database, or both in copies: as many statements were executed in one as in the other."""
        place = copies.without(away, needs) if copies else None
        if copies is None or place is None:
            return state(first, connection), state(away, connection)
        return state(first, *(copies.without(first, needs) or (copies.with_all(), frozenset()))), state(away, *place)

    pairs: dict[str, tuple[_State, _State]] = {}
    notes = []
    for name in [block.name for block in optimizations if set(changed.get(block.name, ())) & set(tables)]:
        away = away_with(name, optimizations, needs)
        with_it, without = pair(away[:-1], away)
        try:
            with taken_away(without.connection, without.blocks(blocks)):
                pass
        except PgproofError as error:
            notes.append(f"The write cost of {name} was not measured: {error.message}.")
            continue
        pairs[name] = (with_it, without)
    every = {other for _, without in pairs.values() for other in without.away}
    away = tuple(block.name for block in reversed(optimizations) if block.name in every)
    if pairs:
        pairs[NONE] = pair((), away)
    return pairs, tuple(notes)


def _places(pairs: Mapping[str, tuple[_State, _State]]) -> list[Connection]:
    """The databases in which statements are executed."""
    return list({id(state.connection): state.connection for pair in pairs.values() for state in pair}.values())


def _begin_session(connection: Connection, group: Sequence[WriteStatement]) -> None:
    for statement in group:
        with explained(statement.where):
            for text in statement.session:
                connection.execute(text)


def _make_room(connection: Connection, group: Sequence[WriteStatement], tables: Sequence[str]) -> None:
    """Make a little room on each page that an update touches, as it is in a table that has lived for a while.

    A table that was just loaded has full pages, on which no new version of a row can stay: then every update looks as
    if an index had kept it from being heap-only. One row of each such page moves to the end of the table, committed.
    """
    for statement in group:
        with taken_away(connection, ()):
            xid = connection.execute("SELECT pg_current_xact_id()::xid::text").fetchall()[0][0]
            run_here(connection, statement)
        for table in tables:
            if column := rows(connection, "find_column_to_set", table):
                _move_rows(connection, table, column[0]["name"], xid)
    clean_up(connection, tables)


def _move_rows(connection: Connection, table: str, column: str, xid: str) -> None:
    """Move the first row of each page on which the rolled back transaction ``xid`` has left its mark."""
    move = sql.SQL(
        "UPDATE {table} SET {column} = {column} WHERE ctid = ANY (ARRAY(SELECT DISTINCT "
        "format('(%s,1)', (ctid::text::point)[0]::bigint)::tid FROM {table} WHERE xmax::text = {xid}))"
    ).format(table=sql.SQL(table), column=sql.Identifier(column), xid=sql.Literal(xid))
    with explained(f"making room in {table}"), connection.transaction():
        if may_skip_triggers(connection):
            connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(move)


def _warm_up(connection: Connection, group: Sequence[WriteStatement], tables: Sequence[str]) -> None:
    """Execute the statements until no page is touched for the first time since the last checkpoint."""
    for _ in range(SETTLE):
        images = [run_trial(connection, statement).images for statement in group]
        clean_up(connection, tables)
        if not any(images):
            break


def _execute(
    group: Sequence[WriteStatement],
    pairs: Mapping[str, tuple[_State, _State]],
    optimizations: Sequence[Optimization],
    tables: Sequence[str],
) -> tuple[str, ...]:
    """Execute the statements under every state, state after state, round after round.

    The statements of a state share one clean-up, which costs as much as a statement: each of them then meets what its
    predecessors left, under every state the same.
    """
    blocks = {block.name: block for block in optimizations}
    states = list({id(state): state for pair in pairs.values() for state in pair}.values())
    notes: dict[str, None] = {}
    for _ in range(EXECUTIONS):
        for state in states:
            for statement in group:
                try:
                    trial = run_trial(state.connection, statement, state.blocks(blocks))
                except PgproofError as error:
                    if not state.away:
                        raise
                    notes[f"{statement.write.name} fails without {', '.join(state.away)}: {error.message}."] = None
                    continue
                state.seen.setdefault(statement.write.name, []).append(trial)
            clean_up(state.connection, tables)
    for statement in group:
        _add_merges(statement, states, blocks, tables)
    return tuple(notes)


def _add_merges(
    statement: WriteStatement,
    states: Sequence[_State],
    blocks: Mapping[str, Optimization],
    tables: Sequence[str],
) -> None:
    """Measure each merge once, under the first state that has its index, and charge it to all states that do."""
    known: dict[str, Merge] = {}
    name = statement.write.name
    for state in states:
        if name in state.seen:
            last = state.seen[name][-1]
            if unknown := [index for index in last.pending if index not in known]:
                away = state.blocks(blocks)
                known |= measure_merges(state.connection, statement, last.rows, away, tables, unknown)
            state.merges[name] = total(known[index] for index in last.pending)


def _costs(name: str, pairs: Mapping[str, tuple[_State, _State]]) -> list[WriteCost]:
    return [
        WriteCost(name, optimization, _seen(with_it, name), _seen(without, name))
        for optimization, (with_it, without) in pairs.items()
        if name in with_it.seen and name in without.seen
    ]


def _counted(trials: Sequence[Trial]) -> Trial:
    """The execution whose counters stand: the last of those with the fewest images of pages."""
    return min(reversed(trials), key=lambda trial: trial.images)


def _seen(state: _State, name: str) -> WriteSeen:
    counted, merge = _counted(state.seen[name]), state.merges[name]
    return WriteSeen(
        rows=counted.rows,
        buffers=counted.buffers + round(merge.buffers * counted.rows),
        wal_bytes=counted.wal_bytes + round(merge.wal_bytes * counted.rows),
        samples_ms=tuple(round(trial.ms + merge.ms * trial.rows, 3) for trial in state.seen[name]),
        updated=counted.updated,
        hot_updated=counted.hot_updated,
    )


def _doubts(name: str, pairs: Mapping[str, tuple[_State, _State]]) -> tuple[str, ...]:
    """What a reader of these numbers has to know."""
    notes = []
    images, other = [], []
    for optimization, (with_it, without) in pairs.items():
        if name not in with_it.seen or name not in without.seen:
            continue
        sides = [_counted(state.seen[name]) for state in (with_it, without)]
        images += [optimization] if any(side.images for side in sides) else []
        other += [optimization] if sides[0].finding != sides[1].finding else []
    if images:
        notes.append(f"The log of {name} holds images of whole pages: its bytes are an upper limit.")
    if found := [optimization for optimization in other if optimization]:
        notes.append(
            f"{name} finds its rows in another way without {', '.join(found)}: its times there hold that as well; "
            "buffers and log are those of the writing alone."
        )
    return tuple(notes)
