"""Whether a statement reaches beyond the database that it runs in: to the cluster, to its files, or to programs.

PostgreSQL's own grammar takes a statement apart (libpg_query, by postgast), so comments, quoting and spelling do not
matter, and what a string merely says does not count. It is no sandbox: SQL can be put together when it runs. The other
half of the protection is the role that a workload's SQL has (docs/security.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from bench.errors import WorkloadError
from bench.workload import sqlfile
from bench.workload.plpgsql import routine_body

Node = Any
"""A message of libpg_query, named as PostgreSQL's own parser names it (parsenodes.h)."""

STATEMENTS = {
    "AlterSystemStmt": "ALTER SYSTEM",
    "CreatedbStmt": "CREATE DATABASE",
    "DropdbStmt": "DROP DATABASE",
    "AlterDatabaseStmt": "ALTER DATABASE",
    "AlterDatabaseSetStmt": "ALTER DATABASE",
    "AlterDatabaseRefreshCollStmt": "ALTER DATABASE",
    "CreateRoleStmt": "CREATE ROLE",
    "AlterRoleStmt": "ALTER ROLE",
    "AlterRoleSetStmt": "ALTER ROLE",
    "DropRoleStmt": "DROP ROLE",
    "GrantRoleStmt": "GRANT or REVOKE of a role",
    "ReassignOwnedStmt": "REASSIGN OWNED",
    "DropOwnedStmt": "DROP OWNED",
    "CreateTableSpaceStmt": "CREATE TABLESPACE",
    "DropTableSpaceStmt": "DROP TABLESPACE",
    "AlterTableSpaceOptionsStmt": "ALTER TABLESPACE",
    "CreateSubscriptionStmt": "CREATE SUBSCRIPTION",
    "AlterSubscriptionStmt": "ALTER SUBSCRIPTION",
    "DropSubscriptionStmt": "DROP SUBSCRIPTION",
    "CreateFdwStmt": "CREATE FOREIGN DATA WRAPPER",
    "AlterFdwStmt": "ALTER FOREIGN DATA WRAPPER",
    "CreateForeignServerStmt": "CREATE SERVER",
    "AlterForeignServerStmt": "ALTER SERVER",
    "CreateForeignTableStmt": "CREATE FOREIGN TABLE",
    "ImportForeignSchemaStmt": "IMPORT FOREIGN SCHEMA",
    "CreateUserMappingStmt": "CREATE USER MAPPING",
    "AlterUserMappingStmt": "ALTER USER MAPPING",
    "DropUserMappingStmt": "DROP USER MAPPING",
    "LoadStmt": "LOAD",
    "CheckPointStmt": "CHECKPOINT",
}
"""Node of the grammar to the statement's name."""

SHARED_OBJECTS = {
    f"OBJECT_{name}"
    for name in ("DATABASE", "ROLE", "TABLESPACE", "SUBSCRIPTION", "FDW", "FOREIGN_SERVER", "PARAMETER_ACL")
}
"""Kinds of object that GRANT, COMMENT, RENAME and OWNER TO must leave alone; most belong to the whole cluster."""

FUNCTIONS = re.compile(
    r"""pg_(?:read|stat|write)_\w*file\w* | pg_ls_\w+ | pg_file_\w+ | pg_logdir_ls | lo_(?:import|export)
      | pg_(?:terminate|cancel)_backend | pg_reload_conf | pg_(?:rotate_logfile|logfile_rotate)\w* | pg_current_logfile
      | pg_promote | pg_switch_wal | pg_create_restore_point | pg_backup_(?:start|stop) | pg_wal_replay_\w+
      | pg_(?:create|drop|copy|sync)_\w*replication_slots? | pg_replication_\w+ | pg_logical_\w+
      | pg_stat_reset_(?:shared|slru|replication_slot|subscription_stats) | pg_log_backend_memory_contexts
      | pg_show_all_file_settings | pg_hba_file_rules | pg_ident_file_mappings | binary_upgrade_\w+
      | dblink\w* | postgres_fdw_\w+
      | run_command_on_\w+ | citus_(?:add|remove|drain|disable|activate|update|set|move|copy|rebalance)_\w+""",
    re.VERBOSE,
)
"""Functions that touch the server's files, act on other sessions or the whole server, or connect elsewhere."""

RELATIONS = {"pg_authid", "pg_shadow", "pg_hba_file_rules", "pg_ident_file_mappings", "pg_file_settings"} | {
    "pg_user_mapping", "pg_user_mappings"
}  # fmt: skip
"""Catalogs that hold password hashes, or show the server's configuration files."""

EXTENSIONS = re.compile(
    r"dblink|\w*_?fdw|adminpack|pg_cron|http|pgsql_http|pg_net|plsh|pl\w*u|\w+_pl(?:python\d?|perl)u|pg_background"
    r"|aws_\w+|pgagent|pageinspect"
)
"""Extensions that open a way to files, programs, other servers, or pages as they are on the disk."""

LANGUAGES = {"sql", "plpgsql", "plperl", "pltcl", "plv8"}
"""Languages whose functions can do no more than the role that calls them (PostgreSQL manual, CREATE LANGUAGE)."""

RUNS_TEXT = re.compile(r"query_to_xml\w*|ts_stat|ts_rewrite|crosstab\w*|connectby|xpath_table")
"""Functions that run a text which they are given."""

SETTINGS = {
    "role": "SET ROLE",
    "session_authorization": "SET SESSION AUTHORIZATION",
    "allow_system_table_mods": "SET allow_system_table_mods",
    "dynamic_library_path": "SET dynamic_library_path",
    "session_preload_libraries": "SET session_preload_libraries",
    "local_preload_libraries": "SET local_preload_libraries",
}
VALUES = {("A_Const", "sval"), ("CreateEnumStmt", "vals")}
"""Where a String is a value and no name."""

SIZES = {"reltuples", "relpages", "relallvisible", "relallfrozen"}
"""What the planner takes for the size of a table: it and pg_statistic may be made wrong, to see what comes of it."""

PLAIN_STRINGS = "standard_conforming_strings"
"""Switched off, it changes where a string ends, and with that what this module read."""

WORDS = re.compile(
    r"\balter\s+(?:system|group|user|server)\b|\b(?:create|drop|alter)\s+(?:database|role|tablespace|subscription)\b"
    r"|\b(?:create|drop)\s+(?:user|group|server)\b|\bforeign\s+data\s+wrapper\b|\bcreate\s+foreign\b|\bimport\s+foreign\b"
    r"|\bcopy\b.*?\b(?:program\b|(?:from|to)\s*(?:e|u&)?['$])|\bload\s*(?:e|u&)?['$]|\bcheckpoint\s*(?:;|$|')"
    r"|\bset\s+(?:local\s+|session\s+)?(?:role|session\s+authorization)\b(?!\s*=)|\blanguage\s+'?(?:c|internal|pl\w*u)\b"
    rf"|\bextension\s+(?:if\s+not\s+exists\s+)?\"?(?:{EXTENSIONS.pattern})\b|\b(?:{FUNCTIONS.pattern})\b"
    rf"|\b(?:{'|'.join(sorted(RELATIONS))})\b",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
"""What gives such a statement away, where the grammar cannot take it apart."""


@cache
def beyond(sql: str) -> tuple[str, int]:
    """What in ``sql`` reaches beyond its database, and the offset of it; empty where nothing does.

    A text that PostgreSQL's grammar does not know is judged by its words, strings included.
    """
    from postgast import PgQueryError, parse

    try:
        tree = parse(sql)
    except PgQueryError:
        return words(sql, strings=True), 0
    found = next(_found(tree, 0), None)
    return (found[0], len(sql.encode()[: found[1]].decode(errors="ignore"))) if found else ("", 0)


def words(sql: str, *, strings: bool) -> str:
    """The words in ``sql``, comments left out, that give such a statement away; with ``strings`` or without."""
    kept, position = [], 0
    try:
        for token in sqlfile.tokens(sql, ""):
            kept.append(sql[position : token.start])
            left_out = token.kind == "comment" or (token.kind == "string" and not strings)
            kept.append(("''" if token.kind == "string" else " ") if left_out else token.text)
            position = token.end
    except WorkloadError:  # a quote that is never closed: what follows counts
        pass
    match = WORDS.search("".join([*kept, sql[position:]]))
    return " ".join(match.group().split()) if match else ""


def _found(node: Node, at: int) -> Iterator[tuple[str, int]]:
    """What reaches beyond in ``node``, with the offset in bytes of the innermost node that says where it stands."""
    places = (getattr(node, name, 0) for name in ("location", "stmt_location"))
    at = max(at, *(place for place in places if isinstance(place, int)))  # that of a tablespace is a path
    if reason := _reason(node):
        yield reason, at
    for field, value in node.ListFields():
        if field.message_type is None:
            if field.enum_type is not None and field.enum_type.name == "ObjectType":
                name = field.enum_type.values_by_number[value].name
                if name in SHARED_OBJECTS:
                    yield f"a statement about a {name.removeprefix('OBJECT_').replace('_', ' ').lower()}", at
            continue
        if (node.DESCRIPTOR.name, field.name) in VALUES:
            continue
        for child in [value] if hasattr(value, "ListFields") else value:
            yield from _found(child, at)


def _reason(node: Node) -> str:
    kind = node.DESCRIPTOR.name
    if kind in STATEMENTS:
        return STATEMENTS[kind]
    return REASONS[kind](node) if kind in REASONS else ""


def _copy(node: Node) -> str:
    if node.is_program:
        return "COPY … PROGRAM"
    return "COPY to or from a file of the server" if node.filename else ""


def _name(node: Node) -> str:
    return f"{node.sval}()" if FUNCTIONS.fullmatch(node.sval) else ""


def _relation(node: Node) -> str:
    ours = node.schemaname not in ("", "pg_catalog")
    return "" if ours or node.relname not in RELATIONS else f"a look at {node.relname}"


def _change(node: Node) -> str:
    into = node.relation
    if into.schemaname not in ("", "pg_catalog") or not into.relname.startswith("pg_"):
        return ""
    if (node.DESCRIPTOR.name, into.relname) == ("DeleteStmt", "pg_statistic"):
        return ""
    if (node.DESCRIPTOR.name, into.relname) == ("UpdateStmt", "pg_class"):
        changed = {target.res_target.name for target in node.target_list}
        return f"a change of {', '.join(sorted(changed - SIZES))} in pg_class" if changed - SIZES else ""
    return f"a change of the catalog {into.relname}"


def _extension(node: Node) -> str:
    return f"extension {node.extname}" if EXTENSIONS.fullmatch(node.extname) else ""


def _language(node: Node) -> str:
    return "" if node.plname in LANGUAGES else f"language {node.plname}"


def _setting(node: Node) -> str:
    values = [arg.a_const.sval.sval.lower() for arg in node.args]
    return _of_setting(node.name.lower(), values[0] if values else "")


def _of_setting(name: str, value: str) -> str:
    if name == PLAIN_STRINGS:
        return "" if value in ("on", "true", "") else f"SET {name}"
    return SETTINGS.get(name, "")


def _call(node: Node) -> str:
    name = node.funcname[-1].string.sval
    texts = [arg.a_const.sval.sval for arg in node.args if arg.a_const.HasField("sval")]
    if name == "set_config" and texts:
        return _of_setting(texts[0].lower(), texts[1].lower() if len(texts) > 1 else "?")
    if RUNS_TEXT.fullmatch(name):
        return next((found for text in texts if (found := beyond(text)[0])), "")
    return ""


def _routine(node: Node) -> str:
    block = node.DESCRIPTOR.name == "DoStmt"
    options = {one.def_elem.defname: one.def_elem.arg for one in (node.args if block else node.options)}
    language = options["language"].string.sval.lower() if "language" in options else "plpgsql" if block else "sql"
    if language not in LANGUAGES:
        return f"language {language}"
    if "as" not in options:
        return ""  # a body in standard SQL is part of the tree
    given = options["as"]
    body = "\n".join(item.string.sval for item in given.list.items) or given.string.sval
    if language == "sql":
        return beyond(body)[0]
    return routine_body(body, beyond, words) if language == "plpgsql" else words(body, strings=True)


def _transaction(node: Node) -> str:
    return "a prepared transaction" if node.gid else ""


REASONS: dict[str, Any] = {
    "CopyStmt": _copy,
    "String": _name,
    "RangeVar": _relation,
    "InsertStmt": _change,
    "UpdateStmt": _change,
    "DeleteStmt": _change,
    "MergeStmt": _change,
    "CreateExtensionStmt": _extension,
    "CreatePLangStmt": _language,
    "VariableSetStmt": _setting,
    "FuncCall": _call,
    "CreateFunctionStmt": _routine,
    "DoStmt": _routine,
    "TransactionStmt": _transaction,
}
"""Node of the grammar to what finds out, from its parts, whether it reaches beyond."""
