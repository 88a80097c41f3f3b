"""What was seen of statements that are another one in one clause: whether any binding tells them apart."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ClauseSeen:
    """A clause of a query, changed, and executed with every binding until an answer was another one."""

    query: str
    line: int
    """In the file of the query."""
    clause: str
    """As in the statement: ``LIMIT 20``."""
    change: str
    """What was done to it: ``left out``, ``halved``, ``one row more``, ``turned``, ``ALL added``."""
    told_by: str = ""
    """The parameter class in which the answer was another one; empty where there was none."""
    tried: int = 0
    """Executions; 0 where there was no time left."""
    cut_off: int = 0
    """Of these, how many ran into the timeout."""


@dataclass(frozen=True, slots=True)
class ClauseCoverage:
    """The clauses of all statements; of a query that has a rewrite, both."""

    clauses: tuple[ClauseSeen, ...]
    """Of each statement, rewrites too."""
    timeout_s: float
    """After which an execution was cut off."""
    budget_s: float | None
    """After which nothing more was tried; None: no limit."""
    took_s: float
    not_parsed: dict[str, str] = field(default_factory=dict)
    """Query to why its statement could not be taken apart, or executed in time."""
    known: int = 0
    """How many of the clauses an earlier command had tried on the same rows: they were not executed again."""
