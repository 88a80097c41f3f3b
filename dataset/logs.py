"""What people and programs did (activity_log) and what changed by it (audit_log)."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .automations import PER_ORGANIZATION as AUTOMATIONS
from .calendar import with_micros, work_times
from .campaigns import PER_ORGANIZATION as CAMPAIGNS
from .campaigns import founder
from .columns import batch, digits, ints, join, pool_lines, schema, take, texts, times
from .communications import CALL, EMAIL, Communications
from .funnel import PREVIOUS
from .leads import NOW_US, LeadChunk
from .parameters import STATUSES, section
from .streams import Ints, below, labelled, saves, time_order
from .tenants import Plan

_L = section("logs")
ACTIVITY_PER_LEAD_X2, ACTIVITY_PER_WHALE = 2 * _L["activities_per_lead"], section("whales")["activities"]
AUDIT_PER_LEAD_X2 = _L["audits_per_lead_x2"]
ACTIVITIES = ("login", "view", "note", "call", "email", "update", "export", "task")
ENTITIES = ("lead", "user", "campaign", "automation")
ACTIONS = ("create", "update", "delete")
CREATE, UPDATE, DELETE = range(3)
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
TAX_ID = FIELDS.index("tax_id")
_ACTIVITY = labelled(_L["activity_share"], ACTIVITIES)
_ENTITY = labelled(_L["entity_share"], ENTITIES)
_FIELD = labelled(_L["field_share"], FIELDS)
_TOLD = np.array([{"call": CALL, "email": EMAIL}.get(kind, -1) for kind in ACTIVITIES])
"""By kind of activity: the channel of communications that it tells of."""
_OTHERS = 64
"""Distinct changes of each kind of other record."""
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


def _moments(leads: LeadChunk, table: str, lead: Ints) -> NDArray[np.int64]:
    """When a log's rows were written, in µs and in human hours; ``lead`` is the lead of each."""
    when = leads.u(f"{table}.when", len(lead)).astype(np.int64)
    hour, micros = leads.u(f"{table}.hour", len(lead)), leads.u(f"{table}.micros", len(lead))
    seconds = work_times(leads.created_s[lead], leads.span_s[lead], leads.offset_s[lead], when, hour)
    return np.minimum(with_micros(seconds, micros), NOW_US - 1)


def _communications_told(leads: LeadChunk, counts: Ints, kind: Ints) -> tuple[Ints, Ints]:
    """(rows of the log that tell of a communication, when that was written, in µs)."""
    written = Communications(leads)
    lead = np.repeat(np.arange(leads.count), counts)
    nth = np.arange(len(lead)) - np.repeat(np.cumsum(counts) - counts, counts)
    rows = np.flatnonzero(nth < written.counts[lead])
    of = (np.cumsum(written.counts) - written.counts)[lead[rows]] + nth[rows]
    same = _TOLD[kind[rows]] == written.channel[of]
    return rows[same], written.created_us[of[same]]


def activity_log(plan: Plan, chunk: int) -> pa.RecordBatch:
    """What was done with the chunk's leads, and the logins of the people around them.

    The log's n-th row of a lead is written with its n-th communication where that is a call or an e-mail as well, a
    note with what it is about.
    """
    leads = LeadChunk(plan, chunk)
    counts = leads.counts(leads.activity + 1_024, ACTIVITY_PER_LEAD_X2, ACTIVITY_PER_WHALE)
    grouped = np.repeat(np.arange(leads.count), counts)
    total = len(grouped)
    kind = _ACTIVITY[leads.u("activity_log.activity_type", total)]
    moments = _moments(leads, "activity_log", grouped)
    telling, written = _communications_told(leads, counts, kind)
    moments[telling] = written
    notes = (kind == ACTIVITIES.index("note")) & (np.roll(kind, 1) != 0)
    created, order = time_order(moments[saves(grouped, notes)])
    lead, kind = grouped[order], kind[order]
    first = plan.rows_before(leads.first, ACTIVITY_PER_LEAD_X2, ACTIVITY_PER_WHALE)
    u = leads.u("activity_log.user", total)
    tenant = leads.tenant[lead]
    login = kind == 0
    user = np.where(leads.assigned[lead] & (u & 7 < 6), leads.owner[lead], leads.user_of(tenant, u))
    system = ~login & (leads.u("activity_log.system", total) < below(_L["system_share"]))
    detail = kind * np.int64(128) + (leads.u("activity_log.detail", total) & 127)
    return batch(
        ACTIVITY_LOG,
        organization_id=ints(tenant + 1),
        id=ints(leads.child_ids(first, lead)),
        user_id=ints(user, system),
        lead_id=ints(leads.ids[lead], login),
        activity_type=take(texts(ACTIVITIES), kind),
        detail=take(_details(), detail),
        created_at=times(created),
    )


@lru_cache(maxsize=1)
def _changes() -> tuple[pa.Array, int]:
    """(changes by code, first code of other records).

    Creation, deletion, [8] status changes by new status, [field × 256] other changes of leads, [entity × 64] others.
    """
    words = pool_lines("words")
    made = ['{"created": [null, true]}', '{"deleted": [false, true]}']
    made += [json.dumps({"lead_status": [STATUSES[PREVIOUS[i]], status]}) for i, status in enumerate(STATUSES)]
    values: dict[str, Callable[[int], list[object]]] = {
        "lead_score": lambda i: [i % 71, i * 7 % 101],
        "lead_temperature": lambda i: [("cold", "warm")[i % 2], ("warm", "hot", "cold")[i % 3]],
        "phone": lambda i: [None, f"+999 {100 + i} {i * 13 % 1000:03d} {i * 29 % 1000:03d}"],
        "company": lambda i: [words[i].title(), words[i + 256].title()],
        "expected_close_on": lambda i: [None, f"2025-{i % 12 + 1:02d}-{i % 28 + 1:02d}"],
        "tax_id": lambda i: [None, f"XX{i * 7919 % 100_000:05d}"],
    }
    for field in FIELDS[2:]:
        made += [json.dumps({field: values[field](i)}) for i in range(_VALUES)]
    others = len(made)
    made += [json.dumps({"last_name": [words[i].title(), words[i + 64].title()]}) for i in range(_OTHERS)]
    made += [json.dumps({"budget_cents": [i * 10_000, i * 12_500]}) for i in range(_OTHERS)]
    made += [json.dumps({"version": [i, i + 1], "is_active": [i % 2 == 0, True]}) for i in range(_OTHERS)]
    return texts(made), others


def _entity_changes(leads: LeadChunk, lead: Ints, entity: Ints, action: Ints, field: Ints, u: Ints) -> pa.Array:
    """The jsonb of each change; owners are users of the tenant."""
    pool, others = _changes()
    code = np.where(field == 0, 2 + leads.status[lead], 10 + (np.maximum(field, 2) - 2) * np.int64(_VALUES) + (u & 255))
    code = np.where(action == UPDATE, code, action // 2)
    code = np.where(entity == 0, code, others + (entity - 1) * np.int64(_OTHERS) + (u & 63))
    moved = np.flatnonzero((code >= 10) & (code < others) & (field == 1))
    tenant = leads.tenant[lead[moved]]
    old = leads.user_of(tenant, u[moved])
    new = np.where(leads.assigned, leads.owner, leads.plan.tenants.first_user[leads.tenant] + 1)[lead[moved]]
    owners = join('{"assigned_to_id": [', digits(old), ", ", digits(new), "]}")
    code[moved] = len(pool) + np.arange(len(moved))
    return take(pa.concat_arrays([pool, owners]), code)


def audit_log(plan: Plan, chunk: int) -> pa.RecordBatch:
    """Changes of the chunk's leads, each one's first row being its creation, and of other records of their tenants.

    A statement that changes two fields of a lead leaves two rows of one moment.
    """
    leads = LeadChunk(plan, chunk)
    counts = leads.counts(leads.activity + 1_024, AUDIT_PER_LEAD_X2)
    grouped = np.repeat(np.arange(leads.count), counts)
    total = len(grouped)
    births = (np.cumsum(counts) - counts)[counts > 0]
    moments = _moments(leads, "audit_log", grouped)
    moments[births] = leads.created_us[grouped[births]]
    entities = _ENTITY[leads.u("audit_log.entity_type", total)]
    entities[births] = 0
    joins = (leads.u("audit_log.same_save", total) < below(_L["same_save_share"])) & (np.roll(entities, 1) == 0)
    first_row = saves(grouped, joins)
    created, order = time_order(moments[first_row])
    lead, save = grouped[order], first_row[order]
    first = plan.rows_before(leads.first, AUDIT_PER_LEAD_X2)
    value = leads.u("audit_log.value", total).astype(np.int64)
    u = value[save]
    birth = np.zeros(total, np.bool_)
    birth[births] = True
    birth, entity = birth[order], entities[save]
    fields = _FIELD[leads.u("audit_log.field", total)]
    field = np.where((save != order) & (fields[order] == fields[save]), (fields[order] + 1) % TAX_ID, fields[order])
    gone = leads.deleted[lead] & (save == order) & (leads.u("audit_log.deleted", total) < below(_L["deletion_share"]))
    action = np.where(birth, CREATE, np.where(gone & (entity == 0), DELETE, UPDATE))
    tenant = leads.tenant[lead]
    entity_id = np.where(entity == 0, leads.ids[lead], founder(plan, tenant, u))
    number = plan.tenants.number[tenant]
    entity_id = np.where(entity == 2, number * CAMPAIGNS + u % CAMPAIGNS + 1, entity_id)
    entity_id = np.where(entity == 3, number * AUTOMATIONS + u % AUTOMATIONS + 1, entity_id)
    actor = np.where(leads.assigned[lead] & (u & 7 < 6), leads.owner[lead], leads.user_of(tenant, u))
    return batch(
        AUDIT_LOG,
        organization_id=ints(tenant + 1),
        id=ints(leads.child_ids(first, lead)),
        actor_id=ints(actor, leads.u("audit_log.system", total)[save] < below(_L["system_share"])),
        entity_type=take(texts(ENTITIES), entity),
        entity_id=ints(entity_id),
        action=take(texts(ACTIONS), action),
        changes=_entity_changes(leads, lead, entity, action, field, value[order]),
        created_at=times(created),
    )
