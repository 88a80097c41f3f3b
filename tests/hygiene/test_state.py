"""Invalid and sparse indexes, partitions, names, and what is read from the catalog."""

from __future__ import annotations

import time
from dataclasses import replace

import psycopg
import pytest

from bench import storage
from bench.hygiene.findings import findings
from bench.model.attribution import ForeignKeyFacts, IndexFacts, IndexKey
from bench.postgres.connection import Connection, Target
from bench.postgres.index_facts import can_create_pgstattuple, foreign_keys, index_facts, index_scans
from tests.conftest import plain_role
from tests.hygiene.traps import FK2, TABLES, X_A, found_in, index, short


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
    assert "its leaf pages are 30 % full, those of a new index 90 %; below 56% of that it is sparse." in found.sentence
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


def test_a_role_that_may_not_ask_for_the_density_goes_without(made: Connection, target: Target) -> None:
    made.execute(ROWS + X_A)
    with plain_role(target, made, "GRANT USAGE ON SCHEMA s TO plain"):
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


def test_the_facts_come_back_from_a_file_as_they_went(made: Connection) -> None:
    made.execute(FK2 + X_A + index("x2", "(lower(c) DESC) INCLUDE (b) WITH (fillfactor=70)", "WHERE a > 1"))
    indexes, keys = index_facts(made, {"s.x1": "an optimization"}), foreign_keys(made)
    assert storage.from_json(tuple[IndexFacts, ...], storage.to_json(indexes), "indexes") == indexes
    assert storage.from_json(tuple[ForeignKeyFacts, ...], storage.to_json(keys), "keys") == keys
