"""What the copies of a database take on the disk, and what a run does where they do not fit. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bench.errors import DiskFull
from bench.report.numbers import size as bytes_said

OPTIMIZED_SHARE = 0.5
"""What optimizations add to a database, as a share of it, until one is there that shows it: the CRM's add 27 %."""
SPARE = 1.15
"""Factor on top: write-ahead log, sorting while indexes are built, and an estimate that is only one."""
WHERE_ELSE = "free some space (pgproof cache clear), use less data, or point --home to a larger disk"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What beside one database before and one after takes copies while a run measures both in turn."""

    kept: bool = False
    """The state after is kept for the next run as well, and is not there yet."""
    aa: bool = False
    """A second copy of the database after."""
    writes: bool = False
    """Copies of both for what writes, since both are needed as they were made."""
    attribute: bool = False
    """The four sides of the optimizations, for which two copies are there at a time."""

    @property
    def copies(self) -> int:
        """Copies that are there at a time."""
        return int(self.kept) + (2 if self.writes or self.attribute else int(self.aa))


def in_turn_bytes(size: int, optimized: int | None, wanted: Wanted) -> int:
    """Bytes that a run in turn adds to the disk at its peak: a database before, one after, and what is ``wanted``.

    ``size`` is that of the filled database, ``optimized`` that of one with all optimizations, where one is there.
    """
    after = optimized or round(size * (1 + OPTIMIZED_SHARE))
    return round((size + after * (1 + wanted.copies)) * SPARE)


def in_one_copy(free: int | None, size: int, optimized: int | None, wanted: Wanted) -> str:
    """Why before and after are measured in one copy, of what is known of the disk; empty where they are not.

    ``free`` is None where nobody can look at the disk.
    """
    needed = in_turn_bytes(size, optimized, wanted)
    if free is None or needed <= free:
        return ""
    fewer = replace(wanted, aa=False, writes=False, attribute=False)
    least, less = in_turn_bytes(size, optimized, fewer), ""
    if fewer != wanted and least <= free:
        less = f"; {bytes_said(least)} would do with --no-attribution --no-aa"
    return (
        "Before and after are measured in one copy, one after the other (--one-copy): in turn they need about "
        f"{bytes_said(needed)} beside the filled database, and {bytes_said(free)} are free{less}"
    )


def in_the_filled_one(free: int | None, size: int) -> str:
    """Why the filled database itself has to be measured, of ``size`` bytes; empty where a copy of it fits.

    Raises:
        DiskFull: there is no room for what optimizations add to it either.
    """
    added = round(size * OPTIMIZED_SHARE * SPARE)
    copied = round(size * SPARE) + added
    if free is None or copied <= free:
        return ""
    if added > free:
        said = f"optimizations may add {bytes_said(added)} to the database, and {bytes_said(free)} are free"
        raise DiskFull(said, hint=WHERE_ELSE)
    return (
        f"The filled database itself is measured, and filled anew next time: a copy of it, optimized, may need "
        f"{bytes_said(copied)}, and {bytes_said(free)} are free"
    )
