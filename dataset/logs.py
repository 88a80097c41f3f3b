"""What people and programs did (activity_log) and what changed by it (audit_log)."""

from __future__ import annotations

import json
from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .automations import PER_ORGANIZATION as AUTOMATIONS
from .calendar import with_micros, work_times
from .campaigns import PER_ORGANIZATION as CAMPAIGNS
from .campaigns import founder
from .columns import batch, digits, ints, join, pool_lines, schema, take, texts, times
from .funnel import PREVIOUS
from .leads import NOW_US, LeadChunk
from .parameters import STATUSES, section
from .streams import Ints, below, choice, labelled, time_order
from .tenants import Plan

_L = section("logs")
ACTIVITY_PER_LEAD_X2, ACTIVITY_PER_WHALE = 2 * _L["activities_per_lead"], section("whales")["activities"]
AUDIT_PER_LEAD_X2 = _L["audits_per_lead_x2"]
ACTIVITIES = ("login", "view", "note", "call", "email", "update", "export", "task")
ENTITIES = ("lead", "user", "campaign", "automation")
ACTIONS = ("create", "update", "delete")
FIELDS = (
    "lead_status",
    "assigned_to_id",
    "lead_score",
    "lead_temperature",
    "phone",
    "company",
    "expected_close_on",
    "tax_id",
)
_ACTIVITY = labelled(_L["activity_share"], ACTIVITIES)
_ENTITY = labelled(_L["entity_share"], ENTITIES)
_FIELD = labelled(_L["field_share"], FIELDS)
_VALUES = 256
"""Distinct old and new values of each field without values of its own."""
ACTIVITY_LOG = schema(
    organization_id="bigint",
    id="bigint",
    user_id="bigint",
    lead_id="bigint",
    activity_type="text",
    detail="jsonb",
    created_at="time",
)
AUDIT_LOG = schema(
    organization_id="bigint",
    id="bigint",
    actor_id="bigint",
    entity_type="text",
    entity_id="bigint",
    action="text",
    changes="jsonb",
    created_at="time",
)


@lru_cache(maxsize=1)
def _details() -> pa.Array:
    """[activity type × 128]: what was done, with the pages and devices of a browser log."""
    words = pool_lines("words")
    made = []
    for kind in ACTIVITIES:
        for i in range(128):
            detail: dict[str, object] = {
                "ip": f"192.0.2.{i * 37 % 256}",
                "agent": ("web", "ios", "android", "api")[i % 4],
            }
            if kind in ("view", "update", "export"):
                detail |= {"page": f"/leads/{words[i]}", "ms": 20 + i * i % 900}
            elif kind in ("note", "task"):
                detail |= {"text": " ".join(words[i : i + 5 + i % 9])}
            elif kind in ("call", "email"):
                detail |= {"outcome": ("answered", "no answer", "sent", "left message")[i % 4], "seconds": i * 13 % 700}
            made.append(json.dumps(detail))
    return texts(made)


def _log(leads: LeadChunk, table: str, per_lead_x2: int, per_whale: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(times ascending in µs, lead of each) of a log's rows: human hours, more of them for busy leads."""
    counts = leads.counts(leads.activity + 1_024, per_lead_x2, per_whale)
    lead = np.repeat(np.arange(leads.count), counts)
    when = leads.u(f"{table}.when", len(lead)).astype(np.int64)
    hour, micros = leads.u(f"{table}.hour", len(lead)), leads.u(f"{table}.micros", len(lead))
    seconds = work_times(leads.created_s[lead], leads.span_s[lead], leads.offset_s[lead], when, hour)
    created, order = time_order(np.minimum(with_micros(seconds, micros), NOW_US - 1))
    return created, lead[order]


def activity_log(plan: Plan, chunk: int) -> pa.RecordBatch:
    """What was done with the chunk's leads, and the logins of the people around them."""
    leads = LeadChunk(plan, chunk)
    created, lead = _log(leads, "activity_log", ACTIVITY_PER_LEAD_X2, ACTIVITY_PER_WHALE)
    total = len(lead)
    first = plan.rows_before(leads.first, ACTIVITY_PER_LEAD_X2, ACTIVITY_PER_WHALE)
    kind = _ACTIVITY[leads.u("activity_log.activity_type", total)]
    u = leads.u("activity_log.user", total)
    tenant = leads.tenant[lead]
    login = kind == 0
    user = np.where(leads.assigned[lead] & (u & 7 < 6), leads.owner[lead], leads.user_of(tenant, u))
    system = ~login & (leads.u("activity_log.system", total) < below(_L["system_share"]))
    detail = kind * np.int64(128) + (leads.u("activity_log.detail", total) & 127)
    return batch(
        ACTIVITY_LOG,
        organization_id=ints(tenant + 1),
        id=ints(np.arange(total) + first + 1),
        user_id=ints(user, system),
        lead_id=ints(lead + (leads.first + 1), login),
        activity_type=take(texts(ACTIVITIES), kind),
        detail=take(_details(), detail),
        created_at=times(created),
    )


@lru_cache(maxsize=1)
def _changes() -> pa.Array:
    """Changes by code: creation, deletion, [8] status changes by new status, then [field × 256] others."""
    words = pool_lines("words")
    made = ['{"created": [null, true]}', '{"deleted_at": [null, "now"]}']
    made += [json.dumps({"lead_status": [STATUSES[PREVIOUS[i]], status]}) for i, status in enumerate(STATUSES)]
    values = {
        "lead_score": lambda i: [i % 71, i * 7 % 101],
        "lead_temperature": lambda i: [("cold", "warm")[i % 2], ("warm", "hot", "cold")[i % 3]],
        "phone": lambda i: [None, f"+999 {100 + i} {i * 13 % 1000:03d} {i * 29 % 1000:03d}"],
        "company": lambda i: [words[i].title(), words[i + 256].title()],
        "expected_close_on": lambda i: [None, f"2025-{i % 12 + 1:02d}-{i % 28 + 1:02d}"],
        "tax_id": lambda i: [None, f"XX{i * 7919 % 100_000:05d}"],
    }
    for field in FIELDS[2:]:
        made += [json.dumps({field: values[field](i)}) for i in range(_VALUES)]
    return texts(made)


def _entity_changes(leads: LeadChunk, lead: Ints, action: Ints, u: Ints) -> pa.Array:
    """The jsonb of each change; owners are users of the tenant."""
    field = _FIELD[leads.u("audit_log.field", len(lead))]
    code = np.where(field == 0, 2 + leads.status[lead], 10 + (np.maximum(field, 2) - 2) * np.int64(_VALUES) + (u & 255))
    code = np.where(action == 1, code, action // 2)
    owner = np.flatnonzero((action == 1) & (field == 1))
    pool = _changes()
    tenant = leads.tenant[lead[owner]]
    old, new = leads.user_of(tenant, u[owner]), np.where(leads.assigned, leads.owner, 0)[lead[owner]]
    new = np.where(new == 0, leads.plan.tenants.first_user[tenant] + 1, new)
    moved = join('{"assigned_to_id": [', digits(old), ", ", digits(new), "]}")
    code[owner] = len(pool) + np.arange(len(owner))
    return take(pa.concat_arrays([pool, moved]), code)


def audit_log(plan: Plan, chunk: int) -> pa.RecordBatch:
    """Changes of the chunk's leads, and of other records of their tenants."""
    leads = LeadChunk(plan, chunk)
    created, lead = _log(leads, "audit_log", AUDIT_PER_LEAD_X2, 0)
    total = len(lead)
    first = plan.rows_before(leads.first, AUDIT_PER_LEAD_X2)
    u = leads.u("audit_log.value", total).astype(np.int64)
    entity = _ENTITY[leads.u("audit_log.entity_type", total)]
    tenant = leads.tenant[lead]
    actions = choice([_L["created_share"], 1 - _L["created_share"] - _L["deleted_share"], _L["deleted_share"]])
    action = np.where(entity == 0, actions[leads.u("audit_log.action", total)], np.int8(1))
    entity_id = np.where(entity == 0, lead + (leads.first + 1), founder(plan, tenant, u))
    entity_id = np.where(entity == 2, tenant * CAMPAIGNS + u % CAMPAIGNS + 1, entity_id)
    entity_id = np.where(entity == 3, tenant * AUTOMATIONS + u % AUTOMATIONS + 1, entity_id)
    actor = np.where(leads.assigned[lead] & (u & 7 < 6), leads.owner[lead], leads.user_of(tenant, u))
    return batch(
        AUDIT_LOG,
        organization_id=ints(tenant + 1),
        id=ints(np.arange(total) + first + 1),
        actor_id=ints(actor, leads.u("audit_log.system", total) < below(_L["system_share"])),
        entity_type=take(texts(ENTITIES), entity),
        entity_id=ints(entity_id),
        action=take(texts(ACTIONS), action),
        changes=_entity_changes(leads, lead, action, u),
        created_at=times(created),
    )
