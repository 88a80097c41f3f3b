"""The tenants themselves."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa

from .calendar import DAY_S
from .columns import batch, digits, ints, join, schema, take, texts, times
from .parameters import NOW_S, section
from .people import ORGANIZATIONS_PER_CHUNK, companies
from .streams import below, draw
from .tenants import ZONES, Plan

_T = section("tenants")
PLANS = ("trial", "starter", "pro", "enterprise")
ORGANIZATIONS = schema(
    organization_id="bigint",
    name="text",
    slug="text",
    industry="text",
    plan="text",
    country_code="text",
    timezone="text",
    settings="jsonb",
    is_active="boolean",
    created_at="time",
    updated_at="time",
)
_SETTINGS = texts(
    [
        json.dumps({"currency": currency, "week_starts": day, "features": {"scoring": scoring, "sms": sms}})
        for currency in ("USD", "EUR", "GBP", "JPY")
        for day in ("monday", "sunday")
        for scoring in (True, False)
        for sms in (True, False)
    ]
)


def plan_codes(plan: Plan) -> np.ndarray:
    """Code of PLANS by tenant: the biggest are enterprises, trials are trials."""
    tenants, shares = plan.tenants, _T["plan_share"]
    paying = tenants.count - int(tenants.trial.sum())
    enterprise = round(paying * shares["enterprise"])
    pro = enterprise + round(paying * shares["pro"])
    return np.where(tenants.trial, 0, 1 + (tenants.rank < pro) + (tenants.rank < enterprise))


def organizations(plan: Plan, chunk: int) -> pa.RecordBatch:
    """The organizations of ``chunk``."""
    tenants, seed = plan.tenants, plan.seed
    of = np.arange(chunk * ORGANIZATIONS_PER_CHUNK, min(tenants.count, (chunk + 1) * ORGANIZATIONS_PER_CHUNK))
    count = len(of)
    code = draw(seed, "organizations.name", chunk, count).astype(np.int64) * len(companies()[0]) >> 16
    founded = tenants.founded_s[of]
    since = draw(seed, "organizations.updated", chunk, count).astype(np.int64) * (400 * DAY_S) >> 16
    updated = np.maximum(founded, NOW_S - 1 - since)
    zone = tenants.zone[of]
    active = (draw(seed, "organizations.active", chunk, count) >= below(0.05)) | (tenants.rank[of] < 3)
    domain = take(companies()[1], code)
    return batch(
        ORGANIZATIONS,
        organization_id=ints(of + 1),
        name=take(companies()[0], code),
        slug=join(pa.compute.replace_substring(domain, ".example", ""), "-", digits(of + 1)),
        industry=take(
            texts(_T["industries"]), draw(seed, "organizations.industry", chunk, count) % len(_T["industries"])
        ),
        plan=take(texts(PLANS), plan_codes(plan)[of]),
        country_code=take(texts([z["country"] for z in ZONES]), zone),
        timezone=take(texts([z["name"] for z in ZONES]), zone),
        settings=take(_SETTINGS, draw(seed, "organizations.settings", chunk, count) % len(_SETTINGS)),
        is_active=pa.array(active),
        created_at=times(founded * 1_000_000),
        updated_at=times(updated * 1_000_000),
    )
