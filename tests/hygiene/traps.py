"""Small schemas with something wrong in them."""

from __future__ import annotations

from bench.hygiene.findings import HygieneFinding, findings
from bench.postgres.connection import Connection
from bench.postgres.index_facts import foreign_keys, index_facts

TABLES = """
CREATE SCHEMA s;
CREATE TABLE s.p (id int PRIMARY KEY, k1 int, k2 int, UNIQUE (k1, k2));
CREATE TABLE s.t (a int, b int, c text, d text COLLATE "C", j jsonb, arr int[], pid int, p1 int, p2 int);
"""

PLANS_UNSEEN = None


def found_in(connection: Connection, used: object = PLANS_UNSEEN) -> tuple[HygieneFinding, ...]:
    return findings(index_facts(connection, {}), foreign_keys(connection), used)  # type: ignore[arg-type]


def short(found: tuple[HygieneFinding, ...]) -> set[tuple[str, str, str]]:
    """Kind, index and other of each finding, without the schema."""
    return {(f.kind, f.index.removeprefix("s."), f.other.removeprefix("s.")) for f in found}


def index(name: str, on: str, more: str = "") -> str:
    return f"CREATE INDEX {name} ON s.t {on} {more};"


X_A, X_AB = index("x1", "(a)"), index("x2", "(a, b)")
FK = "ALTER TABLE s.t ADD CONSTRAINT f FOREIGN KEY (pid) REFERENCES s.p;"
FK2 = "ALTER TABLE s.t ADD CONSTRAINT f FOREIGN KEY (p1, p2) REFERENCES s.p (k1, k2);"
