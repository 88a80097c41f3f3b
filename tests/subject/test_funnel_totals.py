"""The CRM's kept funnel: whatever was written, folded or not, it answers as the plain statement does."""

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
from benchmarks.hammer import alike
from tests.builders.crm import CRM
from tests.builders.shops import setup_of

(QUERY,) = (query for query in CRM.queries if query.name == "campaign_funnel")
MADE = ("campaign_members_answer_idx", "crm_funnel")
BLOCKS = tuple(block for block in CRM.optimizations if block.name in MADE)

CHANGES = (
    "UPDATE crm.campaign_members SET member_status = 'converted', converted_at = added_at + interval '9 days' "
    "WHERE id % 5 = {n}",
    "UPDATE crm.campaign_members SET responded_at = added_at + id % 100 * interval '1 hour' WHERE id % 7 = {n}",
    "UPDATE crm.campaign_members SET responded_at = NULL, member_status = 'bounced' WHERE id % 11 = {n}",
    "DELETE FROM crm.campaign_members WHERE id % 13 = {n}",
)

TURN = (
    "UPDATE crm.campaign_members SET member_status = "
    "CASE member_status WHEN 'sent' THEN 'opened'::crm.member_status ELSE 'sent' END WHERE {chosen}"
)


@pytest.fixture(scope="module")
def kept(server: ServerHandle, _templates_go: None) -> Iterator[str]:
    """The name of a database with 1,000 leads and the kept funnel."""
    with prepared(setup_of(replace(CRM, optimizations=BLOCKS), 1000), server) as setup:
        yield setup.optimized("funnel")


@pytest.fixture
def crm(kept: str, admin: Connection, target: Target) -> Iterator[Connection]:
    """A copy of it to change."""
    databases.create(admin, "pgproof_funnel", "scratch", template=kept)
    with target.connect("pgproof_funnel") as connection:
        yield connection


def differing(connection: Connection) -> list[tuple[int, str]]:
    """Tenants and moments at which the kept funnel is not the counted one."""
    found = []
    tenants = connection.execute("SELECT organization_id FROM crm.organizations ORDER BY 1 LIMIT 40").fetchall()
    for (tenant,) in tenants:
        for now in ("2026-01-01", "2025-12-02 15:37"):
            values = {"organization_id": str(tenant), "now": f"'{now} UTC'::timestamptz"}
            if not alike(connection, QUERY, values):
                found.append((tenant, now))
    return found


def logged(connection: Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM crm_funnel.log").fetchall()[0][0])


def test_the_kept_funnel_is_the_counted_one_pending_and_folded(crm: Connection) -> None:
    assert differing(crm) == []
    for n in (0, 1):
        for change in CHANGES:
            crm.execute(change.format(n=n).encode())
        assert logged(crm) > 0
        assert differing(crm) == []
        crm.execute("SELECT crm_funnel.fold()")
        assert (logged(crm), differing(crm)) == (0, [])


def test_what_no_trigger_sees_is_wrong_until_it_is_rebuilt(crm: Connection) -> None:
    crm.execute("ALTER TABLE crm.campaign_members DISABLE TRIGGER USER")
    for change in CHANGES:
        crm.execute(change.format(n=2).encode())
    assert differing(crm) != []
    crm.execute("SELECT crm_funnel.rebuild(NULL)")
    assert differing(crm) == []


def test_nothing_is_lost_or_counted_twice_while_writers_fold_and_rebuild(crm: Connection, target: Target) -> None:
    """Two writers of members of their own, one fold after the other, and now and then a rebuild, for a second."""
    end = time.monotonic() + 1

    def write(own: int) -> None:
        with target.connect("pgproof_funnel") as connection:
            n = 0
            while time.monotonic() < end:
                n += 1
                chosen = f"id % 2 = {own} AND id % 50 = {(2 * n + own) % 50}"
                connection.execute(TURN.format(chosen=chosen).encode())

    writers = [threading.Thread(target=write, args=(own,)) for own in (0, 1)]
    for writer in writers:
        writer.start()
    folded = 0
    while any(writer.is_alive() for writer in writers):
        folded += int(crm.execute("SELECT crm_funnel.fold()").fetchall()[0][0])
        crm.execute("SELECT crm_funnel.rebuild(1)")
    for writer in writers:
        writer.join()
    assert folded > 100
    assert differing(crm) == []
