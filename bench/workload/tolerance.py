"""What of a schema's script is carried out, what is no schema and left out, and what is refused.

A dump says more than a schema: which database it was, who may do what on the whole server, how psql is to behave. That
is left out and told. What reaches beyond the database and is none of that is refused (``reach``): other databases
dropped, made or entered, roles altered, files, programs, other servers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bench.errors import WorkloadError
from bench.workload.dialects import dialect, foreign
from bench.workload.psql import Step
from bench.workload.reach import EXTENSIONS, PLAIN_STRINGS, beyond
from bench.workload.refusals import HINT
from bench.workload.sqlfile import tokens
from bench.workload.stubs import language_of, stub

SERVERS_OWN = {"postgres", "template0", "template1"}
"""Databases that every server needs: no script may make or drop them, were it its own."""

_NOT_MADE = re.compile(r"\s*(?:SET|RESET|BEGIN|START|COMMIT|SELECT\s+(?:pg_catalog\.)?set_config)\b", re.IGNORECASE)
"""Statements after which a database is as empty as before."""

_PLAIN = re.compile(
    r"""\s*(?:INSERT|UPDATE|DELETE|SELECT|COMMENT\s+ON\s+(?:TABLE|COLUMN|INDEX|CONSTRAINT)
      | CREATE\s+(?:TABLE|SEQUENCE|(?:UNIQUE\s+)?INDEX) | ALTER\s+(?:TABLE|SEQUENCE))\b""",
    re.IGNORECASE | re.VERBOSE,
)
_REACHING = re.compile(
    r"pg_|lo_|dblink|fdw|set_config|to_xml|ts_stat|ts_rewrite|crosstab|connectby|xpath_table|binary_upgrade|U&",
    re.IGNORECASE,
)
"""Without any of these a plain statement reaches nowhere: each function and relation that ``reach`` knows holds one.
It saves taking most of a dump apart, which is what reading it takes longest for."""

_LOOK_AT = re.compile(
    r"\s*(?:SET\s+(?:(?:SESSION|LOCAL)\s+)?client_encoding|SECURITY\s+LABEL|\w+\s+(?:ON\s+)?(?:EVENT\s+TRIGGER|EXTENSION)"
    r"|(?:ALTER|COMMENT\s+ON|DROP)\s+(?:FOREIGN|SERVER|SUBSCRIPTION|TABLESPACE)|GRANT\b.*\bON\s+(?:FOREIGN|TABLESPACE))\b",
    re.IGNORECASE,
)
"""Statements that reach nowhere, and yet may be left out."""

_NO_SCHEMA = re.compile(
    r"""\bEXECUTE\s+'\s*CREATE\s+(?:ROLE|USER|GROUP)\s(?:[^']|'')*'\s*(?:\|\|[^;']*(?:'[^']*'[^;']*)*)?;
      | \bCREATE\s+(?:ROLE|USER|GROUP)\s+(?P<name>"(?:[^"]|"")+"|\w+)(?:'[^']*'|[^;'])*;
      | \bEXECUTE\s+'\s*ALTER\s+(?:ROLE|USER)\s*'\s*\|\|\s*\w+\s*\|\|\s*'\s*SET\s[^';]*'\s*;
      | \bEXECUTE\s+'\s*GRANT\s+'\s*\|\|\s*\w+\s*\|\|\s*'\s+TO\s+(?:[\w"]+\s*'|'\s*\|\|\s*\w+)\s*;
      | \bGRANT\s+(?!pg_)[\w"]+(?:\s*,\s*(?!pg_)[\w"]+)*\s+TO\s+[\w"]+(?:\s+WITH\s+[\w\s]+)?\s*;
      | \bEXECUTE\s+(?:format\s*\(\s*)?'\s*ALTER\s+DATABASE\s+(?:%I\s[^';]*'\s*,\s*current_database\(\)\s*\)
                                                            |'\s*\|\|[^';]*current_database\(\)[^;]*)\s*;""",
    re.IGNORECASE | re.VERBOSE,
)
"""In a block: the making of a role, its settings, its membership in others, and what is said of the script's own
database."""

_IN_C = re.compile(
    r"\bCREATE\s+(?:OR\s+REPLACE\s+)?FUNCTION\b(?:(?!;|\bCREATE\b).)*?\bLANGUAGE\s+'?c\b'?[^;]*;",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTES = r"(?:LANGUAGE\s+'?c'?|IMMUTABLE|STRICT|PARALLEL\s+SAFE|\s)+"
C_UNACCENT = re.compile(
    r"""\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?P<function>FUNCTION\s+(?:"[^"]+"|\w+)\.(?:"[^"]+"|\w+)\s*
        \(\s*(?:pg_catalog\.)?regdictionary\s*,\s*(?:pg_catalog\.)?text\s*\))\s+RETURNS\s+text\s"""
    rf"{_ATTRIBUTES}AS\s+'\$libdir/unaccent'\s*,\s*'unaccent_dict'(?:{_ATTRIBUTES})?$",
    re.IGNORECASE | re.VERBOSE,
)
"""The one function in C that schemas define themselves: unaccent, said to be immutable so that an index may have it."""

_SERVERS = re.compile(r"pg_(?:execute|read|write)_server_.*")
"""Roles of PostgreSQL's own that lead to files and programs."""

ELSEWHERE = {
    "FDW": "wrappers, servers and users of foreign data are left out",
    "FOREIGN_SERVER": "wrappers, servers and users of foreign data are left out",
    "USER_MAPPING": "wrappers, servers and users of foreign data are left out",
    "SUBSCRIPTION": "subscriptions are left out: they would fetch rows from another server",
    "TABLESPACE": "tablespaces are left out: everything is where the server has it by default",
}
"""Kinds of object that lead out of the database, and of which no table needs any to be the same."""

Node = Any


def sorted_out(steps: Sequence[Step], *, trusted: bool = False) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """The steps that are to be carried out, and what is left out, each in a line.

    ``trusted`` leaves in what would be refused.

    Raises:
        WorkloadError: a statement reaches beyond the script's own database (file:line).
    """
    sorter = _Sorter(steps, trusted)
    kept = tuple(left for step in steps if (left := sorter.carried_out(step)))
    return kept, told(sorter.left)


def told(left: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """What was left out, with the place of the first and how many more."""
    first: dict[str, str] = {}
    count: Counter[str] = Counter()
    for what, place in left:
        first.setdefault(what, place)
        count[what] += 1
    more = {what: f" and {count[what] - 1} more" if count[what] > 1 else "" for what in first}
    return tuple(f"{place}{more[what]}: {what}" for what, place in first.items())


def statement_node(sql: str) -> Node:
    """The statement as PostgreSQL's grammar takes it apart; None where it does not know it."""
    from postgast import PgQueryError, parse

    try:
        found = parse(sql).stmts
    except PgQueryError:
        return None
    return found[0].stmt.ListFields()[0][1] if found else None


@dataclass
class _Sorter:
    steps: Sequence[Step]
    trusted: bool
    left: list[tuple[str, str]] = field(default_factory=list)
    created: str = ""
    """The database that the script makes for itself, and the one that it is connected to."""
    connected: str = ""
    named: str = ""
    begun: bool = False
    """Whether anything of the schema is made by now."""
    extensions: set[str] = field(default_factory=set)
    """Those that are left out."""

    def carried_out(self, step: Step) -> Step | None:
        """The step as it is to be carried out; None where it is left out."""
        kept = self._sorted(step)
        if kept and not _NOT_MADE.match(kept.sql):
            self.begun = True
        return kept

    def _sorted(self, step: Step) -> Step | None:
        if step.sql.startswith("\\connect"):
            return self._connect(step)
        if step.sql.startswith("\\copy"):
            return self._leave(step, f"rows are left out: there is no file {step.sql[6:]} beside the script")
        if _PLAIN.match(step.sql) and not _REACHING.search(step.sql):
            return step
        reason, offset = beyond(step.sql)
        if not (reason or _LOOK_AT.match(step.sql)):
            return step
        node = statement_node(step.sql)
        rule = getattr(self, f"_of_{node.DESCRIPTOR.name}", None) if node else None
        kept: Step | None = rule(step, node) if rule else step
        if kept is step and reason and not self.trusted:
            raise self._refusal(step, reason, offset)
        return kept

    def _refusal(self, step: Step, reason: str, offset: int = 0) -> WorkloadError:
        from postgast import PgQueryError, parse

        try:
            parse("" if step.sql.startswith("\\") else step.sql)
        except PgQueryError as error:  # that, and no reach, is why no server would take it
            line = step.line + step.sql.count("\n", 0, max(0, error.cursorpos - 1))
            system, sign = dialect(step.sql)
            if system:
                return foreign(f"{step.file}:{line}", system, sign)
            hint = "PostgreSQL's grammar does not know this: is it for another system?"
            return WorkloadError(f"{step.file}:{line}: {error.message}", hint=hint)
        line = step.line + step.sql.count("\n", 0, offset)
        return WorkloadError(f"{step.file}:{line}: {reason} is refused: it reaches beyond the database", hint=HINT)

    def _leave(self, step: Step, what: str) -> Step | None:
        self.left.append((what, step.place))
        return None

    # ------------------------------------------------------------------------------------------- databases
    @property
    def _own(self) -> str:
        return self.created or self.connected or self.named

    def _connect(self, step: Step) -> Step | None:
        name = step.sql.removeprefix("\\connect").strip()
        if not name:
            return self._leave(step, "\\connect as another role is left out")
        if (self.begun and name != self._own) or (self.created and name != self.created):
            raise self._refusal(step, f"entering database {name}")
        self.connected = name
        return self._leave(step, f"\\connect {name} is left out: pgproof makes a database of its own for it")

    def _of_CreatedbStmt(self, step: Step, node: Node) -> Step | None:
        name = node.dbname
        if self.begun or name in SERVERS_OWN or (self.created and name != self.created):
            raise self._refusal(step, f"CREATE DATABASE {name}")
        self.created = name
        return self._leave(step, f"CREATE DATABASE {name} is left out: pgproof makes one of its own for it")

    def _of_DropdbStmt(self, step: Step, node: Node) -> Step | None:
        name = node.dbname
        taken = re.compile(rf"(?:\\connect|CREATE\s+DATABASE)\s+\"?{re.escape(name)}(?!\w)", re.IGNORECASE)
        own = any(taken.match(other.sql) for other in self.steps)
        if self.begun or name in SERVERS_OWN or not own:
            raise self._refusal(step, f"DROP DATABASE {name}")
        return self._leave(step, f"DROP DATABASE {name} is left out")

    def _about_database(self, step: Step, name: str) -> Step | None:
        self.named = self.named or name
        if name != self._own:
            raise self._refusal(step, f"a statement about database {name}")
        return self._leave(step, f"what is said of database {name} as a whole is left out")

    def _of_AlterDatabaseStmt(self, step: Step, node: Node) -> Step | None:
        return self._about_database(step, node.dbname)

    _of_AlterDatabaseSetStmt = _of_AlterDatabaseRefreshCollStmt = _of_AlterDatabaseStmt

    # ------------------------------------------------------------------------------- objects by their kind
    def _of_CommentStmt(self, step: Step, node: Node) -> Step | None:
        return self._about(step, _kind(node, "objtype"), node.object.string.sval)

    def _of_AlterOwnerStmt(self, step: Step, node: Node) -> Step | None:
        return self._about(step, _kind(node, "object_type"), node.object.string.sval)

    def _of_RenameStmt(self, step: Step, node: Node) -> Step | None:
        return self._about(step, _kind(node, "rename_type"), node.subname)

    def _of_GrantStmt(self, step: Step, node: Node) -> Step | None:
        return self._about(step, _kind(node, "objtype"), *(one.string.sval for one in node.objects))

    def _of_DropStmt(self, step: Step, node: Node) -> Step | None:
        return self._about(step, _kind(node, "remove_type"), *(one.string.sval for one in node.objects))

    def _about(self, step: Step, kind: str, *names: str) -> Step | None:
        if kind == "DATABASE":
            for name in names:
                self._about_database(step, name)
            return None
        if kind == "ROLE" and step.sql.lstrip()[:7].upper() == "COMMENT":
            return self._leave(step, "comments on roles are left out")
        if kind in ELSEWHERE:
            return step if self.trusted else self._leave(step, ELSEWHERE[kind])
        if kind == "FOREIGN_TABLE":
            return self._of_here(step, re.sub(r"\bFOREIGN\s+(?=TABLE\b)", "", step.sql, count=1, flags=re.IGNORECASE))
        if kind == "EVENT_TRIGGER":
            return self._leave(step, "event triggers are left out: they would fire for what pgproof does, too")
        if kind == "EXTENSION" and (self.extensions | {"plpgsql"}).intersection(names):
            return None
        return step

    def _of_UpdateStmt(self, step: Step, node: Node) -> Step | None:
        changed = {target.res_target.name for target in node.target_list}
        if node.relation.relname != "pg_index" or not changed <= {"indisready", "indisvalid"}:
            return step
        return self._leave(step, "indexes stay switched on while rows change")

    def _of_CreateFunctionStmt(self, step: Step, node: Node) -> Step:
        if C_UNACCENT.match(step.sql):
            return replace(step)
        language = language_of(node)
        if self.trusted or not beyond(step.sql)[0].startswith("language ") or language == "internal":
            return step
        self._leave(step, f"functions in {language} are left out: they reach programs and files")
        return replace(step, sql=stub(node))

    def _of_CreateEventTrigStmt(self, step: Step, node: Node) -> Step | None:
        return self._about(step, "EVENT_TRIGGER")

    _of_AlterEventTrigStmt = _of_CreateEventTrigStmt

    # ------------------------------------------------------------------------------------ what is elsewhere
    def _elsewhere(self, step: Step, node: Node) -> Step | None:
        name = node.DESCRIPTOR.name
        kind = next((one for one, word in _WORDS.items() if word in name), "FDW")
        return self._about(step, kind)

    _of_CreateFdwStmt = _of_AlterFdwStmt = _of_CreateForeignServerStmt = _of_AlterForeignServerStmt = _elsewhere
    _of_ImportForeignSchemaStmt = _of_CreateUserMappingStmt = _of_AlterUserMappingStmt = _elsewhere
    _of_DropUserMappingStmt = _of_CreateSubscriptionStmt = _of_AlterSubscriptionStmt = _elsewhere
    _of_DropSubscriptionStmt = _of_CreateTableSpaceStmt = _of_DropTableSpaceStmt = _elsewhere
    _of_AlterTableSpaceOptionsStmt = _elsewhere

    def _of_CreateForeignTableStmt(self, step: Step, node: Node) -> Step | None:
        """An ordinary table of the same columns: what reads it goes on, and it gets rows as any other."""
        from postgast import deparse, parse

        tree = parse("CREATE TABLE a ()")
        table = tree.stmts[0].stmt.create_stmt
        table.CopyFrom(node.base_stmt)
        for column in table.table_elts:
            column.column_def.ClearField("fdwoptions")
        return self._of_here(step, deparse(tree))

    def _of_AlterTableStmt(self, step: Step, node: Node) -> Step | None:
        kind = _kind(node, "objtype")
        if (
            kind == "FOREIGN_TABLE"
            and not self.trusted
            and all(_about_options(one.alter_table_cmd) for one in node.cmds)
        ):
            return self._leave(step, ELSEWHERE["FOREIGN_SERVER"])
        return self._about(step, kind)

    def _of_here(self, step: Step, text: str) -> Step:
        """The step about a foreign table as one about an ordinary table."""
        if self.trusted:
            return step
        reason, offset = beyond(text)
        if reason:
            raise self._refusal(step, reason, offset)
        self._leave(step, "foreign tables are ordinary ones here, with rows of their own")
        return replace(step, sql=text)

    def _of_SecLabelStmt(self, step: Step, node: Node) -> Step | None:
        return self._leave(step, "security labels are left out")

    def _of_CreateExtensionStmt(self, step: Step, node: Node) -> Step | None:
        if not EXTENSIONS.fullmatch(node.extname):
            return step
        self.extensions.add(node.extname)
        return self._leave(step, f"extension {node.extname} is left out: it leads to files, programs or other servers")

    def _of_AlterExtensionStmt(self, step: Step, node: Node) -> Step | None:
        return None if node.extname in self.extensions else step

    _of_AlterExtensionContentsStmt = _of_AlterExtensionStmt

    # ----------------------------------------------------------------------------------------------- roles
    def _of_CreateRoleStmt(self, step: Step, node: Node) -> Step | None:
        if self.trusted:
            return step
        return self._leave(step, "rights of roles are left out: a role that something belongs to is made without any")

    def _of_AlterRoleStmt(self, step: Step, node: Node) -> Step | None:
        own = re.compile(rf"\s*CREATE\s+(?:ROLE|USER)\s+\"?{re.escape(node.role.rolename)}(?!\w)", re.IGNORECASE)
        if self.trusted or not any(own.match(other.sql) for other in self.steps):
            return step
        return self._leave(step, "rights of roles are left out: a role that something belongs to is made without any")

    _of_AlterRoleSetStmt = _of_AlterRoleStmt

    def _of_DropRoleStmt(self, step: Step, node: Node) -> Step | None:
        made = {found["name"] for other in self.steps for found in _NO_SCHEMA.finditer(f"{other.sql};")}
        if self.trusted or not {one.role_spec.rolename for one in node.roles} <= made:
            return step
        return self._leave(step, "DROP ROLE of a role that the script makes itself is left out")

    def _of_GrantRoleStmt(self, step: Step, node: Node) -> Step | None:
        if self.trusted or any(_SERVERS.match(one.access_priv.priv_name) for one in node.granted_roles):
            return step
        return self._leave(step, "memberships of roles are left out")

    def _of_DoStmt(self, step: Step, node: Node) -> Step:
        """A block without the roles that it makes, which are made when something is to belong to them.

        A function in C in it is refused as the server does to a role that is no superuser: some have another then.
        """
        rest = _NO_SCHEMA.sub(lambda found: "NULL;" + "\n" * found[0].count("\n"), step.sql)
        rest = _IN_C.sub(lambda found: "RAISE insufficient_privilege;" + "\n" * found[0].count("\n"), rest)
        return step if self.trusted or rest == step.sql or beyond(rest)[0] else replace(step, sql=rest)

    # -------------------------------------------------------------------------------------------- settings
    def _of_VariableSetStmt(self, step: Step, node: Node) -> Step | None:
        name = node.name.lower()
        if name == "client_encoding":
            return None  # the file is read by it, and sent as UTF-8
        if name in ("role", "session_authorization") and not self.trusted:
            value = node.args[0].a_const.sval.sval if node.args else ""
            local = "LOCAL " if node.is_local else ""
            quoted = value.replace('"', '""')
            reset = value in ("", "none", "default")
            return replace(step, sql="RESET ROLE" if reset else f'SET {local}ROLE "{quoted}"')
        if name == PLAIN_STRINGS and not any(_has_backslash(other) for other in self.steps):
            return None  # on or off, all strings end where they end
        return step


def _about_options(command: Node) -> bool:
    return (
        "GenericOptions"
        in command.DESCRIPTOR.fields_by_name["subtype"].enum_type.values_by_number[command.subtype].name
    )


_WORDS = {"USER_MAPPING": "UserMapping", "SUBSCRIPTION": "Subscription", "TABLESPACE": "TableSpace"}


def _kind(node: Node, name: str) -> str:
    kinds = node.DESCRIPTOR.fields_by_name[name].enum_type.values_by_number
    return str(kinds[getattr(node, name)].name.removeprefix("OBJECT_"))


def _has_backslash(step: Step) -> bool:
    return "\\" in step.sql and any(
        token.kind == "string" and token.text[0] == "'" and "\\" in token.text for token in tokens(step.sql, step.file)
    )
