"""Which index serves a foreign key, and which nobody needs."""

from __future__ import annotations

import pytest

from bench.postgres.connection import Connection
from bench.postgres.index_facts import foreign_keys
from tests.hygiene.traps import FK, FK2, X_A, X_AB, found_in, index, short

SUPPORT = {
    "nothing": (FK, False),
    "its column": (FK + index("x", "(pid)"), True),
    "its column descending": (FK + index("x", "(pid DESC)"), True),
    "its column first": (FK + index("x", "(pid, a)"), True),
    "its column second": (FK + index("x", "(a, pid)"), False),
    "its column included": (FK + index("x", "(a)", "INCLUDE (pid)"), False),
    "a partial index": (FK + index("x", "(pid)", "WHERE a = 1"), False),
    "all but NULL": (FK + index("x", "(pid)", "WHERE pid IS NOT NULL"), True),
    "all but NULL of another column": (FK + index("x", "(pid)", "WHERE a IS NOT NULL"), False),
    "all but NULL, and more": (FK + index("x", "(pid)", "WHERE pid IS NOT NULL AND a = 1"), False),
    "an expression of it": (FK + index("x", "((pid + 0))"), False),
    "a hash index": (FK + index("x", "USING hash (pid)"), True),
    "BRIN": (FK + index("x", "USING brin (pid)"), False),
    "the primary key's leading column": (FK + "ALTER TABLE s.t ADD PRIMARY KEY (pid, a)", True),
    "two columns": (FK2 + index("x", "(p1, p2)"), True),
    "two columns in the other order": (FK2 + index("x", "(p2, p1)"), True),
    "two columns but not NULL": (FK2 + index("x", "(p1, p2)", "WHERE p1 IS NOT NULL AND p2 IS NOT NULL"), True),
    "two columns with one between": (FK2 + index("x", "(p1, a, p2)"), False),
    "the primary key's leading two": (FK2 + "ALTER TABLE s.t ADD PRIMARY KEY (p2, p1, a)", True),
    "its column in another collation": (
        "CREATE TABLE s.q (name text PRIMARY KEY); ALTER TABLE s.t ADD CONSTRAINT f FOREIGN KEY (c) REFERENCES s.q;"
        + index("x", '(c COLLATE "C")'), False),
}  # fmt: skip


@pytest.mark.parametrize("trap", SUPPORT)
def test_which_index_serves_a_foreign_key(made: Connection, trap: str) -> None:
    ddl, served = SUPPORT[trap]
    made.execute(ddl)
    found = [f for f in found_in(made) if f.kind == "unindexed foreign key"]
    assert [f.index for f in found] == ([] if served else ["f"])
    for finding in found:
        made.execute(finding.fix)
    assert found_in(made) == ()


LOOKUP = "SELECT 1 FROM ONLY s.t x WHERE {} FOR KEY SHARE OF x"
"""What the server itself asks when a referenced row is deleted (ri_triggers.c)."""


@pytest.mark.parametrize("trap", SUPPORT)
def test_the_server_agrees_on_what_serves_a_foreign_key(made: Connection, trap: str) -> None:
    """By its plan for its own lookup, with sequential scans priced out: what counts are conditions of an index."""
    ddl, served = SUPPORT[trap]
    made.execute(ddl)
    (key,) = (key for key in foreign_keys(made) if key.name == "f")
    where = " AND ".join(f"${n} OPERATOR(pg_catalog.=) x.{name}" for n, name in enumerate(key.columns, 1))
    types = "text" if key.columns == ("c",) else ", ".join("int" for _ in key.columns)
    with made.transaction(force_rollback=True):
        made.execute("SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan")
        made.execute(f"PREPARE lookup ({types}) AS {LOOKUP.format(where)}")
        values = ", ".join("NULL" for _ in key.columns)
        plan = "\n".join(row[0] for row in made.execute(f"EXPLAIN EXECUTE lookup ({values})"))
        made.execute("DEALLOCATE lookup")
    conditions = [line for line in plan.splitlines() if "Index Cond" in line]
    finds = bool(conditions) and all(f"{name} =" in conditions[0] for name in key.columns)
    # PostgreSQL 18 skips over a column that has no condition, BRIN finds pages: conditions without finding at once.
    assert finds == (served or trap in ("two columns with one between", "its column second", "BRIN"))


def test_an_index_on_the_column_that_identifies_a_row_is_enough_for_a_composite_key(made: Connection) -> None:
    made.execute("INSERT INTO s.p SELECT i, i % 5, i FROM generate_series(1, 1000) AS i; ANALYZE s.p")
    made.execute(FK2 + index("x", "(p2)"))
    assert found_in(made) == ()


def test_an_index_on_the_tenant_alone_is_not_enough_for_a_composite_key(made: Connection) -> None:
    made.execute("INSERT INTO s.p SELECT i, i % 5, i FROM generate_series(1, 1000) AS i; ANALYZE s.p")
    made.execute(FK2 + index("x", "(p1)"))
    (found,) = found_in(made)
    assert (found.kind, found.other) == ("unindexed foreign key", "s.x")
    assert "s.x finds by p1 alone: for a row deleted from s.p what refers to up to 200 is read" in found.sentence


def test_without_statistics_a_part_of_a_foreign_key_is_not_judged(made: Connection) -> None:
    made.execute(FK2 + index("x", "(p2)"))
    (found,) = found_in(made)
    assert "cannot be told without statistics" in found.sentence


# ------------------------------------------------------------------------------------------------------- unused
def test_an_index_that_no_plan_uses_is_named_with_its_size(made: Connection) -> None:
    made.execute(X_A + index("x2", "(b)"))
    (found,) = [f for f in found_in(made, used={"x1"}) if f.table == "s.t"]
    assert (found.kind, found.index, found.fix) == ("unused", "s.x2", "DROP INDEX CONCURRENTLY s.x2;")
    assert found.size_bytes == 8192


STAYS = {
    "a primary key": ("ALTER TABLE s.t ADD PRIMARY KEY (a)", set()),
    "a unique index": ("CREATE UNIQUE INDEX x1 ON s.t (a)", set()),
    "an exclusion constraint": ("ALTER TABLE s.t ADD EXCLUDE USING btree (a WITH =)", set()),
    "what the table is clustered on": (X_A + "ALTER TABLE s.t CLUSTER ON x1", set()),
    "what a foreign key needs": (FK + index("x1", "(pid)"), set()),
    "one of two that a foreign key needs": (FK + index("x1", "(pid, a)") + index("x2", "(pid, b)"), {"x2"}),
    "not what a constraint does for a foreign key": (
        FK + index("x1", "(pid)") + "ALTER TABLE s.t ADD PRIMARY KEY (pid, a)", {"x1"}),
    "not a partial index on a foreign key": (FK + index("x1", "(pid)", "WHERE a = 1"), {"x1"}),
    "each part of a foreign key as long as nobody knows": (FK2 + index("x1", "(p1)") + index("x2", "(p2)"), set()),
}  # fmt: skip


@pytest.mark.parametrize("reason", STAYS)
def test_an_unused_index_stays_if_something_needs_it(made: Connection, reason: str) -> None:
    ddl, gone = STAYS[reason]
    made.execute(ddl)
    found = found_in(made, used=())
    assert {f.index.removeprefix("s.") for f in found if f.kind in ("unused", "prefix")} == gone


def test_without_plans_nothing_is_called_unused(made: Connection) -> None:
    made.execute(X_A)
    assert found_in(made, used=None) == ()


def test_a_used_index_is_not_given_up_for_a_wider_one_that_no_plan_uses(made: Connection) -> None:
    made.execute(X_A + X_AB)
    assert short(found_in(made, used={"s.x1"})) == {("unused", "x2", "")}


def test_of_two_equal_ones_the_plans_may_use_the_one_that_goes(made: Connection) -> None:
    made.execute(X_A + index("x2", "(a)"))
    assert short(found_in(made, used={"x2"})) == {("duplicate", "x2", "x1")}


def test_of_two_equal_ones_that_no_plan_uses_both_go(made: Connection) -> None:
    made.execute(X_A + index("x2", "(a)"))
    assert short(found_in(made, used=())) == {("unused", "x1", ""), ("unused", "x2", "")}


def test_of_two_equal_ones_that_a_foreign_key_needs_one_stays(made: Connection) -> None:
    made.execute(FK + index("x1", "(pid)") + index("x2", "(pid)"))
    assert short(found_in(made, used=())) == {("duplicate", "x2", "x1")}


def test_an_index_that_stays_for_one_foreign_key_stays_for_another(made: Connection) -> None:
    made.execute(FK2 + "ALTER TABLE s.t ADD CONSTRAINT g FOREIGN KEY (p1) REFERENCES s.p;")
    made.execute(index("x1", "(p1, a)") + index("x2", "(p1, p2)"))
    assert short(found_in(made, used=())) >= {("unused", "x1", "")}
    assert "s.x2" not in {f.index for f in found_in(made, used=())}


def test_an_unused_expression_index_may_still_guide_the_planner(made: Connection) -> None:
    made.execute(index("x1", "(lower(c))"))
    (found,) = found_in(made, used=())
    assert "Its statistics on lower(c) may still guide the planner." in found.sentence
