"""How the plan is made: founding dates, bursts, whales, and who is how likely when.

Runs once in a process, over tenants and not over leads: 0.1 s at 100,000 leads, 0.7 s at 10 million.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .calendar import DAY_S, HOUR_S, arrivals, week_shape
from .parameters import DAYS, NOW_S, section
from .sizes import organizations_at, trial_sizes, zipf_sizes
from .streams import Ints, below, draw, lognormal, wide
from .tenants import EPOCH_SHIFT, EPOCHS, ZONES, Plan, Tenants

_T, _B, _W = section("tenants"), section("bursts"), section("whales")


def _founding(seed: int, paying: int, trials: int) -> NDArray[np.int64]:
    """Founding by rank: the epoch of tenants that pay, then the days before the clock of trials."""
    u = wide(seed, "organizations.founding", 0, paying + trials)
    early = draw(seed, "organizations.early", 0, paying) < below(_T["founded_before_share"])
    epochs = np.where(early, 0, 1 + (u[:paying] * (EPOCHS * 3 // 4) >> 32))
    epochs[: max(1, paying // 8)] = 0  # somebody must have had the first leads
    oldest = _T["trial_max_age_days"]
    days = oldest // 2 + (u[paying:] * (oldest - oldest // 2) >> 32)
    return np.concatenate([epochs, days])


def _zones(seed: int, leads: Ints) -> NDArray[np.int64]:
    """Time zone by rank."""
    edges = np.cumsum([round(zone["share"] * 65_536) for zone in ZONES])
    return np.searchsorted(edges[:-1], draw(seed, "organizations.zone", 0, len(leads)), side="right")


def _hours(leads: Ints, zone: Ints) -> NDArray[np.int64]:
    """Cumulated weight of arrivals before each UTC hour, given where the leads' tenants are at work."""
    shares = np.bincount(zone, leads, len(ZONES)) / int(leads.sum())
    shapes = [week_shape(z["utc"]) for z in ZONES]
    return arrivals(
        [math.fsum(shape[h] * share for shape, share in zip(shapes, shares, strict=True)) for h in range(168)]
    )


def _tenants(seed: int, scale: int, skew: str, base: int) -> tuple[Tenants, NDArray[np.int64], NDArray[np.int64]]:
    """The tenants, the first epoch of each, and the cumulated arrivals by hour."""
    count = organizations_at(base)
    trials = trial_sizes(count, base)
    sizes = zipf_sizes(count - len(trials), base - sum(trials), _T["zipf_exponent"][skew])
    sizes[0] += scale - base
    paying, total = len(sizes), count
    leads = np.array(sizes + trials, np.int64)
    zone = _zones(seed, leads)
    hours = _hours(leads, zone)
    founding = _founding(seed, paying, len(trials))
    starts = np.searchsorted(hours, founding[:paying] * (int(hours[-1]) // EPOCHS), side="right") - 1
    before = wide(seed, "organizations.before", 0, total)
    founded = np.concatenate(
        [
            starts * HOUR_S - (before[:paying] * (np.where(founding[:paying] == 0, 400, 4) * DAY_S) >> 32) - HOUR_S,
            NOW_S - founding[paying:] * DAY_S + (before[paying:] * DAY_S >> 32),
        ]
    )
    order = np.argsort((founded << 16) + np.arange(total), kind="stable")
    users = _user_counts(seed, leads)
    whale = draw(seed, "organizations.whale_user", 0, total) < below(section("people")["whale_user_tenant_share"])
    whale[min(1, total - 1)] = True
    epoch = np.concatenate([founding[:paying], np.full(len(trials), EPOCHS - 1)])
    made = Tenants(
        seed=seed,
        scale=scale,
        rank=order,
        leads=leads[order],
        trial=order >= paying,
        founded_s=founded[order],
        zone=zone[order],
        users=users[order],
        second=order & 1,
        number=order >> 1,
        first_user=_first_users(users)[order],
        whale_user=whale[order],
    )
    return made, epoch[order], hours


def _user_counts(seed: int, leads: Ints) -> NDArray[np.int64]:
    people = section("people")
    noise = lognormal(0, people["users_sigma"], 1000)[draw(seed, "organizations.users", 0, len(leads))]
    sizes = [
        people["users_factor"] * int(n) ** people["users_exponent"] * int(k) for n, k in zip(leads, noise, strict=True)
    ]
    return np.array([min(people["users_max"], max(1, round(size / 1000))) for size in sizes], np.int64)


def _first_users(users: Ints) -> NDArray[np.int64]:
    """By rank: the users before a tenant's in its installation; ranks belong to the two installations in turn."""
    first = np.empty(len(users), np.int64)
    for half in (slice(0, None, 2), slice(1, None, 2)):
        first[half] = np.cumsum(users[half]) - users[half]
    return first


def _bursts(seed: int, scale: int, tenants: Tenants, epoch: Ints) -> list[tuple[int, int, int]]:
    """(share of organic time in 1/2**32, leads, tenant) of each import burst, in order of time."""
    smallest = _B["min_leads"] if scale >= _W["from_scale"] else max(1, scale // 25)
    sizes = lognormal(math.log(_B["median_leads"]), _B["sigma_log"])
    room = [int(n * _B["tenant_cap"]) if not t else 0 for n, t in zip(tenants.leads, tenants.trial, strict=True)]
    by_rank = [int(t) for t in np.argsort(tenants.rank, kind="stable") if room[t] >= smallest]
    target, wanted = round(scale * _B["share"]), sum(room[t] for t in by_rank)
    made: list[tuple[int, int, int]] = []
    owed = 0
    for t in by_rank:
        owed += room[t] * target // wanted
        left = room[t]
        begin = int(epoch[t]) * 2**32 // EPOCHS
        places = wide(seed, "bursts.at", t, 1 + left // smallest)
        for place, size in zip(places, sizes[draw(seed, "bursts.size", t, len(places))], strict=True):
            leads = min(max(smallest, min(_B["max_leads"], int(size))), left, owed)
            if leads < smallest:
                break
            made.append((begin + (int(place) * (2**32 - begin) >> 32), leads, t))
            left, owed = left - leads, owed - leads
    return sorted(made)


def _whales(seed: int, scale: int, tenants: Tenants, epoch: Ints, organic: int) -> list[tuple[int, int]]:
    """(organic position, tenant) of each whale lead: old ones, of the hot tenant and other big ones."""
    count = max(1, scale // _W["per_leads"]) if scale >= _W["from_scale"] else 0
    ranked = np.argsort(tenants.rank, kind="stable")
    made = []
    for i, u in enumerate(wide(seed, "whales.at", 0, count)):
        q = int(organic * (0.05 + 0.25 * (i + int(u) / 2**32) / count))
        tenant = int(ranked[(i % 5) if i % 2 else 0])
        made.append((q, tenant if epoch[tenant] * organic // EPOCHS <= q else int(ranked[0])))
    return made


def _trials(seed: int, tenants: Tenants, organic: int, hours: NDArray[np.int64]) -> list[tuple[int, int]]:
    """(organic position, tenant) of each trial's leads: all after the youngest trial was founded."""
    owners = np.repeat(np.arange(tenants.count), np.where(tenants.trial, tenants.leads, 0))
    if len(owners) == 0:
        return []
    first = int(hours[(DAYS - _T["trial_max_age_days"] // 2 + 1) * 24])
    slots = max(len(owners) + 1, organic - max(first, 0))
    first = organic - slots
    width = slots // len(owners)
    places = first + np.arange(len(owners)) * width + (wide(seed, "trials.at", 0, len(owners)) * width >> 32)
    shuffled = owners[np.argsort(wide(seed, "trials.order", 0, len(owners)), kind="stable")]
    return [(int(q), int(t)) for q, t in zip(places, shuffled, strict=True)]


def _weights(targets: Ints, epoch: Ints, leads_by_epoch: Ints) -> NDArray[np.int64]:
    """[epoch, tenant]: expected organic leads × 1,000, by iterative proportional fitting of both margins."""
    active = np.arange(EPOCHS)[:, None] >= epoch[None, :]
    matrix = np.where(active, targets[None, :].astype(float), 0.0)
    for _ in range(30):
        matrix *= (targets / np.maximum(matrix.sum(axis=0), 1e-9))[None, :]
        matrix *= (leads_by_epoch / np.maximum(matrix.sum(axis=1), 1e-9))[:, None]
    return np.round(matrix * 1000).astype(np.int64)


def _zone_edges(weights: NDArray[np.int64], zone: Ints, weeks: NDArray[np.int64]) -> NDArray[np.int64]:
    """[epoch, hour of week, zone] bounds of 16-bit draws: who is at work at that hour."""
    by_zone = np.stack([weights[:, zone == z].sum(axis=1) for z in range(len(ZONES))], axis=1)
    mass = np.cumsum(by_zone[:, None, :] // 16 * weeks.T[None, :, :], axis=2)
    return mass * 65_536 // np.maximum(mass[:, :, -1:], 1)


@lru_cache(maxsize=4)
def plan(scale: int, seed: int, skew: str, base: int | None = None) -> Plan:
    """The plan of the dataset (scale in leads); leads beyond ``base`` belong to the largest tenant."""
    if skew not in _T["zipf_exponent"]:
        raise ValueError(f"unknown skew {skew!r}: use one of {', '.join(_T['zipf_exponent'])}")
    if scale < 100:
        raise ValueError(f"scale {scale} is too small: a CRM needs at least 100 leads")
    if base is not None and not 100 <= base <= scale:
        raise ValueError(f"base {base} must be from 100 leads to all {scale}")
    weeks = np.array([[round(w * 1e6) for w in week_shape(zone["utc"])] for zone in ZONES], np.int64)
    tenants, epoch, cumulated = _tenants(seed, scale, skew, scale if base is None else base)
    bursts = _bursts(seed, scale, tenants, epoch)
    organic = scale - sum(leads for _, leads, _ in bursts)
    hours = np.array([int(c) * organic // int(cumulated[-1]) for c in cumulated], np.int64)
    whales = _whales(seed, scale, tenants, epoch, organic)
    fixed = dict(_trials(seed, tenants, organic, hours)) | dict(whales)
    targets = np.where(tenants.trial, 0, tenants.leads)
    for _, leads, t in bursts:
        targets[t] -= leads
    for _, t in whales:
        targets[t] -= 1
    edges = np.arange(EPOCHS + 1) * organic // EPOCHS
    fixed_q = np.array(sorted(fixed), np.int64)
    by_epoch = np.diff(edges) - np.diff(np.searchsorted(fixed_q, edges))
    weights = _weights(np.maximum(targets, 0), epoch, by_epoch)
    by_zone = np.argsort(tenants.zone, kind="stable")
    burst_q = np.array([at * organic >> 32 for at, _, _ in bursts], np.int64)
    burst_leads = np.array([leads for _, leads, _ in bursts], np.int64)
    whale_q = np.array(sorted(q for q, _ in whales), np.int64)
    burst_before = np.concatenate([[0], np.cumsum(burst_leads)]).astype(np.int64)
    return Plan(
        seed=seed,
        scale=scale,
        skew=skew,
        tenants=tenants,
        organic=organic,
        hours=hours,
        zone_edges=_zone_edges(weights, tenants.zone, weeks),
        by_zone=by_zone,
        tenant_edges=(np.arange(EPOCHS) << EPOCH_SHIFT)[:, None]
        + np.concatenate([np.zeros((EPOCHS, 1), np.int64), np.cumsum(weights[:, by_zone], axis=1)], axis=1),
        zone_start=np.searchsorted(tenants.zone[by_zone], np.arange(len(ZONES) + 1)),
        burst_start=burst_q + burst_before[:-1],
        burst_leads=burst_leads,
        burst_before=burst_before,
        burst_tenant=np.array([t for _, _, t in bursts], np.int64),
        fixed_q=fixed_q,
        fixed_tenant=np.array([fixed[int(q)] for q in fixed_q], np.int64),
        whale_at=whale_q + burst_before[np.searchsorted(burst_q, whale_q, side="right")],
    )
