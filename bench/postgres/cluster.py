"""The nodes of a Citus cluster: a database that is spread stands on each of them under the same name.

A cluster is known by its extension in the database that the DSN leads to, whose catalog lists the nodes. Each node is
reached as the DSN says, but for host and port. A server without the extension is a cluster of none.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bench.errors import ServerError
from bench.model import DistributedTable
from bench.postgres.capabilities import LOOPBACK, is_superuser
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.postgres.failures import explained, first_line

PROPAGATION = ("citus.enable_create_database_propagation", "citus.enable_alter_database_propagation")
"""Settings by which Citus carries CREATE and ALTER DATABASE to the other nodes by itself, where they are on."""
READS_ALL_TASKS = {"citus.explain_all_tasks": "on", "citus.explain_analyze_sort_method": "taskId"}
"""EXPLAIN shows every task of a statement, in their order; by default it shows the slowest alone, with its buffers."""
TRIES = 20
"""Times that a database is tried to be copied or renamed while Citus' own sessions come back."""

_OTHERS: weakref.WeakKeyDictionary[Connection, tuple[Connection, ...]] = weakref.WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Node:
    """A node as the coordinator's catalog names it."""

    host: str
    port: int
    is_coordinator: bool
    has_shards: bool


def version(connection: Connection) -> str:
    """The version of Citus in this database; empty where it is not there."""
    found = rows(connection, "find_citus")
    return str(found[0]["version"]) if found else ""


def identity(admin: Connection) -> str:
    """What tells this cluster's coordinator from any other server."""
    return str(rows(admin, "identify_server")[0]["server"])


def leads(connection: Connection) -> bool:
    """Whether this is the coordinator of a Citus cluster.

    Raises:
        ServerError: it is one of its workers.
    """
    if not version(connection):
        return False
    found = rows(connection, "list_nodes")
    if found and found[0]["local"]:
        host = f"{found[0]['host']}:{found[0]['port']}" if found[0]["is_coordinator"] else "its coordinator"
        raise ServerError("the DSN leads to a worker of a Citus cluster", hint=f"name {host}")
    return True


def nodes_of(connection: Connection) -> tuple[Node, ...]:
    """All nodes, the coordinator first if it is registered."""
    return tuple(
        Node(row["host"], row["port"], row["is_coordinator"], row["has_shards"])
        for row in rows(connection, "list_nodes")
    )


# --------------------------------------------------------------------------------------------------------- sessions
def others(admin: Connection) -> tuple[Connection, ...]:
    """A session on each worker of the cluster that ``admin`` leads, which goes with ``admin``.

    Raises:
        ServerError: a node does not answer.
    """
    known = _OTHERS.get(admin, ())
    if known and not any(one.closed for one in known):
        return known
    _close(known)
    if not leads(admin):
        return ()
    opened: list[Connection] = []
    try:
        opened.extend(_session(admin, node) for node in nodes_of(admin) if not node.is_coordinator)
    except ServerError:
        _close(opened)
        raise
    for one in (admin, *opened):
        one.execute("SELECT set_config(name, 'off', false) FROM pg_settings WHERE name = ANY(%s)", [list(PROPAGATION)])
    _OTHERS[admin] = tuple(opened)
    weakref.finalize(admin, _close, opened)
    return _OTHERS[admin]


def _close(sessions: Sequence[Connection]) -> None:
    for one in sessions:
        one.close()


def _session(admin: Connection, node: Node) -> Connection:
    # What the coordinator calls localhost is its own machine.
    host = admin.info.host if node.host in LOOPBACK and not admin.info.host.startswith("/") else node.host
    try:
        return psycopg.connect(_place(admin, host=host, port=node.port), autocommit=True)
    except psycopg.OperationalError as error:
        hint = "pgproof makes and drops its databases on every node: start it, or take it out (citus_remove_node)"
        raise ServerError(
            f"node {host}:{node.port} of the Citus cluster does not answer: {first_line(error)}", hint=hint
        ) from None


def _place(session: Connection, **parts: str | int) -> str:
    """The conninfo of ``session`` with other parts."""
    info: dict[str, Any] = {**conninfo_to_dict(session.info.dsn)}
    if "host" in parts:
        info.pop("hostaddr", None)
    if session.info.password:
        info["password"] = session.info.password
    return make_conninfo(**{**info, **parts})


def where(session: Connection) -> str:
    """The node behind a session, in words."""
    return f"{session.info.host}:{session.info.port}"


@contextmanager
def _inside(session: Connection, database: str) -> Iterator[Connection]:
    with psycopg.connect(_place(session, dbname=database), autocommit=True) as inside:
        yield inside


# -------------------------------------------------------------------------------------------------------- databases
def join(admin: Connection, database: str, shard_nodes: int = 0) -> None:
    """Make an empty database, which stands on every node already, one that tables can be spread in.

    With ``shard_nodes``, shards go to that many workers, the first ones, and to no other node. That is said in the
    catalog of this database alone.

    Raises:
        ServerError: the role may not make the extension.
    """
    if not is_superuser(admin):
        hint = "give a DSN of a superuser that logs in on every node"
        raise ServerError(f"the role {admin.info.user} may not make the extension citus in a database", hint=hint)
    for session in (*others(admin), admin):
        with explained(f"making the extension citus on {where(session)}"), _inside(session, database) as inside:
            inside.execute("CREATE EXTENSION citus")
    with explained("joining the nodes of the cluster"), _inside(admin, database) as inside:
        for node in nodes_of(admin):
            call = "citus_set_coordinator_host" if node.is_coordinator else "citus_add_node"
            inside.execute(f"SELECT {call}(%s, %s)", [node.host, node.port])
        wanted = holders(nodes_of(admin), shard_nodes)
        for node in nodes_of(inside):
            if (holds := (node.host, node.port) in wanted) != node.has_shards:
                setting = "SELECT citus_set_node_property(%s, %s, 'shouldhaveshards', %s)"
                inside.execute(setting, [node.host, node.port, holds])


def workers_with_shards(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """The nodes beside the coordinator that shards go to, in the order of the catalog."""
    return tuple(node for node in nodes if node.has_shards and not node.is_coordinator)


def holders(nodes: Sequence[Node], shard_nodes: int) -> frozenset[tuple[str, int]]:
    """The places of the nodes that get shards: the first ``shard_nodes`` workers; 0: all that have them now."""
    chosen = workers_with_shards(nodes)[:shard_nodes] if shard_nodes else [node for node in nodes if node.has_shards]
    return frozenset((node.host, node.port) for node in chosen)


def set_up(admin: Connection, database: str, settings: Mapping[str, str]) -> None:
    """Give every session in ``database`` these settings, on every node: shards have to be planned like tables."""
    for session in (admin, *others(admin)):
        for name, value in {**settings, **READS_ALL_TASKS}.items():
            change = sql.SQL("ALTER DATABASE {} SET {} = {}")
            names = sql.Identifier(database), sql.Identifier(*name.split(".")), sql.Literal(value)
            session.execute(change.format(*names))


def undisturbed(session: Connection, database: str, statement: sql.Composed) -> None:
    """Carry out what nobody may be connected to ``database`` for; Citus' own sessions in it are ended."""
    for left in reversed(range(TRIES)):
        ended = rows(session, "end_sessions_of_citus", database)[0]["ended"]
        try:
            session.execute(statement)
            return
        except psycopg.errors.ObjectInUse:
            if not left or not (ended or rows(session, "end_sessions_of_citus", database)[0]["ended"]):
                raise  # somebody else is connected


# ----------------------------------------------------------------------------------------------------------- tables
def distribute(connection: Connection, tables: Sequence[DistributedTable]) -> None:
    """Spread tables that have no foreign keys over the nodes.

    Raises:
        WorkloadError: Citus refuses it (file:line).
    """
    for one in tables:
        with explained(f"distribution.sql:{one.line}"):
            if not one.column:
                connection.execute("SELECT create_reference_table(%s)", [one.table])
                continue
            connection.execute(
                "SELECT create_distributed_table(%s, %s, colocate_with => %s, shard_count => %s)",
                [one.table, one.column, one.colocate_with or "default", one.shard_count],
            )
