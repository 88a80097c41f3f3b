"""Choose the parameters of every query and class, once, from the data.

The choice is a deterministic ranked query, never a random draw, and is stored with the database and with the run, so
both sides of an experiment, and the next experiment, use the same values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from bench.dataset.parallel import over
from bench.errors import PgproofError, Refused, WorkloadError
from bench.model import Binding, Query
from bench.postgres import ledger
from bench.postgres.connection import Connection
from bench.postgres.failures import translated
from bench.progress import Progress
from bench.workload.sqlfile import fill_in, numbered, read_text

Row = dict[str, str | None]
RULES = 3
"""Raised when the way of choosing changes: what was chosen by older rules is then chosen anew."""

ABOUT = "about"
"""The column, of dataset/classes.sql or of a query's own class, that tells what was chosen."""

DEFAULT_CLASS = "all"
"""The class of a query that depends on no tenant, in a workload without dataset/classes.sql."""


def choose_bindings(
    connection: Connection, queries: Sequence[Query], classes_file: Path, clock: str, progress: Progress,
    *, refused: list[str] | None = None, beside: Sequence[Connection] = (),
) -> dict[str, dict[str, tuple[Binding, ...]]]:  # fmt: skip
    """Return the bindings of each query by class; a class for which the data has no value is left out.

    So is a class of a query alone whose SELECT the server refuses, where ``refused`` is given to be told why.
    ``beside`` are more connections to that database: with them it is done sooner, and nothing else is chosen.
    """
    text = read_text(classes_file) if classes_file.exists() else ""
    progress("choosing parameters", 0, len(queries), "queries")
    hashes = {query.name: _hash(query, clock, text) for query in queries}
    found = {name: ledger.read_bindings(connection, name, text_hash) for name, text_hash in hashes.items()}
    wanted = [query for query in queries if found[query.name] is None]
    if wanted:
        classes = class_rows(connection, classes_file, clock)

        def tell(done: float) -> None:
            progress("choosing parameters", len(queries) - len(wanted) + done, len(queries), "queries")

        for query, bindings, said in _chosen([connection, *beside], wanted, classes, clock, refused is not None, tell):
            found[query.name] = bindings
            if refused is not None and said:
                refused.extend(said)
            else:  # otherwise it is said in the next run, too
                ledger.write_bindings(connection, query.name, hashes[query.name], bindings)
    progress("choosing parameters", len(queries), len(queries), "queries")
    return {name: bindings for name, bindings in found.items() if bindings is not None}


def _hash(query: Query, clock: str, classes: str) -> str:
    """What decides, in given rows, what is chosen for ``query``."""
    shaped = [str(RULES), repr(query.parameters), repr(query.classes), repr(query.extra_classes), clock, classes]
    return ledger.checksum(shaped)


def class_rows(connection: Connection, file: Path, clock: str) -> list[Row]:
    """Return the rows of dataset/classes.sql, or one row of the one class of a workload that has no such file."""
    where = "dataset/classes.sql"
    text = read_text(file) if file.exists() else ""
    if not text:
        return [{"class": DEFAULT_CLASS}]
    found = _select(connection, fill_in(text, {"clock": f"'{clock}'"}, where), {}, {}, f"{where}:1")
    if not found or "class" not in found[0]:
        raise WorkloadError(f"{where}:1: gives no row with a column named class")
    return found


def choose_bindings_for(connection: Connection, queries: Sequence[Query], row: Row, clock: str) -> dict[str, Binding]:
    """Return the binding of each query for the tenant of ``row``; queries that ask for no tenant are left out."""
    found = {}
    for query in queries:
        needed = _of_classes(query)
        if needed and (row.keys() >= needed or not query.extra_classes):
            given = {name: value for name, value in row.items() if name != "class"}
            if binding := _arguments(connection, query, given, clock):
                found[query.name] = binding
    return found


@dataclass(frozen=True, slots=True)
class _Part:
    """The bindings of some classes of a query, in order, or why the server refused to be asked for them."""

    bindings: tuple[tuple[str, Binding], ...] = ()
    refused: str = ""


def _chosen(
    connections: Sequence[Connection], queries: Sequence[Query], classes: Sequence[Row], clock: str, forgiving: bool,
    tell: Callable[[float], None],
) -> Iterator[tuple[Query, dict[str, tuple[Binding, ...]], list[str]]]:  # fmt: skip
    """Each of ``queries`` with its bindings and what was refused, where that is forgiven; those before a failure first.

    The classes that all queries share, and each class of a query's own, wait for no other: they are asked for at once.
    """
    asked = [(query, task) for query in queries for task in _tasks(query, classes, clock, forgiving)]
    parts: Mapping[int, _Part] = {}
    failure: PgproofError | None = None

    def look(done: Mapping[int, _Part]) -> None:
        nonlocal parts
        parts = done
        tell(len(queries) * len(done) / len(asked))

    try:
        parts = dict(enumerate(over(connections, [task for _, task in asked], look)))
    except PgproofError as error:
        failure = error
    for query in queries:
        places = [place for place, (asker, _) in enumerate(asked) if asker is query]
        if parts.keys() >= set(places):
            own = [parts[place] for place in places]
            yield query, _put_together(own), [part.refused for part in own if part.refused]
    if failure:
        raise failure


def _tasks(
    query: Query, classes: Sequence[Row], clock: str, forgiving: bool
) -> Iterator[Callable[[Connection], _Part]]:  # fmt: skip
    yield partial(_of_shared_classes, query, classes, clock)
    for name in query.extra_classes:
        yield partial(_of_own_class, query, name, clock, forgiving)


def _of_shared_classes(query: Query, classes: Sequence[Row], clock: str, connection: Connection) -> _Part:
    chosen = [row for row in classes if not query.classes or row["class"] in query.classes]
    if query.classes and not chosen:  # a class without a row in this dataset is left out; a misspelt one never has one
        raise WorkloadError(f"{query.file}:1: dataset/classes.sql gives no class {', '.join(query.classes)}")
    needed = _of_classes(query)
    if needed and query.extra_classes and not classes[0].keys() >= needed:
        chosen = []  # its own classes give what dataset/classes.sql does not
    found = []
    for row in chosen if needed else [{"class": DEFAULT_CLASS}]:
        given = {name: value for name, value in row.items() if name != "class"}
        if args := _arguments(connection, query, given, clock):
            found.append((str(row["class"]), args))
    return _Part(tuple(found))


def _of_own_class(query: Query, name: str, clock: str, forgiving: bool, connection: Connection) -> _Part:
    types = {parameter.name: parameter.type for parameter in query.parameters}
    where = f"{query.file}:1 (class {name})"
    try:
        found = _select(connection, query.extra_classes[name], types, _constants(query, clock), where)[:1]
    except Refused as error:
        if not forgiving:
            raise
        return _Part(refused=error.message)
    chosen = [args for given in found if (args := _arguments(connection, query, given, clock))]
    return _Part(tuple((name, args) for args in chosen))


def _put_together(parts: Sequence[_Part]) -> dict[str, tuple[Binding, ...]]:
    """The bindings by class: all of the classes that queries share, and of a query's own those with other values."""
    shared, *own = parts
    bindings: dict[str, list[Binding]] = {}
    for name, args in shared.bindings:
        bindings.setdefault(name, []).append(args)
    for name, args in (one for part in own for one in part.bindings):
        # The worst case may be the hot tenant itself: the same values need no second cell.
        if not any(args.args == other.args for values in bindings.values() for other in values):
            bindings.setdefault(name, []).append(args)
    return {name: tuple(values) for name, values in bindings.items()}


def _of_classes(query: Query) -> set[str]:
    """The parameters whose values the classes give."""
    return {parameter.name for parameter in query.parameters if parameter.source == "class"}


def _constants(query: Query, clock: str) -> Row:
    return {p.name: clock for p in query.parameters if p.source == "clock"}


def _arguments(connection: Connection, query: Query, given: Row, clock: str) -> Binding | None:
    types = {parameter.name: parameter.type for parameter in query.parameters}
    args: Row = {}
    for parameter in query.parameters:
        where = f"{query.file}:1 (parameter {parameter.name})"
        source = parameter.source.strip()
        if parameter.name in given:
            args[parameter.name] = given[parameter.name]
        elif source == "class":
            raise WorkloadError(f"{where}: dataset/classes.sql has no column {parameter.name}")
        elif source == "clock":
            if not clock:
                raise WorkloadError(f"{where}: the workload has no clock", hint="set clock in pgproof.toml")
            args[parameter.name] = clock
        elif source[:6].upper() in ("SELECT", "WITH A", "WITH R"):
            found = _select(connection, source, types, {**given, **args}, where)
            if not found:
                return None
            args[parameter.name] = next(iter(found[0].values()))
        else:
            args[parameter.name] = source[1:-1].replace("''", "'") if source[:1] == "'" else source
    about = "" if ABOUT in types else given.get(ABOUT) or ""
    return Binding({name: args[name] for name in types}, about=about)


def _select(connection: Connection, statement: str, types: dict[str, str], known: Row, where: str) -> list[Row]:
    """Run a SELECT of the workload read only; every value comes back as text."""
    try:
        text, names = numbered(statement.rstrip("; \n"), types)
        missing = [name for name in names if name not in known]
        if missing:
            raise WorkloadError(f"{where}: uses :{missing[0]}, which is not known before it")
        with connection.transaction():
            connection.execute("SET TRANSACTION READ ONLY")
            cursor = psycopg.RawCursor(connection, row_factory=dict_row)
            cursor.execute(text, [known[name] for name in names])
            texts = [
                {c.name: _text(cursor, r, i) for i, c in enumerate(cursor.description or ())}
                for r in range(cursor.rowcount)
            ]
    except KeyError as error:
        raise WorkloadError(f"{where}: uses the undeclared parameter :{error.args[0]}") from None
    except psycopg.Error as error:
        above = text.count("\n", 0, int(error.diag.statement_position or 1) - 1)
        raise translated(error, re.sub(r":(\d+)", lambda line: f":{int(line[1]) + above}", where, count=1)) from error
    return texts


# As the server prints it: the same text goes in as a parameter later, whatever the type.
def _text(cursor: psycopg.RawCursor[dict[str, object]], row: int, column: int) -> str | None:
    assert cursor.pgresult is not None
    value = cursor.pgresult.get_value(row, column)
    return None if value is None else value.decode()
