"""What the page of all results knows of one: a line in a list, answers to what one asks, and points of a trend."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bench.storage import Kind

Question = Literal["meets", "plans", "load", "cold", "scale", "ageing", "gate"]
Answer = Literal["yes", "no", "cannot tell"]
Answers = dict[Question, Answer]


@dataclass(frozen=True, slots=True)
class Figure:
    """A main figure of a result, of which less is better."""

    name: str
    """What it is, with its unit: ``median of all cells, ms``."""
    value: float
    alike: str
    """A hash of what must be the same for two values of it to be compared."""
    noise_percent: float = 0.0
    """What equal executions of one cell differ by, in nineteen of twenty cells; 0 for what repeats exactly."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One result."""

    experiment: str
    command: str
    """What carries it out."""
    started_at: str
    status: str
    workload: str
    size: str
    """``100,000 leads``."""
    headline: str
    answers: Answers = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    alarms: int = 0
    page: str = ""
    """Name of its page in its folder."""
    workload_hash: str = ""
    commit: str = ""
    """Of the workload's files, with a + where they differ from it; empty where they are in no repository."""
    given: str = ""
    """The workload as it was named on the command line, where it was a path."""


ENTRY = Kind(Entry, "entry.json", 1, "entry", "entry", "pgproof writes it beside each result")
