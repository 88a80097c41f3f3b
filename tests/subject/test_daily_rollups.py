"""The CRM's rollups by day: at any moment, and whatever was written, they answer as the plain statements do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from bench.dataset.bindings import class_rows
from bench.experiments.setup import prepared
from bench.experiments.traps.fresh import add_tenant
from bench.model import Optimization
from bench.postgres import databases, optimizations
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import ServerHandle
from bench.progress import silent
from benchmarks.hammer import alike
from tests.builders.crm import CRM
from tests.builders.shops import setup_of
from tests.conftest import plain_role

NAMES = ("organization_health_metrics", "user_activity_tracking")
QUERIES = [query for query in CRM.queries if query.name in NAMES]
MADE = ("org_daily_rollup", "log_late_rows", "crm_open", "crm_totals")
BLOCKS = tuple(block for block in CRM.optimizations if block.name in MADE)
MOMENTS = (
    "'2026-01-01'", "'2025-12-31 15:37'", "'2025-12-02'", "'2025-12-01 15:37'", "'2026-01-01 02:00'",
    "'2025-06-01 09:00'", "clock_timestamp() - interval '2 minutes'", "clock_timestamp() + interval '1 minute'",
)  # fmt: skip
"""The dataset's clock and a day before it, a month before both, later, before what is counted, and really now."""

ACTION = (
    "INSERT INTO crm.activity_log "
    "SELECT organization_id, (SELECT max(id) + 1 FROM crm.activity_log), id, NULL, 'call', '{}', %s "
    "FROM crm.users WHERE organization_id = %s ORDER BY user_role <> 'sales_rep', full_name, id LIMIT 1"
)


@pytest.fixture(scope="module")
def rolled_up(server: ServerHandle, _templates_go: None) -> Iterator[str]:
    """The name of a database with 2,000 leads and the rollups."""
    with prepared(setup_of(replace(CRM, optimizations=BLOCKS), 2000), server) as setup:
        yield setup.optimized("rolled_up")


@pytest.fixture
def crm(rolled_up: str, admin: Connection, target: Target) -> Iterator[Connection]:
    """A copy of it to change."""
    databases.create(admin, "pgproof_rollups", "scratch", template=rolled_up)
    with target.connect("pgproof_rollups") as connection:
        yield connection


def tenants(connection: Connection) -> dict[str, dict[str, Any]]:
    """A tenant of each class."""
    return {row["class"]: row for row in class_rows(connection, CRM.dataset / "classes.sql", CRM.clock)}


def differing(connection: Connection, organizations: list[int]) -> list[tuple[str, int, str]]:
    """Where a rollup answers otherwise than the plain statement: query, tenant and moment."""
    found = []
    for moment in MOMENTS:
        (now,) = connection.execute(f"SELECT ({moment})::timestamptz::text".encode()).fetchall()[0]
        for organization in organizations:
            values = {"organization_id": str(organization), "now": f"'{now}'::timestamptz"}
            wrong = (query.name for query in QUERIES if not alike(connection, query, values))
            found += [(name, organization, moment) for name in wrong]
    return found


def noted(connection: Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM crm_agg.late_days").fetchall()[0][0])


def counted_until(connection: Connection) -> Any:
    return connection.execute("SELECT counted_until FROM crm_agg.watermark").fetchall()[0][0]


def test_answers_are_the_plain_statements_for_every_class_at_any_moment(crm: Connection) -> None:
    found = tenants(crm)
    assert set(found) == {"hot", "p90", "median", "tiny", "empty"}
    assert differing(crm, [row["organization_id"] for row in found.values()]) == []


def change(connection: Connection) -> None:
    """Insert, update and delete in time that is counted, in each of the logs."""
    for statement in (
        "DELETE FROM crm.activity_log WHERE id % 3 = 0",
        "UPDATE crm.activity_log SET created_at = created_at - interval '20 days' WHERE id % 3 = 1",
        "UPDATE crm.activity_log SET activity_type = 'call' WHERE id % 5 = 2",
        "DELETE FROM crm.communications WHERE id % 3 = 0",
        "UPDATE crm.communications SET created_at = created_at - interval '20 days' WHERE id % 3 = 1",
        "UPDATE crm.automation_runs SET run_status = 'failed' WHERE id % 3 = 0 AND finished_at IS NOT NULL",
        "UPDATE crm.automation_runs SET run_status = 'succeeded' WHERE id % 3 = 1",
        "DELETE FROM crm.automation_run_steps WHERE run_id % 30 = 6",
        "DELETE FROM crm.automation_runs WHERE id % 30 = 6 AND run_status = 'failed'",
    ):
        connection.execute(statement.encode())


def test_what_changes_in_counted_time_is_read_live_and_then_counted_again(crm: Connection) -> None:
    asked = [row["organization_id"] for row in tenants(crm).values()]
    change(crm)
    (days,) = crm.execute("SELECT count(DISTINCT (organization_id, day)) FROM crm_agg.late_days").fetchall()[0]
    assert days > 500, "so many that all is counted again"
    assert differing(crm, asked) == []
    crm.execute("CALL crm_agg.refresh()")
    assert (noted(crm), differing(crm, asked)) == (0, [])
    hot = asked[0]
    for days_back in (1, 3, 31):
        crm.execute(ACTION, ["2025-12-31 12:00 UTC", hot])
        crm.execute("DELETE FROM crm.activity_log WHERE organization_id = %s AND id %% 50 = %s", [hot, days_back])
    assert noted(crm) > 0
    assert differing(crm, asked) == []
    crm.execute("CALL crm_agg.refresh()")
    assert (noted(crm), differing(crm, asked)) == (0, [])


def test_what_no_trigger_sees_is_wrong_until_the_tenant_is_rebuilt(crm: Connection) -> None:
    hot = tenants(crm)["hot"]["organization_id"]
    for table in ("activity_log", "communications", "automation_runs"):
        crm.execute(f"ALTER TABLE crm.{table} DISABLE TRIGGER USER".encode())
    change(crm)
    assert noted(crm) == 0
    assert {name for name, _, _ in differing(crm, [hot])} == set(NAMES)
    crm.execute("CALL crm_agg.rebuild(%s)", [hot])
    crm.execute("SELECT crm_open.rebuild(%s)", [hot])
    assert differing(crm, [hot]) == []


def test_a_tenant_that_is_imported_with_its_past_is_right_before_and_after_a_refresh(crm: Connection) -> None:
    new, _ = add_tenant(crm, CRM.dataset / "fresh_tenant.sql", tenants(crm)["hot"], CRM.clock)
    organization = int(new["organization_id"])
    (counted,) = crm.execute(
        "SELECT count(*) FROM crm_agg.user_daily WHERE organization_id = %s", [organization]
    ).fetchall()[0]
    assert (counted, noted(crm) > 30, differing(crm, [organization])) == (0, True, [])
    crm.execute("CALL crm_agg.refresh()")
    (counted,) = crm.execute(
        "SELECT count(*) FROM crm_agg.user_daily WHERE organization_id = %s", [organization]
    ).fetchall()[0]
    assert (counted > 100, noted(crm), differing(crm, [organization])) == (True, 0, [])


OWN_TYPE = """
CREATE FUNCTION pg_temp.own(pg_catalog.date) RETURNS boolean LANGUAGE sql AS $$ SELECT current_user = 'plain' $$;
CREATE DOMAIN pg_temp.date AS pg_catalog.date CHECK (pg_temp.own(VALUE))
"""
"""A type that a trigger must not take for its own "date": its check would run by the right of the trigger's owner."""


def test_who_has_no_right_on_the_rollups_writes_and_runs_nothing_by_their_owner_s(
    crm: Connection, target: Target
) -> None:
    hot = tenants(crm)["hot"]["organization_id"]
    with plain_role(target, crm, "GRANT USAGE ON SCHEMA crm TO plain; GRANT ALL ON ALL TABLES IN SCHEMA crm TO plain"):
        crm.execute(OWN_TYPE.encode())
        crm.execute(ACTION, ["2025-12-30 12:00 UTC", hot])
        crm.execute("DELETE FROM crm.activity_log WHERE id % 50 = 1")
        crm.execute("UPDATE crm.automation_runs SET run_status = 'failed' WHERE id % 30 = 6 AND duration_ms > 0")
        crm.execute("DELETE FROM crm.automation_run_steps WHERE run_id % 30 = 6")
        crm.execute("DELETE FROM crm.automation_runs WHERE id % 30 = 6 AND run_status = 'failed'")
        crm.execute("UPDATE crm.leads SET deleted_at = updated_at, assigned_to_id = NULL WHERE id % 7 = 1")
        crm.execute("DELETE FROM crm.lead_score_history WHERE id % 9 = 1")
    assert noted(crm) > 0
    assert differing(crm, [hot]) == []


def test_a_refresh_that_is_killed_changes_nothing(crm: Connection, target: Target) -> None:
    asked = [row["organization_id"] for row in tenants(crm).values()]
    change(crm)
    before = noted(crm)
    with target.connect("pgproof_rollups") as other:
        other.execute("BEGIN")
        other.execute("CALL crm_agg.refresh()")
        crm.execute("SELECT pg_terminate_backend(%s)", [other.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            other.execute("COMMIT")
    assert (noted(crm), differing(crm, asked)) == (before, [])
    crm.execute("CALL crm_agg.refresh()")
    assert (noted(crm), differing(crm, asked)) == (0, [])


def hurried(block: Optimization, *changes: tuple[str, str]) -> Optimization:
    """The block with a third of a second in place of six minutes, and what else is changed in its text."""
    statements = []
    for statement in block.statements:
        text = statement.sql
        for old, new in (("'6 minutes'", "'0.3 seconds'"), ("'5 minutes'", "'0.25 seconds'"), *changes):
            text = text.replace(old, new)
        statements.append(replace(statement, sql=text))
    return replace(block, statements=tuple(statements))


@pytest.fixture
def hurry(crm: Connection, target: Target) -> Callable[..., Connection]:
    """Give the copy its rollups anew, hurried and changed; another connection to it writes."""

    def made(*changes: tuple[str, str]) -> Connection:
        for block in reversed(BLOCKS):
            optimizations.undo(crm, block)
        optimizations.apply_all(crm, [hurried(block, *changes) for block in BLOCKS], silent)
        return crm

    return made


WAITS = "pg_snapshot_xmin(pg_current_snapshot()) >= v_old.next_after"


@pytest.mark.parametrize(("changes", "lost"), [((), False), (((WAITS, "true"),), True)], ids=["as it is", "no waiting"])
def test_a_row_whose_writer_is_open_while_its_moment_is_counted_is_not_lost(
    changes: tuple[tuple[str, str], ...], lost: bool, hurry: Callable[..., Connection], target: Target
) -> None:
    """A refresh does not pass the moment of a row that it cannot see yet."""
    crm = hurry(*changes)
    hot = tenants(crm)["hot"]["organization_id"]
    with target.connect("pgproof_rollups") as writer:
        with writer.transaction():
            writer.execute("SELECT 1")
            (moment,) = writer.execute("SELECT clock_timestamp()").fetchall()[0]
            writer.execute(ACTION, [moment, hot])
            time.sleep(0.35)
            (later,) = crm.execute("SELECT clock_timestamp()").fetchall()[0]
            crm.execute(ACTION.replace("max(id) + 1", "max(id) + 100"), [later, hot])
            for _ in range(3):
                crm.execute("CALL crm_agg.refresh()")
                time.sleep(0.35)
            assert (counted_until(crm) > moment) == lost
        assert noted(crm) == 0
        assert bool(differing(crm, [hot])) == lost
    for _ in range(3):
        crm.execute("CALL crm_agg.refresh()")
    assert counted_until(crm) > moment
    assert bool(differing(crm, [hot])) == lost
