"""custom_fields of leads: every tenant has its own template of keys, every lead fills some of it.

A template takes 3 to 15 keys of the catalogue (a few tenants have over 40), each with its own share of leads that have
it. One key is nearly unique (``crm_ref``), one nearly constant (``schema``), the others are texts, numbers and flags.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .columns import digits, gather, join, pool_lines, take, texts
from .leads import LeadChunk
from .parameters import section
from .streams import below, draw
from .tenants import Plan

_F = section("custom_fields")
_CATALOGUE: dict[str, list[object]] = {
    "schema": [3],
    "plan_interest": ["starter", "pro", "enterprise"],
    "industry": ["software", "retail", "health care", "finance", "logistics", "energy", "education"],
    "employees": [5, 10, 25, 50, 100, 250, 500, 1000, 5000],
    "annual_revenue": [n * 50_000 for n in range(1, 33)],
    "budget_confirmed": [True, False],
    "decision_maker": [True, False],
    "region": ["north", "south", "east", "west", "central"],
    "language": ["en", "de", "fr", "pl", "pt", "ja", "es"],
    "competitor": ["none", "in house", "vendor a", "vendor b", "vendor c"],
    "contract_end": [f"2026-{month:02d}-01" for month in range(1, 13)],
    "seats": list(range(1, 41)),
    "nps": list(range(11)),
    "utm_source": ["search", "newsletter", "partner", "video", "podcast", "none"],
    "utm_campaign": [f"c{n:03d}" for n in range(48)],
    "referrer": [f"partner-{n}" for n in range(24)],
    "timeline": ["now", "quarter", "half year", "year", "unknown"],
    "pain_point": ["cost", "speed", "support", "compliance", "integration"],
    "gdpr_consent": [True, False],
    "newsletter": [True, False],
    "fax": [None],
    "last_event": [f"event-{n}" for n in range(20)],
    "territory": [f"T{n:02d}" for n in range(30)],
    "segment": ["smb", "mid", "large"],
    "risk": [0.1, 0.2, 0.35, 0.5, 0.75],
}
_EXTRA_KEYS = 40
"""Keys x_0, x_1…, of tenants that add a field for everything."""


@dataclass(frozen=True, eq=False)
class Templates:
    """Keys of every tenant, one after the other. A *slot* is one key of one tenant."""

    first: NDArray[np.int64]
    count: NDArray[np.int64]
    presence: NDArray[np.int64]
    """By slot: share of leads with the key, 16 bits."""
    fragment: NDArray[np.int64]
    """By slot: first fragment of the key in the pool."""
    values: NDArray[np.int64]
    """By slot: number of its values."""


@lru_cache(maxsize=1)
def _fragments() -> tuple[pa.Array, list[int], list[int]]:
    """(pool of ``, "key": value``, first fragment by key, number of values by key)."""
    words = pool_lines("words")
    catalogue = dict(_CATALOGUE)
    for n in range(_EXTRA_KEYS):
        catalogue[f"x_{n}"] = [words[(n * 11 + i) % len(words)] for i in range(3 + n % 9)]
    made: list[str] = []
    first, count = [], []
    for key, values in catalogue.items():
        first.append(len(made))
        count.append(len(values))
        made += [f", {json.dumps(key)}: {json.dumps(value)}" for value in values]
    return texts(made), first, count


@lru_cache(maxsize=4)
def _templates(plan: Plan) -> Templates:
    """The template of each tenant."""
    seed, tenants = plan.seed, plan.tenants.count
    _, first, values = _fragments()
    spread = _F["max_keys"] - _F["min_keys"] + 1
    count = _F["min_keys"] + draw(seed, "custom_fields.keys", 0, tenants).astype(np.int64) * spread // 65_536
    wide = draw(seed, "custom_fields.wide", 0, tenants) < below(_F["wide_tenant_share"])
    count = np.where(wide, _F["wide_keys"], count)
    tenant = np.repeat(np.arange(tenants), count)
    begin = np.cumsum(count) - count
    nth = np.arange(len(tenant)) - begin[tenant]
    # key 0 (schema) in every template; the others start anywhere in the catalogue and step through it
    plain, every = len(_CATALOGUE) - 1, len(first) - 1
    start = draw(seed, "custom_fields.start", 0, tenants).astype(np.int64)
    key = np.where(wide[tenant], (start[tenant] + nth) % every, (start[tenant] + 7 * nth) % plain) + 1
    key = np.where(nth == 0, 0, key)
    # Beta(2, 2) is the median of three uniform draws
    draws = [draw(seed, f"custom_fields.presence_{n}", 0, len(tenant)) for n in range(3)]
    presence = np.sort(np.stack(draws), axis=0)[1].astype(np.int64)
    return Templates(begin, count, np.where(nth == 0, 65_000, presence), np.array(first)[key], np.array(values)[key])


def custom_fields(leads: LeadChunk) -> pa.Array:
    """A JSON object per lead: ``crm_ref`` and those keys of the tenant's template that the lead has."""
    templates = _templates(leads.plan)
    offered = templates.count[leads.tenant]
    lead = np.repeat(np.arange(leads.count), offered)
    total = len(lead)
    slot = np.arange(total) + np.repeat(templates.first[leads.tenant] - (np.cumsum(offered) - offered), offered)
    kept = np.flatnonzero(leads.u("custom_fields.has", total) < templates.presence[slot])
    slot, lead = slot[kept], lead[kept]
    u = leads.u("custom_fields.value", total)[kept].astype(np.int64)
    chosen = templates.fragment[slot] + (u * templates.values[slot] >> 16)
    counts = np.bincount(lead, minlength=leads.count)
    return join('{"crm_ref": "ref-', digits(leads.ids), '"', gather(take(_fragments()[0], chosen), counts, ""), "}")
