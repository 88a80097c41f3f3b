"""What helps a statement of a schema that fails because of what the server lacks: extensions, locales, versions.

A help is asked for only after the server has refused the statement, so a schema that loads as it is stays as it is.
Each says in a line what is there in place of what.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from bench.errors import ServerError
from bench.postgres import extensions
from bench.postgres.connection import Connection
from bench.postgres.extensions import UNNEEDED, mentions
from bench.postgres.missing_schemas import ADD_TO_PATH, MissingSchemas
from bench.schema.preludes import prelude_with
from bench.workload.stubs import stub
from bench.workload.tolerance import statement_node

_UP_TO_NAME = r"""\s*CREATE\s+{kind}\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:(?:"[^"]+"|[\w$]+)\.)?(?:"[^"]+"|[\w$]+)"""
_COLLATION = re.compile(_UP_TO_NAME.format(kind="COLLATION"), re.IGNORECASE)
_EXTENSION = re.compile(_UP_TO_NAME.format(kind="EXTENSION"), re.IGNORECASE)
_DICTIONARY = re.compile(_UP_TO_NAME.format(kind=r"TEXT\s+SEARCH\s+DICTIONARY"), re.IGNORECASE)
_CONFIGURATION = re.compile(_UP_TO_NAME.format(kind=r"TEXT\s+SEARCH\s+CONFIGURATION"), re.IGNORECASE)
_SUPERUSERS_ALONE = re.compile(r"\s*CREATE\s+(?:OR\s+REPLACE\s+)?(ACCESS METHOD|TRANSFORM)\b", re.IGNORECASE)
_FUNCTION = re.compile(r"\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE)\b", re.IGNORECASE)
_SAYS = re.compile(r"\s*(?:GRANT|REVOKE|COMMENT)\b", re.IGNORECASE)
_VERSION = re.compile(r"""\bVERSION\s+(?:'[^']*'|"[^"]*"|[\w.]+)""", re.IGNORECASE)

_NO_COLLATION = re.compile(r'collation "(?:pg_catalog\.)?([^"]+)" for encoding "\w+" does not exist')
_LOCALE = re.compile(
    r""".+-x-icu | [a-z]{2,3}_[A-Z]{2}(?:\.[\w-]+)?(?:@\w+)? | [A-Z][a-z]+_[A-Z].*\.\d+ | .+\.utf-?8
      | pg_c_utf8 | pg_unicode_fast | unicode""",
    re.VERBOSE | re.IGNORECASE,
)
"""Names that PostgreSQL gives to collations of the operating system, of ICU and of its own."""

_NAMES_UNICODE = re.compile(r'\bCOLLATE\s+(?:pg_catalog\.)?"?unicode\b', re.IGNORECASE)
_NO_LOCALE = re.compile(
    r"ICU is not supported|could not create locale|nondeterministic collations not supported"
    r"|could not open collator|could not convert locale|invalid locale|collation provider"
)
_NONDETERMINISTIC = re.compile(r"deterministic\s*=\s*'?(?:false|off|0|no)\b", re.IGNORECASE)
_STANDS_IN = "{} stands in, since the server lacks its locale: another order of sorting, and LIKE 'x%' may use an index"

_NOT_AVAILABLE = re.compile(r'extension "(.+)" is not available')
_NOT_THERE = re.compile(r'extension "(.+)" does not exist')
_NO_VERSION = re.compile(r'extension "(.+)" has no installation script nor update path for version "(.+)"')
_NO_REQUIRED = re.compile(r'required extension "(.+)" is not installed')
_MOVES = re.compile(r"""\s*ALTER\s+EXTENSION\s+(?:"[^"]+"|\w+)\s+SET\s+SCHEMA\s+(?:"[^"]+"|\w+)\s*""", re.IGNORECASE)
_NO_UPDATE = re.compile(r'extension "(.+)" has no update path from version "(.+)" to version "(.+)"')
_NO_LANGUAGE = re.compile(r'language "(.+)" does not exist')
_NO_TABLESPACE = re.compile(r'tablespace "(.+)" does not exist')
_NO_FILE = re.compile(r"could not open (?:dictionary|affix|stop-word|synonym|thesaurus) file \"(?:.*/)?(.+)\"")
_NO_PARSER = re.compile(r'text search parser "(.+)" does not exist')
_NO_TOKEN = re.compile(r'token type "(.+)" does not exist')
_NO_METHOD = re.compile(r'access method "(.+)" does not exist')
_NO_SCHEMA = re.compile(r'schema "(.+)" does not exist')
_NOTHING = re.compile(
    r'(?:schema|relation|publication|type) "(?P<name>[^"]+)" does not exist|function (?P<function>[^(]+)\('
)
_NO_MEMBER = re.compile(
    r"""(?:function\ (?P<functions>[^(]+)\(.*\)|type\ "?(?P<types>[^"]+?)"?(?:\[\])*
        |operator\ class\ "(?P<classes>[^"]+)".*|text\ search\ dictionary\ "(?P<dictionaries>[^"]+)"
        |access\ method\ "(?P<access_methods>[^"]+)")\ does\ not\ exist
      |data\ type\ .*\ has\ no\ default\ operator\ class\ for\ access\ method\ "(?P<methods>[^"]+)" """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Fallback:
    """What to execute after all, and what to say of it."""

    text: str
    """The statement, as it was or changed; empty where it is left out."""
    note: str = ""
    """Empty where another line says it already."""
    prelude: str = ""
    """The name of a prelude whose statements come first, under the rules of the schema itself."""
    before: str = ""
    """Those statements, as a script."""


Superuser = Callable[[], AbstractContextManager[Connection]]
"""Opens a connection of pgproof itself to the database."""


@dataclass(frozen=True, slots=True)
class _Failed:
    """A statement that failed, and where."""

    connection: Connection
    ours: Superuser
    text: str
    place: str
    message: str


class Fallbacks:
    """The helps for one script on its way into one database.

    Args:
        connection: the one that its statements fail on.
        ours: how to have a superuser's connection to the same database, on a server of ours.
        script: all of its text, which says what of a prelude it uses.
    """

    def __init__(self, connection: Connection, ours: Superuser, script: str) -> None:
        self._connection, self._ours, self._script = connection, ours, script
        self._preludes: set[str] = set()
        self.schemas = MissingSchemas(connection, script)

    def before_all(self) -> str:
        """Replace the one collation of ICU that every catalog has, where the server can sort by none; say so."""
        if not _NAMES_UNICODE.search(self._script):
            return ""
        try:
            self._connection.execute("SELECT 'a' < 'b' COLLATE pg_catalog.unicode")
        except psycopg.errors.FeatureNotSupported:
            with suppress(psycopg.Error), self._ours() as ours:
                source = _code_points(ours)
                ours.execute("ALTER COLLATION pg_catalog.unicode RENAME TO unicode_of_icu")
                ours.execute(
                    sql.SQL("CREATE COLLATION pg_catalog.unicode FROM pg_catalog.{}").format(sql.Identifier(source))
                )
                return f"collation unicode: {_STANDS_IN.format(source)}"
        except psycopg.Error:  # before PostgreSQL 16 there is none
            pass
        return ""

    def find(self, text: str, place: str, error: psycopg.Error) -> Fallback | None:
        """How a statement that failed may succeed; what it needs is made where that is possible. None if nothing helps.

        Args:
            text: the statement; its connection is in no aborted transaction.
            place: where it stands (``schema.sql:12``).
            error: what the server said.

        Raises:
            ServerError: it needs an extension that the server lacks.
        """
        failed = _Failed(self._connection, self._ours, text, place, error.diag.message_primary or "")
        helps = (
            _collation, _new_collation, _version, self._unneeded, self._prelude, _schema_of_extension, _required,
            _moved, _member, self._schema, self._elsewhere, _left_out, _tablespace, _dictionary, _parser,
            _access_method,
        )  # fmt: skip
        try:
            return next((found for one in helps if (found := one(failed))), None)
        except psycopg.Error:  # the help needs more than this role may
            return None

    def _unneeded(self, failed: _Failed) -> Fallback | None:
        """An extension that is lacked and of which nothing is used, or without which the tables are the same."""
        missing = _NOT_AVAILABLE.match(failed.message) or _NOT_THERE.match(failed.message)
        if not missing or (missing[1] not in UNNEEDED and mentions(self._script, missing[1])):
            return None
        created = _EXTENSION.match(failed.text)
        return Fallback("", f"extension {missing[1]} is left out: the server lacks it" if created else "")

    def _prelude(self, failed: _Failed) -> Fallback | None:
        """What a platform has made in its databases beforehand."""
        missing = _NOTHING.match(failed.message)
        named = (missing["name"] or missing["function"]) if missing else ""
        prelude, before = prelude_with(named, self._script)
        if not before or prelude in self._preludes:
            return None
        self._preludes.add(prelude)
        note = f"{named} is not there: what the script uses of the prelude {prelude} is made first"
        return Fallback(failed.text, note, prelude, before)

    def _schema(self, failed: _Failed) -> Fallback | None:
        name = self.schemas.wanted(failed.text, failed.message)
        return Fallback(failed.text, self.schemas.make(name)) if name else None

    def _elsewhere(self, failed: _Failed) -> Fallback | None:
        name, schema = self.schemas.elsewhere(failed.message)
        return Fallback(failed.text, self.schemas.add_to_path(name, schema)) if name else None


# --------------------------------------------------------------------------------------------------- collations
def _collation(failed: _Failed) -> Fallback | None:
    """A collation of the operating system, of ICU or of a newer PostgreSQL: made where it would be, from another."""
    missing = _NO_COLLATION.match(failed.message)
    if not (missing and _LOCALE.fullmatch(missing[1])):
        return None
    with failed.ours() as ours:
        source = _code_points(ours)
        names = sql.Identifier("pg_catalog", missing[1]), sql.Identifier("pg_catalog", source)
        ours.execute(sql.SQL("CREATE COLLATION {} FROM {}").format(*names))
    return Fallback(failed.text, f"collation {missing[1]}: {_STANDS_IN.format(source)}")


def _new_collation(failed: _Failed) -> Fallback | None:
    """CREATE COLLATION with a provider or locale that is not there: with another."""
    name = _COLLATION.match(failed.text)
    if not (name and _NO_LOCALE.search(failed.message)):
        return None
    source = _code_points(failed.connection)
    note = f"collation {name[0].split()[-1]}: {_STANDS_IN.format(source)}"
    if _NONDETERMINISTIC.search(failed.text):
        note += "; what it takes for equal differs here"
    return Fallback(f"{name[0]} FROM pg_catalog.{sql.Identifier(source).as_string()}", note)


def _code_points(connection: Connection) -> str:
    """The collation that stands in: by code points, with upper and lower case of all letters where there is one."""
    known = connection.execute("SELECT 1 FROM pg_collation WHERE collname = 'pg_c_utf8'").fetchone()
    return "pg_c_utf8" if known else "C"


# --------------------------------------------------------------------------------------------------- extensions
def _version(failed: _Failed) -> Fallback | None:
    if update := _NO_UPDATE.match(failed.message):
        return Fallback("", f"extension {update[1]} stays at version {update[2]}, which the server has")
    missing = _NO_VERSION.match(failed.message)
    if not missing:
        return None
    note = f"extension {missing[1]} is of the version that the server has, not {missing[2]}"
    return Fallback(_VERSION.sub("", failed.text), note)


def _required(failed: _Failed) -> Fallback | None:
    missing = _NO_REQUIRED.match(failed.message)
    if not missing:
        return None
    extensions.create(failed.connection, missing[1], _first_schema(failed.connection))
    return Fallback(failed.text, f"extension {missing[1]} is made first: another stands on it")


def _moved(failed: _Failed) -> Fallback | None:
    """An extension in another schema: of what is in it a superuser is the owner, who made it for the role."""
    idle = failed.connection.info.transaction_status == TransactionStatus.IDLE
    if not (idle and _MOVES.fullmatch(failed.text) and failed.message.startswith("must be owner of")):
        return None
    with failed.ours() as ours:
        ours.execute(failed.text)
    return Fallback("")


def _schema_of_extension(failed: _Failed) -> Fallback | None:
    missing = _NO_SCHEMA.match(failed.message)
    if not (missing and _EXTENSION.match(failed.text)):
        return None
    failed.connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(missing[1])))
    return Fallback(failed.text, f"schema {missing[1]} is made for an extension")


def _member(failed: _Failed) -> Fallback | None:
    """A function, type and so on of an extension that the script does not create, or that its search path misses."""
    missing = _NO_MEMBER.match(failed.message)
    if not missing:
        return None
    kind = str(missing.lastgroup)
    schema, _, name = missing[kind].rpartition(".")
    wanted = extensions.extension_with(kind, name.lower())
    if not wanted:
        return None
    if known := _schema_with(failed.connection, wanted):
        there, on_path = known
        if schema and schema != there and kind == "functions":
            made = [failed.connection.execute(text) for text in _calls(failed.connection, name, there, schema)]
            note = f"{schema}.{name} is made to call that of extension {wanted}, which is in {there}"
            return Fallback(failed.text, note) if made else None
        if schema or on_path:
            return None
        failed.connection.execute(ADD_TO_PATH, [there])
        return Fallback(
            failed.text, f"schema {there} is added to the search path: {name} is there, of extension {wanted}"
        )
    place = schema or _first_schema(failed.connection)
    try:
        extensions.create(failed.connection, wanted, place)
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile):
        hint = "--server local or docker, or --dsn with a server that has it"
        raise ServerError(
            f"{failed.place}: {name} is of the extension {wanted}, which the server lacks", hint=hint
        ) from None
    return Fallback(failed.text, f"extension {wanted} is made in {place}: {name} is used, and nothing creates it")


# ------------------------------------------------------------------------------------------------ everything else
def _left_out(failed: _Failed) -> Fallback | None:
    """Functions in languages that are not there, and rights and comments of what is not there."""
    if (missing := _NO_LANGUAGE.match(failed.message)) and _FUNCTION.match(failed.text):
        node = statement_node(failed.text)
        note = f"functions in {missing[1]} are left out: the server lacks the language"
        return Fallback(stub(node) if node else "", note)
    if failed.message.startswith("PL/pgSQL functions cannot") and _FUNCTION.match(failed.text):
        return Fallback("")  # one that stood for another, which was told
    if made := _SUPERUSERS_ALONE.match(failed.text):
        return Fallback("", f"CREATE {made[1].upper()} is left out ({failed.message})")
    if _SAYS.match(failed.text) and failed.message.endswith("does not exist"):
        return Fallback("", f"rights and comments of what is not there are left out ({failed.message})")
    return None


def _tablespace(failed: _Failed) -> Fallback | None:
    """A place on the disk that the server lacks: everything is where it is by default."""
    missing = _NO_TABLESPACE.match(failed.message)
    if not missing:
        return None
    name = re.escape(missing[1])
    clause = rf"(?:\bUSING\s+INDEX\s+)?\bTABLESPACE\s+(?:\"{name}\"|{name}(?!\w))"
    text = re.sub(clause, "", failed.text, flags=re.IGNORECASE)
    if re.match(r"\s*(?:SET|ALTER)\b", failed.text, re.IGNORECASE):
        text = ""
    return Fallback(text, f"tablespace {missing[1]} is left out") if text != failed.text else None


def _dictionary(failed: _Failed) -> Fallback | None:
    """A dictionary whose file is not there knows no word then."""
    made = _DICTIONARY.match(failed.text)
    missing = _NO_FILE.match(failed.message)
    if not (made and missing):
        return None
    note = f"a dictionary is the simple one: the server lacks its file {missing[1]}"
    return Fallback(f"{made[0]} (TEMPLATE = pg_catalog.simple)", note)


def _parser(failed: _Failed) -> Fallback | None:
    """A text search configuration whose parser is not there is a copy of the simple one."""
    made = _CONFIGURATION.match(failed.text)
    if made and (missing := _NO_PARSER.match(failed.message)):
        note = f"a text search configuration is the simple one: the server lacks the parser {missing[1]}"
        return Fallback(f"{made[0]} (COPY = pg_catalog.simple)", note)
    if _NO_TOKEN.match(failed.message) and re.match(r"\s*ALTER\s+TEXT\s+SEARCH", failed.text, re.IGNORECASE):
        return Fallback("")
    return None


def _access_method(failed: _Failed) -> Fallback | None:
    """A table in a storage that the server lacks is in its default one."""
    missing = _NO_METHOD.match(failed.message)
    if not (missing and re.match(r"\s*CREATE\b(?!.*\bINDEX\b)", failed.text.partition("(")[0], re.I | re.S)):
        return None
    text = re.sub(rf"\bUSING\s+\"?{re.escape(missing[1])}\"?(?!\w)", "", failed.text, flags=re.IGNORECASE)
    return Fallback(text, f"access method {missing[1]} is left out") if text != failed.text else None


def _calls(connection: Connection, name: str, there: str, schema: str) -> list[sql.Composed]:
    """Functions of that name in ``schema`` that call those in the schema ``there``."""
    query = """
        SELECT pg_get_function_identity_arguments(p.oid), pg_get_function_result(p.oid), p.pronargs,
               CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE 'VOLATILE' END
        FROM pg_proc AS p WHERE p.proname = %s AND p.pronamespace::regnamespace::text = quote_ident(%s)
    """
    statement = sql.SQL("CREATE FUNCTION {}({}) RETURNS {} LANGUAGE sql {} RETURN {}({})")
    return [
        statement.format(
            sql.Identifier(schema, name), sql.SQL(arguments), sql.SQL(result), sql.SQL(volatility),
            sql.Identifier(there, name), sql.SQL(", ").join(sql.SQL(f"${n + 1}") for n in range(count)),
        )
        for arguments, result, count, volatility in connection.execute(query, [name, there]).fetchall()
    ]  # fmt: skip


def _schema_with(connection: Connection, extension: str) -> tuple[str, bool] | None:
    """The schema that an extension is in, and whether the search path has it."""
    query = """
        SELECT n.nspname, n.nspname = ANY (current_schemas(false))
        FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = %s
    """
    found = connection.execute(query, [extension]).fetchone()
    return (str(found[0]), bool(found[1])) if found else None


def _first_schema(connection: Connection) -> str:
    query = "SELECT coalesce(to_regnamespace('public')::text, current_schema())"
    return str(connection.execute(query).fetchall()[0][0])
