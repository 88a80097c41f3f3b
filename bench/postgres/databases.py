"""Databases that are ours: create, clone, find, claim, mark, drop.

A database that pgproof works in was created by pgproof and carries a mark: a JSON comment on the database. Each
function that writes checks the mark first, so a stranger's database is never written to, dropped or vacuumed.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import sql

from bench.errors import PgproofError, ServerError
from bench.postgres import cluster
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target
from bench.postgres.failures import explained
from bench.postgres.schema_roles import drop_unused
from bench.postgres.servers.settings import SESSION_SETTINGS
from bench.postgres.workload_role import admit
from bench.timestamps import now_text

PREFIX = "pgproof_"
MARK = "pgproof"
"""First key of the comment that says: made by pgproof, may be dropped by pgproof."""
OPTIMIZED_FROM = "optimized from"
"""In the mark of a state after that is kept: the template that it was made of."""


@dataclass(frozen=True, slots=True)
class OwnDatabase:
    """A database with our mark.

    ``kind`` is template, before, after or scratch; a template that is not ``complete`` was interrupted.
    """

    name: str
    kind: str
    complete: bool
    created_at: str
    used_at: str
    about: dict[str, Any]
    size_bytes: int = 0
    connections: int = 0
    may_drop: bool = True
    """Whether this role may mark and drop it: another one may have made it."""
    nodes: int = 0
    """On how many nodes of a Citus cluster it stands under this name; 0: it is of this server alone."""
    part_of: str = ""
    """On a worker: the coordinator of the cluster of whose database it is a part."""


def own_databases(admin: Connection) -> list[OwnDatabase]:
    """All databases of the server that carry our mark, by name; size and sessions are those of all their nodes.

    Raises:
        ServerError: one of them is spread over nodes of which one does not answer.
    """
    found = _marked(admin)
    if not any(one.nodes for one in found):
        return found
    parts = [{one.name: one for one in _marked(node)} for node in cluster.others(admin)]
    return [_joined(one, [part[one.name] for part in parts if one.name in part]) if one.nodes else one for one in found]


def _marked(admin: Connection) -> list[OwnDatabase]:
    found = []
    for row in rows(admin, "list_databases", PREFIX):
        if mark := _mark(row["mark"]):
            used = mark.get("used_at", mark["created_at"])
            found.append(
                OwnDatabase(
                    row["name"], mark["kind"], bool(mark["complete"]), mark["created_at"], used,
                    mark.get("about", {}), row["size_bytes"], row["connections"], row["may_drop"],
                    int(mark.get("nodes", 0)), str(mark.get("part_of", "")),
                )
            )  # fmt: skip
    return found


def _joined(database: OwnDatabase, parts: list[OwnDatabase]) -> OwnDatabase:
    return replace(
        database,
        size_bytes=sum(one.size_bytes for one in (database, *parts)),
        connections=sum(one.connections for one in (database, *parts)),
        may_drop=all(one.may_drop for one in (database, *parts)),
    )


def _mark(comment: str | None) -> dict[str, Any] | None:
    try:
        mark = json.loads(comment or "").get(MARK)
    except (ValueError, AttributeError):
        return None
    return mark if isinstance(mark, dict) and {"kind", "complete", "created_at"} <= set(mark) else None


def write_mark(admin: Connection, database: OwnDatabase) -> None:
    """Store what is known about one of our databases in its comment."""
    mark = {
        "kind": database.kind, "complete": database.complete, "created_at": database.created_at,
        "used_at": database.used_at, "about": database.about,
        **({"nodes": database.nodes} if database.nodes else {}),
        **({"part_of": database.part_of} if database.part_of else {}),
    }  # fmt: skip
    comment = sql.Literal(json.dumps({MARK: mark}, sort_keys=True))
    admin.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(database.name), comment))


def create(
    admin: Connection, name: str, kind: str, *, template: str = "", about: dict[str, Any] | None = None,
    spread: bool = False, shard_nodes: int = 0,
) -> None:  # fmt: skip
    """Create a database of ours, marked, empty or as a copy of ``template`` (file by file, which is fastest).

    A clone is complete at once; an empty template database is so when ``complete`` says it. With ``spread``, and where
    the template is, it stands on every node of the Citus cluster that ``admin`` leads, and its shards will on as many
    workers as ``shard_nodes`` says (0: on all).
    """
    source = find(admin, template) if template else None
    workers = cluster.others(admin) if spread or (source and source.nodes) else ()
    nodes = 1 + len(workers) if spread or (source and source.nodes) else 0
    if workers:
        _sweep(admin, workers)
    _drop_on((*workers, admin), name) if nodes else drop(admin, name)
    # Marked under a passing name first, so that no database of the final name is ever without its mark.
    passing, now = f"{PREFIX}new_{secrets.token_hex(4)}", now_text()
    made = OwnDatabase(passing, kind, bool(template), now, now, about or {}, nodes=nodes)
    with explained(f"creating database {name}"):
        for node in (admin, *workers):
            _make(node, passing, template)
            admit(node, passing, empty=not template)
            write_mark(node, made if node is admin else replace(made, nodes=0, part_of=cluster.identity(admin)))
        for node in (*workers, admin):
            node.execute(_RENAME.format(sql.Identifier(passing), sql.Identifier(name)))
        if nodes and not template:
            cluster.join(admin, name, shard_nodes)
        if nodes:
            cluster.set_up(admin, name, SESSION_SETTINGS)


_RENAME = sql.SQL("ALTER DATABASE {} RENAME TO {}")


def _make(node: Connection, name: str, template: str) -> None:
    # C collation: the same order and the same index sizes on every machine
    how = "TEMPLATE {} STRATEGY file_copy" if template else "TEMPLATE {} ENCODING 'UTF8' LOCALE 'C'"
    source = sql.Identifier(template or "template0")
    statement = sql.SQL("CREATE DATABASE {} ").format(sql.Identifier(name)) + sql.SQL(how).format(source)
    cluster.undisturbed(node, template, statement)


def _sweep(admin: Connection, workers: Sequence[Connection]) -> None:
    """Drop what an interrupted run left on workers alone: parts of databases that the coordinator has no more."""
    known, ours = {one.name for one in _marked(admin)}, cluster.identity(admin)
    for worker in workers:
        for one in _marked(worker):
            if one.part_of == ours and one.name not in known and claim(admin, one.name):
                _drop_on((worker,), one.name)
                release(admin, one.name)


def rename(admin: Connection, name: str, to: str, kind: str) -> None:
    """Give one of our databases another name and kind; nobody may be connected to it, and ``to`` may not exist."""
    database = find(admin, name)
    if database is None:
        raise ServerError(f"database {name} is none of pgproof's: it is left alone")
    with explained(f"renaming database {name}"):
        for node in (*_workers_of(admin, database), admin):
            cluster.undisturbed(node, name, _RENAME.format(sql.Identifier(name), sql.Identifier(to)))
    write_mark(admin, replace(database, name=to, kind=kind, complete=False))


def _workers_of(admin: Connection, database: OwnDatabase) -> tuple[Connection, ...]:
    return cluster.others(admin) if database.nodes else ()


def clone(admin: Connection, template: str, name: str, kind: str, about: dict[str, Any] | None = None) -> None:
    """Copy one of our databases, claimed for as long as ``admin`` lives; nobody may be connected to ``template``."""
    claim(admin, name)
    create(admin, name, kind, template=template, about=about)


def take(admin: Connection, template: str, name: str, kind: str, about: dict[str, Any] | None = None) -> None:
    """``clone`` without a copy: ``template`` is called ``name`` from now on."""
    claim(admin, name)
    rename(admin, template, name, kind)
    complete(admin, name, about or {})


def find(admin: Connection, name: str) -> OwnDatabase | None:
    """Our database of that name, if there is one."""
    return next((database for database in own_databases(admin) if database.name == name), None)


def complete(admin: Connection, name: str, about: dict[str, Any]) -> None:
    """Mark a template as finished: from now on later runs may use it."""
    if database := find(admin, name):
        write_mark(admin, replace(database, complete=True, about=about, used_at=now_text()))


def drop(admin: Connection, name: str) -> None:
    """Drop one of our databases, if it exists.

    Raises:
        ServerError: a database of that name exists and is not ours.
    """
    if not _exists(admin, name):
        return
    found = next((one for one in _marked(admin) if one.name == name), None)
    _drop_on((*(_workers_of(admin, found) if found else ()), admin), name)


@contextmanager
def passing(admin: Connection, name: str) -> Iterator[str]:
    """Drop ``name``, which is claimed, at the end of the block, in which it is made or used.

    Where the server is gone, the block says so, and the next run drops it.
    """
    try:
        yield name
    finally:
        with suppress(PgproofError, psycopg.OperationalError):
            drop(admin, name)
            release(admin, name)


def _exists(node: Connection, name: str) -> bool:
    return bool(node.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone())


def _drop_on(nodes: Sequence[Connection], name: str) -> None:
    """Drop it on those of ``nodes`` that have it, or on none of them, where it is not ours on one."""
    there = [node for node in nodes if _exists(node, name)]
    for node in there:
        if not any(one.name == name for one in _marked(node)):
            place = f" on {cluster.where(node)}" if len(nodes) > 1 else ""
            hint = "rename it, or point pgproof at another server"
            raise ServerError(
                f"database {name} exists{place}, but pgproof did not make it: it is left alone", hint=hint
            )
    statement = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
    for node in there:
        if len(nodes) > 1:
            cluster.undisturbed(node, name, statement)  # Citus' daemon comes back while FORCE ends the others
        else:
            node.execute(statement)


def drop_all(target: Target, names: Iterable[str]) -> None:
    """Drop these databases of ours over a new connection: another one may be in the middle of something."""
    with target.connect() as admin:
        for name in names:
            drop(admin, name)
        drop_unused(admin)


def claim(admin: Connection, name: str) -> bool:
    """Take the lock that says a live run works on ``name``; false when another run holds it.

    It is an advisory lock of ``admin``'s session, so it goes with the process, however that ends.
    """
    return bool(admin.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name]).fetchall()[0][0])


def release(admin: Connection, name: str) -> None:
    """Give the lock of ``claim`` back."""
    admin.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def clean(admin: Connection) -> list[str]:
    """Drop what interrupted runs left: our databases that no live run has claimed, except finished templates.

    What is a part of another server's database stays. Roles that were made for schemas go when no database has anything
    of theirs.
    """
    dropped = []
    for database in own_databases(admin):
        finished = database.complete and (database.kind == "template" or database.about.get("kept"))
        if finished or database.part_of or database.connections or not database.may_drop:
            continue
        if not claim(admin, database.name):
            continue
        drop(admin, database.name)
        release(admin, database.name)
        dropped.append(database.name)
    drop_unused(admin)
    return dropped
