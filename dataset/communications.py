"""Messages, calls and notes of each lead, and what of them the lead remembers: last_contacted_at."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .calendar import DAY_S, DAY_US, HOUR_US, HUMAN_STAYS, MAIL_STAYS, with_micros, work_times
from .campaigns import campaign_of
from .columns import batch, digits, ints, join, schema, take, texts, times
from .leads import NOW_US, OPEN, LeadChunk
from .parameters import NOW_S, section
from .streams import STEPS, Bools, below, labelled, lognormal, saves, time_order
from .tenants import Plan
from .text import bodies, subjects

_C = section("communications")
CHANNELS = ("email", "call", "meeting", "sms", "social", "note")
DIRECTIONS = ("inbound", "outbound", "internal")
STATES = ("completed", "failed", "cancelled", "scheduled", "sending")
EMAIL, CALL, MEETING, SMS, SOCIAL, NOTE = range(6)
INBOUND, OUTBOUND, INTERNAL = range(3)
COMPLETED, FAILED, CANCELLED, SCHEDULED, SENDING = range(5)
PER_LEAD_X2, PER_WHALE = 2 * _C["per_lead"], section("whales")["communications"]
_CHANNEL = labelled(_C["channel_share"], CHANNELS)
_OUTCOME = labelled(
    {
        "completed": 1 - _C["failed_share"] - _C["cancelled_share"],
        "failed": _C["failed_share"],
        "cancelled": _C["cancelled_share"],
    },
    STATES,
)
_DELAY_US = lognormal(9.0, 2.2, 1_000_000)
"""From writing to the time it was planned for: median 2.2 h."""
COMMUNICATIONS = schema(
    organization_id="bigint",
    id="bigint",
    lead_id="bigint",
    user_id="bigint",
    campaign_id="bigint",
    channel="text",
    direction="text",
    comm_status="text",
    subject="text",
    body="text",
    meta="jsonb",
    scheduled_at="time",
    completed_at="time",
    created_at="time",
)


class Communications:
    """The communications of a chunk, grouped by lead; what leads need of them is computed first."""

    def __init__(self, leads: LeadChunk) -> None:
        self.leads = leads
        self.counts = leads.counts(leads.activity, PER_LEAD_X2, PER_WHALE)
        self.lead = np.repeat(np.arange(leads.count), self.counts)
        self.total = len(self.lead)

    def u(self, column: str) -> NDArray[np.uint16]:
        """16-bit draws, one per communication."""
        return self.leads.u(f"communications.{column}", self.total)

    @cached_property
    def channel(self) -> NDArray[np.int8]:
        """Code of CHANNELS."""
        return _CHANNEL[self.u("channel")]

    @cached_property
    def direction(self) -> NDArray[np.int8]:
        """Code of DIRECTIONS."""
        inbound = self.u("direction") < below(_C["inbound_share"] / (1 - _C["channel_share"]["note"]))
        return np.where(self.channel == NOTE, np.int8(INTERNAL), np.where(inbound, np.int8(INBOUND), np.int8(OUTBOUND)))

    @cached_property
    def state(self) -> NDArray[np.int8]:
        """Code of STATES. The backlog lies with open leads, its share of the chunk is the one asked for."""
        state = _OUTCOME[self.u("comm_status")]
        ready_leads = OPEN[self.leads.status]
        ready_leads[self.leads.whales] = False
        ready = ready_leads[self.lead] & (self.direction == OUTBOUND)
        share = round(_C["scheduled_share"] * self.total * STEPS) // max(1, int(ready.sum()))
        state[ready & (self.u("backlog") < min(share, STEPS // 2))] = SCHEDULED
        state[(state == SCHEDULED) & (self.u("sending") < below(_C["sending_share"] / _C["scheduled_share"]))] = SENDING
        return state

    @cached_property
    def bulk(self) -> Bools:
        """Outbound mail and sms."""
        return (self.direction == OUTBOUND) & ((self.channel == EMAIL) | (self.channel == SMS))

    @cached_property
    def by_campaign(self) -> Bools:
        """Sent by a campaign."""
        return self.bulk & (self.u("sender") < below(_C["campaign_share"]))

    @cached_property
    def by_nobody(self) -> Bools:
        """Sent by a campaign or an automation: no user."""
        return self.bulk & (self.u("sender") < below(_C["campaign_share"] + _C["automation_share"]))

    @cached_property
    def pending(self) -> Bools:
        """Not sent yet."""
        return self.state >= SCHEDULED

    @cached_property
    def created_us(self) -> NDArray[np.int64]:
        """Microseconds since START; what is pending was written in the last days, a note with what it is about."""
        leads, lead = self.leads, self.lead
        when = self.u("when").astype(np.int64)
        when = when * when >> 16  # most happens early in a lead's life
        begin = leads.created_s[lead]
        stays = np.where(self.by_campaign, MAIL_STAYS, HUMAN_STAYS)
        seconds = work_times(begin, leads.span_s[lead], leads.offset_s[lead], when, self.u("hour"), stays)
        late = np.flatnonzero(self.pending)
        seconds[late] = np.maximum(begin[late] + 1, NOW_S - 60 - (when[late] * (10 * DAY_S) >> 16))
        written = np.minimum(with_micros(seconds, self.u("micros")), NOW_US - 2)
        return written[saves(lead, self.channel == NOTE)]

    @cached_property
    def scheduled_us(self) -> NDArray[np.int64]:
        """The planned moment, to be read where ``planned``: future for the backlog, a few of it due.

        People plan for full hours and campaigns for one hour of the tenant's day, automations by a delay. What is due
        should have been sent an hour ago.
        """
        delay, room = _DELAY_US[self.u("delay")], NOW_US - 1 - self.created_us
        planned = self.created_us + np.where(delay < room, delay, delay % room)
        u = self.u("due").astype(np.int64)
        late = np.flatnonzero(self.pending)
        bound = below(_C["due_now_share"] / _C["scheduled_share"])
        due = (u[late] < bound) | (self.state[late] == SENDING)
        ahead = (u[late] * (_C["scheduled_days"] * DAY_S) >> 16) * 1_000_000
        behind = (u[late] % bound) * (_C["due_now_hours"] * 3_600_000_000) // bound
        moment = NOW_US + np.where(due, -behind, ahead)
        offset = self.leads.offset_s[self.lead[late]] * 1_000_000
        local, late_hour = moment + offset, NOW_US - HOUR_US - (NOW_US + offset) % HOUR_US
        hour = np.where(due, late_hour, moment - local % HOUR_US + HOUR_US)
        morning = moment - local % DAY_US + _C["campaign_hour"] * HOUR_US
        by_campaign = self.by_campaign[late]
        planned[late] = np.where(by_campaign & ~due & (morning > NOW_US), morning, hour)
        by_delay = self.by_nobody[late] & ~by_campaign
        planned[late[by_delay]] = moment[by_delay]
        return planned

    @cached_property
    def planned(self) -> Bools:
        """Rows with scheduled_at: the backlog, and outbound mail, which keeps it after sending."""
        mail = (self.channel == EMAIL) | (self.channel == SMS) | (self.channel == MEETING)
        return self.pending | (mail & (self.direction == OUTBOUND))

    @cached_property
    def completed_us(self) -> NDArray[np.int64]:
        """When it was done, to be read where the state is COMPLETED; never after the clock."""
        done = np.where(self.planned, self.scheduled_us, self.created_us) + self.u("done") * np.int64(15)
        return np.minimum(done, NOW_US - 1)

    def last_contacted_us(self) -> NDArray[np.int64]:
        """By lead: completed_at of its newest completed communication, -1 without one."""
        done = np.where(self.state == COMPLETED, self.completed_us, -1)
        newest = np.full(self.leads.count, -1, np.int64)
        some = self.counts > 0
        first = np.cumsum(self.counts) - self.counts
        if some.any():
            newest[some] = np.maximum.reduceat(done, first[some])
        return newest


@lru_cache(maxsize=1)
def _meta_tails() -> pa.Array:
    """Ends of meta: 0 nothing, 1 delivered, 2..513 opened after n s, 514..1025 clicked too, then durations in s."""
    shapes = ["}", ', "opened": false, "clicked": false}']
    hours = lognormal(10.2, 1.6)[::128]
    first = int(512 * _C["opened_first_hour"])
    delays = [7 * i + 5 for i in range(first)] + [3600 + int(hours[i]) for i in range(first, 512)]
    shapes += [f', "opened": true, "clicked": false, "opened_after_s": {delay}}}' for delay in delays]
    shapes += [f', "opened": true, "clicked": true, "opened_after_s": {delay}}}' for delay in delays]
    shapes += [f', "duration_s": {int(s)}}}' for s in lognormal(5.2, 1.0)[::128]]
    return texts(shapes)


def _meta_codes(channel: np.ndarray, sent: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Codes of _meta_tails; ``sent``: completed and outbound."""
    clicked, opened = below(_C["clicked_share"]), below(_C["opened_share"])
    mail = np.where(u < clicked, 514 + u % 512, np.where(u < opened, 2 + u % 512, 1))
    talk = np.where((channel == CALL) | (channel == MEETING), 1026 + u % 512, 0)
    return np.where((channel == EMAIL) & sent, mail, talk)


def communications(plan: Plan, chunk: int) -> pa.RecordBatch:
    """The communications of the chunk's leads, in order of creation."""
    leads = LeadChunk(plan, chunk)
    rows = Communications(leads)
    created, order = time_order(rows.created_us)
    lead = rows.lead[order]
    tenant = leads.tenant[lead]
    channel, direction, state = rows.channel[order], rows.direction[order], rows.state[order]
    before = plan.rows_before(leads.first, PER_LEAD_X2, PER_WHALE)
    u = rows.u("meta").astype(np.int64)
    by_owner = leads.assigned[lead] & (u & 7 < 6)
    user = np.where(by_owner, leads.owner[lead], leads.user_of(tenant, rows.u("user")))
    no_body = (channel == CALL) & (u >= below(_C["call_note_share"])) | (channel == SOCIAL) | (state == CANCELLED)
    sms_or_all = np.where(channel == SMS, len(bodies()) // 8, len(bodies()))
    body = rows.u("body") * sms_or_all >> 16
    return batch(
        COMMUNICATIONS,
        organization_id=ints(tenant + 1),
        id=ints(leads.child_ids(before, lead)),
        lead_id=ints(leads.ids[lead]),
        user_id=ints(user, rows.by_nobody[order]),
        campaign_id=ints(campaign_of(plan, tenant, rows.u("campaign")), ~rows.by_campaign[order]),
        channel=take(texts(CHANNELS), channel),
        direction=take(texts(DIRECTIONS), direction),
        comm_status=take(texts(STATES), state),
        subject=take(subjects(), rows.u("subject") % len(subjects()), (channel != EMAIL) & (channel != MEETING)),
        body=take(bodies(), body, no_body),
        meta=join(
            '{"message_id": "m-',
            digits(np.arange(before + 1, before + 1 + rows.total)),  # the provider has one numbering
            '"',
            take(_meta_tails(), _meta_codes(channel, (state == COMPLETED) & (direction == OUTBOUND), u)),
        ),
        scheduled_at=times(rows.scheduled_us[order], ~rows.planned[order]),
        completed_at=times(rows.completed_us[order], state != COMPLETED),
        created_at=times(created),
    )
