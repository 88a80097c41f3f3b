"""What is the same in both arms, so that there is no difference to be found. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from bench.experiments.gate.arms import Arm
from bench.experiments.gate.record import Key
from bench.measurement import Cell
from bench.postgres.optimizations import block_checksum


def one_state(base: Arm, head: Arm, templates: tuple[str, str]) -> bool:
    """Whether both arms are one database: the same rows in the same schema, with the same blocks in the same order.

    ``templates`` are the names of the filled databases, which stand for rows, schema and clock.
    """
    if base.injection or head.injection or templates[0] != templates[1]:
        return False
    blocks, others = ([block_checksum(one) for one in arm.workload.optimizations] for arm in (base, head))
    return blocks == others


def same_cells(base: Mapping[Key, Cell], head: Mapping[Key, Cell]) -> frozenset[Key]:
    """The cells that are one statement with the same values in both arms."""
    return frozenset(key for key, cell in head.items() if key in base and _asked(base[key]) == _asked(cell))


def _asked(cell: Cell) -> tuple[object, ...]:
    asked = [cell.statement("after", number) for number in range(len(cell.bindings))]
    return cell.query.writes, cell.types("after"), asked
