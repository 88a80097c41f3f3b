"""Who the tenants are, how big, since when; and the few leads whose place is fixed: trials, bursts, whales.

Leads are numbered by arrival. Those of bursts share one moment, so time is laid over the *organic* ones: the position
of a lead among the organic leads (``q``) tells its hour, and the epoch (one 64th of all organic leads) tells which
tenants existed and how likely each was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .calendar import HOUR_S
from .parameters import CHUNK, section

EPOCHS = 64
EPOCH_SHIFT = 44
"""Above every cumulated weight: makes the weights of all epochs one ascending array."""
ZONES = section("tenants")["timezones"]
OFFSETS_S = np.array([round(zone["utc"] * HOUR_S) for zone in ZONES], np.int64)
"""Seconds from UTC, by zone."""


@dataclass(frozen=True, eq=False)
class Tenants:
    """All organizations, ordered by founding; organization_id is the position plus one. Arrays are by tenant."""

    seed: int
    scale: int
    rank: NDArray[np.int64]
    """0 is the hot tenant; trials and empty tenants come last."""
    leads: NDArray[np.int64]
    """Leads aimed at."""
    trial: NDArray[np.bool_]
    founded_s: NDArray[np.int64]
    """Founding, seconds since START; negative before."""
    zone: NDArray[np.int64]
    users: NDArray[np.int64]
    second: NDArray[np.int64]
    """1: the tenant was numbered in the second of two installations, which were merged later; 0: in the first."""
    number: NDArray[np.int64]
    """Its place in its installation: ids of campaigns, automations and rules count from there."""
    first_user: NDArray[np.int64]
    """Users before this tenant's in its installation: user_id of its k-th user is ``first_user + k + 1``."""
    whale_user: NDArray[np.bool_]
    """Tenants in which one user owns a large share of the leads."""

    @property
    def count(self) -> int:
        """Number of organizations."""
        return len(self.rank)

    @property
    def hot(self) -> int:
        """The biggest tenant."""
        return int(np.argmin(self.rank))


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that chunks need to know about the whole; a few MB at any scale."""

    seed: int
    scale: int
    skew: str
    tenants: Tenants
    organic: int
    """Leads outside of bursts."""
    hours: NDArray[np.int64]
    """Organic leads before each UTC hour."""
    zone_edges: NDArray[np.int64]
    """[epoch, hour of week, zone]: bounds of 16-bit draws."""
    by_zone: NDArray[np.int64]
    """Tenants, ordered by zone."""
    tenant_edges: NDArray[np.int64]
    """[epoch, place in by_zone]: cumulated weights plus epoch << EPOCH_SHIFT; column 0 is the bare epoch."""
    zone_start: NDArray[np.int64]
    """First place of each zone in by_zone."""
    burst_start: NDArray[np.int64]
    """Position (among all leads) of each burst's first lead, ascending."""
    burst_leads: NDArray[np.int64]
    burst_before: NDArray[np.int64]
    """Burst leads before each burst, and in all."""
    burst_tenant: NDArray[np.int64]
    fixed_q: NDArray[np.int64]
    """Organic leads with a fixed tenant (trials and whales), ascending."""
    fixed_tenant: NDArray[np.int64]
    whale_at: NDArray[np.int64]
    """Positions of whale leads among all leads, ascending."""

    @property
    def chunks(self) -> int:
        """Number of chunks of every table that follows the leads."""
        return -(-self.scale // CHUNK)

    def span(self, chunk: int) -> tuple[int, int]:
        """(first, end) position of the chunk's leads."""
        return chunk * CHUNK, min(self.scale, (chunk + 1) * CHUNK)

    def rows_before(self, position: int, per_lead_x2: int, per_whale: int = 0) -> int:
        """Child rows of all leads before ``position``, at half of ``per_lead_x2`` each; closed form, hence ids."""
        return position * per_lead_x2 // 2 + per_whale * int(np.searchsorted(self.whale_at, position))
