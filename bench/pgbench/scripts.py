"""The queries of a workload as scripts in pgbench's language: one for each query, its bindings drawn at random.

Values travel as pgbench variables and reach the server as parameters of a prepared statement, as a driver's do. No text
of data or of a query becomes part of pgbench's language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.errors import LoadError, WorkloadError
from bench.model import Binding, Query, State
from bench.workload import sqlfile

MOST_QUERIES = 128
"""Scripts that pgbench takes (MAX_SCRIPTS in pgbench.c)."""

TURN = "pgproof_turn"
"""Counts the executions of one client: it and the number of the client make a value that no other execution has."""

CLIENT_ROOM = 20_000_000
"""Values kept for each client: more executions than one makes in an hour, and a hundred clients fit into an integer."""

_WHOLE = re.compile(r"-?[1-9][0-9]{0,17}|0")
"""Values that pgbench itself can set, and gives back as they were written."""

_MISREAD = re.compile(r":[A-Za-z_\u0080-\U0010ffff]")
"""What pgbench takes for a variable wherever it stands, inside quotes too (parseVariable in pgbench.c)."""


@dataclass(frozen=True, slots=True)
class Script:
    """A query in pgbench's language, and how often it runs beside the others."""

    query: str
    text: str
    weight: int


@dataclass(frozen=True, slots=True)
class QueryMix:
    """The scripts of a load in the order of their numbers in pgbench's log, and the variables that they share."""

    scripts: tuple[Script, ...]
    variables: Mapping[str, str]


def mix_queries(
    queries: Sequence[Query], bindings: Mapping[str, Mapping[str, Sequence[Binding]]], state: State
) -> QueryMix:
    """Make the scripts of all ``queries`` with a weight, for ``state``; a query without a binding is left out.

    Every binding of a query, of whatever class, is as likely as any other.

    Raises:
        LoadError: there is nothing to run, or more than pgbench takes.
        WorkloadError: a unique parameter is no whole number (file:line).
    """
    scripts: list[Script] = []
    variables = {TURN: "0"}
    for query in queries:
        chosen = [binding for values in bindings[query.name].values() for binding in values]
        if not query.weight or not chosen:
            continue
        number = len(scripts) + 1
        scripts.append(Script(query.name, "".join(_lines(query, chosen, state, number, variables)), query.weight))
    if not scripts:
        raise LoadError("no query takes part in the load", hint="give one a weight above 0")
    if len(scripts) > MOST_QUERIES:
        hint = "choose some with --mix, or write '-- weight: 0' into the others"
        raise LoadError(f"{len(scripts)} queries are more than the {MOST_QUERIES} that pgbench takes", hint=hint)
    return QueryMix(tuple(scripts), variables)


def _lines(
    query: Query, bindings: Sequence[Binding], state: State, number: int, variables: dict[str, str]
) -> Iterator[str]:
    """The lines of a script; the values of its parameters go into ``variables``.

    One statement for all bindings where pgbench's language allows it: each client prepares each statement, and pgbench
    waits for that with all clients of a thread.
    """
    if query.unique:
        yield f"\\set {TURN} :{TURN} + 1\n"
    if len(bindings) > 1:
        yield f"\\set pgproof_binding random(1, {len(bindings)})\n"
    varying = [
        parameter.name
        for parameter in query.parameters
        if parameter.name not in query.unique and len({binding.args[parameter.name] for binding in bindings}) > 1
    ]
    shared = all(_WHOLE.fullmatch(binding.args[name] or "") for name in varying for binding in bindings)
    names: dict[str, str] = {}
    for position, binding in enumerate(bindings, 1):
        if len(bindings) > 1:
            yield f"\\{'if' if position == 1 else 'elif'} :pgproof_binding = {position}\n"
        for place, parameter in enumerate(query.parameters, 1):
            names[parameter.name] = name = f"q{number}p{place}" if shared else f"q{number}b{position}p{place}"
            value = binding.args[parameter.name]
            if parameter.name in query.unique:
                yield f"\\set {name} {_whole(query, parameter.name, value)} + :client_id * {CLIENT_ROOM} + :{TURN}\n"
            elif shared and parameter.name in varying:
                yield f"\\set {name} {value}\n"
            elif value is not None:  # a variable that is not set is NULL in a prepared statement
                variables[name] = value
        if not shared:
            yield f"{statement(query, state, names)};\n"
    if len(bindings) > 1:
        yield "\\endif\n"
    if shared:
        yield f"{statement(query, state, names)};\n"


def _whole(query: Query, name: str, value: str | None) -> int:
    if value is None or not re.fullmatch(r"-?\d{1,18}", value):
        hint = "it is counted upwards from its value"
        raise WorkloadError(f"{query.file}:1: the unique parameter {name} is '{value}', no whole number", hint=hint)
    return int(value)


def statement(query: Query, state: State, names: Mapping[str, str]) -> str:
    """The query's statement with pgbench's variables for its parameters, and nothing else that looks like one."""
    types = {parameter.name: parameter.type for parameter in query.parameters}
    text = query.text(state)
    parts: list[str] = []
    position = 0
    for token in sqlfile.tokens(text, query.file):
        gap = text[position : token.start]
        parts.append(gap.replace(":", ": "))  # of an array's slice
        position = token.end
        if token.kind == "name":
            parts.append(f":{names[token.text[1:]]}::{types[token.text[1:]]}")
        elif token.kind == "comment":
            parts.append(" ")
        elif token.kind in ("string", "ident"):
            unicode = gap == "&" and len(parts) > 1 and parts[-2] in ("U", "u")
            parts.append(_quoted(token.text, unicode=unicode))
        else:
            parts.append(token.text)
    return "".join([*parts, text[position:].replace(":", ": ")])


def _quoted(text: str, *, unicode: bool) -> str:
    """A quoted text of the same meaning in which pgbench finds no variable: its colons are written as escapes."""
    if not _MISREAD.search(text):
        return text
    if unicode:
        return text.replace(":", "\\003a")
    if text[0] in "eE":
        return re.sub(
            r"\\(.)|:", lambda found: "\\x3a" if found[0] in (":", "\\:") else found[0], text, flags=re.DOTALL
        )
    if text[0] == "$":
        mark = text[: text.index("$", 1) + 1]
        text = "'" + text[len(mark) : -len(mark)].replace("'", "''") + "'"
    return " U&" + text.replace("\\", "\\\\").replace(":", "\\003a")
