"""Extensions, also those that only a superuser can create, for a role that is none.

In a database of a server of ours stands a function that creates those that lead nowhere else
(``sql/create_extension_function.sql``); elsewhere the role does what it may.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from importlib import resources
from typing import Any

from psycopg import sql

from bench.postgres.catalog import rows
from bench.postgres.connection import Connection
from bench.workload.psql import Step

_CREATES = re.compile(r"\s*CREATE\s+EXTENSION\b", re.IGNORECASE)
_NAMED = re.compile(r"\s*CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:\"([^\"]+)\"|([\w$]+))", re.IGNORECASE)

_BLOCK = re.compile(r"\s*DO\b", re.IGNORECASE)
_IN_BLOCK = re.compile(r"\bCREATE\s+EXTENSION\s+IF\s+NOT\s+EXISTS\s[^;']+(?=;)", re.IGNORECASE)

_ABOUT_EXTENSIONS = re.compile(r"\b(?:CREATE|ALTER|COMMENT\s+ON)\s+EXTENSION\b[^\n]*", re.IGNORECASE)

_KNOWN = tomllib.loads((resources.files("bench.postgres") / "extensions.toml").read_text(encoding="utf-8"))

UNNEEDED: Mapping[str, str] = _KNOWN["unneeded"]
"""Extensions without which the tables of a schema are the same, with what each is for."""
IMAGES: Mapping[str, tuple[str, ...]] = {image["name"]: tuple(image["extensions"]) for image in _KNOWN["images"]}
"""Images of a container and the extensions that each has beside PostgreSQL's own, in the order of proposal."""
MEMBERS: Mapping[str, Mapping[str, list[str]]] = _KNOWN["members"]
"""By extension and kind (functions, types, classes …), names that belong to it; a star stands for any end."""


_IMPLIED = {name: re.compile(sign, re.IGNORECASE | re.VERBOSE) for name, sign in _KNOWN["implied"].items()}


def extension_with(kind: str, name: str) -> str:
    """The extension that a function, type and so on of that name belongs to, or empty."""
    holders = (one for one, kinds in MEMBERS.items() if any(fnmatchcase(name, known) for known in kinds.get(kind, ())))
    return next(holders, "")


def mentions(script: str, extension: str) -> bool:
    """Whether a script may use an extension: one that is known by its members, where it has the name of any."""
    names = [name for kind, names in MEMBERS.get(extension, {}).items() for name in names if kind != "methods"]
    words = "|".join(re.escape(name.rstrip("*")) for name in names)
    rest = _ABOUT_EXTENSIONS.sub("", script)
    return not names or bool(re.search(rf"\b(?:{words})", rest, re.IGNORECASE))


def named(steps: Sequence[Step]) -> dict[str, str]:
    """The extensions that a schema cannot do without, each with the first place that says so.

    Those are left out of which nothing is used, and those without which its tables are the same.
    """
    places = _named(steps)
    script = "\n".join(step.sql for step in steps) if places else ""
    return {name: place for name, place in places.items() if name not in UNNEEDED and mentions(script, name)}


def _named(steps: Iterable[Step]) -> dict[str, str]:
    places: dict[str, str] = {}
    for step in steps:
        if created := _NAMED.match(step.sql):
            places.setdefault(created[1] or created[2].lower(), step.place)
        for name, sign in _IMPLIED.items():
            if name not in places and sign.search(step.sql):
                places[name] = step.place
    return places


def create(connection: Connection, name: str, schema: str) -> None:
    """Create the extension in that schema, or in the only one that it can be in, where it is missing.

    Raises:
        psycopg.Error: it is not installed, or this role may not.
    """
    known = _known(connection, name)
    if not (known["schema_name"] or _with_help(connection, known, schema)):
        statement = sql.SQL("CREATE EXTENSION {} WITH SCHEMA {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(known["own_schema"] or schema)))


def execute(connection: Connection, text: str) -> None:
    """Execute a statement of a workload; one that creates an extension with the help of the database's function.

    So is a block that does, which would take the refusal for an extension that is not there and go on without it.
    """
    for creating in _IN_BLOCK.findall(text) if _BLOCK.match(text) else ():
        _created(connection, creating)
    if not (_CREATES.match(text) and _created(connection, text)):
        connection.execute(text)


def _created(connection: Connection, text: str) -> bool:
    from postgast import PgQueryError, parse

    try:
        wanted: Any = parse(text).stmts[0].stmt.create_extension_stmt
    except PgQueryError:
        return False
    options = {option.def_elem.defname: option.def_elem.arg.string.sval for option in wanted.options}
    known = _known(connection, wanted.extname)
    if known["schema_name"] or set(options) - {"schema", "cascade"}:
        return False  # a version: as the role itself
    place = options.get("schema") or connection.execute("SELECT current_schema()").fetchall()[0][0]
    for name in known["requires"] if "cascade" in options else ():
        create(connection, name, place)
    return _with_help(connection, known, place)


def _known(connection: Connection, name: str) -> Mapping[str, Any]:
    """What the server knows of an extension: where it is, and whether the database helps to create it."""
    found = rows(connection, "find_extension", name)
    return found[0] if found else {"schema_name": None, "helps": False, "requires": (), "own_schema": None}


def _with_help(connection: Connection, known: Mapping[str, Any], schema: str) -> bool:
    asked = "SELECT bench_meta.create_extension(%s, %s)"
    place = known["own_schema"] or schema
    return known["helps"] and bool(connection.execute(asked, [known["name"], place]).fetchall()[0][0])
