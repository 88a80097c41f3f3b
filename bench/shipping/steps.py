"""What brings one optimization to a live database: its statements, each in the way that hinders others least.

Read from the text, because there is no server to ask; what is not recognized runs as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bench.model import Optimization, Statement
from bench.shipping import tables
from bench.shipping.pieces import exists
from bench.shipping.step import Step
from bench.shipping.text import GAP, NAME, QUALIFIED, folded, name_of, outer, split_at_commas, without_comments

_OUTSIDE = re.compile(
    r"\s*(VACUUM|CLUSTER\s*$|REINDEX\s+(\([^)]*\)\s*)?(DATABASE|SYSTEM|SCHEMA)|(CREATE|DROP)\s+(UNIQUE\s+)?INDEX\s+"
    r"CONCURRENTLY|REINDEX\s.*CONCURRENTLY|(CREATE|DROP)\s+(DATABASE|TABLESPACE)|ALTER\s+SYSTEM"
    r"|ALTER\s+TABLE\s.*\sDETACH\s.*CONCURRENTLY)",
    re.IGNORECASE | re.DOTALL,
)
"""Statements that refuse to run in a transaction block (PostgreSQL manual, each command's notes)."""

_CREATE_INDEX = re.compile(
    rf"CREATE\s+(?P<unique>UNIQUE\s+)?INDEX\b(?P<concurrently>\s+CONCURRENTLY\b)?(?P<unless>\s+IF\s+NOT\s+EXISTS\b)?"
    rf"(?:{GAP}(?P<name>{NAME}))?{GAP}ON{GAP}(?:ONLY{GAP})?(?P<table>{QUALIFIED})",
    re.IGNORECASE,
)
_INDEX = re.compile(r"\bINDEX\b", re.IGNORECASE)
_CREATE = re.compile(
    rf"CREATE\s+(?P<replace>OR\s+REPLACE\s+)?(?:UNLOGGED\s+|FOREIGN\s+|RECURSIVE\s+)?(?P<kind>TABLE|MATERIALIZED\s+VIEW"
    rf"|VIEW|SEQUENCE|SCHEMA|TYPE|DOMAIN|STATISTICS|EXTENSION|FUNCTION|PROCEDURE|AGGREGATE)\b(?:\s+IF\s+NOT\s+EXISTS\b)?"
    rf"{GAP}(?!(?:ON|AUTHORIZATION)\s)(?P<name>{QUALIFIED})",
    re.IGNORECASE,
)
_ON_TABLE = re.compile(
    rf"CREATE\s+(?P<replace>OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?(?P<kind>TRIGGER|POLICY){GAP}(?P<name>{NAME})"
    rf".*?{GAP}ON{GAP}(?P<table>{QUALIFIED})",
    re.IGNORECASE | re.DOTALL,
)
_ALTER_OTHER = re.compile(r"ALTER\s+(INDEX|VIEW|MATERIALIZED\s+VIEW|SEQUENCE|TRIGGER|POLICY)\b", re.IGNORECASE)
_DROP = re.compile(
    r"DROP\s+(?P<kind>INDEX|TABLE|MATERIALIZED\s+VIEW|VIEW|SEQUENCE|SCHEMA|TYPE|DOMAIN|STATISTICS|EXTENSION|FUNCTION"
    r"|PROCEDURE|ROUTINE|AGGREGATE|TRIGGER|POLICY|RULE|FOREIGN\s+TABLE)\b(?:\s+CONCURRENTLY\b)?(?:\s+IF\s+EXISTS\b)?"
    r"(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_CATALOG = {
    "FUNCTION": "routine", "PROCEDURE": "routine", "AGGREGATE": "routine", "SCHEMA": "schema", "TYPE": "type",
    "DOMAIN": "type", "STATISTICS": "statistics", "EXTENSION": "extension",
}  # fmt: skip
"""Where what CREATE makes is found; everything else is a relation."""

_HURTS = (
    (r"CREATE\s+(UNIQUE\s+)?INDEX\b", "its names were not understood: nobody can write to the table while it is built"),
    (r"VACUUM\s*(\(.*)?\bFULL\b|CLUSTER\b", "nobody can read or write the table until it is written anew"),
    (r"REINDEX\b(?!.*\bCONCURRENTLY\b)", "nobody can write to the table meanwhile: REINDEX CONCURRENTLY lets them"),
    (r"REFRESH\s+MATERIALIZED\s+VIEW\b(?!\s+CONCURRENTLY)", "nobody can read the view while it is refreshed"),
    (r"TRUNCATE\b", "nobody can read or write the table until the transaction ends"),
    (r"CREATE\s+SCHEMA\b(?!.*\bAUTHORIZATION\b)", "whoever asks a statement that reads it needs GRANT USAGE on the "
     "schema and GRANT SELECT on its tables, and has neither"),
    (r"(UPDATE|DELETE|MERGE)\b", "one transaction, whose row locks last until it ends: large tables want batches"),
)  # fmt: skip
_REPEATED = re.compile(r"(INSERT|UPDATE|DELETE|MERGE|COPY|DO|SELECT|WITH)\b", re.IGNORECASE)
REPEATED = "nothing in the catalog says that this was done: it runs each time that the script runs"


def refuses_transaction(sql: str) -> bool:
    """Whether the statement refuses to run in a transaction block."""
    return bool(_OUTSIDE.match(without_comments(sql).rstrip()))


def concurrent_steps(optimization: Optimization) -> tuple[Step, ...]:
    """The steps that bring one optimization to a live database, in order; each can be executed by itself.

    A step whose ``done`` is true can be left out, ``lock`` steps want ``retrying`` around them, and what has to run in
    one transaction are neighbours of the kind ``plain`` that are not ``outside``.
    """
    return steps_of(optimization.statements)


def undo_steps(optimization: Optimization) -> tuple[Step, ...]:
    """The steps that take it back, and what an interrupted attempt to ship it may have left."""
    undone = steps_of(Statement(text, optimization.line) for text in optimization.undo)
    return (*undone, *(step for made in concurrent_steps(optimization) for step in _leftovers(made)))


def steps_of(statements: Iterable[Statement]) -> tuple[Step, ...]:
    """The steps of some statements; a table that one of them makes is locked by nobody else."""
    made: set[str] = set()
    found: list[Step] = []
    for statement in statements:
        found += _steps(statement.sql, made)
        created = _CREATE.match(without_comments(statement.sql).strip())
        if created and created["kind"].upper().endswith(("TABLE", "VIEW")):
            made.add(folded(created["name"]))
    return tuple(found)


def _steps(sql: str, made: set[str]) -> list[Step]:
    blanked = without_comments(sql)
    sql, bare = sql[len(blanked) - len(blanked.lstrip()) :], blanked.strip()
    if index := _CREATE_INDEX.match(bare):
        new = folded(index["table"]) in made
        return [Step(sql, "plain")] if new else [_build(sql, index)]
    if drop := _DROP.match(bare):
        return _drop(bare, drop)
    if (table := tables.ALTER.match(bare)) and folded(table["table"]) not in made and not refuses_transaction(sql):
        return tables.steps(sql, bare, table)
    if (on := _ON_TABLE.match(bare)) and folded(on["table"]) not in made:
        done = "" if on["replace"] else exists(on["kind"].lower(), on["name"], name_of(on["table"]))
        return [Step(sql, "lock", done=done, table=name_of(on["table"]))]
    return [Step(sql, "lock")] if _ALTER_OTHER.match(bare) else [_plain(sql, bare)]


def _build(sql: str, found: re.Match[str]) -> Step:
    """CREATE INDEX CONCURRENTLY. IF NOT EXISTS goes: it takes what an interrupted build left for good."""
    word = _INDEX.search(without_comments(sql))
    assert word is not None
    kept = sql[: word.end()] + " CONCURRENTLY"
    after = (
        found.end("unless") if found["unless"] else found.end("concurrently") if found["concurrently"] else word.end()
    )
    name, table = found["name"] or "", name_of(found["table"])
    done = exists("index", name, table) if name else ""
    return Step(kept + sql[after:], "build", outside=True, done=done, table=table, index=name)


def _drop(bare: str, found: re.Match[str]) -> list[Step]:
    kind, rest = " ".join(found["kind"].upper().split()), found["rest"].strip()
    if kind != "INDEX":
        return [Step(f"DROP {kind} IF EXISTS {rest}", "lock")]
    if re.search(r"\bCASCADE\s*$", outer(rest), re.IGNORECASE):
        warning = "DROP INDEX … CASCADE cannot be CONCURRENTLY: what depends on the index goes with it"
        return [Step(f"DROP INDEX IF EXISTS {rest}", "lock", warning=warning)]
    names = split_at_commas(re.sub(r"\s+RESTRICT\s*$", "", rest, flags=re.IGNORECASE))
    gone = [f"NOT {exists('relation', name)}" for name in names]
    return [
        Step(f"DROP INDEX CONCURRENTLY IF EXISTS {name}", "drop", outside=True, done=done)
        for name, done in zip(names, gone, strict=True)
    ]


def _plain(sql: str, bare: str) -> Step:
    made = _CREATE.match(bare)
    done = ""
    if made and not made["replace"]:
        kind = made["kind"].upper()
        done = exists(_CATALOG.get(kind, "relation"), name_of(made["name"]))
    warning = next((text for pattern, text in _HURTS if re.match(pattern, bare, re.IGNORECASE | re.DOTALL)), "")
    if not warning and _REPEATED.match(bare):
        warning = REPEATED
    return Step(sql, "plain", outside=refuses_transaction(sql), done=done, warning=warning)


def _leftovers(step: Step) -> list[Step]:
    """What an interrupted attempt can leave that no undo names: an index without its constraint, a helping CHECK."""
    if step.helps and step.kind == "build":
        schema = step.table.rpartition(".")[0]
        name = f"{schema}.{step.index}" if schema else step.index
        done = f"NOT {exists('bare_index', step.index, step.table)}"
        return [Step(f"DROP INDEX CONCURRENTLY IF EXISTS {name}", "drop", outside=True, done=done, table=step.table)]
    return [step] if step.helps else []
