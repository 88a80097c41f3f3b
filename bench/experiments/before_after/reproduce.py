"""One cell of a stored run by hand: the lines of a psql session that repeats it."""

from __future__ import annotations

from collections.abc import Iterator

from bench.errors import PgproofError
from bench.experiments.now.record import NowRun
from bench.measurement import Cell
from bench.model import Run, State
from bench.postgres.servers.settings import TIMED_SETTINGS
from bench.shipping.text import value_literal
from bench.suggestions import did_you_mean

Reproducible = Run | NowRun
EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, WAL, TIMING OFF)"


def cell_of(run: Reproducible, asked: str) -> Cell:
    """The cell that ``asked`` names.

    Raises:
        PgproofError: there is none; with those whose names are like it.
    """
    query, _, name = asked.removesuffix("]").replace("[", "/").partition("/")
    queries = {one.name: one for one in run.queries}
    pairs = [pair for pair in run.pairs if pair.bindings and pair.query in queries]
    cells = {f"{pair.query}/{pair.parameter_class}": pair for pair in pairs}
    if pair := cells.get(f"{query}/{name}"):
        return Cell(queries[pair.query], pair.parameter_class, pair.bindings)
    of_query = [one for one in cells if one.startswith(f"{query}/")]
    hint = f"there are {', '.join(of_query)}" if of_query else did_you_mean(f"{query}/{name}", cells)
    raise PgproofError(f"{asked}: the run has no such cell", hint=hint)


def session(cell: Cell, run: Reproducible, state: State, binding: int, database: str) -> Iterator[str]:
    """The lines of the session."""
    text, values = cell.statement(state, binding)
    types = f" ({', '.join(cell.types(state))})" if values else ""
    given = f" ({', '.join(map(value_literal, values))})" if values else ""
    yield f"-- {cell.label}, {state}, values {binding + 1} of {len(cell.bindings)}, as run {run.id} executed it"
    yield f"-- the database is there after: pgproof run --keep  (dataset {run.dataset.key}, seed {run.dataset.seed})"
    if state == "before" and run.options.one_copy:
        yield "-- which takes two copies: this run had one, of which the state after is left"
    yield f'\\connect "{database}"'
    settings = {**TIMED_SETTINGS, "statement_timeout": f"{run.options.timeout_s * 1000:.0f}ms"}
    yield from (f"SET {name} = {value_literal(value)};" for name, value in settings.items())
    yield f"PREPARE cell{types} AS\n{text.strip().rstrip(';')};"
    yield "BEGIN;" if cell.query.writes else "\\timing on"
    yield f"{EXPLAIN} EXECUTE cell{given};"
    if cell.query.writes:
        yield "ROLLBACK;\nBEGIN;"
    yield f"EXECUTE cell{given};"
    if cell.query.writes:
        yield "ROLLBACK;"
