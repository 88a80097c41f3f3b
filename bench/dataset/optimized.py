"""The state after, made once and kept under a key of all that shaped it, like the template that it is made of.

It is marked as a template that says which one it comes from, so that cleaning, eviction and the list of what is cached
treat it as one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from bench import __version__, storage
from bench.dataset.parallel import opened, over
from bench.model import Applied, Optimization
from bench.postgres import databases, ledger, optimizations
from bench.postgres.connection import Connection, Target
from bench.timestamps import now_text

MANIFEST = "applied"
"""Beside the fields of the manifest of its rows: what applying took, and when that was."""


@dataclass(frozen=True, slots=True)
class Optimized:
    """A database with all optimizations applied, which nobody writes to."""

    name: str
    applied: tuple[Applied, ...]
    made_at: str


def name_of(template: str, blocks: Sequence[Optimization]) -> str:
    """The database name that stands for ``template`` with these blocks applied by this version of pgproof."""
    texts = [[one.name, optimizations.block_checksum(one), one.category, one.serves, one.why] for one in blocks]
    digest = hashlib.sha256(json.dumps([__version__, template, texts]).encode()).hexdigest()
    return f"{databases.PREFIX}o_{digest[:16]}"


def find(admin: Connection, target: Target, name: str) -> Optimized | None:
    """The one that is kept under this name; None where there is none, or it is being made."""
    found = databases.find(admin, name)
    if not (found and found.complete and found.may_drop):
        return None
    with target.connect(name) as connection:
        kept = ledger.read_manifest(connection)[MANIFEST]
    applied = tuple(storage.from_json(Applied, one, name) for one in kept["blocks"])
    databases.complete(admin, name, found.about)  # it was used now
    return Optimized(name, applied, kept["at"])


def keep(
    admin: Connection, target: Target, database: str, name: str, applied: Sequence[Applied], about: dict[str, Any]
) -> Optimized | None:  # fmt: skip
    """Keep ``database``, to which ``applied`` was just applied, as ``name``; None where another run does so now."""
    if databases.find(admin, name) or not databases.claim(admin, name):
        return None
    try:
        made = Optimized(name, tuple(applied), now_text())
        with target.connect(database) as connection:
            manifest = ledger.read_manifest(connection)
            kept = {"at": made.made_at, "blocks": [asdict(one) for one in applied]}
            ledger.write_manifest(connection, manifest | {MANIFEST: kept})
        databases.rename(admin, database, name, "template")
        databases.complete(admin, name, about)
    finally:
        databases.release(admin, name)
    return made


def settling(target: Target, database: str, connections: int) -> optimizations.Settling:
    """How ``optimizations.apply_all`` gathers statistics of so many tables at once: no time of it is kept."""

    def settle(tables: Sequence[optimizations.Unsettled]) -> None:
        with opened(target, database, min(connections, len(tables))) as several:
            over(several, [partial(optimizations.settle_table, one=one) for one in tables], lambda _: None)

    return settle
