"""The roles that a schema names, on a server of ours: made without any right, so that owners and grants can be kept.

They are marked, belong to the whole server as all roles do, and go when no database knows them any more. The role that
the workload's SQL has is a member of each, so that what belongs to them stays in its reach. Any other role that is
there (the superuser who made a dump is mostly called postgres) is replaced by the workload's own.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, suppress

import psycopg
from psycopg import sql

from bench.postgres.capabilities import is_superuser
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.postgres.workload_role import ROLE, past_row_security
from bench.workload.tolerance import Node, statement_node

MARK = "pgproof: named by a schema"
"""The comment on a role that pgproof made, and may drop."""

RIGHTS = "NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT"

IN_USE = "hashtextextended('pgproof roles', 0)"
"""The advisory lock that a load shares, and without which no role is dropped."""

_NAME = re.compile(r'"(?:[^"]|"")*"|[\w$]+')


class Roles:
    """Who is there; ``admin`` is a connection of the superuser's."""

    def __init__(self, admin: Connection) -> None:
        admin.execute(f"SELECT pg_advisory_lock_shared({IN_USE})")
        self._admin = admin
        self._foreign = {row["name"] for row in rows(admin, "list_roles_of_others", MARK)} | {"pg_database_owner"}

    def make(self, name: str) -> bool:
        """Make a role that is missing; False where its name is reserved."""
        if name.startswith("pg_") or name in self._foreign:
            return False
        role = sql.Identifier(name)
        with suppress(psycopg.errors.DuplicateObject):  # another run was quicker
            self._admin.execute(sql.SQL("CREATE ROLE {} {}").format(role, sql.SQL(RIGHTS)))
        self._admin.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(role, sql.Literal(MARK)))
        self._admin.execute(sql.SQL("GRANT {} TO {}").format(role, sql.Identifier(ROLE)))
        return True

    def as_ours(self, text: str) -> str:
        """A statement in which the workload's role stands for every role that is none of a schema's."""
        if not any(name in text for name in self._foreign):
            return text
        if told := re.fullmatch(r'SET (?:LOCAL )?ROLE "(.*)"', text):
            return "RESET ROLE" if told[1].replace('""', '"') in self._foreign else text
        content = text.encode()
        for at in sorted(self._places(statement_node(text)), reverse=True):
            name = _NAME.match(content[at:].decode(errors="ignore"))
            end = at + len(name[0].encode()) if name else at
            content = content[:at] + ROLE.encode() + content[end:]
        return content.decode()

    def _places(self, node: Node) -> set[int]:
        """Offsets in bytes of the foreign roles that a statement names."""
        if node is None:
            return set()
        if node.DESCRIPTOR.name == "RoleSpec":
            return {node.location} if node.rolename in self._foreign else set()
        found: set[int] = set()
        for field, value in node.ListFields():
            if field.message_type is not None:
                for child in [value] if hasattr(value, "ListFields") else value:
                    found |= self._places(child)
        return found

    def past_row_security(self) -> AbstractContextManager[None]:
        """Let the workload's role write rows past the policies of its own tables, for as long as the block takes."""
        return past_row_security(self._admin)

    def may_create(self, name: str, database: str, *, allowed: bool) -> None:
        """Let a role make schemas in the database, which is what it takes to be given one, or no longer."""
        statement = "GRANT CREATE ON DATABASE {} TO {}" if allowed else "REVOKE CREATE ON DATABASE {} FROM {}"
        self._admin.execute(sql.SQL(statement).format(sql.Identifier(database), sql.Identifier(name)))


def drop_unused(admin: Connection) -> list[str]:
    """Drop the roles that were made for schemas whose databases are all gone, unless a schema is being loaded."""
    if not is_superuser(admin) or not admin.execute(f"SELECT pg_try_advisory_lock({IN_USE})").fetchall()[0][0]:
        return []
    try:
        names = [row["name"] for row in rows(admin, "list_unused_schema_roles", MARK)]
        for name in names:
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))
    finally:
        admin.execute(f"SELECT pg_advisory_unlock({IN_USE})")
    return names
