"""Functions in a language that is not to be had, as ones of the same name and arguments in PL/pgSQL.

What stands on them (triggers, views, owners, defaults) can be made then. Called, they say that they are not there.
"""

from __future__ import annotations

from typing import Any

Node = Any

_BODIES = {"trigger": "BEGIN RETURN coalesce(NEW, OLD); END", "event_trigger": "BEGIN END"}
_DROPPED = {"language", "as", "transform", "window", "support", "leakproof"}
"""What of a function is about its language, or a superuser's to say."""


def language_of(node: Node) -> str:
    """The language of a CREATE FUNCTION, in lower case; empty where none is named."""
    named = [one.def_elem.arg.string.sval for one in node.options if one.def_elem.defname == "language"]
    return str(named[0]).lower() if named else ""


def stub(node: Node) -> str:
    """A CREATE FUNCTION of the same signature: a trigger lets the row pass, all else raises an error."""
    from postgast import deparse, parse

    kind = node.return_type.names[-1].string.sval if node.return_type.names else ""
    name, language = node.funcname[-1].string.sval, language_of(node)
    said = f"{name} is in the language {language}, which is left out here".replace("'", "''")
    body = _BODIES.get(kind, f"BEGIN RAISE EXCEPTION USING ERRCODE = 'feature_not_supported', MESSAGE = '{said}'; END")
    tree = parse(f"CREATE FUNCTION f() LANGUAGE plpgsql AS $pgproof${body}$pgproof$")
    made = tree.stmts[0].stmt.create_function_stmt
    kept = [one for one in node.options if one.def_elem.defname not in _DROPPED]
    options = [*made.options, *kept]
    made.CopyFrom(node)
    del made.options[:]
    made.options.extend(options)
    text: str = deparse(tree)
    return text
