"""Automations of each tenant, their runs and the steps of the runs."""

from __future__ import annotations

import json
from functools import cached_property, lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .calendar import DAY_S, HOUR_S, HOUR_US, with_micros
from .campaigns import founder
from .columns import batch, digits, ints, join, pool_lines, schema, smallints, take, texts, times
from .leads import NOW_US, LeadChunk
from .parameters import DAYS, NOW_S, section
from .people import ORGANIZATIONS_PER_CHUNK
from .streams import Bools, allocate, below, draw, lognormal, time_order, wide, zipf
from .tenants import Plan
from .text import payloads

_A = section("automations")
PER_ORGANIZATION = _A["per_organization"]
RUNS_PER_LEAD_X2 = 2 * _A["runs_per_lead"]
STEPS_PER_RUN_X2 = _A["steps_per_run_x2"]
MOST_STEPS = 6
RUN_STATES = ("queued", "running", "waiting", "succeeded", "failed", "timed_out", "cancelled")
QUEUED, RUNNING, WAITING, SUCCEEDED, FAILED, TIMED_OUT, CANCELLED = range(7)
STEP_STATES = ("succeeded", "failed", "skipped")
STEP_TYPES = ("send_email", "update_lead", "add_tag", "call_webhook", "delay", "branch", "notify_user", "create_task")
_POPULARITY = zipf(PER_ORGANIZATION, _A["popularity_exponent"])
_SCHEDULED = np.array([t == "schedule" for t in _A["triggers"]])
_DURATION_MS = lognormal(_A["duration_mean_log"], _A["duration_sigma_log"])
_WAIT_MS = lognormal(17.5, 1.0)
"""Of runs with a delay step: median 11 h."""
AUTOMATIONS = schema(
    organization_id="bigint",
    id="bigint",
    created_by_id="bigint",
    name="text",
    trigger_type="text",
    trigger_config="jsonb",
    definition="jsonb",
    is_active="boolean",
    version="integer",
    created_at="time",
)
RUNS = schema(
    organization_id="bigint",
    id="bigint",
    automation_id="bigint",
    lead_id="bigint",
    run_status="text",
    attempt="smallint",
    input="jsonb",
    error_code="text",
    duration_ms="bigint",
    started_at="time",
    finished_at="time",
)
STEPS = schema(
    organization_id="bigint",
    id="bigint",
    run_id="bigint",
    step_no="smallint",
    step_type="text",
    step_status="text",
    output="jsonb",
    duration_ms="integer",
    created_at="time",
)


@lru_cache(maxsize=4)
def broken(plan: Plan) -> Bools:
    """[tenant × place]: automations that fail often; the hot tenant's most used one is among them."""
    found = draw(plan.seed, "automations.broken", 0, plan.tenants.count * PER_ORGANIZATION) < below(_A["broken_share"])
    found[plan.tenants.hot * PER_ORGANIZATION] = True
    return found


@lru_cache(maxsize=4)
def outages(seed: int) -> NDArray[np.int64]:
    """Begins and ends of the outages, ascending, seconds since START."""
    count = _A["outages_per_year"] * DAYS // 365
    width = NOW_S // count
    begins = np.arange(count) * width + (wide(seed, "automations.outages", 0, count) * (width - DAY_S) >> 32)
    return np.stack([begins, begins + _A["outage_hours"] * HOUR_S], axis=1).reshape(-1)


@lru_cache(maxsize=1)
def _definitions() -> pa.Array:
    made = []
    for i in range(64):
        steps = [{"no": n + 1, "type": STEP_TYPES[(i * 3 + n * 5) % len(STEP_TYPES)]} for n in range(2 + i % 5)]
        made.append(json.dumps({"steps": steps, "on_error": ("stop", "retry", "skip")[i % 3]}))
    return texts(made)


def automations(plan: Plan, chunk: int) -> pa.RecordBatch:
    """The automations of the organizations of ``chunk``: the same number each, most used first."""
    seed, tenants = plan.seed, plan.tenants
    low, high = chunk * ORGANIZATIONS_PER_CHUNK, min(tenants.count, (chunk + 1) * ORGANIZATIONS_PER_CHUNK)
    of = np.repeat(np.arange(low, high), PER_ORGANIZATION)
    place = np.tile(np.arange(PER_ORGANIZATION), high - low)
    count = len(of)

    def u(column: str) -> NDArray[np.int64]:
        return draw(seed, f"automations.{column}", chunk, count).astype(np.int64)

    life = NOW_S - tenants.founded_s[of]
    created = tenants.founded_s[of] + (life * (place * 65_536 + u("created_at")) // (16 * PER_ORGANIZATION * 65_536))
    phrases = texts(pool_lines("phrases"))
    configs = texts(
        [
            json.dumps({"every": every, "filter": {"min_score": score}})
            for every in ("hour", "day", "week")
            for score in (0, 30, 60)
        ]
    )
    return batch(
        AUTOMATIONS,
        organization_id=ints(of + 1),
        id=ints(tenants.number[of] * PER_ORGANIZATION + place + 1),
        created_by_id=ints(founder(plan, of, u("created_by"))),
        name=take(phrases, u("name") % len(phrases)),
        trigger_type=take(texts(_A["triggers"]), place),
        trigger_config=take(configs, u("config") % len(configs)),
        definition=take(_definitions(), u("definition") & 63),
        is_active=pa.array((u("active") >= below(0.1)) | (place == 0)),
        version=pa.array((1 + (u("version") * u("version") >> 16) * 12 // 65_536).astype(np.int32)),
        created_at=times(created * 1_000_000),
    )


class Runs:
    """The automation runs of a chunk's leads, in order of their start."""

    def __init__(self, leads: LeadChunk) -> None:
        self.leads = leads
        counts = leads.counts(leads.activity + 2_048, RUNS_PER_LEAD_X2)
        lead = np.repeat(np.arange(leads.count), counts)
        self.total = len(lead)
        self.before = leads.plan.rows_before(leads.first, RUNS_PER_LEAD_X2)
        seconds = leads.created_s[lead] + 1 + (leads.span_s[lead] * self.u("started_at").astype(np.int64) >> 16)
        place = _POPULARITY[self.u("automation")]
        # scheduled runs start on the hour, the others at any time
        hourly = seconds - seconds % HOUR_S + (self.u("second") & 63)
        seconds = np.where(_SCHEDULED[place] & (hourly > leads.created_s[lead]), hourly, seconds)
        self.started_us, order = time_order(np.minimum(with_micros(seconds, self.u("micros")), NOW_US - 2))
        self.place = place[order]
        self.lead = lead[order]

    def u(self, column: str) -> NDArray[np.uint16]:
        """16-bit draws, one per run."""
        return self.leads.u(f"automation_runs.{column}", self.total)

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        """The id of each run."""
        return self.leads.child_ids(self.before, self.lead)

    @cached_property
    def tenant(self) -> NDArray[np.int64]:
        """The tenant of each run."""
        return self.leads.tenant[self.lead]

    @cached_property
    def automation(self) -> NDArray[np.int64]:
        """Position of the automation among those of all tenants."""
        return self.tenant * PER_ORGANIZATION + self.place

    @cached_property
    def _long(self) -> Bools:
        return self.u("waits") < below(_A["waiting_share"])

    @cached_property
    def duration_ms(self) -> NDArray[np.int64]:
        """Milliseconds of work and waiting."""
        u = self.u("duration_ms")
        return np.where(self._long, _WAIT_MS[u], _DURATION_MS[u]) + 1

    @cached_property
    def state(self) -> NDArray[np.int8]:
        """Code of RUN_STATES."""
        u = self.u("run_status")
        in_outage = np.searchsorted(outages(self.leads.plan.seed), self.started_us // 1_000_000, side="right") % 2 == 1
        failing = np.where(broken(self.leads.plan)[self.automation], below(_A["broken_failure"]), below(_A["failure"]))
        failing = np.where(in_outage, below(_A["outage_failure"]), failing)
        state = np.where(u < failing, np.int8(FAILED), np.int8(SUCCEEDED))
        state[u >= 65_536 - below(_A["timeout"])] = TIMED_OUT
        unfinished = self.started_us + self.duration_ms * 1000 >= NOW_US
        state[unfinished] = np.where(self._long, WAITING, np.where(u & 3 == 0, QUEUED, RUNNING))[unfinished]
        return state


def runs(plan: Plan, chunk: int) -> pa.RecordBatch:
    """The runs of the chunk's leads."""
    leads = LeadChunk(plan, chunk)
    rows = Runs(leads)
    u, state = rows.u("input").astype(np.int64), rows.state
    open_ended = state <= WAITING
    lead_ids = leads.ids[rows.lead]
    twice = ((state == FAILED) | (u & 63 == 0)) & (u & 1 == 1)
    finished = rows.started_us + rows.duration_ms * 1000
    given_up = -(-finished // HOUR_US) * HOUR_US  # what failed twice: by a job on the hour, in one statement
    finished = np.where(twice & (state == FAILED) & (given_up < NOW_US), given_up, finished)
    errors = texts(_A["error_codes"])
    error = np.where(state == TIMED_OUT, _A["error_codes"].index("TIMEOUT"), zipf(len(errors), 0.9)[rows.u("error")])
    return batch(
        RUNS,
        organization_id=ints(rows.tenant + 1),
        id=ints(rows.ids),
        automation_id=ints(plan.tenants.number[rows.tenant] * PER_ORGANIZATION + rows.place + 1),
        lead_id=ints(lead_ids, _SCHEDULED[rows.place] & (rows.u("no_lead") < below(_A["lead_id_null_share"]))),
        run_status=take(texts(RUN_STATES), state),
        attempt=smallints(1 + twice),
        input=join('{"lead_id": ', digits(lead_ids), take(payloads(), u * len(payloads()) >> 16)),
        error_code=take(errors, error, (state != FAILED) & (state != TIMED_OUT)),
        duration_ms=ints(rows.duration_ms, open_ended),
        started_at=times(rows.started_us),
        finished_at=times(finished, open_ended),
    )


@lru_cache(maxsize=1)
def _outputs() -> pa.Array:
    words = pool_lines("words")
    made = [json.dumps({"ok": True, "affected": i % 4, "ref": words[i % 331]}) for i in range(448)]
    return texts(
        made
        + [
            json.dumps({"ok": False, "message": f"{words[i]} {words[i + 64]} failed", "retry": i % 2 == 0})
            for i in range(64)
        ]
    )


def steps(plan: Plan, chunk: int) -> pa.RecordBatch:
    """The steps of the runs of the chunk's leads; the last one of a failed run failed, and sometimes the one before."""
    leads = LeadChunk(plan, chunk)
    of = Runs(leads)
    counts = allocate(2 + of.u("steps").astype(np.int64) % 5, of.total * STEPS_PER_RUN_X2 // 2, cap=MOST_STEPS)
    run = np.repeat(np.arange(of.total), counts)
    total = len(run)
    first = np.cumsum(counts) - counts
    number = np.arange(total) - first[run]
    begun = of.started_us[run] + of.duration_ms[run] * 1000 * number // counts[run]
    created, order = time_order(np.minimum(begun, NOW_US - 1))
    run, number = run[order], number[order]
    last = counts[run] - 1
    u = leads.u("automation_run_steps.output", total).astype(np.int64)
    went_on = of.u("went_on") < below(_A["went_on_share"])
    bad = (of.state[run] >= FAILED) & ((number == last) | (went_on[run] & (number == last - 1)))
    skipped = ~bad & (u < below(0.02))
    kinds = of.automation[run] * 3 + number * 5
    return batch(
        STEPS,
        organization_id=ints(of.tenant[run] + 1),
        id=ints(leads.child_ids(of.before * STEPS_PER_RUN_X2 // 2, of.lead[run])),
        run_id=ints(of.ids[run]),
        step_no=smallints(number + 1),
        step_type=take(texts(STEP_TYPES), kinds % len(STEP_TYPES)),
        step_status=take(texts(STEP_STATES), np.where(bad, 1, np.where(skipped, 2, 0))),
        output=take(_outputs(), np.where(bad, 448 + (u & 63), u % 448)),
        duration_ms=pa.array(np.minimum(of.duration_ms[run] // counts[run] + 1, 2**31 - 1).astype(np.int32)),
        created_at=times(created),
    )
