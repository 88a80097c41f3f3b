"""The rows of the CRM: a function of (scale, seed, skew) and nothing else.

``tables()`` lists the 14 tables in foreign-key order. Each is cut into chunks of 5,000 consecutive leads and everything
that belongs to them (tables about the tenant itself: 500 organizations). A chunk can be made alone, in any process and
order; ids are closed formulas of the chunk's number and of which of two numberings the tenant has.

    tenants, planning, sizes    who there is, how big, since when; the few leads with a fixed place
    leads, funnel, owners       what children must agree with: tenant, creation, status, score, owner
    lead_rows, tags, custom_fields, people, organizations, campaigns, communications, automations, scoring,
    assignments, logs           the tables
    streams, calendar           random draws, times
    columns, text               Arrow columns, pools of text

How much and how skewed: parameters.toml, with the source of every figure. checks.sql asserts it of a filled database.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pyarrow as pa

from .assignments import ASSIGNMENTS, assignments
from .assignments import PER_LEAD_X2 as ASSIGNMENTS_X2
from .automations import (
    AUTOMATIONS,
    RUNS,
    RUNS_PER_LEAD_X2,
    STEPS,
    STEPS_PER_RUN_X2,
    automations,
    runs,
    steps,
)
from .automations import PER_ORGANIZATION as AUTOMATIONS_EACH
from .campaigns import CAMPAIGNS, MEMBERS, campaigns, members
from .campaigns import PER_LEAD_X2 as MEMBERS_X2
from .campaigns import PER_ORGANIZATION as CAMPAIGNS_EACH
from .columns import moved_in_time
from .communications import COMMUNICATIONS, communications
from .communications import PER_LEAD_X2 as COMMUNICATIONS_X2
from .communications import PER_WHALE as COMMUNICATIONS_WHALE
from .lead_rows import LEADS, leads
from .logs import (
    ACTIVITY_LOG,
    ACTIVITY_PER_LEAD_X2,
    ACTIVITY_PER_WHALE,
    AUDIT_LOG,
    AUDIT_PER_LEAD_X2,
    activity_log,
    audit_log,
)
from .organizations import ORGANIZATIONS, organizations
from .parameters import CLOCK
from .people import ORGANIZATIONS_PER_CHUNK, USERS, users
from .planning import Plan, plan
from .scoring import HISTORY, RULES, history, rules
from .scoring import PER_LEAD_X2 as HISTORY_X2
from .scoring import PER_ORGANIZATION as RULES_EACH
from .table import Table

DATASET_VERSION = 2
"""Goes up whenever the same (scale, seed, skew) gives other rows."""


def tables(scale: int, seed: int, skew: str, base: int | None = None, clock: str = "") -> list[Table]:
    """The tables in foreign-key order.

    Args:
        scale: leads, at least 100.
        seed: another seed, another world of the same shape.
        skew: how unequal the tenants are: mild, default or brutal. Totals do not depend on it.
        base: tenants are as many and as large as at that many leads, and the largest one has all leads beyond.
        clock: another present than that of parameters.toml: the same rows, moved in time as a whole.
    """
    moved = datetime.fromisoformat(clock) - CLOCK if clock else timedelta()
    whole = plan(scale, seed, skew, base)
    count = whole.tenants.count
    by_tenant, by_lead = -(-count // ORGANIZATIONS_PER_CHUNK), whole.chunks

    def rows(per_lead_x2: int, per_whale: int = 0) -> int:
        return whole.rows_before(scale, per_lead_x2, per_whale)

    made = [
        ("organizations", ORGANIZATIONS, by_tenant, count, organizations),
        ("users", USERS, by_tenant, int(whole.tenants.users.sum()), users),
        ("leads", LEADS, by_lead, scale, leads),
        ("campaigns", CAMPAIGNS, by_tenant, count * CAMPAIGNS_EACH, campaigns),
        ("communications", COMMUNICATIONS, by_lead, rows(COMMUNICATIONS_X2, COMMUNICATIONS_WHALE), communications),
        ("campaign_members", MEMBERS, by_lead, rows(MEMBERS_X2), members),
        ("automations", AUTOMATIONS, by_tenant, count * AUTOMATIONS_EACH, automations),
        ("automation_runs", RUNS, by_lead, rows(RUNS_PER_LEAD_X2), runs),
        ("automation_run_steps", STEPS, by_lead, rows(RUNS_PER_LEAD_X2) * STEPS_PER_RUN_X2 // 2, steps),
        ("scoring_rules", RULES, by_tenant, count * RULES_EACH, rules),
        ("lead_score_history", HISTORY, by_lead, rows(HISTORY_X2), history),
        ("lead_assignments", ASSIGNMENTS, by_lead, rows(ASSIGNMENTS_X2), assignments),
        ("activity_log", ACTIVITY_LOG, by_lead, rows(ACTIVITY_PER_LEAD_X2, ACTIVITY_PER_WHALE), activity_log),
        ("audit_log", AUDIT_LOG, by_lead, rows(AUDIT_PER_LEAD_X2), audit_log),
    ]
    return [
        Table(f"crm.{name}", columns, chunks, total, partial(_built, build, whole, moved))
        for name, columns, chunks, total, build in made
    ]


def _built(build: Callable[[Plan, int], pa.RecordBatch], whole: Plan, moved: timedelta, chunk: int) -> pa.RecordBatch:
    return moved_in_time(build(whole, chunk), moved) if moved else build(whole, chunk)
