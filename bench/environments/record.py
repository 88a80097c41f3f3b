"""What was read: what the files define, block by block, and what an environment holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.environments.differences import Difference
from bench.model import DistributedTable
from bench.model.definition import Definition


@dataclass(frozen=True, slots=True)
class Block:
    """An optimization, and what it does to the catalog."""

    name: str
    category: str
    differences: tuple[Difference, ...]
    """From the state before it to the state with it; empty where it shows nowhere."""
    unseen: str = ""
    """What of it the catalog does not show, in words: ``the rows that it changes``."""


@dataclass(frozen=True, slots=True)
class Defined:
    """What the files define."""

    name: str
    major: int
    """The version of PostgreSQL that printed the definitions."""
    before: Definition
    """The schema alone."""
    after: Definition
    """The schema with all optimizations, in the order of the file."""
    blocks: tuple[Block, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    """What shapes plans where pgproof measures."""
    notes: tuple[str, ...] = ()
    """What of the schema was left out on this server, each in a line."""
    distribution: tuple[DistributedTable, ...] = ()
    """How tables are spread over the nodes of a Citus cluster, by names as in ``before``."""


@dataclass(frozen=True, slots=True)
class Build:
    """An index that somebody builds."""

    table: str
    index: str = ""
    """Empty where nobody says which one it is; then it may not be in the catalog yet."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What a living database holds."""

    label: str
    """``app on staging``: no password, no user."""
    version: str
    """``17.4``."""
    major: int
    objects: Definition
    builds: tuple[Build, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    distribution: dict[str, str] | None = None
    """By table the column by which a Citus cluster spreads it, empty for a reference table; None on one server."""
