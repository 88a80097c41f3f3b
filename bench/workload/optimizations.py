"""optimizations.sql: named blocks, one change each, with category, reason and undo."""

from __future__ import annotations

import re
from pathlib import Path

from bench.errors import WorkloadError
from bench.model import Optimization, Scheduled, Statement
from bench.workload import sqlfile

CATEGORIES = {
    "composite": "b-tree over several columns",
    "gin": "GIN over JSON, arrays or text",
    "partial": "index over the rows that matter",
    "time-series": "BRIN or b-tree over time",
    "covering": "index that answers without the table",
    "index": "any other index",
    "constraint": "data-integrity constraint",
    "rewrite": "another statement for the same question",
    "rollup": "precomputed aggregate",
    "statistics": "extended statistics or a statistics target",
    "partitioning": "table partitioned",
    "setting": "storage or planner setting",
    "extension": "extension that others need",
    "monitoring": "view for people who watch",
    "maintenance": "procedure run now and then",
}
"""What an optimization can be; the kinds of index are b-tree, GIN, BRIN and covering as PostgreSQL names them."""

_OPTIMIZATION_KEYS = {"optimization", "category", "why", "serves", "undo", "upkeep", "staleness"}
_EVERY = re.compile(r"upkeep every ([1-9]\d*) (s|min|h)")
_SECONDS = {"s": 1, "min": 60, "h": 3600}


def read_optimizations(file: Path, root: Path) -> tuple[Optimization, ...]:
    """Read the named blocks of ``optimizations.sql``; an absent file means none."""
    if not file.exists():
        return ()
    where = file.relative_to(root).as_posix()
    lines = sqlfile.read_text(file).splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("-- optimization:")]
    stray = sqlfile.split("\n".join(lines[: starts[0] if starts else len(lines)]), where)
    if stray:
        hint = "begin the block with '-- optimization: NAME'"
        raise WorkloadError(f"{where}:{stray[0].line}: a statement outside of a named block", hint=hint)
    ends = [*starts[1:], len(lines)] if starts else []
    blocks = tuple(_block(lines[start:end], start + 1, where) for start, end in zip(starts, ends, strict=True))
    seen: dict[str, int] = {}
    for block in blocks:
        if block.name in seen:
            raise WorkloadError(
                f"{where}:{block.line}: optimization {block.name} again (first: line {seen[block.name]})"
            )
        seen[block.name] = block.line
    return blocks


def _block(lines: list[str], first_line: int, where: str) -> Optimization:
    head, taken = sqlfile.header(lines, first_line)
    values: dict[str, str] = {}
    undo: list[str] = []
    upkeep: list[str] = []
    scheduled: list[Scheduled] = []
    for entry in head:
        if every := _EVERY.fullmatch(entry.key):
            upkeep.append(entry.value.rstrip("; "))
            scheduled.append(Scheduled(upkeep[-1], float(every[1]) * _SECONDS[every[2]]))
            continue
        if entry.key not in _OPTIMIZATION_KEYS:
            known = ", ".join([*sorted(_OPTIMIZATION_KEYS), "upkeep every NUMBER s"])
            raise WorkloadError(f"{where}:{entry.line}: unknown header key '{entry.key}'", hint=f"known keys: {known}")
        if entry.key == "undo":
            undo.append(entry.value.rstrip("; "))
        if entry.key == "upkeep":
            upkeep.append(entry.value.rstrip("; "))
        values[entry.key] = entry.value
    name, category = values["optimization"], values.get("category", "")
    if not re.fullmatch(r"[A-Za-z_]\w*", name):
        raise WorkloadError(
            f"{where}:{first_line}: '{name}' is no name for an optimization", hint="use a_name_like_this"
        )
    if category not in CATEGORIES:
        raise WorkloadError(
            f"{where}:{first_line}: optimization {name} has the unknown category '{category}'",
            hint=f"known: {', '.join(CATEGORIES)}",
        )
    statements = tuple(sqlfile.split("\n".join(lines[taken:]), where, first_line + taken))
    if not statements and category != "rewrite":
        raise WorkloadError(f"{where}:{first_line}: optimization {name} has no statement")
    undo = undo or [derived_undo(statement, name, where) for statement in reversed(statements)]
    return Optimization(
        name=name,
        category=category,
        why=values.get("why", ""),
        serves=sqlfile.words(values.get("serves", "")),
        statements=statements,
        undo=tuple(text for text in undo if text),
        file=where,
        line=first_line,
        upkeep=tuple(upkeep),
        staleness=values.get("staleness", "").rstrip("; "),
        scheduled=tuple(scheduled),
    )


_NAME = r'(?:"(?:[^"]|"")+"|[\w$]+)(?:\.(?:"(?:[^"]|"")+"|[\w$]+))?'
_CREATE_INDEX = re.compile(
    rf"CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?({_NAME})\s+ON\s+(?:ONLY\s+)?({_NAME})",
    re.IGNORECASE,
)
_CREATE = re.compile(
    rf"CREATE\s+(?:OR\s+REPLACE\s+)?(?:UNLOGGED\s+)?(TABLE|MATERIALIZED\s+VIEW|VIEW|SCHEMA|STATISTICS|EXTENSION"
    rf"|SEQUENCE|TYPE|FUNCTION|PROCEDURE)\s+(?:IF\s+NOT\s+EXISTS\s+)?({_NAME})",
    re.IGNORECASE,
)
_ADD_CONSTRAINT = re.compile(
    rf"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?({_NAME})\s+ADD\s+CONSTRAINT\s+({_NAME})", re.IGNORECASE
)
_NEEDS_NONE = re.compile(
    r"(ANALYZE|VACUUM|INSERT|CALL|REFRESH|COMMENT|GRANT|ALTER\s+TABLE\s+\S+\s+VALIDATE)\b", re.IGNORECASE
)


def derived_undo(statement: Statement, name: str, where: str) -> str:
    """The statement that takes ``statement`` back; empty where what it made goes with its object.

    Raises:
        WorkloadError: it cannot be derived; the header has to say it.
    """
    sql = re.sub(r"\s+", " ", statement.sql.strip())
    if match := _CREATE_INDEX.match(sql):
        schema = match[2].rpartition(".")[0]
        return f"DROP INDEX {schema + '.' if schema and '.' not in match[1] else ''}{match[1]}"
    if match := _CREATE.match(sql):
        kind = match[1].upper()
        return f"DROP {kind} {match[2]}{' CASCADE' if kind == 'SCHEMA' else ''}"
    if match := _ADD_CONSTRAINT.match(sql):
        return f"ALTER TABLE {match[1]} DROP CONSTRAINT {match[2]}"
    if _NEEDS_NONE.match(sql):
        return ""
    raise WorkloadError(
        f"{where}:{statement.line}: optimization {name} has no undo, and none can be derived from '{sql[:40]}…'",
        hint="add '-- undo: STATEMENT;' to the header of the block",
    )
