"""What may help a workload: candidates, before anybody knows whether they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bench.model.schema import Index
from bench.model.workload import Parameter

CandidateKind = Literal["index", "statistics", "drop", "rewrite"]


@dataclass(frozen=True, slots=True)
class Cursor:
    """How a page that is found by the last row before it is held against the page of its OFFSET."""

    page: str
    """The statement as it is, sorted such that no two rows tie."""
    read: str
    """Gives the keys of the row before the page, as text; no row for the first page."""
    parameters: tuple[Parameter, ...]
    """Of the page by these keys, beyond those of the statement."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One change that can be tried by itself, and taken back."""

    name: str
    """Of the index or statistics object that it makes or takes out, unquoted; of a rewrite ``query: rule``."""
    kind: CandidateKind
    family: str
    """What it was derived from, in words: ``equality and sort``, ``trigram``, ``foreign key``, ``prefix of …``."""
    tables: tuple[str, ...]
    """Qualified as ``Table.name``."""
    ddl: str
    """One statement without its semicolon, every name quoted where it has to be; of a rewrite the new statement."""
    undo: str = ""
    """Takes it back; empty of a rewrite."""
    index: Index | None = None
    """The index that is made, or taken out."""
    queries: tuple[str, ...] = ()
    """Those that it was made for, by name."""
    reason: str = ""
    """A sentence for the user: what in which statement or plan asks for it."""
    replaces: tuple[str, ...] = ()
    """Names of the candidates and indexes that it can stand for."""
    extensions: tuple[str, ...] = ()
    """That have to be in the database before ``ddl``."""
    cursor: Cursor | None = None
    """Of a rewrite that has other parameters than the statement."""


@dataclass(frozen=True, slots=True)
class Hopeless:
    """A statement, or one class of it, that no candidate was found for."""

    query: str
    reason: str
    """A sentence with the figure behind it: reads 83 % of the table, 12 pages in all, 90 % of the time is sorting."""
