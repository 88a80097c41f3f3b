"""When a cell does other work than before, reads more, and is mended. Pure."""

from __future__ import annotations

from bench.experiments.maintain.record import CellWork, MaintenanceRun, MaintenanceStage

MORE = 1.25
"""A cell reads more, or less, where its blocks differ by this factor: a quarter is what one feels. From one copy to
another the same statement reads the same blocks, so noise is no reason for it (docs/method.md)."""

TAKEN_BACK = 0.9
"""A cell is mended where this share of the blocks that the churn added is gone: where the churn inserted rows, some of
them are rightly there. So is one that does not read more than before it, by ``MORE``."""

FEW_BLOCKS = 8
"""Blocks by which it must differ as well: below, a page that was split or pruned decides (docs/attribution.md)."""

TIMED = 1.1
"""Factor of blocks or rows from which on a cell is timed beside the churned copy."""

Key = tuple[str, str]
"""Query and parameter class."""


def stage_of(run: MaintenanceRun, name: str) -> MaintenanceStage | None:
    """The stage of that name, if it was reached."""
    return next((stage for stage in run.stages if stage.name == name), None)


def cells_at(stage: MaintenanceStage | None) -> dict[Key, CellWork]:
    """The cells of a stage by query and class."""
    return {(cell.query, cell.parameter_class): cell for cell in stage.cells} if stage else {}


def reads_more(one: CellWork, other: CellWork, factor: float = MORE) -> bool:
    """Whether ``one`` reads more blocks than ``other``; a timeout is more than anything that finished."""
    if one.counters is None or other.counters is None:
        return one.counters is None and other.counters is not None
    more, less = one.counters.buffers, other.counters.buffers
    return more > factor * less and more - less >= FEW_BLOCKS


def differs(one: CellWork, other: CellWork) -> bool:
    """Whether two cells do not do the same work, in either direction, or not by the same plan."""
    if one.counters is None or other.counters is None:
        return one.counters is not other.counters
    rows = sorted((one.counters.rows, other.counters.rows))
    more_rows = rows[1] > TIMED * rows[0] and rows[1] - rows[0] >= 10 * FEW_BLOCKS  # ten rows weigh as much as a block
    return (
        reads_more(one, other, TIMED) or reads_more(other, one, TIMED) or more_rows
        or one.fingerprint != other.fingerprint
    )  # fmt: skip


def same_rows(one: CellWork, other: CellWork) -> bool:
    """Whether both answer alike, as far as both answered."""
    return not one.result_hash or not other.result_hash or one.result_hash == other.result_hash


def worth_timing(churned: MaintenanceStage, stage: MaintenanceStage) -> set[Key]:
    """The cells of ``stage`` that do other work than in the churned copy, and answer alike."""
    before = cells_at(churned)
    return {
        key for key, cell in cells_at(stage).items()
        if cell.counters and before[key].counters and differs(cell, before[key]) and same_rows(cell, before[key])
    }  # fmt: skip


def still_aged(cell: CellWork, fresh: CellWork, churned: CellWork) -> bool:
    """Whether a cell reads more than before the churn, and most of what the churn added is still there."""
    if not reads_more(cell, fresh):
        return False
    if cell.counters is None or fresh.counters is None or churned.counters is None:
        return True
    added = churned.counters.buffers - fresh.counters.buffers
    return churned.counters.buffers - cell.counters.buffers < TAKEN_BACK * added


def is_mended(cell: CellWork | None, fresh: CellWork, churned: CellWork) -> bool:
    """Whether a procedure took back what the churn did to a cell, and did so without changing its answer."""
    return cell is not None and same_rows(cell, churned) and not still_aged(cell, fresh, churned)
