"""ALTER TABLE in steps: a strong lock only for a moment, and no reading of the table under it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bench.shipping.pieces import exists
from bench.shipping.step import Step
from bench.shipping.text import GAP, NAME, QUALIFIED, folded, name_of, outer, split_at_commas

ALTER = re.compile(
    rf"ALTER\s+TABLE\b(?:\s+IF\s+EXISTS\b)?(?:\s+ONLY\b)?{GAP}(?P<table>{QUALIFIED})\s*\*?", re.IGNORECASE
)
_CONSTRAINT = re.compile(
    rf"ADD\s+CONSTRAINT{GAP}(?P<name>{NAME}){GAP}(?P<kind>CHECK|FOREIGN\s+KEY|NOT\s+NULL|UNIQUE|PRIMARY\s+KEY|EXCLUDE)\b"
    r"(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_NAMELESS = re.compile(r"ADD\s+(CHECK|FOREIGN\s+KEY|NOT\s+NULL|UNIQUE|PRIMARY\s+KEY|EXCLUDE)\b", re.IGNORECASE)
_VALIDATE = re.compile(r"VALIDATE\s+CONSTRAINT\b", re.IGNORECASE)
_NOT_NULL = re.compile(rf"ALTER(?:\s+COLUMN)?{GAP}(?P<name>{NAME})\s*SET\s+NOT\s+NULL$", re.IGNORECASE)
_ADD_COLUMN = re.compile(
    rf"ADD(?:\s+COLUMN\b)?(?:\s+IF\s+NOT\s+EXISTS\b)?{GAP}(?P<name>{NAME}){GAP}(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
_DROP = re.compile(
    rf"DROP\s+(?P<kind>CONSTRAINT|COLUMN)\b(?:\s+IF\s+EXISTS\b)?{GAP}(?P<name>{NAME})(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_KEY = re.compile(
    r"(?P<nulls>\s*NULLS\s+(?:NOT\s+)?DISTINCT)?\s*\((?P<columns>[^()]*)\)(?P<include>\s*INCLUDE\s*\([^()]*\))?"
    r"(?P<storage>\s*WITH\s*\([^()]*\))?(?:\s*USING\s+INDEX\s+TABLESPACE\s+(?P<space>\S+))?"
    r"(?P<deferred>(?:\s+(?:NOT\s+)?DEFERRABLE|\s+INITIALLY\s+(?:DEFERRED|IMMEDIATE))*)\s*$",
    re.IGNORECASE,
)
_HURTS = (
    (r"ALTER\b.*\bTYPE\b", "may write the whole table anew, and nobody can read or write it meanwhile"),
    (
        r"SET\s+(TABLESPACE|LOGGED|UNLOGGED|ACCESS\s+METHOD)\b",
        "writes the whole table anew, and nobody can use it meanwhile",
    ),
    (r"ATTACH\s+PARTITION\b", "reads the whole partition under its lock, unless a CHECK on it says the same already"),
)
_REWRITES = re.compile(
    r"\b(DEFAULT|GENERATED|SERIAL|BIGSERIAL|SMALLSERIAL|CHECK|UNIQUE|PRIMARY|REFERENCES)\b", re.IGNORECASE
)

NAMELESS = "a constraint without a name cannot be found again"

IDENTIFIER_BYTES = 63
"""Longest name that PostgreSQL keeps (NAMEDATALEN - 1)."""


@dataclass(frozen=True, slots=True)
class _Table:
    head: str
    """ALTER TABLE as it was written, up to the table's name."""
    name: str

    def alter(self, action: str) -> str:
        return f"{self.head} {action}"


def steps(sql: str, bare: str, found: re.Match[str]) -> list[Step]:
    """The steps of one ALTER TABLE; ``bare`` is ``sql`` without comments, ``found`` the match of ``ALTER`` in it."""
    table = _Table(" ".join(found[0].split()), name_of(found["table"]))
    actions = split_at_commas(bare[found.end() :])
    taken_apart = [_action(table, action) for action in actions]
    if all(taken_apart):
        return [step for one in taken_apart for step in one]
    return [Step(sql, "lock", table=table.name, warning=_warning(actions))]


def _warning(actions: list[str]) -> str:
    for action in actions:
        if _NAMELESS.match(action):
            return NAMELESS
        for pattern, text in _HURTS:
            if re.match(pattern, outer(action), re.IGNORECASE | re.DOTALL):
                return text
    return ""


def _action(table: _Table, action: str) -> list[Step]:
    """The steps of one action; none where it is not one of those that are known to be safe."""
    if _VALIDATE.match(action):
        return [Step(table.alter(action), "validate", table=table.name)]
    if added := _CONSTRAINT.match(action):
        return _add_constraint(table, action, added)
    if column := _NOT_NULL.match(action):
        return _set_not_null(table, column["name"])
    if dropped := _DROP.match(action):
        done = f"NOT {exists(dropped['kind'].lower(), dropped['name'], table.name)}"
        text = f"DROP {dropped['kind'].upper()} IF EXISTS {dropped['name']}{dropped['rest'].rstrip()}"
        return [Step(table.alter(text), "lock", done=done, table=table.name)]
    if (column := _ADD_COLUMN.match(action)) and not _NAMELESS.match(action):
        warning = "may write or check the whole table under its lock" if _REWRITES.search(outer(column["rest"])) else ""
        done = exists("column", column["name"], table.name)
        return [Step(table.alter(action), "lock", done=done, table=table.name, warning=warning)]
    return []


def _add_constraint(table: _Table, action: str, found: re.Match[str]) -> list[Step]:
    kind, name = " ".join(found["kind"].upper().split()), found["name"]
    done = exists("constraint", name, table.name)
    if kind in ("UNIQUE", "PRIMARY KEY") and (key := _KEY.match(found["rest"])):
        return _add_key(table, kind, name, key, done)
    if kind == "EXCLUDE" or (kind in ("UNIQUE", "PRIMARY KEY") and not _is_using_index(found["rest"])):
        warning = "its index is built while nobody can write to the table: there is no other way for this constraint"
        return [Step(table.alter(action), "lock", done=done, table=table.name, warning=warning)]
    add = Step(table.alter(action), "lock", done=done, table=table.name)
    if kind in ("UNIQUE", "PRIMARY KEY") or re.search(r"\bNOT\s+(VALID|ENFORCED)\b", outer(action), re.IGNORECASE):
        return [add]
    late = Step(table.alter(f"{action} NOT VALID"), "lock", done=done, table=table.name)
    return [late, Step(table.alter(f"VALIDATE CONSTRAINT {name}"), "validate", table=table.name)]


def _is_using_index(rest: str) -> bool:
    return bool(re.match(r"\s*USING\s+INDEX\s+(?!TABLESPACE\b)", rest, re.IGNORECASE))


def _add_key(table: _Table, kind: str, name: str, key: re.Match[str], done: str) -> list[Step]:
    """A unique index beside the traffic, which then becomes the constraint's; its columns made NOT NULL before."""
    columns = split_at_commas(key["columns"])
    space = f" TABLESPACE {key['space']}" if key["space"] else ""
    parts = (f" ({key['columns'].strip()})", key["include"] or "", key["nulls"] or "", key["storage"] or "", space)
    build = f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table.name}{''.join(parts)}"
    add = f"ADD CONSTRAINT {name} {kind} USING INDEX {name}{key['deferred'].rstrip()}"
    found = []
    if kind == "PRIMARY KEY":
        found = [step for column in columns for step in _set_not_null(table, column)]
    index = exists("index", name, table.name)
    return [
        *found,
        Step(build, "build", outside=True, done=index, table=table.name, index=name, helps=True),
        Step(table.alter(add), "lock", done=done, table=table.name),
    ]


def _set_not_null(table: _Table, column: str) -> list[Step]:
    """SET NOT NULL reads the whole table under its lock, unless a valid CHECK has proved it already."""
    check = folded(column).encode()[: IDENTIFIER_BYTES - len("pgproof__not_null")].decode(errors="ignore")
    name = '"' + f"pgproof_{check}_not_null".replace('"', '""') + '"'
    there, is_set = exists("constraint", name, table.name), exists("not_null", column, table.name)
    add = f"ADD CONSTRAINT {name} CHECK ({column} IS NOT NULL) NOT VALID"
    return [
        Step(table.alter(add), "lock", done=f"{is_set}\n    OR {there}", table=table.name),
        Step(table.alter(f"VALIDATE CONSTRAINT {name}"), "validate", done=is_set, table=table.name),
        Step(table.alter(f"ALTER COLUMN {column} SET NOT NULL"), "lock", done=is_set, table=table.name),
        Step(table.alter(f"DROP CONSTRAINT {name}"), "lock", done=f"NOT {there}", table=table.name, helps=True),
    ]
