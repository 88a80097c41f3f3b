"""Who had a lead, and who has it now."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .columns import batch, ints, schema, take, texts, times
from .leads import LeadChunk
from .parameters import section
from .scoring import at_least_one, steady_times
from .streams import below, time_order
from .tenants import Plan

_A = section("assignments")
PER_LEAD_X2 = 2 * _A["per_lead"]
_REASONS = ("round robin", "territory", "claimed", "handed over", "owner left", "escalated")
ASSIGNMENTS = schema(
    organization_id="bigint",
    id="bigint",
    lead_id="bigint",
    from_user_id="bigint",
    assigned_to_id="bigint",
    assigned_by_id="bigint",
    reason="text",
    assigned_at="time",
)


def assignments(plan: Plan, chunk: int) -> pa.RecordBatch:
    """Assignments of the chunk's leads; the last one of a lead names its owner."""
    leads = LeadChunk(plan, chunk)
    first = plan.rows_before(leads.first, PER_LEAD_X2)
    total = plan.rows_before(leads.end, PER_LEAD_X2) - first
    counts = at_least_one(leads.assigned, leads.activity + 1_024, total)

    def u(column: str) -> NDArray[np.int64]:
        return leads.u(f"lead_assignments.{column}", total).astype(np.int64)

    grouped, nth = steady_times(leads, counts, u("assigned_at"), u("micros"))
    lead = np.repeat(np.arange(leads.count), counts)
    to = leads.user_of(leads.tenant[lead], u("assigned_to"))
    to = np.where(nth == counts[lead] - 1, leads.owner[lead], to)
    before = np.roll(to, 1)
    assigned, order = time_order(grouped)
    lead, nth = lead[order], nth[order]
    tenant = leads.tenant[lead]
    robin = u("round_robin") < below(_A["round_robin_share"])
    return batch(
        ASSIGNMENTS,
        organization_id=ints(tenant + 1),
        id=ints(leads.child_ids(first, lead)),
        lead_id=ints(leads.ids[lead]),
        from_user_id=ints(before[order], nth == 0),
        assigned_to_id=ints(to[order]),
        assigned_by_id=ints(plan.tenants.first_user[tenant] + 1, robin),
        reason=take(texts(_REASONS), np.where(robin, 0, 1 + u("reason") % (len(_REASONS) - 1))),
        assigned_at=times(assigned),
    )
