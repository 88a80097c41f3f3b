"""What the files define, found out by building it on a server of pgproof's own, one block after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import psycopg

from bench.environments.differences import differences
from bench.environments.record import Block, Defined, Environment
from bench.model import DistributedTable, Optimization, Query
from bench.model.definition import DatabaseObject, Definition
from bench.postgres import databases, ledger, optimizations
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target
from bench.postgres.definition import read_definition
from bench.postgres.distribution import resolved
from bench.postgres.schema_loader import load_schema
from bench.postgres.servers import SESSION_SETTINGS, ServerHandle
from bench.progress import Progress
from bench.syntax.tree import NotParsed, kind, parse, statement
from bench.timestamps import stamp
from bench.workload.psql import Step

ROWS = "the rows that it changes"
REWRITTEN = "the statement that the application sends"
UNSEEN = {
    **dict.fromkeys(("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "CopyStmt", "TruncateStmt"), ROWS),
    "CallStmt": "what the routine that it calls does", "DoStmt": "what its block of code does to rows",
    "SelectStmt": "what the functions that it calls do", "RefreshMatViewStmt": "the rows of the materialized view",
    "VacuumStmt": "that tables were vacuumed or analyzed", "ReindexStmt": "that indexes were built again",
}  # fmt: skip
"""What a statement does that the catalog does not show, by its type in PostgreSQL's grammar."""


@dataclass(frozen=True, slots=True)
class Files:
    """A schema and what is to be done to it, as read."""

    name: str
    schema: tuple[Step, ...]
    ordered: bool = True
    optimizations: tuple[Optimization, ...] = ()
    queries: tuple[Query, ...] = ()
    distribution: tuple[DistributedTable, ...] = ()


@dataclass(frozen=True, slots=True)
class Built:
    """The files' state, and the database that it was read from, for as long as that is there."""

    defined: Defined
    connection: Connection

    def printed(self, query: str) -> str:
        """How the server that built the files' state prints a view's query, or the text itself where it refuses it.

        Another major version prints the same query otherwise. The view is made for a moment, and never read.
        """
        try:
            with self.connection.transaction(force_rollback=True):
                self.connection.execute("SET LOCAL search_path = pg_catalog")
                view = f"CREATE TEMPORARY VIEW pgproof_printed AS {query}"
                psycopg.RawCursor(self.connection).execute(
                    view.encode(), prepare=True
                )  # which takes one statement alone
                text = "SELECT pg_get_viewdef('pg_temp.pgproof_printed'::regclass, true)"
                return str(self.connection.execute(text).fetchall()[0][0])
        except psycopg.Error:
            return query


@contextmanager
def built(files: Files, server: ServerHandle, progress: Progress) -> Iterator[Built]:
    """Build the files' state in an empty database of ours, which goes at the end of the block.

    Raises:
        WorkloadError: a statement of the schema or of an optimization fails (file:line).
    """
    target = Target(server.dsn, SESSION_SETTINGS, server.login)
    name = f"{databases.PREFIX}{stamp()}_files"
    with target.connect() as admin:
        databases.clean(admin)
        databases.claim(admin, name)
        databases.create(admin, name, "scratch")
        try:
            loaded = load_schema(target, name, files.schema, ordered=files.ordered)
            with target.connect(name) as connection:
                yield Built(_defined(files, server, connection, loaded.notes, progress), connection)
        finally:
            databases.drop_all(target, [name])


def _defined(
    files: Files, server: ServerHandle, connection: Connection, notes: tuple[str, ...], progress: Progress
) -> Defined:
    ledger.create(connection)
    ledger.refresh_index_catalog(connection)
    before = after = read_definition(connection)
    blocks, number = [], len(files.optimizations)
    for position, optimization in enumerate(files.optimizations):
        progress("reading what each optimization does", position, number, "")
        now = _with(connection, optimization, after)
        found = differences(after, now)
        # What calls, vacuums or runs code beside what it makes is no reason to doubt that it was carried out.
        unseen = [one for one in _unseen(optimization, files.queries) if not found or one in (ROWS, REWRITTEN)]
        blocks.append(Block(optimization.name, optimization.category, found, ", ".join(unseen)))
        after = now
    if number:
        progress("reading what each optimization does", number, number, "")
    settings = plan_settings(connection)
    distribution = resolved(connection, files.distribution)  # of tables that optimizations make, too
    major = server.version_num // 10000
    return Defined(files.name, major, before, after, tuple(blocks), settings, notes, distribution)


def _with(connection: Connection, optimization: Optimization, before: Definition) -> Definition:
    if not optimization.statements:
        return before
    optimizations.apply_one(connection, optimization)
    return read_definition(connection)


def alike(built: Built, environment: Environment) -> Environment:
    """The environment with its views printed by the server that printed the files', where it is of another version."""
    if environment.major == built.defined.major:
        return environment
    objects = dict(environment.objects)
    for key, one in environment.objects.items():
        ours = built.defined.after.get(key)
        query = one.facts.get("definition")
        if key.kind in ("view", "materialized view") and ours and ours.facts.get("definition") != query:
            objects[key] = DatabaseObject(key, {**one.facts, "definition": built.printed(str(query))})
    return replace(environment, objects=objects)


def plan_settings(connection: Connection) -> dict[str, str]:
    """What shapes plans in this session beside schema and rows."""
    return {row["name"]: row["value"] for row in rows(connection, "list_plan_settings")}


def _unseen(optimization: Optimization, queries: Sequence[Query]) -> list[str]:
    """What its statements do that the catalog does not show, in words."""
    rewritten = any(query.rewrite and query.rewrite.optimization == optimization.name for query in queries)
    found = [REWRITTEN] if rewritten or not optimization.statements else []
    for one in optimization.statements:
        try:
            found.append(UNSEEN.get(kind(statement(parse(one.sql))), ""))
        except NotParsed:  # the server took it; what it does shows, or nobody can say
            continue
    return list(dict.fromkeys(filter(None, found)))
