"""Scoring rules of each tenant, and how each lead came to its score."""

from __future__ import annotations

import json
from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .calendar import with_micros
from .columns import batch, ints, schema, smallints, take, texts, times
from .leads import NOW_US, LeadChunk
from .parameters import NOW_S, section
from .people import ORGANIZATIONS_PER_CHUNK
from .streams import Ints, allocate, below, draw, time_order, zipf
from .tenants import Plan

_S = section("scoring")
PER_ORGANIZATION = _S["rules_per_organization"]
PER_LEAD_X2 = 2 * _S["history_per_lead"]
_RULE = zipf(PER_ORGANIZATION, 0.8)
_REASONS = ("email opened", "link clicked", "page visited", "form sent", "meeting held", "call answered", "went quiet",
            "title matches", "company size matches", "source bonus", "unsubscribed", "corrected by hand")  # fmt: skip
RULES = schema(
    organization_id="bigint",
    id="bigint",
    name="text",
    criteria="jsonb",
    points="smallint",
    priority="smallint",
    is_active="boolean",
    created_at="time",
)
HISTORY = schema(
    organization_id="bigint",
    id="bigint",
    lead_id="bigint",
    rule_id="bigint",
    old_score="smallint",
    new_score="smallint",
    reason="text",
    created_at="time",
)


@lru_cache(maxsize=1)
def _criteria() -> pa.Array:
    fields = ("email_opens", "page_views", "job_title", "company_size", "last_contacted_days", "source")
    return texts(
        [
            json.dumps({"field": f, "op": op, "value": value})
            for f in fields
            for op in (">=", "=", "<")
            for value in (1, 3, 10, 30)
        ]
    )


def rules(plan: Plan, chunk: int) -> pa.RecordBatch:
    """The scoring rules of the organizations of ``chunk``: the same number each."""
    seed, tenants = plan.seed, plan.tenants
    low, high = chunk * ORGANIZATIONS_PER_CHUNK, min(tenants.count, (chunk + 1) * ORGANIZATIONS_PER_CHUNK)
    of = np.repeat(np.arange(low, high), PER_ORGANIZATION)
    place = np.tile(np.arange(PER_ORGANIZATION), high - low)
    count = len(of)

    def u(column: str) -> NDArray[np.int64]:
        return draw(seed, f"scoring_rules.{column}", chunk, count).astype(np.int64)

    life = NOW_S - tenants.founded_s[of]
    reasons = texts(_REASONS)
    return batch(
        RULES,
        organization_id=ints(of + 1),
        id=ints(tenants.number[of] * PER_ORGANIZATION + place + 1),
        name=take(reasons, u("name") % (len(reasons) - 1)),
        criteria=take(_criteria(), u("criteria") % len(_criteria())),
        points=smallints((u("points") % 12 + 1) * 5 - 20),
        priority=smallints(place),
        is_active=pa.array(u("active") >= below(0.15)),
        created_at=times((tenants.founded_s[of] + (life * u("created_at") >> 20)) * 1_000_000),
    )


def at_least_one(chosen: NDArray[np.bool_], weights: Ints, total: int) -> NDArray[np.int64]:
    """Counts that add up to ``total``, with one at least for each row of ``chosen`` and none for the others."""
    return chosen + allocate(np.where(chosen, weights, 0), total - int(chosen.sum()))


def steady_times(leads: LeadChunk, counts: Ints, u: Ints, micros: Ints) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(times in µs grouped by lead, number within the lead from 0): each lead's events in order, one in each part of
    the time in which things happen to it.
    """
    lead = np.repeat(np.arange(leads.count), counts)
    nth = np.arange(len(lead)) - np.repeat(np.cumsum(counts) - counts, counts)
    soon = np.where(nth == 0, u * u >> 16, u)  # the first one mostly soon after creation
    part = leads.span_s[lead] * ((nth << 16) + soon) // (counts[lead] << 16)
    return np.minimum(with_micros(leads.created_s[lead] + 1 + part, micros), NOW_US - 2), nth


def history(plan: Plan, chunk: int) -> pa.RecordBatch:
    """Score changes of the chunk's leads; the last one of a lead gives its lead_score."""
    leads = LeadChunk(plan, chunk)
    first = plan.rows_before(leads.first, PER_LEAD_X2)
    total = plan.rows_before(leads.end, PER_LEAD_X2) - first
    counts = at_least_one(leads.scored, leads.activity + 1_024, total)

    def u(column: str) -> NDArray[np.int64]:
        return leads.u(f"lead_score_history.{column}", total).astype(np.int64)

    grouped, nth = steady_times(leads, counts, u("created_at"), u("micros"))
    lead = np.repeat(np.arange(leads.count), counts)
    reached = leads.score[lead] * (nth + 1) // counts[lead]
    too_many = (u("taken_back") < below(_S["taken_back_share"])) & (nth < counts[lead] - 1)
    reached += too_many * np.minimum(100 - reached, u("too_many") * _S["taken_back_points"] >> 16)
    before = np.where(nth == 0, 0, np.roll(reached, 1))
    created, order = time_order(grouped)
    lead = lead[order]
    tenant = leads.tenant[lead]
    manual = u("manual") < below(_S["manual_share"])
    rule = _RULE[u("rule")]
    return batch(
        HISTORY,
        organization_id=ints(tenant + 1),
        id=ints(leads.child_ids(first, lead)),
        lead_id=ints(leads.ids[lead]),
        rule_id=ints(plan.tenants.number[tenant] * PER_ORGANIZATION + rule + 1, manual),
        old_score=smallints(before[order]),
        new_score=smallints(reached[order]),
        reason=take(texts(_REASONS), np.where(manual, len(_REASONS) - 1, (rule * 5 + tenant) % (len(_REASONS) - 1))),
        created_at=times(created),
    )
