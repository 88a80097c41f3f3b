"""One chunk of leads: the attributes that other tables need, each computed when it is first asked for.

Parents define, children conform: whatever a child row must agree with (tenant, creation, status, score, owner) is
decided here as a function of the chunk's number, so that every table's worker can compute it for itself.
"""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from .calendar import DAY_S, FIRST_WEEKDAY
from .funnel import OPPORTUNITY, stages
from .owners import ranks_within
from .parameters import IMPORT, NOW_S, SOURCES, STATUSES, section
from .streams import STEPS, Bools, Ints, allocate, below, choice, draw, lognormal, positive_normal, wide
from .tenants import EPOCHS, OFFSETS_S, Plan

_L, _P, _S, _C = section("leads"), section("people"), section("scoring"), section("communications")
NOW_US = NOW_S * 1_000_000
REFERRAL = SOURCES.index("referral")
OPEN = np.array([s not in ("won", "lost") for s in STATUSES])
_STATUS_WEIGHT = np.array([round(_C["status_weight"][s] * 16) for s in STATUSES], np.int64)
_UNASSIGNED = np.array([below(_L["unassigned_share"][s]) for s in STATUSES], np.int64)
_MEAN_AGE_S = NOW_S * 38 // 100
"""Of leads whose number doubles in half of the recorded time."""
_OPEN_WINDOW_S = 400 * DAY_S
_CLOSED_WINDOW_S = 30 * DAY_S
"""Something happens to an open lead for so long, to a closed one for so long after it was closed [assumption]."""


@lru_cache(maxsize=4)
def _source_tables(seed: int) -> NDArray[np.int8]:
    """[mix, 16-bit draw]: source code; imports come in bursts only."""
    shares = [0.0 if s == "import" else _L["source_share"][s] for s in SOURCES]
    noise = draw(seed, "leads.source_mix", 0, _L["tenant_mixes"] * len(SOURCES)).reshape(-1, len(SOURCES))
    return np.stack(
        [choice([s * (0.7 + 0.6 * int(u) / STEPS) for s, u in zip(shares, mix, strict=True)]) for mix in noise]
    )


@lru_cache(maxsize=1)
def _activity() -> NDArray[np.int64]:
    """Quantiles of the activity of a lead × 64: zero-inflated lognormal."""
    table = np.zeros(STEPS, np.int64)
    first = below(_C["zero_share"])
    table[first:] = lognormal(_C["mean_log"], _C["sigma_log"], 64)[np.arange(STEPS - first) * STEPS // (STEPS - first)]
    return table


class LeadChunk:
    """The leads ``[first, end)`` by arrival; arrays of one value per lead, times in seconds since START."""

    def __init__(self, plan: Plan, chunk: int) -> None:
        self.plan = plan
        self.chunk = chunk
        self.first, self.end = plan.span(chunk)
        self.count = self.end - self.first

    def u(self, column: str, count: int | None = None) -> NDArray[np.uint16]:
        """16-bit draws of ``table.column``, one per lead unless ``count`` says otherwise."""
        return draw(self.plan.seed, column, self.chunk, self.count if count is None else count)

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        """Lead ids."""
        return self.child_ids(self.first, np.arange(self.count))

    def child_ids(self, before: int, lead: Ints) -> NDArray[np.int64]:
        """Ids of consecutive rows that belong to the leads ``lead``, with ``before`` rows of their table before them.

        The second installation counts from one more, so that ids repeat between tenants and never within one.
        """
        return np.arange(before + 1, before + 1 + len(lead)) + self.plan.tenants.second[self.tenant[lead]]

    @cached_property
    def _place(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(position among organic leads, number of the burst or -1)."""
        plan, position = self.plan, np.arange(self.first, self.end)
        burst = np.searchsorted(plan.burst_start, position, side="right") - 1
        if len(plan.burst_start) == 0:
            return position, burst
        known = np.maximum(burst, 0)
        inside = (burst >= 0) & (position < plan.burst_start[known] + plan.burst_leads[known])
        begin = np.where(inside, plan.burst_start[known], position)
        return begin - plan.burst_before[np.where(inside, burst, burst + 1)], np.where(inside, burst, -1)

    @cached_property
    def in_burst(self) -> Bools:
        """Leads that came with an import."""
        return self._place[1] >= 0

    @cached_property
    def _hour(self) -> NDArray[np.int64]:
        return np.searchsorted(self.plan.hours, self._place[0], side="right") - 1

    @cached_property
    def tenant(self) -> NDArray[np.int64]:
        """Position of the lead's tenant: organization_id - 1."""
        plan, (q, burst) = self.plan, self._place
        epoch = np.minimum(q * EPOCHS // plan.organic, EPOCHS - 1)
        edges = plan.zone_edges[epoch, (FIRST_WEEKDAY * 24 + self._hour) % 168]
        zone = (self.u("leads.zone")[:, None] >= edges[:, :-1]).sum(axis=1)
        low = plan.tenant_edges[epoch, plan.zone_start[zone]]
        high = plan.tenant_edges[epoch, plan.zone_start[zone + 1]]
        at = low + (wide(plan.seed, "leads.tenant", self.chunk, self.count) * (high - low) >> 32)
        first, width = int(epoch[0]), plan.tenant_edges.shape[1]
        near = plan.tenant_edges[first : int(epoch[-1]) + 1].reshape(-1)
        place = np.searchsorted(near, at, side="right") - 1 - (epoch - first) * width
        tenant = plan.by_zone[np.minimum(place, width - 2)]
        if len(plan.fixed_q):
            fixed = np.minimum(np.searchsorted(plan.fixed_q, q), len(plan.fixed_q) - 1)
            tenant = np.where(plan.fixed_q[fixed] == q, plan.fixed_tenant[fixed], tenant)
        return np.where(burst >= 0, plan.burst_tenant[burst], tenant) if len(plan.burst_tenant) else tenant

    @cached_property
    def organization_id(self) -> NDArray[np.int64]:
        """organization_id of the lead."""
        return self.tenant + 1

    @cached_property
    def created_us(self) -> NDArray[np.int64]:
        """Creation, in microseconds since START: ascending, equal within a burst."""
        hours, hour = self.plan.hours, self._hour
        within = ((self._place[0] - hours[hour]) << 16) + np.where(self.in_burst, 0, self.u("leads.created_at"))
        in_hour = hours[np.minimum(hour + 1, len(hours) - 1)] - hours[hour]
        return hour * 3_600_000_000 + within * 3_600_000_000 // (in_hour << 16)

    @cached_property
    def created_s(self) -> NDArray[np.int64]:
        """Creation in seconds, rounded down."""
        return self.created_us // 1_000_000

    @cached_property
    def offset_s(self) -> NDArray[np.int64]:
        """The tenant's offset from UTC, seconds."""
        return OFFSETS_S[self.plan.tenants.zone[self.tenant]]

    @cached_property
    def source(self) -> NDArray[np.int8]:
        """Code of SOURCES; the mix differs by tenant."""
        mix = draw(self.plan.seed, "organizations.mix", 0, self.plan.tenants.count) % _L["tenant_mixes"]
        drawn = _source_tables(self.plan.seed)[mix[self.tenant], self.u("leads.source")]
        return np.where(self.in_burst, np.int8(IMPORT), drawn)

    @cached_property
    def _stages(self) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
        draws = [self.u(f"leads.stage_{n}") for n in range(6)]
        return stages(self.source, NOW_S - self.created_s, draws)

    @cached_property
    def status(self) -> NDArray[np.int8]:
        """Code of STATUSES at the clock."""
        return self._stages[0]

    @cached_property
    def status_since_s(self) -> NDArray[np.int64]:
        """When the lead came into its status, seconds since START."""
        return self.created_s + self._stages[1]

    @cached_property
    def span_s(self) -> NDArray[np.int64]:
        """How long after creation things happen to the lead: at least 1 s, never beyond the clock."""
        window = np.where(OPEN[self.status], _OPEN_WINDOW_S, self._stages[1] + _CLOSED_WINDOW_S)
        span = np.maximum(1, np.minimum(window, NOW_S - 2 - self.created_s))
        span[self.whales] = np.maximum(1, span[self.whales] // 3)
        return span

    @cached_property
    def deleted(self) -> Bools:
        """Softly deleted leads: the share grows with age."""
        share = below(_L["deleted_share"]) * (NOW_S - self.created_s) // _MEAN_AGE_S
        return self.u("leads.deleted") < share

    @cached_property
    def whales(self) -> NDArray[np.int64]:
        """Places in the chunk of the leads with thousands of communications, mostly old ones."""
        low, high = np.searchsorted(self.plan.whale_at, [self.first, self.end])
        return self.plan.whale_at[low:high] - self.first

    @cached_property
    def activity(self) -> NDArray[np.int64]:
        """Weight of the lead in communications and logs (1,024 is one ordinary communication)."""
        tenants = self.plan.tenants.count
        busy = lognormal(0.0, _C["tenant_sigma_log"], 16)[draw(self.plan.seed, "organizations.busy", 0, tenants)]
        return _activity()[self.u("leads.activity")] * _STATUS_WEIGHT[self.status] * busy[self.tenant] >> 4

    def counts(self, weights: Ints, per_lead_x2: int, per_whale: int = 0, cap: int | None = None) -> NDArray[np.int64]:
        """Child rows by lead: by weight, with the exact total of the chunk, plus those of whales."""
        first, end = (self.plan.rows_before(p, per_lead_x2) for p in (self.first, self.end))
        counts = allocate(weights, end - first, cap)
        counts[self.whales] += per_whale
        return counts

    # ------------------------------------------------------------------------------------------ score and owner
    @cached_property
    def scored(self) -> Bools:
        """Leads with a score history; the others have score 0."""
        return self.u("leads.scored") >= below(_S["unscored_share"])

    @cached_property
    def score(self) -> NDArray[np.int64]:
        """lead_score: 0..100, higher for referrals, opportunities and busy leads."""
        score = positive_normal(_S["mean"], _S["sigma"])[self.u("leads.lead_score")]
        score += _S["referral_bonus"] * (self.source == REFERRAL)
        score += _S["qualified_bonus"] * OPPORTUNITY[self.status]
        score += np.minimum(_S["engagement_max"], self.activity >> 10)
        return np.where(self.scored, np.minimum(score, 100), 0)

    @cached_property
    def assigned(self) -> Bools:
        """Leads with an owner."""
        return self.u("leads.assigned") >= _UNASSIGNED[self.status]

    @cached_property
    def owner(self) -> NDArray[np.int64]:
        """User id of the owner (to be read where ``assigned``)."""
        return self.user_of(self.tenant, self.u("leads.owner"), self.u("leads.whale_owner"))

    def user_of(self, tenant: Ints, rank: Ints, whale: Ints | None = None) -> NDArray[np.int64]:
        """A user id of each tenant: Zipf by the 16-bit draw ``rank``; ``whale`` draws favour its whale user."""
        tenants = self.plan.tenants
        place = ranks_within(tenants.users[tenant], rank)
        if whale is not None:
            place[tenants.whale_user[tenant] & (whale < below(_P["whale_user_share"]))] = 0
        return tenants.first_user[tenant] + place + 1
