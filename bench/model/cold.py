"""What was seen of cold executions: how the caches were emptied, and what then had to be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BuffersEmptied = Literal["evicted", "restarted", "kept"]
"""By the server's own function, by a restart of the server, or not at all: then nothing was executed cold."""

SystemEmptied = Literal["files", "machine", "kept"]
"""The operating system's cache: dropped for the files of the database, for the whole machine, or left as it was."""


@dataclass(frozen=True, slots=True)
class ColdBlocks:
    """Blocks of one cold execution, planning included, from one more of them under EXPLAIN."""

    read: int
    """Blocks that were not in the server's buffers."""
    hit: int
    """Blocks that were, because this execution had read them before, or because they had stayed."""


@dataclass(frozen=True, slots=True)
class ColdCaches:
    """How the caches were emptied before each cold execution, and what stayed in them all the same."""

    executions: int
    """Cold executions that were asked for, for each cell."""
    buffers: BuffersEmptied
    """The server's buffers: ``evicted`` by its own function, ``restarted`` with the server, or ``kept``: then nothing
    was executed cold."""
    buffers_why: str = ""
    """Why the server's buffers could not be emptied; empty where they were."""
    system: SystemEmptied = "kept"
    """The operating system's cache: dropped for the ``files`` of the database, for the whole ``machine``, or
    ``kept``."""
    system_why: str = ""
    """Why the operating system's cache was not dropped; empty where it was."""
    times: int = 0
    """How often the caches were emptied."""
    flushed_blocks: int = 0
    """Blocks that had to be written before they could be evicted, over all times."""
    skipped_blocks_most: int = 0
    """Blocks that could not be evicted, because somebody was using them: the most of any time."""
    file_pages: int | None = None
    """Pages of the files of the larger database; None where they cannot be reached."""
    left_pages_most: int | None = None
    """Pages of one database that were still in the operating system's cache after it was dropped: the most of any look.
    None where nobody could look."""
