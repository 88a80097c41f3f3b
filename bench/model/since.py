"""What moved since the run before, found when a run ends: the other file may be gone when this one is shown again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bench.model.workload import State


@dataclass(frozen=True, slots=True)
class MovedCell:
    """A cell that is not as it was."""

    query: str
    """Name of the query."""
    parameter_class: str
    """Its class."""
    state: State
    """``before`` or ``after``."""
    moves: str
    """What moved, in words."""
    worse: bool
    """It returns other rows, does more work, takes longer, or no longer meets the target."""


@dataclass(frozen=True, slots=True)
class Since:
    """A run held against the last one before it that compares, or why none does."""

    level: Literal["times", "counters", "nothing"]
    """What of the two may be compared: work and times, work alone, or neither."""
    sentence: str
    """What ``pgproof compare`` says of the two."""
    run: str = ""
    """Id of the other run; empty where there is none."""
    started_at: str = ""
    """When it began."""
    folder: str = ""
    """Name of its folder, beside this one's."""
    reasons: tuple[str, ...] = ()
    """Why not everything may be compared."""
    moved: tuple[MovedCell, ...] = ()
    """The cells that are not as they were."""
