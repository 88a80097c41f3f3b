"""The rows of crm.leads: the core of leads.py dressed with names, contact data, tags and custom fields."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .calendar import DAY_S
from .columns import batch, dates, ints, join, pool_lines, schema, smallints, take, texts, times
from .communications import Communications
from .custom_fields import custom_fields
from .funnel import OPPORTUNITY
from .leads import NOW_US, LeadChunk
from .organizations import plan_codes
from .parameters import SOURCES, STATUSES, section
from .people import NAME_EXPONENT, companies, names
from .streams import Bools, Ints, below, lognormal, zipf
from .tags import tags
from .tenants import ZONES, Plan

_L, _S = section("leads"), section("scoring")
_NULL = _L["null_share"]
TEMPERATURES = ("cold", "warm", "hot")
COUNTRIES = ("US", "DE", "GB", "FR", "PL", "BR", "IN", "JP", "ES", "IT", "CA", "AU", "NL", "SE", "CZ", "MX")
_HOME = np.array([COUNTRIES.index(zone["country"]) for zone in ZONES])
FREEMAIL = ("mailbox.example", "post.example", "inbox.example", "webmail.example", "freemail.example")
LEADS = schema(
    organization_id="bigint",
    id="bigint",
    assigned_to_id="bigint",
    first_name="text",
    last_name="text",
    email="text",
    phone="text",
    company="text",
    job_title="text",
    country_code="text",
    source="text",
    lead_status="text",
    lead_temperature="text",
    lead_score="smallint",
    deal_value_cents="bigint",
    expected_close_on="date",
    tags="jsonb",
    custom_fields="jsonb",
    last_contacted_at="time",
    created_at="time",
    updated_at="time",
    deleted_at="time",
)


class Identity:
    """Names and contact data of a chunk's leads; a duplicate takes those of an earlier lead of its tenant."""

    def __init__(self, leads: LeadChunk) -> None:
        self.leads = leads
        kinds = _L["duplicate_kinds"]
        u, earlier = leads.u("leads.duplicate").astype(np.int64), self._earlier()
        wanted = u < below(_L["duplicate_draws"])
        duplicate = wanted & (earlier >= 0) & ~wanted[earlier]
        kind = u * 1000 // below(_L["duplicate_draws"])
        phone_only = duplicate & (kind >= round(1000 * (1 - kinds["phone_only"])))
        self.other_case = duplicate & (kind < round(1000 * kinds["other_case"]))
        own = np.arange(leads.count)
        self.phone_of = np.where(duplicate, earlier, own)
        self.person_of = np.where(duplicate & ~phone_only, earlier, own)
        self._lacking = leads.u("leads.completeness")
        self._together = leads.u("leads.null_together") < below(_L["null_correlation"])

    def _earlier(self) -> NDArray[np.int64]:
        """The chunk's lead before this one in the same tenant, or -1."""
        tenant = self.leads.tenant
        order = np.argsort((tenant << 13) + np.arange(len(tenant)))
        earlier = np.full(len(tenant), -1, np.int64)
        same = tenant[order[1:]] == tenant[order[:-1]]
        earlier[order[1:]] = np.where(same, order[:-1], -1)
        return earlier

    def missing(self, column: str) -> Bools:
        """NULLs of a column: half of the leads lack things together."""
        own = self.leads.u(f"leads.{column}_null")
        return np.where(self._together, self._lacking, own) < below(_NULL[column])

    def name(self, pool: str) -> NDArray[np.int64]:
        """Codes of the name pool ``first_names`` or ``last_names``."""
        return zipf(names(pool).size, NAME_EXPONENT)[self.leads.u(f"leads.{pool}")][self.person_of]

    def company(self) -> NDArray[np.int64]:
        """Codes of the company pool."""
        return zipf(len(companies()[0]), 0.6)[self.leads.u("leads.company")][self.person_of]

    def email(self, first: Ints, last: Ints, company: Ints) -> pa.Array:
        """``first.last[number]@domain``; the domain follows from the company, or is a free mailer's."""
        leads, person = self.leads, self.person_of
        u = leads.u("leads.email")[person]
        free = leads.u("leads.freemail")[person] < below(_L["freemail_share"])
        domains = pa.concat_arrays([companies()[1], texts(FREEMAIL)])
        domain = np.where(free, len(companies()[1]) + u % len(FREEMAIL), company)
        firsts, lasts = names("first_names"), names("last_names")
        return join(
            take(firsts.ascii, first + firsts.size * self.other_case, self.missing("email")[person]),
            ".",
            take(lasts.ascii, last + lasts.size * self.other_case),
            take(_numbers(), u % 200),
            "@",
            take(domains, domain),
        )

    def phone(self) -> pa.Array:
        """``+999`` and nine digits, written in three ways."""
        leads, of = self.leads, self.phone_of
        style = leads.u("leads.phone_style") % 3
        parts = [leads.u(f"leads.phone_{n}")[of] % 1000 for n in range(3)]
        separator = take(texts((" ", "-", "")), style)
        return join(
            take(texts(("+999 ", "+999-", "00999")), style, self.missing("phone")[of]),
            take(_three_digits(), parts[0]),
            separator,
            take(_three_digits(), parts[1]),
            separator,
            take(_three_digits(), parts[2]),
        )


@lru_cache(maxsize=1)
def _three_digits() -> pa.Array:
    return texts([f"{n:03d}" for n in range(1000)])


@lru_cache(maxsize=1)
def _numbers() -> pa.Array:
    """What follows the name in an address: nothing for every second one."""
    return texts([""] * 100 + [str(n) for n in range(100)])


def _temperature(leads: LeadChunk) -> NDArray[np.int64]:
    """Code of TEMPERATURES: the score's class, with some noise."""
    u = leads.u("leads.lead_temperature")
    by_score = (leads.score >= _S["warm_from"]).astype(np.int64) + (leads.score >= _S["hot_from"])
    return np.where(u < below(_S["temperature_noise"]), u % 3, by_score)


def _deal_values(leads: LeadChunk, opportunity: Bools) -> pa.Array:
    """Lognormal, larger for larger plans; mostly known for opportunities."""
    factor = np.array([1, 1, 2, 4])[plan_codes(leads.plan)[leads.tenant]]
    value = (
        lognormal(_L["deal_mean_log"], _L["deal_sigma_log"])[leads.u("leads.deal_value")] * factor // 2 // 1000 * 1000
    )
    known = np.where(opportunity, below(0.9), below((_L["deal_share"] - 0.04 * 0.9) / 0.96))
    return ints(value, leads.u("leads.deal_known") >= known)


def _close_dates(leads: LeadChunk, opportunity: Bools) -> pa.Array:
    """When the deal was or will be closed; mostly known for opportunities."""
    closed = STATUSES.index("won")
    days = 20 + (leads.u("leads.close_days").astype(np.int64) * 100 >> 16)
    day = np.where(leads.status == closed, leads.status_since_s // DAY_S, leads.created_s // DAY_S + days)
    known = np.where(opportunity, below(0.6), below((1 - _NULL["expected_close_on"] - 0.04 * 0.6) / 0.96))
    return dates(day, leads.u("leads.close_known") >= known)


def leads(plan: Plan, chunk: int) -> pa.RecordBatch:
    """The leads of ``chunk``, in order of creation."""
    rows = LeadChunk(plan, chunk)
    who = Identity(rows)
    first, last, company = who.name("first_names"), who.name("last_names"), who.company()
    opportunity = OPPORTUNITY[rows.status]
    contacted = Communications(rows).last_contacted_us()
    updated = np.minimum(
        np.maximum(np.maximum(contacted, rows.status_since_s * 1_000_000), rows.created_us), NOW_US - 1
    )
    gone = updated + (NOW_US - updated) * rows.u("leads.deleted_at") // 65_536
    abroad = rows.u("leads.abroad") >= below(_L["home_country_share"])
    country = np.where(abroad, rows.u("leads.country") % len(COUNTRIES), _HOME[plan.tenants.zone[rows.tenant]])
    return batch(
        LEADS,
        organization_id=ints(rows.organization_id),
        id=ints(rows.ids),
        assigned_to_id=ints(rows.owner, ~rows.assigned),
        first_name=take(names("first_names").written, first),
        last_name=take(names("last_names").written, last),
        email=who.email(first, last, company),
        phone=who.phone(),
        company=take(companies()[0], company, who.missing("company")),
        job_title=take(_titles(), zipf(len(_titles()), 0.7)[rows.u("leads.job_title")], who.missing("job_title")),
        country_code=take(texts(COUNTRIES), country, rows.u("leads.country_null") < below(0.06)),
        source=take(texts(SOURCES), rows.source),
        lead_status=take(texts(STATUSES), rows.status),
        lead_temperature=take(texts(TEMPERATURES), _temperature(rows)),
        lead_score=smallints(rows.score),
        deal_value_cents=_deal_values(rows, opportunity),
        expected_close_on=_close_dates(rows, opportunity),
        tags=tags(rows),
        custom_fields=custom_fields(rows),
        last_contacted_at=times(contacted, contacted < 0),
        created_at=times(rows.created_us),
        updated_at=times(updated),
        deleted_at=times(gone, ~rows.deleted),
    )


@lru_cache(maxsize=1)
def _titles() -> pa.Array:
    return texts(pool_lines("job_titles"))
