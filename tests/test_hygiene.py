"""Index hygiene on real catalogs: what is found, and above all what is not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from bench import database
from bench.attribution.hygiene import can_create_pgstattuple, foreign_keys, index_facts, index_scans
from bench.database import Connection, Target
from bench.model.sides import IndexFacts, IndexKey
from bench.summary.hygiene import HygieneFinding, findings

TABLES = """
CREATE SCHEMA s;
CREATE TABLE s.p (id int PRIMARY KEY, k1 int, k2 int, UNIQUE (k1, k2));
CREATE TABLE s.t (a int, b int, c text, d text COLLATE "C", j jsonb, arr int[], pid int, p1 int, p2 int);
"""

PLANS_UNSEEN = None


@pytest.fixture(scope="module")
def scratch(target: Target) -> Iterator[Connection]:
    """A database of ours with extension pgstattuple."""
    with target.connect() as admin:
        database.create(admin, "pgproof_hygiene", "scratch")
        with target.connect("pgproof_hygiene") as connection:
            connection.execute("CREATE EXTENSION pgstattuple")
            connection.execute("CREATE EXTENSION pg_trgm")
            yield connection
        database.drop(admin, "pgproof_hygiene")


@pytest.fixture
def made(scratch: Connection) -> Iterator[Connection]:
    """Its tables, which are gone after the test."""
    scratch.execute(TABLES)
    yield scratch
    scratch.execute("DROP SCHEMA s CASCADE")


@pytest.fixture(scope="module")
def old(dsn15: str) -> Iterator[Connection]:
    """A database on PostgreSQL 15."""
    with Target(dsn15).connect() as admin:
        database.create(admin, "pgproof_hygiene", "scratch")
        with Target(dsn15).connect("pgproof_hygiene") as connection:
            connection.execute("CREATE EXTENSION pg_trgm")
            yield connection
        database.drop(admin, "pgproof_hygiene")


def found_in(connection: Connection, used: object = PLANS_UNSEEN) -> tuple[HygieneFinding, ...]:
    return findings(index_facts(connection, {}), foreign_keys(connection), used)  # type: ignore[arg-type]


def short(found: tuple[HygieneFinding, ...]) -> set[tuple[str, str, str]]:
    """Kind, index and other of each finding, without the schema."""
    return {(f.kind, f.index.removeprefix("s."), f.other.removeprefix("s.")) for f in found}


def index(name: str, on: str, more: str = "") -> str:
    return f"CREATE INDEX {name} ON s.t {on} {more};"


X_A, X_AB = index("x1", "(a)"), index("x2", "(a, b)")
PAIRS = {
    "exact duplicate": (X_A + index("x2", "(a)"), {("duplicate", "x2", "x1")}),
    "prefix": (X_A + X_AB, {("prefix", "x1", "x2")}),
    "other order of columns": (index("x1", "(b, a)") + X_AB, set()),
    "second column descending": (X_AB + index("x3", "(a, b DESC)"), set()),
    "one column descending": (X_A + index("x3", "(a DESC)"), {("reversed", "x3", "x1")}),
    "all columns descending": (X_AB + index("x1", "(a DESC, b DESC)"), {("reversed", "x1", "x2")}),
    "descending with nulls last": (X_A + index("x3", "(a DESC NULLS LAST)"), set()),
    "ascending with nulls first": (X_A + index("x3", "(a NULLS FIRST)"), set()),
    "prefix read backwards": (index("x1", "(a DESC)") + X_AB, {("prefix", "x1", "x2")}),
    "prefix of mixed directions": (index("x1", "(a DESC, b)") + index("x2", "(a, b DESC, c)"),
                                   {("prefix", "x1", "x2")}),
    "included columns more": (X_A + index("x2", "(a)", "INCLUDE (b)"), {("included", "x1", "x2")}),
    "included in another order": (index("x1", "(a)", "INCLUDE (b, c)") + index("x2", "(a)", "INCLUDE (c, b)"),
                                  {("duplicate", "x2", "x1")}),
    "included here, a key there": (index("x1", "(a)", "INCLUDE (b)") + X_AB, {("prefix", "x1", "x2")}),
    "included here, not there": (index("x1", "(a)", "INCLUDE (c)") + X_AB, set()),
    "included columns are no keys": (index("x1", "(b)") + index("x2", "(a)", "INCLUDE (b)"), set()),
    "two collations": (index("x1", "(c)") + index("x2", '(c COLLATE "C")'), set()),
    "two columns' own collations": (index("x1", "(c)") + index("x2", "(d)"), set()),
    "a collation inside an expression": (index("x1", "(lower(c))") + index("x2", '(lower(c COLLATE "C"))'), set()),
    "text_pattern_ops": (index("x1", "(c)") + index("x2", "(c text_pattern_ops)"), set()),
    "two predicates": (index("x1", "(a)", "WHERE b = 1") + index("x2", "(a)", "WHERE b = 2"), set()),
    "partial and whole": (X_A + index("x2", "(a)", "WHERE b = 1"), set()),
    "one predicate twice": (index("x1", "(a)", "WHERE b=1") + index("x2", "(a)", "WHERE (b = 1)"),
                            {("duplicate", "x2", "x1")}),
    "hash and b-tree": (X_A + index("x2", "USING hash (a)"), set()),
    "hash twice": (index("x1", "USING hash (a)") + index("x2", "USING hash (a)"), {("duplicate", "x2", "x1")}),
    "expression twice": (index("x1", "(lower(c))") + index("x2", "(LOWER(c))"), {("duplicate", "x2", "x1")}),
    "expression and column": (index("x1", "(lower(c))") + index("x2", "(c)"), set()),
    "a column that looks like an expression": (
        'ALTER TABLE s.t ADD "lower(c)" text;' + index("x1", "(lower(c))") + index("x2", '("lower(c)")'), set()),
    "a column in brackets": (X_A + index("x2", "((a))"), {("duplicate", "x2", "x1")}),
    "prefix that is an expression": (index("x1", "(lower(c))") + index("x2", "(lower(c), a)"),
                                     {("prefix", "x1", "x2")}),
    "GIN of two operator classes": (
        index("x1", "USING gin (j)") + index("x2", "USING gin (j jsonb_path_ops)"), set()),
    "GIN is no prefix": (index("x1", "USING gin (j)") + index("x2", "USING gin (j, arr)"), set()),
    "operator classes with parameters": (
        index("x1", "USING gist (c gist_trgm_ops)") + index("x2", "USING gist (c gist_trgm_ops (siglen=32))"), set()),
    "BRIN of two ranges": (
        index("x1", "USING brin (a) WITH (pages_per_range=8)") + index("x2", "USING brin (a)"), set()),
    "two fillfactors": (X_A + index("x2", "(a) WITH (fillfactor=70)"), {("duplicate", "x2", "x1")}),
    "three in a row": (X_A + X_AB + index("x3", "(a, b, c)"), {("prefix", "x1", "x3"), ("prefix", "x2", "x3")}),
    "three of a kind": (X_A + index("x2", "(a)") + index("x3", "(a DESC)"),
                        {("duplicate", "x2", "x1"), ("reversed", "x3", "x1")}),
    "two tables": (X_A + "CREATE INDEX x2 ON s.p (k1)", {("prefix", "x2", "p_k1_k2_key")}),
    # ------------------------------------------------------------------------------------ unique and constraints
    "unique and plain": ("CREATE UNIQUE INDEX x2 ON s.t (a);" + X_A, {("unique", "x1", "x2")}),
    "constraint and plain": ("ALTER TABLE s.t ADD CONSTRAINT x2 UNIQUE (a);" + X_A, {("unique", "x1", "x2")}),
    "a unique prefix stays": ("CREATE UNIQUE INDEX x1 ON s.t (a);" + X_AB, set()),
    "unique twice": ("CREATE UNIQUE INDEX x1 ON s.t (a); CREATE UNIQUE INDEX x2 ON s.t (a)",
                     {("duplicate", "x2", "x1")}),
    "a unique index beside its constraint": (
        "CREATE UNIQUE INDEX x1 ON s.t (a); ALTER TABLE s.t ADD CONSTRAINT x2 UNIQUE (a)",
        {("duplicate", "x1", "x2")}),
    "unique with more included": ("CREATE UNIQUE INDEX x1 ON s.t (a); CREATE UNIQUE INDEX x2 ON s.t (a) INCLUDE (b)",
                                  {("included", "x1", "x2")}),
    "NULLS NOT DISTINCT": ("CREATE UNIQUE INDEX x1 ON s.t (a); CREATE UNIQUE INDEX x2 ON s.t (a) NULLS NOT DISTINCT",
                           set()),
    "a deferrable constraint guards too late": (
        "CREATE UNIQUE INDEX x1 ON s.t (a); ALTER TABLE s.t ADD CONSTRAINT x2 UNIQUE (a) DEFERRABLE", set()),
    "a deferrable constraint finds as well": (X_A + "ALTER TABLE s.t ADD CONSTRAINT x2 UNIQUE (a) DEFERRABLE",
                                              {("unique", "x1", "x2")}),
    "two constraints": ("ALTER TABLE s.t ADD CONSTRAINT x1 UNIQUE (a), ADD CONSTRAINT x2 PRIMARY KEY (a)",
                        {("duplicate", "x1", "x2")}),
    "an exclusion constraint": (X_A + "ALTER TABLE s.t ADD CONSTRAINT x2 EXCLUDE USING btree (a WITH =)",
                                {("duplicate", "x1", "x2")}),
    "a replica identity stays": (
        "ALTER TABLE s.t ALTER a SET NOT NULL; CREATE UNIQUE INDEX x1 ON s.t (a); CREATE UNIQUE INDEX x2 ON s.t (a);"
        "ALTER TABLE s.t REPLICA IDENTITY USING INDEX x2", {("duplicate", "x1", "x2")}),
    "what the table is clustered on stays": (X_A + index("x2", "(a)") + "ALTER TABLE s.t CLUSTER ON x2",
                                             {("duplicate", "x1", "x2")}),
    "what a foreign key relies on stays": (
        "CREATE UNIQUE INDEX x2 ON s.t (a); CREATE TABLE s.u (id int PRIMARY KEY REFERENCES s.t (a));"
        "CREATE UNIQUE INDEX x1 ON s.t (a)", {("duplicate", "x1", "x2")}),
}  # fmt: skip


@pytest.mark.parametrize("trap", PAIRS)
def test_which_index_another_makes_superfluous(made: Connection, trap: str) -> None:
    ddl, expected = PAIRS[trap]
    made.execute(ddl)
    assert short(found_in(made)) == expected


@pytest.mark.parametrize("trap", PAIRS)
def test_the_proposed_statement_is_accepted_and_leaves_nothing_to_find(made: Connection, trap: str) -> None:
    """Also that it takes the right one: the server refuses what a constraint or a foreign key relies on."""
    made.execute(PAIRS[trap][0])
    found = found_in(made)
    for finding in found:
        made.execute(finding.fix)
    assert [finding for finding in found_in(made) if finding.fix] == []


@pytest.mark.parametrize("trap", PAIRS)
def test_the_same_is_found_on_postgresql_15(old: Connection, trap: str) -> None:
    ddl, expected = PAIRS[trap]
    with old.transaction(force_rollback=True):
        old.execute(TABLES + ddl)
        assert short(found_in(old)) == expected


def test_the_schema_s_own_index_stays(made: Connection) -> None:
    made.execute(X_A + index("x2", "(a)"))
    found = findings(index_facts(made, {"s.x1": "an optimization"}), (), PLANS_UNSEEN)
    assert short(found) == {("duplicate", "x1", "x2")}


def test_what_a_narrow_index_is_better_at_is_said(made: Connection) -> None:
    made.execute("INSERT INTO s.t (a, c) SELECT i % 10, repeat('x', 50) || i FROM generate_series(1, 5000) AS i")
    made.execute(X_A + index("x2", "(a, c)"))
    (found,) = found_in(made, used={"x1", "x2"})
    facts = {fact.name: fact for fact in index_facts(made, {})}
    times = facts["s.x2"].size_bytes / facts["s.x1"].size_bytes
    assert times > 2
    assert "Measured plans use it, and can use s.x2 instead." in found.sentence
    assert f"What is lost: the wider one is {times:.2f} times as large" in found.sentence


# ------------------------------------------------------------------------------------------------- foreign keys
FK = "ALTER TABLE s.t ADD CONSTRAINT f FOREIGN KEY (pid) REFERENCES s.p;"
FK2 = "ALTER TABLE s.t ADD CONSTRAINT f FOREIGN KEY (p1, p2) REFERENCES s.p (k1, k2);"
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


# -------------------------------------------------------------------------------------------- invalid and sparse
def test_an_invalid_index_is_named_and_replaces_no_other(made: Connection) -> None:
    made.execute("INSERT INTO s.t (a) VALUES (1), (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        made.execute("CREATE UNIQUE INDEX CONCURRENTLY x1 ON s.t (a)")
    made.execute(index("x2", "(a)"))
    (found,) = found_in(made)
    assert (found.kind, found.index, found.fix) == ("invalid", "s.x1", "REINDEX INDEX CONCURRENTLY s.x1;")


def test_what_a_failed_reindex_left_behind_is_to_be_dropped(made: Connection) -> None:
    made.execute("INSERT INTO s.t (a) VALUES (1), (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        made.execute("CREATE UNIQUE INDEX CONCURRENTLY x1_ccnew ON s.t (a)")
    (found,) = found_in(made)
    assert found.fix == "DROP INDEX CONCURRENTLY s.x1_ccnew;"


ROWS = "INSERT INTO s.t (a) SELECT generate_series(1, 100000);"


def emptied(connection: Connection, ddl: str, share: str) -> None:
    """Fill, index, and delete all rows but every ``share``-th."""
    connection.execute(ROWS + ddl + f"DELETE FROM s.t WHERE a % {share} <> 0")
    connection.execute("VACUUM s.t")


def test_a_b_tree_that_was_emptied_is_sparse_until_it_is_rebuilt(made: Connection) -> None:
    emptied(made, X_A, "3")
    (found,) = found_in(made)
    assert (found.kind, found.index) == ("low density", "s.x1")
    assert "its leaf pages are 30 % full, those of a new index 90 %." in found.sentence
    made.execute(found.fix)
    assert found_in(made) == ()


def test_a_b_tree_that_is_half_full_on_purpose_is_not_sparse(made: Connection) -> None:
    made.execute(ROWS + index("x1", "(a) WITH (fillfactor=40)"))
    density = {fact.name: fact.leaf_density for fact in index_facts(made, {})}["s.x1"]
    assert density is not None
    assert density < 45
    assert found_in(made) == ()


def test_an_index_that_is_to_go_is_not_to_be_rebuilt_as_well(made: Connection) -> None:
    emptied(made, X_A + index("x2", "(a)"), "3")
    assert short(found_in(made)) == {("duplicate", "x2", "x1"), ("low density", "x1", "")}


def test_a_small_b_tree_is_never_sparse(made: Connection) -> None:
    emptied(made, index("x1", "(a)", "WHERE a <= 10000"), "3")
    assert found_in(made) == ()


def test_density_is_of_b_trees_that_have_entries(made: Connection) -> None:
    made.execute("INSERT INTO s.p VALUES (1, 1, 1)")
    made.execute(X_A + index("x2", "USING hash (a)"))
    density = {fact.name: fact.leaf_density for fact in index_facts(made, {})}
    assert [name for name, percent in density.items() if percent] == ["s.p_k1_k2_key", "s.p_pkey"]
    assert (density["s.x1"], density["s.x2"]) == (None, None)


def test_without_the_extension_there_is_no_density(old: Connection) -> None:
    with old.transaction(force_rollback=True):
        old.execute(TABLES + ROWS + X_A)
        assert {fact.leaf_density for fact in index_facts(old, {})} == {None}
        assert can_create_pgstattuple(old)


def test_a_role_that_is_no_superuser_can_create_no_pgstattuple(old: Connection) -> None:
    with old.transaction(force_rollback=True):
        old.execute("CREATE ROLE ordinary; GRANT ALL ON DATABASE pgproof_hygiene TO ordinary; SET ROLE ordinary")
        assert not can_create_pgstattuple(old)


def test_a_role_that_may_not_ask_for_the_density_goes_without(made: Connection) -> None:
    made.execute(ROWS + X_A)
    with made.transaction(force_rollback=True):
        made.execute("CREATE ROLE ordinary; GRANT USAGE ON SCHEMA s TO ordinary; SET ROLE ordinary")
        assert {fact.leaf_density for fact in index_facts(made, {})} == {None}


# ---------------------------------------------------------------------------------------------- partitions, names
PARTITIONED = """
CREATE TABLE s.m (a int, b int, pid int) PARTITION BY RANGE (a);
CREATE TABLE s.m1 PARTITION OF s.m FOR VALUES FROM (0) TO (10);
CREATE TABLE s.m2 PARTITION OF s.m FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (a);
CREATE TABLE s.m21 PARTITION OF s.m2 FOR VALUES FROM (10) TO (20);
"""


def test_a_partitioned_table_s_duplicates_are_named_once_at_the_parent(made: Connection) -> None:
    made.execute(PARTITIONED + "CREATE INDEX x1 ON s.m (b); CREATE INDEX x2 ON s.m (b)")
    (found,) = found_in(made)
    assert (found.kind, found.index, found.other, found.size_bytes) == ("duplicate", "s.x2", "s.x1", 2 * 8192)
    made.execute(found.fix)
    assert found_in(made) == ()


def test_a_partition_s_own_index_is_held_against_its_parent_s(made: Connection) -> None:
    made.execute(PARTITIONED + "CREATE INDEX a_first ON s.m1 (b); CREATE INDEX x1 ON s.m (b, a)")
    assert short(found_in(made)) == {("prefix", "a_first", "m1_b_a_idx")}


def test_an_index_whose_part_is_used_is_used(made: Connection) -> None:
    made.execute(PARTITIONED + "CREATE INDEX x1 ON s.m (b)")
    assert found_in(made, used={"m21_b_idx"}) == ()
    assert short(found_in(made, used=())) == {("unused", "x1", "")}


def test_an_index_that_a_partition_lacks_is_left_to_a_person(made: Connection) -> None:
    made.execute(PARTITIONED + "CREATE INDEX x1 ON ONLY s.m (b)")
    (found,) = found_in(made)
    assert (found.kind, found.index, found.fix) == ("invalid", "s.x1", "")


def test_a_partitioned_table_s_foreign_key_is_named_once(made: Connection) -> None:
    made.execute(PARTITIONED + "ALTER TABLE s.m ADD CONSTRAINT f FOREIGN KEY (pid) REFERENCES s.p")
    (found,) = found_in(made)
    assert (found.kind, found.index, found.fix) == ("unindexed foreign key", "f", "CREATE INDEX ON s.m (pid);")
    made.execute(found.fix)
    assert found_in(made) == ()


def test_a_sparse_part_is_named_under_its_parent(made: Connection) -> None:
    made.execute(PARTITIONED + "CREATE INDEX x1 ON s.m (b)")
    made.execute("INSERT INTO s.m SELECT 1, generate_series(1, 100000); DELETE FROM s.m WHERE b % 3 <> 0")
    made.execute("VACUUM s.m1")
    (found,) = found_in(made)
    assert (found.index, found.fix) == ("s.x1", "REINDEX INDEX CONCURRENTLY s.m1_b_idx;")


def test_names_that_need_quotes_are_quoted(made: Connection) -> None:
    made.execute('CREATE TABLE s."T.1" ("A b" int, "c""d" int REFERENCES s.p)')
    made.execute('CREATE INDEX "x ""1" ON s."T.1" ("A b"); CREATE INDEX "X.2" ON s."T.1" ("A b", "c""d")')
    duplicate, key = found_in(made, used={"X.2"})
    assert (duplicate.index, duplicate.other) == ('s."x ""1"', 's."X.2"')
    assert key.index == '"T.1_c""d_fkey"'
    for finding in (duplicate, key):
        made.execute(finding.fix)
    assert found_in(made, used={"X.2", 'T.1_c"d_idx'}) == ()


def test_a_table_of_an_extension_is_left_alone(made: Connection) -> None:
    made.execute("CREATE TABLE s.e (a int PRIMARY KEY); ALTER EXTENSION pg_trgm ADD TABLE s.e")
    assert "s.e_pkey" not in {fact.name for fact in index_facts(made, {})}
    made.execute("ALTER EXTENSION pg_trgm DROP TABLE s.e")


def test_scans_of_statements_inside_functions_are_counted(made: Connection, target: Target) -> None:
    made.execute(X_A + index("x2", "(b)") + ROWS + "ANALYZE s.t")
    before = index_scans(made)
    with target.connect("pgproof_hygiene") as other:
        other.execute("DO $$ BEGIN PERFORM FROM s.t WHERE a = 1; END $$")
    for _ in range(100):  # the server counts when it notices that the client has gone
        if (after := index_scans(made)) != before:
            break
        time.sleep(0.05)
    assert {name for name in after if after[name] > before[name]} == {"s.x1"}


def test_findings_come_in_the_same_order_however_the_facts_do() -> None:
    """Worst kinds first, the largest first in each."""
    plain = IndexFacts("s.x", "s.t", "btree", (IndexKey("a"),), size_bytes=1)
    facts = [replace(plain, name=f"s.x{n}", size_bytes=n) for n in (1, 2, 3)]
    facts += [replace(plain, name="s.y", valid=False), replace(plain, name="s.z", keys=(IndexKey("b"),))]
    found = findings(facts, (), used={"x1"})
    assert [f.index for f in found] == ["s.y", "s.x3", "s.x2", "s.z"]
    assert findings(facts[::-1], (), used={"x1"}) == found
