"""Executions and sizes that a forecast is made from."""

from __future__ import annotations

from bench.experiments.scale.executions import Execution, nodes
from bench.model import Relation
from tests.builders.growths import SCALES

CELL = ("queue", "hot", "after")


LAST = SCALES[-1]


def executed(plan, scale, tenant=None, cell=CELL, name="p"):
    return Execution(cell, 0, scale, tenant, name, nodes(plan), plan["Shared Hit Blocks"])


def relations(scale: int, *, table_pages: int | None = None, index_pages: int | None = None):
    return (
        Relation("leads", "leads", "heap", table_pages or scale // 20, scale),
        Relation("idx", "leads", "btree", index_pages or max(2, scale // 250), scale, 8, ("id",), (0.0,)),
    )
