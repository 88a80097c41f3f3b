"""A schema's script carried out, so that the database is what psql would have made of it.

On a server of ours it runs as the workload's role, which is no superuser. What that role may not and a dump asks for
is done for it: roles that are named are made (``schema_roles``), owners changed, extensions created. Everywhere, what
a dump says of no schema may fail, and is told.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from bench.errors import WorkloadError
from bench.postgres import extensions
from bench.postgres.any_order import in_any_order
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target
from bench.postgres.failures import translated
from bench.postgres.fallbacks import Fallbacks
from bench.postgres.schema_roles import MARK, Roles
from bench.postgres.stand_ins import stand_ins
from bench.postgres.waiting import THERE, WAITS, ThereError, may_wait, spare, waits_for
from bench.postgres.workload_role import ROLE
from bench.workload.dialects import dialect, foreign, template
from bench.workload.psql import Step, read_statements
from bench.workload.tolerance import C_UNACCENT, statement_node, told

Attempt = Callable[[str, Step], None]
"""To execute the text of a step."""

PIECE = 1 << 20
"""Characters of rows that are sent at a time."""

LIMIT_S = 60.0
"""Seconds for a block or query of the script: the time of all else is that of the rows which it brings with it."""

HELPS = 64
"""Times that one statement is helped, at most: a GRANT may name as many roles that are missing."""

_TRANSACTION = re.compile(
    r"\s*(?:BEGIN|START|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|PREPARE|SET\s+TRANSACTION)\b", re.IGNORECASE
)
_SETS = re.compile(r"\s*(?:SET|RESET)\b", re.IGNORECASE)
_DROPS = re.compile(
    r"\s*(?:DROP\b|ALTER\s+TABLE\b.*\bDROP\s+(?:CONSTRAINT|COLUMN|DEFAULT|IDENTITY|NOT)\b)", re.I | re.S
)
_RIGHTS = re.compile(
    r"""\s*(?:(?P<rights>GRANT|REVOKE|ALTER\s+DEFAULT\s+PRIVILEGES) | (?P<comment>COMMENT)
      | (?P<policy>(?:CREATE|ALTER)\s+POLICY) | (?P<publication>(?:CREATE|ALTER)\s+PUBLICATION)
      | ALTER\b.*\b(?P<owner>OWNER\s+TO) | (?P<owners>SET\s+(?:LOCAL\s+)?ROLE))\b""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_KINDS = {
    "rights": "rights", "comment": "comments on what belongs to the server", "policy": "policies for roles",
    "publication": "publications", "owner": "owners", "owners": "owners",
}  # fmt: skip
_ALREADY = re.compile(
    r"\s*CREATE\s+(?:SCHEMA\s+\"?public\b|EXTENSION\s+\"?plpgsql\b|.*\bLANGUAGE\s+\"?plpgsql\b)", re.I
)
_NO_ROLE = re.compile(r'role "(.+)" does not exist')
_NO_RIGHT = re.compile(r"permission denied for (schema|database) (.+)")
_SUPERUSERS = re.compile(
    r"""\s*(?:CREATE\s+PUBLICATION\s+(?:"[^"]+"|\w+)\s+FOR\s+(?:ALL\s+TABLES|TABLES\s+IN\s+SCHEMA)\b
      | ALTER\s+PUBLICATION\s+(?:"[^"]+"|\w+)\s+OWNER\s+TO\s+pgproof_workload\s*$
      | CREATE\s+(?P<family>OPERATOR\s+FAMILY\s+(?:"[^"]+"|\w+)\.(?:"[^"]+"|\w+)\s+USING\s+\w+)\s*$
      | (?P<class>CREATE\s+OPERATOR\s+CLASS\b))""",
    re.IGNORECASE | re.VERBOSE,
)
"""What only a superuser makes, though it calls nothing, or what rows call in any case: a filled table's indexes do."""
_ALL_TRIGGERS = re.compile(
    r"\s*ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?[^\s;,]+\s+(DISABLE|ENABLE)\s+TRIGGER\s+ALL\s*$", re.IGNORECASE
)
_BLOCK = re.compile(r"\s*(?:DO|CALL|SELECT)\b", re.IGNORECASE)
_OWNED_BY_SUPERUSERS = re.compile(r"\s*ALTER\s+PUBLICATION\b", re.IGNORECASE)
_ROW = re.compile(r"^COPY .+?, line (\d+)", re.MULTILINE)

MISSING = ("3F000", "42P01", "42704", "42883")
"""SQLSTATEs of a schema, a relation, another object and a function that is not there."""

_ABSENT = ("42P01", "42704", "42883", "42703", "3F000")
"""SQLSTATEs of what DROP does not find."""


@dataclass(frozen=True, slots=True)
class LoadedSchema:
    """What loading a schema came to, beside what the catalog says."""

    rows: dict[str, int]
    """That the script brought with it, by table (``public.users``); tables without any are left out."""
    roles: tuple[str, ...] = ()
    """Made without rights, because the script names them."""
    notes: tuple[str, ...] = ()
    """What was left out, each in a line."""
    steps: tuple[Step, ...] = ()
    """In the order in which they succeeded, where that had to be found."""


def load_schema(target: Target, database: str, steps: Sequence[Step], *, ordered: bool = True) -> LoadedSchema:
    """Carry out the steps in ``database``, which is one of ours; where they are not ``ordered``, as they can be.

    Raises:
        WorkloadError: the server refuses a statement (file:line).
        DatasetError: rows in the script break a constraint.
    """
    with ExitStack() as stack:
        connection = stack.enter_context(target.connect(database))
        roles = Roles(stack.enter_context(target.connect())) if target.login else None
        helps = Fallbacks(connection, partial(target.connect_as_ourselves, database), "\n".join(s.sql for s in steps))
        loader = _Loader(target, database, connection, roles, helps)
        if (note := helps.before_all()) and steps:
            loader.left.append((note, steps[0].place))
        if not ordered:
            loader.left += helps.schemas.make_of_paths(steps)
        with loader.past_row_security(steps):
            several = not ordered or any(step.file != steps[0].file for step in steps)
            done = in_any_order(steps, loader.carry_out, connection, ordered=ordered) if several else ()
            for step in () if several else steps:
                loader.carry_out(step)
            if ordered and done:
                late = next(step for step, at_that_place in zip(steps, done, strict=False) if step is not at_that_place)
                loader.left.append(
                    ("what needs something that a later file makes is carried out behind it", late.place)
                )
            counted = _rows(connection)
            made = tuple(row["name"] for row in rows(connection, "list_schema_roles", MARK))
            standing_in = stand_ins(connection)
        notes = told(loader.left)
        if standing_in:
            notes = (f"stand-ins in plain SQL, without ciphers: {', '.join(standing_in)}", *notes)
        if made:
            notes = (f"made without rights, because the schema names them: {', '.join(made)}", *notes)
        return LoadedSchema(counted, made, notes, done)


def _rows(connection: Connection) -> dict[str, int]:
    if connection.info.transaction_status != TransactionStatus.IDLE:
        connection.execute("ROLLBACK")
    connection.execute("RESET ROLE")
    connection.execute("RESET ALL")
    counted = {}
    for row in rows(connection, "list_tables"):
        if row["size_bytes"]:
            table = sql.Identifier(row["schema_name"], row["table_name"])
            count = connection.execute(sql.SQL("SELECT count(*) FROM ONLY {}").format(table)).fetchall()[0][0]
            if count:
                counted[f"{row['schema_name']}.{row['table_name']}"] = count
    return counted


class _Loader:
    def __init__(
        self, target: Target, database: str, connection: Connection, roles: Roles | None, fallbacks: Fallbacks
    ) -> None:
        self._target, self._database = target, database
        self._connection, self._roles, self._fallbacks = connection, roles, fallbacks
        self.left: list[tuple[str, str]] = []

    def past_row_security(self, steps: Sequence[Step]) -> AbstractContextManager[None]:
        """Have rows arrive in tables whose policies bind their owner, too; psql's superuser is bound by none."""
        forced = any(re.search(r"\bFORCE\s+ROW\s+LEVEL", step.sql, re.IGNORECASE) for step in steps)
        return self._roles.past_row_security() if self._roles and forced else nullcontext()

    def carry_out(self, step: Step, *, patient: bool = False, late: bool = False, last: bool = False) -> None:
        """Execute a step, with help where the role may not, and leave it out where it is no schema.

        Where one is ``patient``, raises ``WaitsError`` if something is not there yet, ``ThereError`` if it is already.
        It waits ``late`` where it does only if nothing helps; at ``last``, what is ``spare`` is left out.
        """
        text = self._roles.as_ours(step.sql) if self._roles else step.sql
        attempt: Attempt | None = self._execute
        for _ in range(HELPS):
            try:
                assert attempt
                return attempt(text, step)
            except psycopg.Error as error:
                if attempt := self._help(text, error):
                    continue
                if what := _tolerated(step, error):
                    return self.left.append((what, step.place))
                message = error.diag.message_primary or ""
                if patient and may_wait(error, text) and not self._fallbacks.schemas.wanted(text, message):
                    raise waits_for(error, text) from None
                if patient and error.sqlstate in THERE:
                    self.left.append(("left out what is there already", step.place))
                    raise ThereError from None
                other = self._fall_back(text, step, error)
                if other is None and late and error.sqlstate in WAITS:
                    raise waits_for(error, text) from None
                if other is None and last and (what := spare(text)):
                    said = f"{what} are left out that cannot be carried out ({error.diag.message_primary})"
                    return self.left.append((said, step.place))
                if other is None:
                    raise _failure(step, error) from error
                if not other:
                    return None
                text, attempt = other, self._execute
        raise AssertionError(f"{step.place}: helped {HELPS} times")

    def _fall_back(self, text: str, step: Step, error: psycopg.Error) -> str | None:
        """What to execute instead, empty where nothing, when the server lacks what the step needs."""
        found = self._fallbacks.find(text, step.place, error)
        if found is None:
            return None
        self._hear()
        if found.note:
            self.left.append((found.note, step.place))
        for one in read_statements(found.before, f"prelude {found.prelude}"):
            self.carry_out(one)
        return found.text

    def _execute(self, text: str, step: Step) -> None:
        """Execute a statement so that a transaction that is open outlives its failure."""
        if self._connection.info.transaction_status != TransactionStatus.INTRANS or _TRANSACTION.match(text):
            return self._send(text, step)
        self._connection.execute("SAVEPOINT pgproof_step")
        try:
            self._send(text, step)
        except psycopg.Error:
            if not self._connection.closed:
                self._connection.execute("ROLLBACK TO pgproof_step")
            raise
        self._connection.execute("RELEASE pgproof_step")

    def _send(self, text: str, step: Step) -> None:
        if step.rows is None:
            with _limited(self._connection, text):
                return extensions.execute(self._connection, text)
        with self._connection.cursor().copy(text) as copy:
            for start in range(0, len(step.rows), PIECE):
                copy.write(step.rows[start : start + PIECE])

    # ------------------------------------------------------------------------------------------------ help
    def _help(self, text: str, error: psycopg.Error) -> Attempt | None:
        """How the statement may succeed after all; None where nothing helps."""
        message = error.diag.message_primary or ""
        if self._roles is None:
            return None
        if missing := _NO_ROLE.search(message):
            made = self._roles.make(missing[1])
            self._hear()
            return self._execute if made else None
        if (denied := _NO_RIGHT.match(message)) and (names := self._in_question(text)):
            return partial(self._execute_as_owner, denied[1], denied[2], names)
        if isinstance(error, psycopg.errors.InsufficientPrivilege) and (of_all := _ALL_TRIGGERS.match(text)):
            return self._without_triggers if of_all[1].upper() == "DISABLE" else self._with_triggers
        idle = self._connection.info.transaction_status == TransactionStatus.IDLE
        if idle and isinstance(error, psycopg.errors.InsufficientPrivilege) and _superusers(text):
            return self._send_as_ourselves
        return None

    def _hear(self) -> None:
        """Have an open transaction know what others have made meanwhile, which it does when it takes a new lock."""
        if self._connection.info.transaction_status == TransactionStatus.INTRANS:
            for text in ("SAVEPOINT pgproof_hear", "CREATE TEMP TABLE pgproof_hear ()", "ROLLBACK TO pgproof_hear"):
                self._connection.execute(text)

    def _in_question(self, text: str) -> list[str]:
        """The roles that may lack a right: a new owner, whom SET ROLE took, or all that a block may name."""
        if named := _new_owner(text) or self._other_role():
            return [named]
        made = "SELECT rolname FROM pg_roles WHERE shobj_description(oid, 'pg_authid') = %s ORDER BY 1"
        return [name for (name,) in self._connection.execute(made, [MARK])] if _BLOCK.match(text) else []

    def _other_role(self) -> str:
        """The role that SET ROLE gave the session; empty where it is still the workload's."""
        user = str(self._connection.execute("SELECT current_user").fetchall()[0][0])
        return "" if user == ROLE else user

    def _execute_as_owner(self, kind: str, name: str, roles: list[str], text: str, step: Step) -> None:
        """Execute what makes something of a role's that may make nothing in that place: for as long, it may."""
        privilege = "has_database_privilege" if kind == "database" else "has_schema_privilege"
        lacking = [
            role for role in roles
            if not self._connection.execute(f"SELECT {privilege}(%s, %s, 'CREATE')", [role, name]).fetchall()[0][0]
        ]  # fmt: skip
        for role in lacking:
            self._may_create(kind, name, role, allowed=True)
        try:
            self._execute(text, step)
        except psycopg.Error as error:
            if _NO_RIGHT.match(error.diag.message_primary or ""):  # the same again
                raise _failure(step, error) from error
            raise
        finally:
            for role in lacking:
                self._may_create(kind, name, role, allowed=False)

    def _without_triggers(self, text: str, step: Step) -> None:
        """DISABLE TRIGGER ALL asks for a superuser, being about foreign keys, too; a session may leave them out."""
        self._execute("SET session_replication_role = replica", step)

    def _with_triggers(self, text: str, step: Step) -> None:
        self._execute("SET session_replication_role = DEFAULT", step)

    def _may_create(self, kind: str, name: str, role: str, *, allowed: bool) -> None:
        if kind == "database" and self._roles:
            return self._roles.may_create(role, name, allowed=allowed)
        statement = "GRANT CREATE ON SCHEMA {} TO {}" if allowed else "REVOKE CREATE ON SCHEMA {} FROM {}"
        other = self._other_role()
        if other:
            self._connection.execute("RESET ROLE")
        self._connection.execute(sql.SQL(statement).format(sql.Identifier(name), sql.Identifier(role)))
        if other:
            self._connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(other)))

    def _send_as_ourselves(self, text: str, step: Step) -> None:
        if _OWNED_BY_SUPERUSERS.match(text):
            return  # whom it names instead stands for the superuser of the dump
        path = self._connection.execute("SHOW search_path").fetchall()[0][0]
        with self._target.connect_as_ourselves(self._database) as ours:
            ours.execute("SELECT set_config('search_path', %s, false)", [path])
            ours.execute(text.encode(), prepare=True)  # so the server takes one statement alone
            if made := _made(text):
                ours.execute(f"ALTER {made} OWNER TO {ROLE}")


@contextmanager
def _limited(connection: Connection, text: str) -> Iterator[None]:
    """End a block or query that goes on for too long, as one that waits or loops does."""
    timer = threading.Timer(LIMIT_S, connection.cancel_safe) if _BLOCK.match(text) else None
    if timer:
        timer.start()
    try:
        yield
    finally:
        if timer:
            timer.cancel()


def _superusers(text: str) -> re.Match[str] | None:
    return _SUPERUSERS.match(text) or C_UNACCENT.match(text)


def _made(text: str) -> str:
    """What a statement of a superuser's makes that can have an owner, as ALTER names it."""
    found = _superusers(text)
    if found and found.lastgroup == "class":
        node = statement_node(text)
        name = ".".join(f'"{part.string.sval}"' for part in node.opclassname)
        return f"OPERATOR CLASS {name} USING {node.amname}"
    made = found[found.lastgroup or 0] if found else ""
    return made if found and made != found[0] else ""


def _new_owner(text: str) -> str:
    node = statement_node(text)
    kind = node.DESCRIPTOR.name if node else ""
    if kind == "AlterOwnerStmt":
        return str(node.newowner.rolename)
    return str(node.cmds[0].alter_table_cmd.newowner.rolename) if kind == "AlterTableStmt" and node.cmds else ""


def _tolerated(step: Step, error: psycopg.Error) -> str:
    """What is left out when this fails; empty where it has to succeed."""
    message, state = error.diag.message_primary or "", error.sqlstate
    denied = state == "42501"
    missing = bool(_NO_ROLE.search(message)) or (error.diag.source_function or "").startswith("get_role")
    if _ALREADY.match(step.sql) and state in ("42P06", "42710"):
        return "what every database has is there already"
    if _SETS.match(step.sql) and state in ("42704", "22023", "42501", "0A000"):
        return f"left out: {step.sql} ({message})"
    if _DROPS.match(step.sql) and state in _ABSENT:
        return "nothing to drop is there"
    if (kind := _RIGHTS.match(step.sql)) and (denied or missing or (kind["publication"] and state == "42710")):
        return f"{_KINDS[str(kind.lastgroup)]} are left out ({message})"
    return ""


def _failure(step: Step, error: psycopg.Error) -> Exception:
    """The expected failure, with the line on which the server found it."""
    position = int(error.diag.statement_position or 1)
    line = step.line + step.sql.count("\n", 0, position - 1)
    if step.rows is not None and (row := _ROW.search(error.diag.context or "")):
        line = step.line + step.sql.count("\n") + int(row[1])
    if error.sqlstate == "57014":
        said = f"{step.file}:{step.line}: not finished after {LIMIT_S:g} s: {' '.join(step.sql.split())[:60]}"
        return WorkloadError(said, hint="a schema needs no such step: take it out")
    system, sign = dialect(step.sql) if error.sqlstate in ("42601", "42704") else ("", "")
    if system:
        return foreign(f"{step.file}:{line}", system, sign)
    if error.sqlstate == "42601" and (unfilled := template(f"{step.file}:{line}", step.sql)):
        return unfilled
    failure = translated(error, f"{step.file}:{line}")
    missing = error.sqlstate in MISSING and not failure.hint
    hint = "what comes before it can be named: --prelude FILE" if missing else failure.hint
    return type(failure)(" ".join(failure.message.split()), hint=hint)
