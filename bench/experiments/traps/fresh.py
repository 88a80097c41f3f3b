"""A tenant that came after the last ANALYZE: ``dataset/fresh_tenant.sql`` adds one to a copy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from bench.dataset.bindings import ABOUT, Row, choose_bindings_for, class_rows
from bench.errors import WorkloadError
from bench.experiments.traps.copied_database import (
    CopiedDatabase,
    execute_plan,
    slimmed,
    timed_in_turn,
    timing,
    with_answer,
)
from bench.experiments.traps.record import FreshQuery, FreshTenant
from bench.measurement import Cell
from bench.model import Binding, Query
from bench.postgres.connection import Connection
from bench.postgres.failures import explained, translated
from bench.progress import Progress
from bench.suggestions import did_you_mean
from bench.workload import Workload
from bench.workload.sqlfile import fill_in, read_text, split

FILE = "dataset/fresh_tenant.sql"

ABSENT = (
    f"{FILE} is not there, so no tenant was added. Write it: statements that copy the tenant of a class, whose columns "
    "in dataset/classes.sql are filled in as :name, under a new key; the last one returns the new tenant in the same "
    "columns."
)

PREFERRED = ("hot", "p90")
"""Classes of whose size the new tenant is, the first that there is: an import of the largest is the worst that the
workload knows of."""


def insist_on_class(workload: Workload, asked: str) -> None:
    """Raise ``WorkloadError`` where ``asked`` is a class that the workload describes nowhere.

    Only the rows can tell for sure; a workload whose dataset/classes.sql describes its classes fails early.
    """
    known = workload.class_reasons
    if asked and known and asked not in known:
        raise WorkloadError(f"--fresh {asked}: no such class", hint=did_you_mean(asked, known))


def class_for(found: Sequence[Row], asked: str) -> Row | None:
    """Choose the row of dataset/classes.sql that the new tenant is to be like.

    Raises:
        WorkloadError: there is no class ``asked``.
    """
    named = {str(row["class"]): row for row in reversed(found) if len(row.keys() - {"class", ABOUT})}
    if asked and asked not in named:
        raise WorkloadError(f"--fresh {asked}: no such class", hint=did_you_mean(asked, named) or "there is none")
    return next((named[name] for name in (asked, *PREFERRED, *named) if name in named), None)


def add_tenant(connection: Connection, file: Path, row: Row, clock: str) -> tuple[Row, int]:
    """Run the file in one transaction; return the new tenant's values and the number of rows inserted.

    Raises:
        WorkloadError: a statement fails (file:line), or the last one returns something else than the new tenant.
    """
    given = {name: value for name, value in row.items() if name not in ("class", ABOUT)}
    values = {name: sql.Literal(value).as_string(connection) for name, value in {**given, "clock": clock}.items()}
    statements = split(fill_in(read_text(file), values, FILE), FILE)
    added, returned = 0, []
    with connection.transaction():
        for statement in statements:
            cursor = psycopg.RawCursor(connection, row_factory=dict_row)
            try:
                cursor.execute(statement.sql)
            except psycopg.Error as error:
                raise translated(error, f"{FILE}:{statement.line}") from error
            if (cursor.statusmessage or "").startswith("INSERT"):
                added += max(cursor.rowcount, 0)
            returned = _texts(cursor)
        if len(returned) != 1 or not given.keys() <= returned[0].keys():
            line = statements[-1].line if statements else 1
            hint = f"end with a SELECT of one row with {', '.join(sorted(given))}"
            raise WorkloadError(f"{FILE}:{line}: the last statement does not return the new tenant", hint=hint)
    return {name: returned[0][name] for name in given}, added


def _texts(cursor: psycopg.RawCursor[dict[str, object]]) -> list[Row]:
    result = cursor.pgresult
    if result is None or not cursor.description:
        return []
    names = [column.name for column in cursor.description]
    found: list[Row] = []
    for number in range(result.ntuples):
        values = [result.get_value(number, place) for place in range(len(names))]
        texts = [None if value is None else bytes(value).decode() for value in values]
        found.append(dict(zip(names, texts, strict=True)))
    return found


def watch(
    stale: CopiedDatabase, analyzed: CopiedDatabase, queries: Sequence[Query], tenant: FreshTenant,
    bindings: Mapping[str, Binding], progress: Progress,
) -> Iterator[FreshQuery | str]:  # fmt: skip
    """Ask the queries for the new tenant on two copies, whose statistics do not and do know of it, timed in turn.

    Of a query that fails for this tenant the reason is given.
    """
    asked = [query for query in queries if query.name in bindings]
    cells = [Cell(query, tenant.parameter_class, (bindings[query.name],)) for query in asked]
    cells.sort(key=lambda cell: cell.query.writes)
    for number, cell in enumerate(cells):
        progress("asking for the new tenant", number, len(cells), "queries")
        writes, state = cell.query.writes, stale.state
        with stale.connect(writes=writes) as one, analyzed.connect(writes=writes) as other:
            try:
                runs = [execute_plan(one, cell, state), execute_plan(other, cell, state)]
                runs = timed_in_turn(runs, [timing(one, cell, state), timing(other, cell, state)])
                runs = [with_answer(run, by, cell, state) for run, by in zip(runs, (one, other), strict=True)]
            except WorkloadError as error:
                yield f"{cell.query.name} could not be asked for the new tenant: {error.message}"
                continue
        yield FreshQuery(cell.query.name, cell.bindings[0], slimmed(runs[0]), slimmed(runs[1]))
    progress("asking for the new tenant", len(cells), len(cells), "queries")


def settle(
    connection: Connection, file: Path, classes: Path, clock: str, queries: Sequence[Query], asked: str
) -> tuple[FreshTenant, dict[str, Binding]] | str:
    """Add the new tenant and choose its parameters; or say why there is none.

    Raises:
        WorkloadError: the file is wrong, or there is no class ``asked``.
    """
    row = class_for(class_rows(connection, classes, clock), asked)
    if row is None:
        return "dataset/classes.sql names no tenant, so there is none to copy."
    if not file.exists():
        return ABSENT
    with explained(FILE):
        values, added = add_tenant(connection, file, row, clock)
    about = row.get(ABOUT) or ""
    tenant = FreshTenant(str(row["class"]), values, about, added)
    return tenant, choose_bindings_for(connection, queries, {**values, "class": row["class"]}, clock)
