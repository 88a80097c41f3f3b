"""Whose SQL a statement is, where PostgreSQL does not take it."""

from __future__ import annotations

import re

from bench.errors import WorkloadError

SIGNS = {
    "MySQL": r"\bENGINE\s*=\s*\w+|\bAUTO_INCREMENT\b|\bUNSIGNED\b|\bCHARACTER\s+SET\b|`\w+`"
             r"|\b(?:TINY|MEDIUM)(?:INT|TEXT)\b"
             r"|\bDELIMITER\s+[^\s\w]|\bLONGTEXT\b|\bON\s+UPDATE\s+CURRENT_TIMESTAMP\b",
    "SQL Server": r"^\s*GO\s*$|\[dbo\]|\bdbo\.\w|\bNVARCHAR\b|\bIDENTITY\s*\(\s*\d|\bDATETIME2\b|\bUNIQUEIDENTIFIER\b"
                  r"|\bNONCLUSTERED\b|\bCREATE\s+\w+\s+\[\w+\]|\bSET\s+(?:ANSI_NULLS|QUOTED_IDENTIFIER)\b",
    "Oracle": r"\bN?VARCHAR2\b|\bNUMBER\s*\(|\bCLOB\b|\bFROM\s+DUAL\b|\bSYSDATE\b",
    "SQLite": r"\bAUTOINCREMENT\b|\bPRAGMA\s+\w+|\bWITHOUT\s+ROWID\b",
    "MySQL or SQLite": r"\bDATETIME\b",
    "ClickHouse": r"\bENGINE\s*=\s*(?:Replicated)?\w*MergeTree\b|\bLowCardinality\s*\(",
}  # fmt: skip
"""What the SQL of another system has, and PostgreSQL's has not."""

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_KNOWN = {name: re.compile(signs, re.IGNORECASE | re.MULTILINE) for name, signs in SIGNS.items()}


def dialect(text: str) -> tuple[str, str]:
    """The other system whose SQL this looks like, and what says so; both empty where nothing does."""
    said = _COMMENT.sub(" ", text)
    found = {name: marks for name, sign in _KNOWN.items() if (marks := sign.findall(said))}
    if not found:
        return "", ""
    name = max(found, key=lambda one: (one == "ClickHouse", len(found[one])))
    return name, " ".join(found[name][0].split())


_TEMPLATE = re.compile(
    r"\{\{.*?\}\}|\$\{\w+\}|<%.*?%>|(?<![:\w]):[A-Z][A-Z_]+\b|@\w*(?:DatabaseSchema|database_schema)\b|\{%.*?%\}"
)


def template(place: str, text: str) -> WorkloadError | None:
    """The expected failure that a text is which a program has to fill in first; None where it is none."""
    found = _TEMPLATE.search(text)
    hint = "give the SQL that results"
    return (
        WorkloadError(f"{place}: this is a template that a program fills in: {found[0]}", hint=hint) if found else None
    )


def foreign(place: str, system: str, sign: str) -> WorkloadError:
    """The expected failure that a schema for another system is."""
    return WorkloadError(
        f"{place}: this is SQL of {system}, not of PostgreSQL: {sign}", hint="give the one for PostgreSQL"
    )
