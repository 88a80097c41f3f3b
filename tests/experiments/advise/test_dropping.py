"""An index goes only where nothing is missed, foreign keys included."""

from __future__ import annotations

from bench.experiments.advise.dropping import _without
from bench.experiments.advise.record import DropTried, Proposal
from bench.model import Optimization
from bench.model.advice import Candidate
from bench.postgres import databases
from bench.postgres.connection import Connection, Target

SCHEMA = """
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int PRIMARY KEY, parent_id int REFERENCES parent);
CREATE INDEX one ON child (parent_id);
CREATE INDEX two ON child (parent_id);
"""


def test_the_last_index_that_supports_a_foreign_key_stays(admin: Connection, target: Target) -> None:
    """No plan shows it: a trigger asks for the children of a deleted parent."""
    databases.create(admin, "pgproof_dropping", "scratch")
    with target.connect("pgproof_dropping") as connection:
        connection.execute(SCHEMA)
        first, second = (dropped(connection, name) for name in ("one", "two"))
        left = [row[0] for row in connection.execute("SELECT indexrelid::regclass::text FROM pg_index"
                                                     " WHERE indrelid = 'child'::regclass").fetchall()]  # fmt: skip
    assert first.taken
    assert not second.taken
    assert "child_parent_id_fkey" in second.error
    assert sorted(left) == ["child_pkey", "two"]


def dropped(connection: Connection, name: str) -> DropTried:
    candidate = Candidate(name, "drop", "exact duplicates", ("public.child",), f"DROP INDEX public.{name}")
    block = Optimization(f"drop_{name}", "index", "", (), (), (), "advised.sql", 1)
    return _without(connection, Proposal(candidate, block), [], {})
