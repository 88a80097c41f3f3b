"""The CRM's hot leads and planned messages by day: whatever was written, folded or not, they answer as the rows do."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bench.experiments.setup import prepared
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import ServerHandle
from tests.builders.crm import CRM
from tests.builders.shops import setup_of

MADE = ("leads_hot_untouched_idx", "communications_planned_idx", "crm_open")
BLOCKS = tuple(block for block in CRM.optimizations if block.name in MADE)

MOMENTS = (
    "2026-01-01",
    "2025-12-31 15:37",
    "2025-12-02 00:00:00.000001",
    "2026-01-05 23:59",
    "2020-01-01",
    "2030-01-01",
)

HOT = """
SELECT organization_id FROM crm.organizations
WHERE crm_open.hot_untouched(organization_id, %(at)s) IS DISTINCT FROM (
    SELECT count(*) FROM crm.leads AS l
    WHERE l.organization_id = organizations.organization_id AND l.deleted_at IS NULL AND l.lead_temperature = 'hot'
      AND (l.last_contacted_at IS NULL OR l.last_contacted_at < %(at)s))
"""
PLANNED = """
WITH kept AS (
    SELECT o.organization_id, p.user_id, p.planned
    FROM (SELECT organization_id, array_agg(id) AS ids FROM crm.users GROUP BY 1) AS o
    CROSS JOIN LATERAL crm_open.planned_messages(
        o.organization_id, o.ids, %(at)s, %(at)s::timestamptz + %(length)s::interval) AS p
    WHERE p.planned <> 0
), counted AS (
    SELECT organization_id, user_id, count(*) AS planned
    FROM crm.communications
    WHERE comm_status = 'scheduled' AND user_id IS NOT NULL
      AND scheduled_at >= %(at)s AND scheduled_at < %(at)s::timestamptz + %(length)s::interval
    GROUP BY 1, 2
)
(TABLE kept EXCEPT TABLE counted) UNION ALL (TABLE counted EXCEPT TABLE kept)
"""

CHANGES = (
    "UPDATE crm.leads SET lead_temperature = 'hot' WHERE id % 5 = {n}",
    "UPDATE crm.leads SET lead_temperature = 'cold' WHERE id % 11 = {n}",
    "UPDATE crm.leads SET last_contacted_at = '2025-12-17 15:00+00'::timestamptz + id % 30 * interval '1 hour' "
    "WHERE id % 7 = {n}",
    "UPDATE crm.leads SET last_contacted_at = NULL WHERE id % 13 = {n}",
    "UPDATE crm.leads SET last_contacted_at = '-infinity' WHERE id % 29 = {n}",
    "UPDATE crm.leads SET deleted_at = CASE WHEN deleted_at IS NULL THEN updated_at END WHERE id % 17 = {n}",
    "UPDATE crm.communications SET comm_status = 'completed' WHERE comm_status = 'scheduled' AND id % 3 = {n}",
    "UPDATE crm.communications SET comm_status = 'scheduled', user_id = (SELECT min(u.id) FROM crm.users AS u "
    "WHERE u.organization_id = communications.organization_id), "
    "scheduled_at = '2025-12-31'::timestamptz + id % 500 * interval '1 hour' WHERE id % 19 = {n}",
    "UPDATE crm.communications SET user_id = NULL WHERE comm_status = 'scheduled' AND id % 23 = {n}",
    "UPDATE crm.communications SET scheduled_at = NULL WHERE comm_status = 'scheduled' AND id % 31 = {n}",
    "DELETE FROM crm.communications WHERE id % 37 = {n}",
    "INSERT INTO crm.communications SELECT organization_id, id + 10000000, lead_id, user_id, campaign_id, channel, "
    "direction, comm_status, subject, body, meta, scheduled_at, completed_at, created_at FROM crm.communications "
    "WHERE comm_status = 'scheduled' AND id % 3 = {n} ON CONFLICT DO NOTHING",
)

TURN = (
    "UPDATE crm.leads SET lead_temperature = "
    "CASE lead_temperature WHEN 'hot' THEN 'warm'::crm.lead_temperature ELSE 'hot' END WHERE {chosen}"
)


@pytest.fixture(scope="module")
def kept(server: ServerHandle, _templates_go: None) -> Iterator[str]:
    """The name of a database with 1,000 leads and what is kept of them."""
    with prepared(setup_of(replace(CRM, optimizations=BLOCKS), 1000), server) as setup:
        yield setup.optimized("open")


@pytest.fixture
def crm(kept: str, admin: Connection, target: Target) -> Iterator[Connection]:
    """A copy of it to change."""
    databases.create(admin, "pgproof_open", "scratch", template=kept)
    with target.connect("pgproof_open") as connection:
        yield connection


def differing(connection: Connection) -> list[tuple[str, str]]:
    """Moments at which a tenant's hot leads or somebody's messages are not those that the rows say."""
    found = []
    for moment in MOMENTS:
        at = f"{moment} UTC"
        if connection.execute(HOT.encode(), {"at": at}).fetchall():
            found.append(("hot", moment))
        found += [
            (f"planned {length}", moment)
            for length in ("7 days", "2 hours", "0")
            if connection.execute(PLANNED.encode(), {"at": at, "length": length}).fetchall()
        ]
    return found


def logged(connection: Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM crm_open.log").fetchall()[0][0])


def test_what_is_kept_is_what_is_counted_pending_and_folded(crm: Connection) -> None:
    assert differing(crm) == []
    for n in (0, 1):
        for change in CHANGES:
            before = logged(crm)
            crm.execute(change.format(n=n).encode())
            assert (change, logged(crm) > before, differing(crm)) == (change, True, [])
        crm.execute("SELECT crm_open.fold()")
        assert (logged(crm), differing(crm)) == (0, [])


def test_rows_that_are_neither_hot_nor_planned_leave_no_trace(crm: Connection) -> None:
    crm.execute("UPDATE crm.leads SET last_contacted_at = now(), lead_score = 7 WHERE lead_temperature <> 'hot'")
    crm.execute("UPDATE crm.leads SET lead_score = 7, company = 'x'")
    crm.execute("UPDATE crm.communications SET meta = '{}'")
    assert logged(crm) == 0


def test_a_day_whose_messages_are_all_sent_is_forgotten(crm: Connection) -> None:
    crm.execute("UPDATE crm.communications SET comm_status = 'completed' WHERE comm_status = 'scheduled'")
    crm.execute("SELECT crm_open.fold()")
    assert crm.execute("SELECT count(*) FROM crm_open.planned").fetchall() == [(0,)]


def test_what_no_trigger_sees_is_wrong_until_it_is_rebuilt(crm: Connection) -> None:
    for table in ("leads", "communications"):
        crm.execute(f"ALTER TABLE crm.{table} DISABLE TRIGGER USER".encode())
    for change in CHANGES:
        crm.execute(change.format(n=2).encode())
    assert {what for what, _ in differing(crm)} >= {"hot", "planned 7 days"}
    crm.execute("SELECT crm_open.rebuild(organization_id) FROM crm.organizations")
    assert differing(crm) == []


def test_nothing_is_lost_or_counted_twice_while_writers_fold_and_rebuild(crm: Connection, target: Target) -> None:
    """Two writers of rows of their own, one fold after the other, and now and then a rebuild, for a second."""
    end = time.monotonic() + 1

    def write(own: int) -> None:
        with target.connect("pgproof_open") as connection:
            n = 0
            while time.monotonic() < end:
                n += 1
                connection.execute(TURN.format(chosen=f"id % 2 = {own} AND id % 50 = {(2 * n + own) % 50}").encode())

    writers = [threading.Thread(target=write, args=(own,)) for own in (0, 1)]
    for writer in writers:
        writer.start()
    folded = 0
    while any(writer.is_alive() for writer in writers):
        folded += int(crm.execute("SELECT crm_open.fold()").fetchall()[0][0])
        crm.execute("SELECT crm_open.rebuild(1)")
    for writer in writers:
        writer.join()
    assert folded > 100
    assert differing(crm) == []
