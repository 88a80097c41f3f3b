"""Campaigns of each tenant and the leads in them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .calendar import DAY_S, with_micros
from .columns import batch, dates, ints, pool_lines, schema, take, texts, times
from .leads import NOW_US, LeadChunk
from .parameters import NOW_S, STATUSES, WON, section
from .people import ORGANIZATIONS_PER_CHUNK
from .streams import Ints, choice, draw, labelled, lognormal, time_order, zipf
from .tenants import Plan

_C = section("campaigns")
PER_ORGANIZATION = _C["per_organization"]
PER_LEAD_X2 = 2 * _C["members_per_lead"]
CHANNELS = ("email", "sms", "social", "call")
CAMPAIGN_STATES = ("draft", "active", "paused", "completed", "cancelled")
MEMBER_STATES = ("queued", "sent", "bounced", "opened", "clicked", "replied", "converted", "unsubscribed")
QUEUED, BOUNCED, OPENED, CONVERTED = (MEMBER_STATES.index(s) for s in ("queued", "bounced", "opened", "converted"))
_POPULARITY = zipf(PER_ORGANIZATION, 0.8)
_MEMBER = labelled(_C["member_share"], MEMBER_STATES)
_MEMBER_WEIGHT = np.array([0, 0, 1, 1, 2, 2, 3, 5], np.int64)
CAMPAIGNS = schema(
    organization_id="bigint",
    id="bigint",
    created_by_id="bigint",
    name="text",
    channel="text",
    campaign_status="text",
    audience="jsonb",
    budget_cents="bigint",
    starts_on="date",
    ends_on="date",
    created_at="time",
)
MEMBERS = schema(
    organization_id="bigint",
    id="bigint",
    campaign_id="bigint",
    lead_id="bigint",
    member_status="text",
    added_at="time",
    responded_at="time",
    converted_at="time",
)


def campaign_of(plan: Plan, tenant: Ints, u: Ints) -> NDArray[np.int64]:
    """A campaign id of each tenant, the first ones more often."""
    return plan.tenants.number[tenant] * PER_ORGANIZATION + _POPULARITY[u] + 1


def founder(plan: Plan, tenant: Ints, u: Ints) -> NDArray[np.int64]:
    """A user id of each tenant, any user alike."""
    tenants = plan.tenants
    return tenants.first_user[tenant] + (tenants.users[tenant] * u.astype(np.int64) >> 16) + 1


@lru_cache(maxsize=1)
def _audiences() -> pa.Array:
    return texts(
        [
            f'{{"source": "{source}", "min_score": {score}, "status": ["{status}"]}}'
            for source in ("website", "referral", "event", "webinar", "outbound")
            for score in (0, 20, 40, 60)
            for status in STATUSES[:4]
        ]
    )


def campaigns(plan: Plan, chunk: int) -> pa.RecordBatch:
    """The campaigns of the organizations of ``chunk``: the same number each."""
    seed, tenants = plan.seed, plan.tenants
    low, high = chunk * ORGANIZATIONS_PER_CHUNK, min(tenants.count, (chunk + 1) * ORGANIZATIONS_PER_CHUNK)
    of = np.repeat(np.arange(low, high), PER_ORGANIZATION)
    count = len(of)
    place = np.tile(np.arange(PER_ORGANIZATION), high - low)

    def u(column: str) -> NDArray[np.int64]:
        return draw(seed, f"campaigns.{column}", chunk, count).astype(np.int64)

    created = tenants.founded_s[of] + (NOW_S - tenants.founded_s[of]) * (place * 65_536 + u("created_at")) // (
        (PER_ORGANIZATION + 1) * 65_536
    )
    starts = created // DAY_S + 1 + (u("starts_on") * 14 >> 16)
    lasts = 14 + (u("ends_on") * 120 >> 16)
    over = starts + lasts < NOW_S // DAY_S
    state = np.where(over, choice([0, 0, 0, 0.92, 0.08])[u("status")], choice([0.15, 0.65, 0.15, 0, 0.05])[u("status")])
    phrases = texts(pool_lines("phrases"))
    return batch(
        CAMPAIGNS,
        organization_id=ints(of + 1),
        id=ints(tenants.number[of] * PER_ORGANIZATION + place + 1),
        created_by_id=ints(founder(plan, of, u("created_by"))),
        name=take(phrases, u("name") % len(phrases)),
        channel=take(texts(CHANNELS), choice([0.75, 0.1, 0.1, 0.05])[u("channel")]),
        campaign_status=take(texts(CAMPAIGN_STATES), state),
        audience=take(_audiences(), u("audience") % len(_audiences())),
        budget_cents=ints(lognormal(13.0, 1.0)[u("budget")] // 1000 * 1000, u("no_budget") < 20_000),
        starts_on=dates(starts),
        ends_on=dates(starts + lasts, ~over & (u("open_end") < 16_000)),
        created_at=times(created * 1_000_000),
    )


def members(plan: Plan, chunk: int) -> pa.RecordBatch:
    """The campaign members among the chunk's leads: each pair of campaign and lead at most once, by construction."""
    leads = LeadChunk(plan, chunk)
    weights = _MEMBER_WEIGHT[leads.u("campaign_members.count") & 7] * (leads.activity + 512)
    counts = leads.counts(weights, PER_LEAD_X2, cap=PER_ORGANIZATION)
    lead = np.repeat(np.arange(leads.count), counts)
    total = len(lead)
    nth = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)

    def u(column: str) -> NDArray[np.int64]:
        return leads.u(f"campaign_members.{column}", total).astype(np.int64)

    # an odd step through the tenant's 8 campaigns meets each once
    step = 2 * (leads.u("campaign_members.step").astype(np.int64) & 3) + 1
    place = (_POPULARITY[leads.u("campaign_members.first")][lead] + nth * step[lead]) % PER_ORGANIZATION
    added, order = time_order(
        with_micros(leads.created_s[lead] + 1 + (leads.span_s[lead] * u("added_at") >> 16), u("micros"))
    )
    added = np.minimum(added, NOW_US - 1)
    lead = lead[order]
    tenant = leads.tenant[lead]
    state = _MEMBER[u("status")]
    won = (leads.status[lead] == WON) & (u("converted") < 32_768)
    state = np.where(won, np.int8(CONVERTED), state)
    replied = added + _RESPONSE_US[u("response")]
    converted = np.maximum(added + 1, leads.status_since_s[lead] * 1_000_000)
    return batch(
        MEMBERS,
        organization_id=ints(tenant + 1),
        id=ints(leads.child_ids(plan.rows_before(leads.first, PER_LEAD_X2), lead)),
        campaign_id=ints(plan.tenants.number[tenant] * PER_ORGANIZATION + place[order] + 1),
        lead_id=ints(leads.ids[lead]),
        member_status=take(texts(MEMBER_STATES), state),
        added_at=times(added),
        responded_at=times(np.minimum(replied, NOW_US - 1), state < OPENED),
        converted_at=times(np.minimum(converted, NOW_US - 1), state != CONVERTED),
    )


_RESPONSE_US = lognormal(10.5, 1.6, 1_000_000)
"""From joining to the answer: median 10 h."""
