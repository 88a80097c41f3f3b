"""The CRM: counted from the catalog, shardable by tenant, the same through psql as through pgproof."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bench.postgres import databases, ledger, optimizations
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import ServerHandle
from bench.postgres.statements import run_file
from bench.progress import silent
from bench.workload import Workload, read
from tests import ROOT
from tests.builders.crm import CRM

CROSS_TENANT = {"due_communications", "provider_webhook"}
"""The queries that are cross-tenant by nature; docs/subject.md says why."""

CATALOG = """
SELECT 'index' AS kind, n.nspname || '.' || r.relname AS name, pg_get_indexdef(r.oid) AS definition
FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace WHERE r.relkind = 'i' AND n.nspname !~ '^pg_'
UNION ALL
SELECT 'column', a.attrelid::regclass || '.' || a.attname, format_type(a.atttypid, a.atttypmod) || a.attnotnull
FROM pg_attribute a JOIN pg_class r ON r.oid = a.attrelid JOIN pg_namespace n ON n.oid = r.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND r.relkind IN ('r', 'v', 'm') AND n.nspname !~ '^pg_'
UNION ALL
SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) || convalidated FROM pg_constraint
UNION ALL
SELECT 'view', viewname, definition FROM pg_views WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
UNION ALL
SELECT 'routine', p.oid::regprocedure::text, md5(p.prosrc) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname LIKE 'crm%'
UNION ALL
SELECT 'enum', enumtypid::regtype::text, string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum GROUP BY 2
ORDER BY 1, 2, 3
"""


@pytest.fixture(scope="module")
def crm(target: Target) -> Iterator[Connection]:
    """The CRM with all optimizations, without rows, made by pgproof."""
    with target.connect() as admin:
        databases.create(admin, "pgproof_crm", "scratch")
        with target.connect("pgproof_crm") as connection:
            run_file(connection, CRM.schema, "schema.sql")
            ledger.create(connection)
            ledger.refresh_index_catalog(connection)
            optimizations.apply_all(connection, CRM.optimizations, silent)
            yield connection
        databases.drop(admin, "pgproof_crm")


def count_indexes(connection: Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM pg_indexes WHERE schemaname = 'crm'").fetchall()[0][0])


def test_14_tables_and_72_indexes_before_88_after(crm: Connection, admin: Connection, target: Target) -> None:
    databases.create(admin, "pgproof_plain", "scratch")
    with target.connect("pgproof_plain") as plain:
        run_file(plain, CRM.schema, "schema.sql")
        assert count_indexes(plain) == 72
    assert count_indexes(crm) == 88
    tables = crm.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'crm'").fetchone()
    assert tables == (14,)


def test_27_indexes_in_five_categories_and_the_constraints(crm: Connection) -> None:
    found = crm.execute(
        "SELECT category, count(*) FROM bench_meta.index_catalog WHERE name LIKE 'crm.%%' AND category <> 'baseline' "
        "GROUP BY 1 ORDER BY 1"
    ).fetchall()
    assert dict(found) == {"composite": 9, "gin": 4, "partial": 8, "time-series": 4, "covering": 2}
    assert sum(o.category == "constraint" for o in CRM.optimizations) == 9


def test_every_check_constraint_is_validated(crm: Connection) -> None:
    found = crm.execute(
        "SELECT conname, convalidated FROM pg_constraint WHERE contype = 'c' AND connamespace = 'crm'::regnamespace"
    )
    assert {name for name, validated in found.fetchall() if validated} == set(BAD_ROWS)
    for block in CRM.optimizations:
        if block.category == "constraint":
            assert "NOT VALID" in block.statements[0].sql
            assert "VALIDATE" in block.statements[1].sql


def test_primary_and_unique_keys_begin_with_the_tenant(crm: Connection) -> None:
    """What a sharded cluster asks for. organizations is the tenant directory: a reference table there."""
    found = crm.execute(
        "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE contype IN ('p', 'u') AND connamespace = 'crm'::regnamespace"
    ).fetchall()
    assert len(found) == 18
    without = {(table, text) for table, text in found if "(organization_id" not in text}
    assert without == {("crm.organizations", "UNIQUE (slug)")}


def test_foreign_keys_are_composite_and_stay_in_the_tenant(crm: Connection) -> None:
    found = crm.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE contype = 'f' AND connamespace = 'crm'::regnamespace"
    ).fetchall()
    assert len(found) == 25
    assert all("FOREIGN KEY (organization_id" in text for _, text in found)


def test_only_the_queries_that_say_so_cross_tenants() -> None:
    assert {query.name for query in CRM.queries if query.cross_tenant} == CROSS_TENANT
    for query in CRM.queries:
        bound = "organization_id = :organization_id" in " ".join(query.sql.split())
        assert bound != (query.name in CROSS_TENANT), query.name


def test_three_monitoring_views_outside_of_the_counted_schema(crm: Connection) -> None:
    found = crm.execute("SELECT viewname FROM pg_views WHERE schemaname = 'crm_report' ORDER BY 1").fetchall()
    assert found == [("v_lead_pipeline",), ("v_org_health",), ("v_user_activity",)]


def test_psql_alone_gives_the_same_catalog(crm: Connection, server: ServerHandle, admin: Connection) -> None:
    assert server.bin_dir is not None
    databases.create(admin, "pgproof_psql", "scratch")
    dsn = make_conninfo(**(conninfo_to_dict(server.dsn) | {"dbname": "pgproof_psql", "options": ""}))
    files = ["-f", str(ROOT / "schema.sql"), "-f", str(ROOT / "optimizations.sql")]
    command = [str(server.bin_dir / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", *files, dsn]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    with psycopg.connect(dsn) as by_hand:
        ours = [row for row in crm.execute(CATALOG).fetchall() if "bench_meta" not in f"{row[1]}{row[2]}"]
        assert by_hand.execute(CATALOG).fetchall() == ours


@pytest.mark.parametrize("block", CRM.optimizations, ids=lambda block: block.name)
def test_every_optimization_can_be_taken_back(crm: Connection, block: object) -> None:
    """In a transaction that is rolled back, all later ones first: what depends on it has to go before it."""
    later = CRM.optimizations[CRM.optimizations.index(block) :]  # type: ignore[arg-type]
    before = len(rows(crm, "list_index_definitions"))
    with crm.transaction(force_rollback=True):
        for one in reversed(later):
            optimizations.undo(crm, one)
    assert len(rows(crm, "list_index_definitions")) == before


T = "'2025-01-01'"
BAD_ROWS = {
    "leads_score_range_check": ("leads", {"lead_score": "101"}),
    "leads_deal_value_check": ("leads", {"deal_value_cents": "-1"}),
    "leads_tags_array_check": ("leads", {"tags": "'{}'"}),
    "leads_custom_fields_object_check": ("leads", {"custom_fields": "'[]'"}),
    "communications_scheduled_check": ("communications", {"comm_status": "'scheduled'"}),
    "communications_completed_check": ("communications", {"completed_at": "'2024-12-31'"}),
    "campaigns_dates_check": ("campaigns", {"ends_on": "'2024-12-31'"}),
    "lead_score_history_range_check": ("lead_score_history", {"new_score": "101"}),
    "automation_runs_finished_check": ("automation_runs", {"finished_at": "'2024-12-31'"}),
}
COLUMNS = {
    "leads": {"first_name": "''", "last_name": "''", "source": "'website'", "created_at": T, "updated_at": T},
    "communications": {
        "lead_id": "1", "channel": "'email'", "direction": "'inbound'", "comm_status": "'completed'", "created_at": T,
    },
    "campaigns": {
        "name": "''", "channel": "'email'", "campaign_status": "'active'", "starts_on": T, "created_at": T,
    },
    "lead_score_history": {"lead_id": "1", "old_score": "1", "new_score": "1", "reason": "''", "created_at": T},
    "automation_runs": {"automation_id": "1", "run_status": "'succeeded'", "started_at": T},
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_constraint_rejects_a_bad_row(crm: Connection, name: str) -> None:
    table, bad = BAD_ROWS[name]
    values = {"organization_id": "1", "id": "1"} | COLUMNS[table] | bad
    insert = f"INSERT INTO crm.{table} ({', '.join(values)}) VALUES ({', '.join(values.values())})"
    with pytest.raises(psycopg.errors.CheckViolation) as caught, crm.transaction(force_rollback=True):
        crm.execute(insert)
    assert caught.value.diag.constraint_name == name


def test_the_workload_reads_the_same_twice() -> None:
    again: Workload = read(ROOT)
    assert again.content_hash() == CRM.content_hash()
