"""Read gains by execution: sets of optimizations, tried on a real server by taking the others away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bench.attribution.changed_tables import changed_tables
from bench.attribution.effects import plan_effects
from bench.attribution.evidence import ADVICE_EXECUTIONS, executions
from bench.attribution.executing import SAMPLES
from bench.attribution.gains import cell_gains, disagreements, gains
from bench.attribution.measure_gains import Gains
from bench.attribution.subsets import Sets, find_needs, find_rewrite_needs
from bench.dataset.bindings import choose_bindings
from bench.measurement import Cell, Sides, cells_of
from bench.model import Applied, Attribution, GainCell
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target
from bench.progress import silent
from bench.workload import Workload, read
from tests.builders.treated import block, treated, workload_in

SCHEMA = "CREATE TABLE t (id bigint PRIMARY KEY, a bigint NOT NULL, b bigint NOT NULL, status text NOT NULL);"
FILL = """INSERT INTO t SELECT n, n * 7919 % 10007, n % 100, CASE WHEN n % 50 = 0 THEN 'new' ELSE 'old' END
    FROM generate_series(1, 20000) AS n"""
BY_A = "SELECT id FROM t WHERE a = 4711 ORDER BY id;"
ONE = block("a_idx", "CREATE INDEX a_idx ON t (a);")
TWO = ONE + block("a_b_idx", "CREATE INDEX a_b_idx ON t (a, b);")


def made(folder: Path, blocks: str, queries: Mapping[str, str], schema: str = SCHEMA) -> Workload:
    """A workload with these blocks and queries; a query that holds UPDATE, INSERT or DELETE writes."""
    workload_in(folder, blocks, schema=schema)
    (folder / "queries" / "q.sql").unlink()
    for name, text in queries.items():
        head = f"-- title: {name}\n-- asks: Q?\n"
        if text.startswith(("UPDATE", "INSERT", "DELETE")):
            head += "-- writes: yes\n"
        (folder / "queries" / f"{name}.sql").write_text(f"{head}{text}\n")
    return read(folder)


def cells(connection: Connection, workload: Workload) -> list[Cell]:
    chosen = choose_bindings(connection, workload.queries, workload.dataset / "classes.sql", "", silent)
    return cells_of(workload.queries, chosen)


def tried(target: Target, database: str, workload: Workload, applied: tuple[Applied, ...]) -> Attribution:
    """The gains of a treated database."""
    return explored(target, database, workload, applied)[0]


def explored(
    target: Target, database: str, workload: Workload, applied: tuple[Applied, ...]
) -> tuple[Attribution, int]:
    """The same, and how often a set was made for it by undoing others."""
    with Sides(target, {"after": database}, 30.0).connect("after", writes=True) as connection:
        connection.prepared_max = None
        sets = Sets(connection, {b.name: b for b in workload.optimizations}, {a.name: a.creates for a in applied})
        chosen = cells(connection, workload)
        find_needs(sets)
        find_rewrite_needs(sets, chosen)
        changed, _ = changed_tables(connection, workload.optimizations, sets.needs)
        trial = Gains(sets, plan_effects(connection, workload.optimizations, applied, changed), silent)
        before = sets.made
        trial.explore(chosen)
        found = Attribution(needs=sets.needs, not_tried=sets.fixed, cells=trial.results())
        return found, sets.made - before


@pytest.fixture
def attributed(admin, target, tmp_path):
    """Attribute made-up workloads: blocks and queries in, gains out."""

    def attribute(blocks: str, queries: Mapping[str, str], fill: str = FILL, schema: str = SCHEMA) -> Attribution:
        workload = made(tmp_path, blocks, queries, schema)
        with treated(admin, target, "pgproof_gains", workload, fill) as (_, applied):
            return tried(target, "pgproof_gains", workload, applied)

    return attribute


def only(attribution: Attribution) -> GainCell:
    assert len(attribution.cells) == 1
    return attribution.cells[0]


def buffers(cell: GainCell, plan: int) -> int:
    return cell.tried[plan].counters.buffers


# ------------------------------------------------------------------------------------------------------- effects
def test_one_index_gains_what_the_cell_gains(attributed):
    found = attributed(ONE, {"by_a": BY_A})
    cell = only(found)
    assert cell.without == {"a_idx": cell.before}
    assert cell.alone == {"a_idx": cell.after}
    assert buffers(cell, cell.before) > 20 * buffers(cell, cell.after)


def test_of_two_that_do_the_same_each_stands_in_for_the_other(attributed):
    found = attributed(TWO, {"by_a": BY_A})
    by_name = gains(found, ["a_idx", "a_b_idx"])
    assert not by_name["a_idx"].missed
    assert not by_name["a_b_idx"].missed
    assert by_name["a_idx"].substitutes == ("a_b_idx",)
    assert by_name["a_b_idx"].substitutes == ("a_idx",)
    assert all(executions(effect) >= ADVICE_EXECUTIONS for gain in by_name.values() for effect in gain.deciding)


def test_shares_add_up_to_the_whole_gain_exactly(attributed):
    blocks = TWO + block("b_idx", "CREATE INDEX b_idx ON t (b) INCLUDE (id);")
    found = attributed(blocks, {"by_a": BY_A, "by_b": "SELECT count(id) FROM t WHERE b = 7;"})
    for cell, gain in zip(found.cells, cell_gains(found), strict=True):
        assert gain.buffers.exact
        assert sum(gain.buffers.by_name.values()) == pytest.approx(
            buffers(cell, cell.before) - buffers(cell, cell.after)
        )
        assert gain.buffers.unexplained == pytest.approx(0)


def test_an_index_that_no_query_uses_matters_to_none(attributed):
    found = attributed(ONE + block("status_idx", "CREATE INDEX status_idx ON t (id, status);"), {"by_a": BY_A})
    assert only(found).matter == ("a_idx",)


def test_an_index_that_the_planner_prefers_and_that_takes_longer_is_harmful(attributed):
    # What is new is old: rows of the wanted status lie at the end of the order that the index gives.
    schema = "CREATE TABLE t (id bigint PRIMARY KEY, status text NOT NULL, at timestamptz NOT NULL, pad text NOT NULL);"
    fill = """INSERT INTO t SELECT n, CASE WHEN n > 190000 THEN 'new' ELSE 'old' END,
        timestamptz '2026-01-01' + (hashint4(n) & 1023) * interval '1 s'
            + CASE WHEN n > 190000 THEN interval '1 year' ELSE interval '0' END, repeat('x', 60)
        FROM generate_series(1, 200000) AS n"""
    found = attributed(
        block("at_idx", "CREATE INDEX at_idx ON t (at);"),
        {"newest": "SELECT id FROM t WHERE status = 'new' ORDER BY at, id LIMIT 20;"},
        fill,
        schema,
    )
    gain = gains(found, ["at_idx"])["at_idx"]
    assert [effect.cell for effect in gain.harmed] == ["newest[all]"]
    assert not gain.missed
    effect = gain.harmed[0]
    assert effect.predicted > 1 > effect.measured
    assert executions(effect) >= ADVICE_EXECUTIONS
    assert "the planner promised newest[all]" in disagreements({"at_idx": gain}, 100.0)[0]


def test_a_rewrite_is_an_optimization_like_any_other(attributed, tmp_path):
    blocks = "-- optimization: shorter\n-- category: rewrite\n-- why: test\n"
    twice = "SELECT (SELECT count(*) FROM t WHERE b < 50) + (SELECT count(*) FROM t WHERE b >= 50);"
    text = f"{twice}\n-- rewrite: shorter\nSELECT count(*) FROM t;"
    cell = only(attributed(blocks, {"counted": text}))
    assert cell.matter == ("shorter",)
    assert buffers(cell, cell.before) > buffers(cell, cell.after)


def test_a_statement_that_writes_is_judged_by_how_it_finds_its_rows(attributed):
    blocks = ONE + block("b_idx", "CREATE INDEX b_idx ON t (b);")
    cell = only(attributed(blocks, {"touch": "UPDATE t SET status = 'seen' WHERE a = 4711;"}))
    assert cell.matter == ("a_idx",)
    assert buffers(cell, cell.after) < 10
    assert cell.tried[cell.after].counters.wal_bytes == 0


def test_many_that_matter_are_tried_in_sampled_orders(attributed):
    names = [f"i{n}" for n in range(8)]
    blocks = "".join(block(name, f"CREATE INDEX {name} ON t (b) WHERE a % 8 = {n};") for n, name in enumerate(names))
    parts = [f"(SELECT max(id) FROM t WHERE b = 3 AND a % 8 = {n})" for n in range(8)]
    found = attributed(blocks, {"each": f"SELECT {', '.join(parts)};"})
    cell, gain = only(found), cell_gains(found)[0]
    assert set(cell.matter) == set(names)
    assert cell.orders
    assert not gain.buffers.exact
    assert sum(gain.buffers.by_name.values()) == pytest.approx(gain.buffers.whole)


def test_a_plan_that_was_seen_is_not_executed_again(attributed):
    cell = only(attributed(TWO + block("b_idx", "CREATE INDEX b_idx ON t (b);"), {"by_a": BY_A}))
    assert len(cell.tried) == 3
    assert len(cell.subsets) == 4


def test_what_concerns_other_tables_is_taken_away_at_the_same_time(admin, target, tmp_path):
    schema = SCHEMA + SCHEMA.replace("TABLE t ", "TABLE u ")
    fill = [FILL, FILL.replace("INTO t ", "INTO u ")]
    of_t = {"of_t": "SELECT (SELECT count(*) FROM t WHERE a = 4711), (SELECT count(*) FROM t WHERE b = 7);"}
    of_u = {"of_u": of_t["of_t"].replace("FROM t ", "FROM u ")}
    t_blocks = block("a_idx", "CREATE INDEX a_idx ON t (a);") + block("b_idx", "CREATE INDEX b_idx ON t (b);")
    u_blocks = t_blocks.replace("a_idx", "u_a_idx").replace("b_idx", "u_b_idx").replace(" ON t ", " ON u ")
    made_for = []
    for blocks, queries in ((t_blocks, of_t), (t_blocks + u_blocks, of_t | of_u)):
        workload = made(tmp_path, blocks, queries, schema)
        with treated(admin, target, "pgproof_gains", workload, "; ".join(fill)) as (_, applied):
            found, times = explored(target, "pgproof_gains", workload, applied)
        assert {cell.query: len(cell.subsets) for cell in found.cells} == dict.fromkeys(queries, 4)
        made_for.append(times)
    assert made_for[1] == made_for[0]


def test_statistics_and_checks_of_values_cost_no_write(admin, target, tmp_path):
    target_10, undone = "ALTER TABLE t ALTER a SET STATISTICS 10", "ALTER TABLE t ALTER a SET STATISTICS -1"
    blocks = (
        block("target", f"{target_10}; ANALYZE t (a);", undo=undone, category="statistics")
        + block("a_and_b", "CREATE STATISTICS a_and_b ON a, b FROM t;", category="statistics")
        + block("check", "ALTER TABLE t ADD CHECK (a >= 0);", undo="ALTER TABLE t DROP CONSTRAINT t_a_check")
        + block("column", "ALTER TABLE t ADD c text, ALTER a SET STATISTICS 10;", undo="ALTER TABLE t DROP c")
        + block("a_idx", "CREATE INDEX a_idx ON t (a);")
    )
    workload = made(tmp_path, blocks, {"by_a": BY_A})
    with treated(admin, target, "pgproof_gains", workload, FILL) as (connection, applied):
        found = plan_effects(connection, workload.optimizations, applied, {})
    assert found.unwritten == {"target", "a_and_b", "check"}


LONG = "SELECT count(*) FROM t WHERE md5(repeat(a::text, 400)) = 'x';"


def test_a_plan_that_takes_much_longer_than_another_is_timed_once(attributed):
    found = only(attributed(block("long", "CREATE INDEX long ON t (md5(repeat(a::text, 400)));"), {"long": LONG}))
    before, after = found.tried[found.before], found.tried[found.after]
    assert before.least_ms > 20 > 2 * after.least_ms
    assert (len(before.samples_ms), len(after.samples_ms)) == (1, SAMPLES)


# ------------------------------------------------------------------------------------------- who can be taken away
def test_who_needs_whom_is_found_by_taking_away(attributed):
    blocks = block("trigrams", "CREATE EXTENSION pg_trgm;", category="extension") + block(
        "status_trgm", "CREATE INDEX status_trgm ON t USING gin (status gin_trgm_ops);", category="gin"
    )
    found = attributed(blocks, {"like": "SELECT count(*) FROM t WHERE status LIKE '%ne%';"})
    assert found.needs == {"status_trgm": ("trigrams",)}
    cell = only(found)
    assert cell.without["trigrams"] == cell.without["status_trgm"] == cell.before
    shares = cell_gains(found)[0].buffers.by_name
    assert shares["trigrams"] == shares["status_trgm"]


def test_what_concerns_a_cell_only_by_what_it_needs_is_tried_with_that(attributed):
    function = "CREATE FUNCTION {0}(bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1 % 7';"
    blocks = "".join(block(name, function.format(name), undo=f"DROP FUNCTION {name}(bigint);") for name in ("f", "g"))
    blocks += block("other", "CREATE INDEX other ON u (f(a), g(a));") + block(
        "h", function.format("h"), undo="DROP FUNCTION h(bigint);"
    )
    found = attributed(ONE + blocks, {"by_a": BY_A}, schema=SCHEMA + SCHEMA.replace("TABLE t ", "TABLE u "))
    assert sorted(found.needs["other"]) == ["f", "g"]
    assert only(found).alone == {"a_idx": only(found).after}


def test_a_rewrite_that_reads_a_table_of_another_needs_it(attributed):
    blocks = block("totals", "CREATE TABLE totals AS SELECT count(*) AS n FROM t;", category="rollup")
    blocks += "-- optimization: from_totals\n-- category: rewrite\n-- why: test\n"
    found = attributed(blocks, {"counted": "SELECT count(*) FROM t;\n-- rewrite: from_totals\nSELECT n FROM totals;"})
    assert found.needs == {"from_totals": ("totals",)}
    assert not found.not_tried


def test_a_rewrite_needs_its_function_s_schema_and_what_it_reads_in_one_of_the_classes_alone(attributed):
    function = """CREATE FUNCTION house.counted(p_a bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$ BEGIN
        IF p_a < 50 THEN RETURN (SELECT count(*) FROM t WHERE a = p_a); END IF;
        RETURN (SELECT n FROM totals WHERE a = p_a); END $$;"""
    blocks = block("totals", "CREATE TABLE totals AS SELECT a, count(*) AS n FROM t GROUP BY a;", category="rollup")
    blocks += block("house", "CREATE SCHEMA house;", undo="DROP SCHEMA house CASCADE;", category="setting")
    blocks += block("by_size", function, undo="DROP FUNCTION IF EXISTS house.counted(bigint);", category="rewrite")
    header = "-- param a bigint: 7\n-- class worst_large: SELECT 4711 AS a\n-- why worst_large: read from the totals\n"
    text = f"{header}SELECT count(*) AS n FROM t WHERE a = :a;\n-- rewrite: by_size\nSELECT house.counted(:a) AS n;"
    found = attributed(blocks, {"counted": text})
    assert [cell.parameter_class for cell in found.cells] == ["all", "worst_large"]
    assert found.needs == {"by_size": ("totals", "house")}


def test_an_undo_that_fails_is_said_and_the_others_are_tried(attributed):
    found = attributed(
        ONE + block("b_idx", "CREATE INDEX b_idx ON t (b);", undo="DROP INDEX nonesuch;"), {"by_a": BY_A}
    )
    assert "nonesuch" in found.not_tried["b_idx"]
    assert "a_idx" in only(found).without


def test_an_undo_that_leaves_the_index_in_place_is_said(attributed):
    found = attributed(block("a_idx", "CREATE INDEX a_idx ON t (a);", undo="SELECT 1;"), {"by_a": BY_A})
    assert found.not_tried == {"a_idx": "its undo leaves public.a_idx in place"}


def test_an_optimization_that_drops_something_of_the_schema_is_tried_with_it(attributed):
    schema = f"{SCHEMA}\nCREATE INDEX old_idx ON t (a);"
    drops = block("without_old", "DROP INDEX old_idx;", undo="CREATE INDEX old_idx ON t (a);", category="maintenance")
    cell = only(attributed(drops, {"by_a": BY_A}, schema=schema))
    assert cell.matter == ("without_old",)
    assert buffers(cell, cell.before) < buffers(cell, cell.after)


# --------------------------------------------------------------------------------------------------- trustworthy
def facts(connection: Connection) -> dict[str, object]:
    """All that a trial could leave behind: catalog, sizes, statistics, visibility."""
    return {
        "relations": connection.execute(
            "SELECT relname, relkind, reltuples, relpages, relallvisible, relhasindex, relchecks FROM pg_class "
            "WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
        ).fetchall(),
        "indexes": [
            (row["name"], row["definition"], row["valid"]) for row in rows(connection, "list_index_definitions")
        ],
        "constraints": connection.execute("SELECT conname, convalidated FROM pg_constraint ORDER BY 1").fetchall(),
        "statistics": connection.execute(
            "SELECT schemaname, tablename, attname FROM pg_stats ORDER BY 1, 2, 3"
        ).fetchall(),
        "dead": connection.execute("SELECT relname, n_dead_tup FROM pg_stat_user_tables ORDER BY 1").fetchall(),
        "work": connection.execute(
            "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT count(*) FROM t WHERE a < 100"
        ).fetchall(),
    }


def test_a_database_ends_as_it_began(admin, target, tmp_path):
    workload = made(
        tmp_path,
        TWO
        + block("positive", "ALTER TABLE t ADD CONSTRAINT positive CHECK (a >= 0);", category="constraint")
        + block("lower_idx", "CREATE INDEX lower_idx ON t (lower(status));")
        + block("a_and_b", "CREATE STATISTICS a_and_b ON a, b FROM t;", category="statistics"),
        {"by_a": BY_A, "touch": "UPDATE t SET status = 'seen' WHERE a = 4711;"},
    )
    with treated(admin, target, "pgproof_gains", workload, FILL) as (connection, applied):
        for text in ("VACUUM (FREEZE, ANALYZE)", "SELECT pg_stat_force_next_flush()"):
            connection.execute(text)
        cells(connection, workload)
        before = [facts(connection), facts(connection)][1]
        tried(target, "pgproof_gains", workload, applied)
        connection.execute("SELECT pg_stat_clear_snapshot()")
        assert [facts(connection), facts(connection)][1] == before


@pytest.mark.alone
def test_a_second_attribution_counts_the_same_and_says_the_same(attributed, admin, target, tmp_path):
    queries = {"by_a": BY_A, "by_b": "SELECT count(*) FROM t WHERE b = 7;", "touch": "DELETE FROM t WHERE a = 17;"}
    blocks = TWO + block("b_idx", "CREATE INDEX b_idx ON t (b);")
    first, second = attributed(blocks, queries), attributed(blocks, queries)

    def counted(found: Attribution) -> list[GainCell]:
        return [
            replace(cell, tried=tuple(replace(one, samples_ms=(), processor_ms=(), plan={}) for one in cell.tried))
            for cell in found.cells
        ]

    assert counted(first) == counted(second)
    names = ["a_idx", "a_b_idx", "b_idx"]
    words = [[(len(g.missed), len(g.harmed), g.substitutes) for g in gains(f, names).values()] for f in (first, second)]
    assert words[0] == words[1]


def test_taken_away_is_as_good_as_never_built(admin, target, tmp_path):
    queries = {"by_a": BY_A, "by_b": "SELECT count(*) FROM t WHERE b = 7 AND status = 'new';"}
    blocks = {"a_idx": ONE, "b_idx": block("b_idx", "CREATE INDEX b_idx ON t (b, status);")}
    workload = made(tmp_path, "".join(blocks.values()), queries)
    with treated(admin, target, "pgproof_gains", workload, FILL) as (_, applied):
        found = tried(target, "pgproof_gains", workload, applied)
    for name in blocks:
        rest = made(tmp_path, "".join(text for other, text in blocks.items() if other != name), queries)
        with treated(admin, target, "pgproof_gains", rest, FILL) as (_, applied):
            built = tried(target, "pgproof_gains", rest, applied)
        for taken, never in zip(found.cells, built.cells, strict=True):
            seen = taken.tried[taken.without.get(name, taken.after)]
            assert seen.counters == never.tried[never.after].counters
            assert seen.fingerprint == never.tried[never.after].fingerprint
