"""The totals over leads answer what counting answers: with changes in the log, folded, dated back, under load."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.experiments.setup import prepared
from bench.postgres import optimizations
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import ServerHandle
from bench.progress import silent
from benchmarks.hammer import different, hammer, miscounted, rewritten
from tests.builders.crm import CRM
from tests.builders.shops import setup_of

BLOCK = "crm_totals"
QUERIES = rewritten(CRM, [BLOCK])
BLOCKS = [one for one in CRM.optimizations if one.name == BLOCK]
OPEN = ("new", "contacted", "qualified", "proposal", "negotiation")

IMPORTED = """
INSERT INTO crm.organizations
SELECT 999, name, 'imported', industry, plan, country_code, timezone, settings, is_active, created_at, updated_at
FROM crm.organizations ORDER BY organization_id LIMIT 1;
INSERT INTO crm.leads (organization_id, id, first_name, last_name, source, lead_status, lead_temperature, lead_score,
    deal_value_cents, created_at, updated_at, deleted_at)
SELECT 999, organization_id * 1000000 + id, first_name, last_name, source, lead_status, lead_temperature, lead_score,
       deal_value_cents, created_at - interval '900 days', updated_at, deleted_at
FROM crm.leads;
INSERT INTO crm.lead_score_history (organization_id, id, lead_id, old_score, new_score, reason, created_at)
SELECT 999, organization_id * 1000000 + id, organization_id * 1000000 + lead_id, old_score, new_score, reason,
       created_at - interval '12 days'
FROM crm.lead_score_history
"""
"""A tenant with the leads of all others, whose rows are older than any that was counted."""

CHANGES = """
UPDATE crm.leads SET lead_score = 100 - lead_score WHERE id % 7 = 1;
UPDATE crm.leads SET lead_status = 'won', deal_value_cents = nullif(lead_score, 7) WHERE id % 5 = 1;
UPDATE crm.leads SET lead_temperature = 'hot', source = 'event' WHERE id % 6 = 1;
UPDATE crm.leads SET deleted_at = CASE WHEN deleted_at IS NULL THEN updated_at END WHERE id % 11 = 1;
UPDATE crm.leads SET created_at = created_at - interval '3 days 7 hours', assigned_to_id = NULL WHERE id % 13 = 1;
DELETE FROM crm.lead_score_history WHERE id % 9 = 1;
UPDATE crm.lead_score_history SET new_score = 100 - new_score, created_at = created_at + interval '11 days 5 hours'
WHERE id % 10 = 1;
INSERT INTO crm.lead_score_history
SELECT organization_id, id + 1000000000000, lead_id, rule_id, new_score, old_score, reason,
       created_at - interval '13 days 1 hour'
FROM crm.lead_score_history WHERE id % 9 = 4
"""


@pytest.fixture(scope="module")
def made(server: ServerHandle) -> Iterator[tuple[Target, str]]:
    """A database of 2,000 leads and a tenant imported, with the totals alone of all optimizations."""
    with prepared(setup_of(CRM, 2000), server) as setup:
        name = setup.copy(setup.template, "totals")
        with setup.target.connect(name) as connection:
            optimizations.apply_all(connection, BLOCKS, silent)
            connection.execute(IMPORTED)
        yield setup.target, name


@pytest.fixture
def totals(made: tuple[Target, str]) -> Iterator[Connection]:
    """That database, in a transaction that is rolled back."""
    with made[0].connect(made[1], autocommit=False) as connection:
        yield connection
        connection.rollback()


def waiting(connection: Connection) -> int:
    found = connection.execute(
        "SELECT (SELECT count(*) FROM crm_totals.log) + (SELECT count(*) FROM crm_totals.move_log)"
    )
    return int(found.fetchall()[0][0])


def some(connection: Connection) -> list[int]:
    """The tenant that was imported, the largest of the others, one in the middle and one without leads."""
    found = connection.execute(
        "SELECT organization_id FROM crm.organizations LEFT JOIN crm.leads USING (organization_id) "
        "GROUP BY 1 ORDER BY count(id), 1"
    ).fetchall()
    return [int(found[place][0]) for place in (-1, -2, len(found) // 2, 0)]


def test_three_queries_are_answered_from_the_totals() -> None:
    assert {one.name for one in QUERIES} == {"lead_scoring_analysis", "pipeline_board", "lead_list_page"}


def test_a_tenant_imported_with_old_rows_is_counted_before_and_after_a_fold(totals: Connection) -> None:
    assert waiting(totals) > 2000
    assert different(totals, QUERIES, some(totals)) == []
    totals.execute("SELECT crm_totals.fold()")
    assert waiting(totals) == 0
    assert different(totals, QUERIES, some(totals)) == []


def test_changes_are_counted_before_and_after_a_fold(totals: Connection) -> None:
    totals.execute("SELECT crm_totals.fold()")
    totals.execute(CHANGES)
    assert waiting(totals) > 2000
    assert different(totals, QUERIES, some(totals)) == []
    assert miscounted(totals) == []
    assert different(totals, QUERIES, some(totals)) == []


def test_a_change_that_no_total_tells_is_not_logged(totals: Connection) -> None:
    totals.execute("SELECT crm_totals.fold()")
    totals.execute("UPDATE crm.leads SET last_contacted_at = updated_at, company = 'x', lead_score = lead_score")
    assert waiting(totals) == 0


def test_the_days_of_moves_go_on_with_the_rows(totals: Connection) -> None:
    """A later score change drops the oldest days; as of those, moves are read as without totals."""
    (before,) = totals.execute("SELECT moves_from FROM crm_totals.state").fetchall()
    totals.execute(
        "UPDATE crm.lead_score_history SET created_at = '2026-01-09 10:00+00' "
        "WHERE id % 50 = 4 AND organization_id <> 999"
    )
    totals.execute("SELECT crm_totals.fold()")
    (after,) = totals.execute("SELECT moves_from FROM crm_totals.state").fetchall()
    assert after[0] > before[0]
    assert different(totals, QUERIES, some(totals)) == []


def test_the_days_of_moves_stay_where_no_score_moved(totals: Connection) -> None:
    """Or every tenant's moves would be read from the history after the first fold of leads alone."""
    totals.execute("SELECT crm_totals.fold()")
    (before,) = totals.execute("SELECT moves_from FROM crm_totals.state").fetchall()
    totals.execute("UPDATE crm.leads SET lead_score = 100 - lead_score WHERE id % 7 = 1")
    totals.execute("SELECT crm_totals.fold()")
    assert totals.execute("SELECT moves_from FROM crm_totals.state").fetchall() == [before]


def test_moves_are_right_where_a_job_lies_between_the_clock_and_its_hour(totals: Connection) -> None:
    """Where a thousand changes lie there, moves are counted from the other full hour."""
    totals.execute(
        "UPDATE crm.lead_score_history SET created_at = '2026-01-01 15:50+00' "
        "WHERE organization_id = 999 AND id % 2 = 0"
    )
    totals.execute("SELECT crm_totals.fold()")
    assert different(totals, QUERIES, [999]) == []


def test_what_was_written_without_triggers_is_seen_when_its_tenant_is_counted_again(totals: Connection) -> None:
    totals.execute(
        "ALTER TABLE crm.leads DISABLE TRIGGER USER; UPDATE crm.leads SET lead_score = 1 WHERE organization_id = 999"
    )
    assert different(totals, QUERIES, [999])
    totals.execute("SELECT crm_totals.rebuild(999)")
    assert different(totals, QUERIES, some(totals)) == []


def test_live_won_and_open_leads_are_those_that_are_counted(totals: Connection) -> None:
    totals.execute(CHANGES)
    counted = totals.execute(
        "SELECT o.organization_id, count(l.id), count(l.id) FILTER (WHERE l.lead_status = 'won') "
        "FROM crm.organizations AS o LEFT JOIN crm.leads AS l "
        "ON l.organization_id = o.organization_id AND l.deleted_at IS NULL GROUP BY 1 ORDER BY 1"
    ).fetchall()
    kept = (
        "SELECT organization_id, k.* FROM crm.organizations, crm_totals.tenant_leads(organization_id) AS k ORDER BY 1"
    )
    assert totals.execute(kept).fetchall() == counted
    owned = totals.execute(
        "SELECT organization_id, assigned_to_id, count(*) FROM crm.leads WHERE deleted_at IS NULL "
        "AND assigned_to_id IS NOT NULL AND lead_status = ANY (%s::crm.lead_status[]) GROUP BY 1, 2 ORDER BY 1, 2",
        [list(OPEN)],
    ).fetchall()
    kept = (
        "SELECT organization_id, k.* FROM crm.organizations, crm_totals.owner_leads(organization_id) AS k ORDER BY 1, 2"
    )
    assert totals.execute(kept).fetchall() == owned


def test_nothing_is_lost_under_writers_folds_and_killed_sessions(made: tuple[Target, str]) -> None:
    told = hammer(made[0], made[1], QUERIES, writers=16, seconds=2)
    assert told.wrong == []
    assert min(told.counts[name] for name in ("writers", "folds", "folded", "read", "writers killed")) > 0
