"""planted.toml: the indexes that are missing from a workload, and those that nobody should advise."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from bench.model.attribution import IndexFacts

WORKLOADS = Path(__file__).parent / "workloads"


@dataclass(frozen=True, slots=True)
class Planted:
    """One change that is missing."""

    name: str
    family: str
    query: str
    """The query that it is the answer for."""
    ddl: str


@dataclass(frozen=True, slots=True)
class Trap:
    """Indexes that should not be advised."""

    name: str
    why: str
    tables: tuple[str, ...]
    keys: tuple[str, ...] = ()
    """Columns that such an index begins with, and has as its only keys; empty: any index of the table."""
    unless: str = ""
    """A column that makes it a good one, as a key or in its predicate."""

    def catches(self, index: IndexFacts) -> bool:
        """Whether ``index`` is one of them."""
        if index.table.rpartition(".")[2] not in self.tables:
            return False
        keys = tuple(key.text for key in index.keys)
        if self.unless and (self.unless in keys or self.unless in index.predicate):
            return False
        return not self.keys or keys == self.keys


def read_planted(folder: Path) -> tuple[tuple[Planted, ...], tuple[Trap, ...]]:
    """What ``folder``/planted.toml says."""
    said = tomllib.loads((folder / "planted.toml").read_text())
    traps = (Trap(one["name"], one["why"], tuple(one["tables"]), tuple(one.get("keys", ())), one.get("unless", ""))
             for one in said["trap"])  # fmt: skip
    return tuple(Planted(**one) for one in said["planted"]), tuple(traps)
