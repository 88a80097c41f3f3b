"""Whether two statements give the same answer: rows, their order, and what they leave in the tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bench.measurement import Cell, Sides, compare
from bench.measurement.one_copy import look_after, look_before, with_left
from bench.model import STATES, Equality, Pair, Rewrite, State
from bench.postgres import databases
from bench.postgres.connection import Target
from bench.progress import silent
from tests.measurement.test_measure import cell

Way = Callable[[Sides, Cell], Pair]
Said = Callable[..., Equality]

TABLES = """
    CREATE TABLE t AS SELECT n, n / 3.0::float8 AS f FROM generate_series(1, 1000) AS n;
    CREATE TABLE parent (id int PRIMARY KEY, note json, seen timestamptz DEFAULT clock_timestamp(), x float8 DEFAULT 1);
    CREATE TABLE child (id int PRIMARY KEY, parent_id int REFERENCES parent ON DELETE CASCADE, at serial);
    CREATE TABLE log (id int, what text);
    INSERT INTO parent SELECT i, '{}', '2026-11-01' FROM generate_series(1, 9) AS i;
    INSERT INTO child SELECT i, i FROM generate_series(1, 9) AS i;
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO log VALUES (NEW.id, 'changed'); RETURN NEW; END $$;
    CREATE FUNCTION emptied(VARIADIC names regclass[]) RETURNS int LANGUAGE plpgsql AS $$
        BEGIN EXECUTE 'TRUNCATE ' || array_to_string(names, ','); RETURN 1; END $$;
    CREATE TRIGGER note AFTER UPDATE ON parent FOR EACH ROW EXECUTE FUNCTION note();
    CREATE TABLE wide AS SELECT i, repeat(md5(i::text), 90) AS w FROM generate_series(1, 50000) AS i;
    CREATE INDEX ON wide (i);
    CREATE TABLE narrow AS SELECT i, i AS gone FROM generate_series(1, 9) AS i;
    ANALYZE;
"""
OPTIMIZED = """
    CREATE INDEX ON t (n);
    CREATE OR REPLACE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO log VALUES (NEW.id, 'CHANGED'); RETURN NEW; END $$;
    ALTER TABLE narrow DROP gone;
    ALTER TABLE child ADD doubled int GENERATED ALWAYS AS (id * 2) STORED;
"""
"""An index, a trigger that logs another word, a column that only this state has, and one that it lacks."""


@pytest.fixture(scope="module")
def sides(_templates_go: None, target: Target) -> Sides:
    """Two databases; whatever is written to them is rolled back."""
    names: dict[State, str] = {"before": "pgproof_answers_before", "after": "pgproof_answers_after"}
    for state, name in names.items():
        with target.connect() as admin:
            databases.create(admin, name, "scratch")
        with target.connect(name) as connection:
            connection.execute(TABLES)
            connection.execute(OPTIMIZED if state == "after" else "SELECT")
    return Sides(target, names, 30)


def against(one: Cell, other: str) -> Cell:
    """The cell with a rewrite."""
    return replace(one, query=replace(one.query, rewrite=Rewrite("r", other, 9)))


def in_turn(sides: Sides, one: Cell) -> Pair:
    return compare(sides, one)


def one_after_the_other(sides: Sides, one: Cell) -> Pair:
    """As in one copy: the state before is gone when the other one is looked at."""
    before = replace(sides, databases={"before": sides.databases["before"]})
    after = replace(sides, databases=dict.fromkeys(STATES, sides.databases["after"]))
    pairs, seen = look_before(before, [one], silent, lambda _: None)
    seen = with_left(before, seen, silent)
    return look_after(after, seen, pairs, silent, lambda _: None)[0]


@pytest.fixture(params=[in_turn, one_after_the_other], ids=lambda way: way.__name__)
def way(request: pytest.FixtureRequest) -> Way:
    """How both states are looked at: whatever differs is to be found by either."""
    found: Way = request.param
    return found


@pytest.fixture
def said(way: Way) -> Said:
    """What is said of the answers of two statements."""

    def held(sides: Sides, sql: str, other: str, *args: int, writes: bool = False) -> Equality:
        found = way(sides, against(cell(sql, *args, writes=writes), other)).equality
        assert found is not None
        return found

    return held


# ---------------------------------------------------------------------------------------------------------- order
TEN = "SELECT n FROM t WHERE n <= 10"
LOST = {
    "a rewrite without it": (f"{TEN} ORDER BY n DESC", TEN),
    "another direction": (f"{TEN} ORDER BY n", f"{TEN} ORDER BY n DESC"),
    "a key that is not selected": ("SELECT f FROM t WHERE n <= 10 ORDER BY n % 3, n", "SELECT f FROM t WHERE n <= 10"),
    "a position": ("SELECT 1, n FROM t WHERE n <= 10 ORDER BY 2 DESC", "SELECT 1, n FROM t WHERE n <= 10"),
    "an alias": ("SELECT -n AS n, n AS m FROM t WHERE n < 9 ORDER BY n", "SELECT -n, n FROM t WHERE n < 9 ORDER BY n"),
    "nulls": (f"{TEN} UNION ALL SELECT NULL ORDER BY 1 NULLS FIRST", f"{TEN} UNION ALL SELECT NULL ORDER BY 1"),
    "an expression of an aggregate": (
        "SELECT n % 4 AS k FROM t WHERE n <= 10 GROUP BY 1 ORDER BY min(n) DESC",
        "SELECT n % 4 AS k FROM t WHERE n <= 10 GROUP BY 1 ORDER BY min(n)",
    ),
    "a set operation": ("SELECT 1 AS a UNION SELECT 2 ORDER BY a DESC", "SELECT 1 UNION SELECT 2 ORDER BY 1"),
    "distinct rows": (
        "SELECT DISTINCT n % 4 FROM t ORDER BY n % 4 DESC", "SELECT DISTINCT n % 4 AS k FROM t ORDER BY k",
    ),
    "an operator": (f"{TEN} ORDER BY n USING >", TEN),
    "equal rows under different keys": (
        "SELECT n / 6 AS k FROM t WHERE n <= 10 ORDER BY n % 2, n", "SELECT n / 6 AS k FROM t WHERE n <= 10 ORDER BY n",
    ),
}  # fmt: skip
KEPT = {
    "rows that tie": (f"{TEN} ORDER BY n / 3", f"{TEN} ORDER BY n / 3, n DESC"),
    "rows that tie in a key that is not selected": (
        "SELECT f FROM t WHERE n <= 90 ORDER BY n % 7", "SELECT f FROM t WHERE n <= 90 ORDER BY n % 7, n DESC",
    ),
    "what ties for the server and looks different": (
        "SELECT x FROM (VALUES (1.0), (1.00), (0)) AS v (x) ORDER BY x",
        "SELECT x FROM (VALUES (1.00), (1.0), (0)) AS v (x) ORDER BY x",
    ),
    "no order asked for": (TEN, f"{TEN} ORDER BY n DESC"),
    "an order of a subquery": (f"SELECT * FROM ({TEN} ORDER BY n) AS s", f"{TEN} ORDER BY n DESC"),
    "the same key said otherwise": (f"{TEN} ORDER BY n DESC", f"{TEN} ORDER BY -n"),
    "names that come twice": (
        "SELECT n AS a, f AS a FROM t WHERE n < 9 ORDER BY n / 9", "SELECT n, f FROM t WHERE n < 9 ORDER BY n DESC",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LOST)
def test_the_same_rows_in_an_order_that_was_not_asked_for_are_rejected(case: str, said: Said, sides: Sides) -> None:
    found = said(sides, *LOST[case])
    assert (found.equal, found.word) == (False, "other order")


@pytest.mark.parametrize("case", KEPT)
def test_rows_that_may_come_in_any_order_do(case: str, said: Said, sides: Sides) -> None:
    found = said(sides, *KEPT[case])
    assert (found.equal, found.word, found.unsure) == (True, "equal", ())


def test_a_lost_order_is_told_with_the_row_that_shows_it(said: Said, sides: Sides) -> None:
    found = said(sides, "SELECT n FROM t WHERE n <= :n ORDER BY n DESC", "SELECT n FROM t WHERE n <= :n", 1, 10)
    assert found.detail == "binding 2 of 2: the same 10 rows, but row 2 comes too late"


def test_an_index_that_gives_another_order_among_equals_is_no_difference(way: Way, sides: Sides) -> None:
    """The after side has an index on n, and walks it."""
    pair = way(sides, cell("SELECT n FROM t WHERE n <= :n ORDER BY n / 20", 99))
    assert pair.equality
    assert pair.equality.equal


def test_an_order_of_chance_is_said_to_be_unknown(said: Said, sides: Sides) -> None:
    found = said(sides, f"{TEN} ORDER BY random()", f"{TEN} ORDER BY random()")
    assert found.equal
    assert found.unsure == ("the order of binding 1 of 1: executed again, it returned them in another order",)


# ---------------------------------------------------------------------------------------------------------- empty
def test_two_empty_answers_have_a_word_of_their_own(said: Said, sides: Sides) -> None:
    assert said(sides, f"{TEN} AND n < :n", f"{TEN} AND n < :n", 0, -1).word == "equal, but empty"
    assert said(sides, f"{TEN} AND n < :n", f"{TEN} AND n < :n", 0, 5).word == "equal"
    assert said(sides, "DELETE FROM t WHERE n < 0", "DELETE FROM t WHERE n < 0", writes=True).word == "equal, but empty"


# -------------------------------------------------------------------------------------------------------- content
UPDATE = "UPDATE t SET f = 0 WHERE n = :n"


def test_a_write_to_another_row_is_told_without_returning(said: Said, sides: Sides) -> None:
    found = said(sides, UPDATE, UPDATE.replace(":n", ":n + 1"), 7, writes=True)
    assert (found.word, found.tables) == ("other content", ("public.t",))
    assert found.detail.startswith("binding 1 of 1: public.t")


def test_what_a_trigger_writes_is_compared(way: Way, said: Said, sides: Sides) -> None:
    statement = "UPDATE parent SET x = 2 WHERE id = :n"
    found = said(sides, statement, statement, 7, writes=True)
    assert found.word == "other content"
    column = " (what)" if way is in_turn else ""  # where before is gone, its columns are not asked for by themselves
    assert found.detail == f"binding 1 of 1: public.log{column} holds other rows afterwards"


def test_what_a_cascade_deletes_is_compared(said: Said, sides: Sides) -> None:
    found = said(sides, "DELETE FROM parent WHERE id = :n", "DELETE FROM parent WHERE id = :n", 7, writes=True)
    assert (found.word, found.tables) == ("equal", ("public.child", "public.parent"))
    kept = "WITH spared AS (UPDATE child SET parent_id = 1 WHERE parent_id = 7) DELETE FROM parent WHERE id = :n + 1"
    assert said(sides, "DELETE FROM parent WHERE id = :n", kept, 7, writes=True).word == "other content"


def test_a_column_that_no_two_executions_agree_on_is_left_out_by_name(way: Way, said: Said, sides: Sides) -> None:
    statement = "INSERT INTO parent (id) SELECT 10 + i FROM generate_series(1, :n) AS i"
    found = said(sides, statement, statement, 3, writes=True)
    assert (found.word, found.varying) == ("equal", ("public.parent.seen",))
    other = said(sides, statement, statement.replace("10", "20"), 3, writes=True)
    column = " (id)" if way is in_turn else ""
    assert (other.word, other.detail) == (
        "other content",
        f"binding 1 of 1: public.parent{column} holds other rows afterwards",
    )


def test_truncating_a_table_writes_it(said: Said, sides: Sides) -> None:
    found = said(sides, "SELECT emptied('child', 'log')", "SELECT emptied('child')", writes=True)
    assert (found.word, found.tables) == ("equal", ("public.child", "public.log"))
    assert said(sides, "SELECT emptied('child')", "SELECT emptied('log')", writes=True).word == "other content"


def test_a_column_that_only_an_optimization_adds_is_not_compared(said: Said, sides: Sides) -> None:
    statement = "UPDATE child SET parent_id = 1 WHERE id = :n"
    assert said(sides, statement, statement, 7, writes=True).word == "equal"


def test_what_only_one_side_writes_is_compared(said: Said, sides: Sides) -> None:
    more = "WITH more AS (INSERT INTO log VALUES (1, 'more')) UPDATE t SET f = 0 WHERE n = :n"
    assert said(sides, UPDATE, more, 7, writes=True).word == "other content"
    assert said(sides, more, UPDATE, 7, writes=True).word == "other content"
    nothing = "WITH nothing AS (UPDATE child SET parent_id = parent_id) UPDATE t SET f = 0 WHERE n = :n"
    assert said(sides, UPDATE, nothing, 7, writes=True).word == "equal"


def test_a_column_that_an_optimization_drops_is_not_compared(way: Way, said: Said, sides: Sides) -> None:
    """In one copy its content cannot be taken out of what was hashed before, and so nothing is said of the table."""
    statement = "UPDATE narrow SET i = 0 WHERE i = :n"
    found = said(sides, statement, statement, 7, writes=True)
    gone = ("what binding 1 of 1 writes: public.narrow.gone is there no more",)
    assert (found.word, found.unsure) == ("equal", () if way is in_turn else gone)


def test_what_could_not_be_read_in_time_is_said(said: Said, sides: Sides) -> None:
    quick = replace(sides, timeout_s=0.05)
    found = said(quick, "UPDATE wide SET w = '' WHERE i = :n", "UPDATE wide SET w = '' WHERE i = :n", 7, writes=True)
    assert found.equal
    assert found.unsure[0].endswith("public.wide could not be read within the statement timeout")
