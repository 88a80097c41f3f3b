"""Which of two indexes is superfluous."""

from __future__ import annotations

import pytest

from bench.hygiene.findings import findings
from bench.postgres.connection import Connection
from bench.postgres.index_facts import index_facts
from tests.hygiene.traps import PLANS_UNSEEN, TABLES, X_A, X_AB, found_in, index, short

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
