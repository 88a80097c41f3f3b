"""The CRM's own experiment at 5,000 leads: equal answers, negative controls rejected, maintenance that works."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.dataset.bindings import choose_bindings, class_rows
from bench.dataset.source import tables
from bench.experiments.before_after import run as experiment
from bench.experiments.before_after.run import RunOptions
from bench.experiments.load import run as loading
from bench.experiments.load.record import LoadOptions, LoadStep
from bench.experiments.traps.fresh import add_tenant
from bench.hygiene.findings import HygieneFinding, findings
from bench.measurement import Cell, Sides, cells_of, compare, compare_all
from bench.measurement.clause_coverage import exercise
from bench.measurement.execution import explain
from bench.model import STATES, ClusterForm, Options, Pair, Rewrite, Run
from bench.model.attribution import ForeignKeyFacts
from bench.plans import index_names
from bench.plans.parse import walk
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.postgres.copying import Encoder
from bench.postgres.index_facts import foreign_keys, index_facts
from bench.postgres.servers import ServerHandle
from bench.progress import silent
from bench.workload.sqlfile import fill_in, header, split
from tests import ROOT
from tests.builders.crm import CRM
from tests.builders.shops import setup_of

CONTROLS = sorted((ROOT / "tests" / "negative_controls").glob("*.sql"))
TENANT_CLASSES = {"hot", "p90", "median", "tiny", "empty"}


@pytest.fixture(scope="module")
def run(server: ServerHandle, target: Target) -> Iterator[Run]:
    """One experiment with two executions of each cell; its databases are kept until the end of the module."""
    options = Options(rounds=2, budget_s=0, timeout_s=30, warmups=0, seed=1, target_ms=100)
    yield experiment.run(setup_of(CRM, 5000), RunOptions(options, keep_databases=True), server, lambda _: None)
    with target.connect() as admin:
        for item in databases.own_databases(admin):
            databases.drop(admin, item.name)


@pytest.fixture(scope="module")
def sides(run: Run, target: Target) -> Sides:
    """The databases of the run."""
    return Sides(target, {"before": f"pgproof_{run.id}_before", "after": f"pgproof_{run.id}_after"}, 60)


@pytest.fixture
def after(sides: Sides, admin: Connection) -> Iterator[Connection]:
    """A copy of the after database to change."""
    databases.create(admin, "pgproof_copy", "scratch", template=sides.databases["after"])
    with sides.target.connect("pgproof_copy") as connection:
        yield connection


def test_every_query_answers_alike_before_and_after(run: Run) -> None:
    assert {pair.query for pair in run.pairs} == {query.name for query in CRM.queries}
    wrong = [f"{p.query}[{p.parameter_class}]" for p in run.pairs if not (p.equality and p.equality.equal)]
    assert not wrong


def test_a_cluster_is_asked_for_the_same_classes(sides: Sides, target: Target) -> None:
    """In words that it takes: the values are those of one server, all of them."""
    with target.connect(sides.databases["before"]) as connection:
        asked = [
            choose_bindings(connection, queries, CRM.dataset / "classes.sql", CRM.clock, silent)
            for queries in (CRM.queries, CRM.on_a_cluster().queries)
        ]
    assert asked[0] == asked[1]


@pytest.mark.parametrize("form", CRM.forms, ids=lambda form: form.query)
def test_a_form_for_a_cluster_gives_the_same_rows(form: ClusterForm, run: Run, sides: Sides) -> None:
    """On one server, with every binding: the rows, their order, and what they leave in the tables."""
    query = next(query for query in CRM.queries if query.name == form.query)
    bindings = {pair.parameter_class: pair.bindings for pair in run.pairs if pair.query == query.name}
    for state, ordinary, other in (
        ("before", query.sql, form.sql),
        ("after", query.text("after"), form.rewrite.sql if form.rewrite else ""),
    ):
        if other:
            both = replace(query, sql=ordinary, rewrite=Rewrite("form", other, 1))
            within = replace(sides, databases=dict.fromkeys(STATES, sides.databases[state]))
            pairs = compare_all(within, cells_of([both], {query.name: bindings}), silent)
            assert [pair.equality and pair.equality.word for pair in pairs if not _equal(pair)] == []


def _equal(pair: Pair) -> bool:
    return bool(pair.equality and pair.equality.equal and not pair.equality.unsure)


def test_workers_load_the_very_rows_that_one_thread_makes(run: Run) -> None:
    """Chunks are made in threads of other processes, where a library's state may differ."""
    loaded = {table.name: table.content_hash for table in run.dataset.tables}
    for table in tables(CRM.dataset, 5000, 1, "default"):
        encoder, digest = Encoder(table.schema), hashlib.sha256()
        chunks = (encoder.rows(table.build(index)) for index in range(table.chunks))
        for piece in (encoder.header(), *chunks, encoder.trailer()):
            digest.update(hashlib.sha256(piece).digest())
        assert digest.hexdigest() == loaded[table.name], table.name


def test_every_tenant_query_runs_for_every_class_of_tenant(run: Run) -> None:
    """But for the history of one lead, which an empty tenant has none of."""
    missing = {
        (query.name, name)
        for query in CRM.queries
        if not query.cross_tenant
        for name in TENANT_CLASSES - {pair.parameter_class for pair in run.pairs if pair.query == query.name}
    }
    assert missing <= {("communication_history", "empty")}


def test_every_worst_case_is_found_in_the_data(run: Run, sides: Sides) -> None:
    """Or it is a case that is there already, the hot tenant for example, and is not measured twice."""
    with sides.connect("before", writes=False) as connection:
        for query in CRM.queries:
            pairs = [pair for pair in run.pairs if pair.query == query.name]
            for name in set(query.extra_classes) - {pair.parameter_class for pair in pairs}:
                chosen = fill_in(query.extra_classes[name], {"now": f"'{CRM.clock}'::timestamptz"}, query.file)
                cursor = connection.execute(chosen)
                (row,) = cursor.fetchall()
                values = {c.name: str(v) for c, v in zip(cursor.description or (), row, strict=True)}
                known = [binding.args for pair in pairs for binding in pair.bindings]
                assert any(values.items() <= args.items() for args in known), f"{query.name}: {name}"


def test_the_limit_of_the_lead_search_is_reached_by_a_class(run: Run, sides: Sides) -> None:
    """Of the limits of two steps, either makes up for the other: tests/subject/test_two_steps.py needs both."""
    query = next(query for query in CRM.queries if query.name == "lead_search")
    cells = [Cell(query, pair.parameter_class, pair.bindings) for pair in run.pairs if pair.query == query.name]
    found = [one for one in exercise(sides, "after", cells, silent).clauses if one.clause == "LIMIT 20"]
    assert [one.told_by for one in found] == ["worst_common"] * 3 + ["", "", "worst_common"]


def test_the_tenant_s_key_in_a_join_by_an_id_is_reached_by_a_class(run: Run, sides: Sides) -> None:
    """Ids repeat in other tenants, so that a join without the key takes rows of another one.

    In the words for a cluster, which has statements where one server calls functions.
    """
    joining = {"campaign_funnel", "lead_scoring_analysis", "user_activity_tracking"}
    queries = {query.name: query for query in CRM.on_a_cluster().queries if query.name in joining}
    cells = [Cell(queries[p.query], p.parameter_class, p.bindings) for p in run.pairs if p.query in joining]
    keys = [one for one in exercise(sides, "after", cells, silent).clauses if "organization_id" in one.clause]
    assert len(keys) >= 12
    assert [f"{one.query}: {one.clause}" for one in keys if not one.told_by] == []


def test_answers_are_not_all_empty(run: Run) -> None:
    hot = {p.query: p.bindings[0].result_rows for p in run.pairs if p.parameter_class in ("hot", "all")}
    assert [name for name, rows in hot.items() if not rows] == []


def test_a_rollup_s_refresh_is_timed_and_its_staleness_told(run: Run) -> None:
    (rollup,) = [applied for applied in run.applied if applied.name == "org_daily_rollup"]
    assert rollup.upkeep[0].ms > 0
    assert "read live" in rollup.staleness


def test_a_rollup_is_right_when_rows_are_deleted_from_any_day_that_a_class_asks_about(
    run: Run, sides: Sides, after: Connection
) -> None:
    """Before its upkeep and after it."""
    names = ("organization_health_metrics", "user_activity_tracking")
    queries = {query.name: query for query in CRM.queries if query.name in names}
    (rollup,) = [one for one in CRM.optimizations if one.name == "org_daily_rollup"]
    after.execute("DELETE FROM crm.activity_log WHERE id % 3 = 0")
    alike = replace(sides, databases=dict.fromkeys(("before", "after"), after.info.dbname))
    cells = [Cell(queries[p.query], p.parameter_class, p.bindings) for p in run.pairs if p.query in names]
    for statement in ("SELECT 1", *rollup.upkeep):
        after.execute(statement.encode())
        found = [pair.equality for pair in compare_all(alike, cells, silent)]
        assert {one.equal for one in found if one} == {True}


# ------------------------------------------------------------------------------------------------------- hygiene
def unhealthy(run: Run, connection: Connection) -> tuple[HygieneFinding, ...]:
    """What is wrong with the indexes of the after state, given the plans of the run."""
    plans = [pair.after.plan.plan for pair in run.pairs if pair.after.plan]
    made_by = {name: applied.name for applied in run.applied for name in applied.creates}
    used = {name for plan in plans for name in index_names(plan)}
    return findings(index_facts(connection, made_by), foreign_keys(connection), used)


def test_no_index_is_superfluous_and_three_foreign_keys_have_none(run: Run, after: Connection) -> None:
    """No optimization is a duplicate of anything, and none that leads with the tenant alone passes for an index."""
    found = [(f.kind, f.index, f.other) for f in unhealthy(run, after) if f.kind != "unused"]
    kind, assigned = "unindexed foreign key", "lead_assignments_organization_id"
    assert found == [
        (kind, f"{assigned}_assigned_by_id_fkey", "crm.lead_assignments_pkey"),
        (kind, f"{assigned}_from_user_id_fkey", "crm.lead_assignments_pkey"),
        (kind, "lead_score_history_organization_id_rule_id_fkey", "crm.lead_score_history_pkey"),
    ]


def test_without_the_unused_indexes_every_query_keeps_its_plan(run: Run, after: Connection, sides: Sides) -> None:
    """All of them dropped together, some thirty: the planner may use an index's statistics without scanning it."""
    queries = {query.name: query for query in CRM.queries if not query.writes}
    cells = [Cell(queries[p.query], p.parameter_class, p.bindings) for p in run.pairs if p.query in queries]
    copy = replace(sides, databases={"after": "pgproof_copy"})

    def plans() -> list[str]:
        with copy.connect("after", writes=False) as connection:
            return [explain(connection, cell, "after", 0).fingerprint for cell in cells]

    before = plans()
    unused = [finding.fix for finding in unhealthy(run, after) if finding.kind == "unused"]
    for fix in unused:
        after.execute(fix)
    assert len(unused) > 25
    assert plans() == before


def in_vain(connection: Connection, key: ForeignKeyFacts) -> int:
    """Rows that the server reads and drops when it looks for what refers to a row of the largest tenant.

    But for those that refer to the row of the same id in another tenant, which any index on the id alone finds.
    """
    where = " AND ".join(f"${n} OPERATOR(pg_catalog.=) x.{name}" for n, name in enumerate(key.columns, 1))
    types = ", ".join("bigint" for _ in key.columns)
    connection.execute(f"PREPARE lookup ({types}) AS SELECT 1 FROM ONLY {key.table} x WHERE {where} FOR KEY SHARE OF x")
    columns = "organization_id, id" if len(key.columns) == 2 else "organization_id"
    largest = "SELECT organization_id FROM crm.leads GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    row = connection.execute(f"SELECT {columns} FROM {key.references} WHERE organization_id = ({largest}) LIMIT 1")
    connection.execute("SET plan_cache_mode = force_generic_plan")
    found = row.fetchall()[0]
    values = ", ".join(map(str, found))
    (plan,) = connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE lookup ({values})").fetchall()[0]
    connection.execute("DEALLOCATE lookup")
    same_id = f"{key.columns[-1]} = {found[-1]} AND organization_id <> {found[0]}"
    (elsewhere,) = connection.execute(f"SELECT count(*) FROM {key.table} WHERE {same_id}").fetchall()[0]
    return round(sum(node.get("Rows Removed by Filter", 0) for node in walk(plan[0]["Plan"]))) - elsewhere


def test_the_foreign_keys_that_are_named_are_those_that_read_in_vain(run: Run, after: Connection) -> None:
    """Before and after all that is proposed was done: of the indexes that went none was missed."""
    proposed = unhealthy(run, after)
    named = {finding.index for finding in proposed if finding.kind == "unindexed foreign key"}
    assert {key.name for key in foreign_keys(after) if in_vain(after, key) > 100} == named
    for finding in proposed:
        after.execute(finding.fix)
    assert {key.name for key in foreign_keys(after) if in_vain(after, key) > 0} == set()


@pytest.mark.parametrize("control", CONTROLS, ids=lambda file: file.stem)
def test_a_wrong_answer_is_rejected_however_fast_it_is(run: Run, sides: Sides, control: Path) -> None:
    """Each control imitates a query and is wrong in a way that a timing alone would not notice."""
    lines = control.read_text().splitlines()
    head, taken = header(lines, 1)
    imitated = next(query for query in CRM.queries if query.name == head[0].value)
    (statement,) = split("\n".join(lines[taken:]), control.name)
    wrong = replace(imitated, rewrite=Rewrite("wrong", statement.sql, 1))
    size = "tiny" if control.stem == "fan_out_health" else "hot"  # the fan-out is a product of four tables
    pair = next(p for p in run.pairs if p.query == imitated.name and p.parameter_class == size)
    assert pair.equality is not None
    assert pair.equality.equal, "the real query is equal, so it is the control that differs"
    found = compare(sides, Cell(wrong, size, tuple(replace(b, result_rows=None) for b in pair.bindings)))
    assert found.equality is not None
    assert not found.equality.equal


def test_retention_deletes_what_is_older_and_nothing_else(after: Connection) -> None:
    cutoff = "2025-06-01"
    count = (
        "SELECT count(*) FILTER (WHERE created_at < %s), count(*) FILTER (WHERE created_at >= %s) FROM crm.activity_log"
    )
    old, young = after.execute(count, [cutoff, cutoff]).fetchall()[0]
    assert old > 0
    after.execute("CALL crm_ops.retention(%s)", [cutoff])
    assert after.execute(count, [cutoff, cutoff]).fetchall()[0] == (0, young)


def test_cleaning_pending_lists_empties_them(after: Connection) -> None:
    after.execute("UPDATE crm.communications SET meta = meta || '{\"seen\": true}' WHERE id % 50 = 0")
    first = after.execute("SELECT sum(pages_cleaned) FROM crm_ops.clean_gin_pending_lists()").fetchall()[0][0]
    again = after.execute("SELECT sum(pages_cleaned) FROM crm_ops.clean_gin_pending_lists()").fetchall()[0][0]
    assert (first > 0, again) == (True, 0)


def test_vacuum_gives_index_only_scans_back_what_updates_took(after: Connection) -> None:
    needs = "SELECT table_name FROM crm_ops.v_needs_vacuum"
    assert after.execute(needs).fetchall() == []
    after.execute("UPDATE crm.leads SET updated_at = updated_at + interval '1 s'")
    after.execute("VACUUM crm.audit_log")  # any VACUUM refreshes what the view reads; this one not where it matters
    after.execute("ANALYZE crm.leads")
    assert ("crm.leads",) in after.execute(needs).fetchall()
    after.execute("VACUUM crm.leads")
    assert ("crm.leads",) not in after.execute(needs).fetchall()


def test_a_log_that_nobody_vacuums_is_named_until_somebody_does(after: Connection) -> None:
    named = "SELECT count(*) FROM crm_ops.v_needs_vacuum WHERE table_name = 'crm_totals.log'"
    folds = "UPDATE crm.leads SET lead_score = 100 - lead_score; SELECT crm_totals.fold()"
    counted = "SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()"
    after.execute("VACUUM crm_totals.log")
    after.execute(counted)
    assert after.execute(named).fetchall() == [(0,)]
    for _ in range(3):
        after.execute(folds)
    after.execute(counted)
    assert after.execute(named).fetchall() == [(1,)]
    after.execute("VACUUM crm_totals.log")
    assert after.execute(named).fetchall() == [(0,)]


def test_monitoring_views_do_not_multiply_rows(after: Connection) -> None:
    leads = after.execute("SELECT count(*) FROM crm.leads WHERE deleted_at IS NULL").fetchall()[0][0]
    shown = after.execute("SELECT sum(leads) FROM crm_report.v_lead_pipeline").fetchall()[0][0]
    assert shown == leads


def claimed(server: ServerHandle, left_out: str) -> LoadStep:
    """A second of four workers that claim leads, by the statement without ``left_out``."""
    claim = next(query for query in CRM.queries if query.name == "claim_next_lead")
    assert left_out in claim.sql
    changed = replace(claim, sql=claim.sql.replace(left_out, ""))
    workload = replace(CRM, queries=(changed,), optimizations=())
    options = LoadOptions((4,), (), False, 1, 0, 1000.0, 100.0)
    return loading.run(setup_of(workload, 5000), options, server, lambda _: None).steps[0]


def test_no_lead_goes_to_two_workers_and_every_claim_leaves_its_trace(run: Run, server: ServerHandle) -> None:
    step = claimed(server, "")
    assert [one.detail for one in step.invariants if not one.held] == []
    assert len(step.invariants) == 4
    assert sum(step.queries[0].times_us.values()) > 100


def test_a_claim_without_its_lock_gives_leads_to_two_workers_and_the_invariants_say_so(
    run: Run, server: ServerHandle
) -> None:
    broken = {one.name for one in claimed(server, "FOR UPDATE SKIP LOCKED").invariants if not one.held}
    assert broken >= {"no lead is claimed twice", "leads that left the queue equal new assignments"}


def test_a_new_tenant_has_as_many_rows_in_every_table_as_the_one_that_it_is_like(after: Connection) -> None:
    (row, *_) = (row for row in class_rows(after, CRM.dataset / "classes.sql", CRM.clock) if row["class"] == "median")
    new, added = add_tenant(after, CRM.dataset / "fresh_tenant.sql", row, CRM.clock)
    tables = [s.sql.split()[2] for s in CRM.schema if s.sql.startswith("CREATE TABLE")]
    counts = {
        tenant: [
            after.execute(f"SELECT count(*) FROM {table} WHERE organization_id = %s", [tenant]).fetchall()[0][0]
            for table in tables
        ]
        for tenant in (row["organization_id"], new["organization_id"])
    }
    old, fresh = counts.values()
    assert fresh == old
    assert added == sum(old) > 100
