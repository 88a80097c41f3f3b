"""Tags of leads: popular and rare ones, tags that go together, a vocabulary for each tenant.

A tenant's vocabulary is a stretch of one long list of tags, by rank; the twelve most popular are common to all tenants
in another order. One tag is reserved and never given (parameters.toml, ``absent``).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .columns import gather, join, take, texts
from .leads import LeadChunk
from .parameters import SOURCES, section
from .streams import Ints, below, choice, zipf
from .tenants import Plan

_T = section("tags")
CLUSTER = _T["cluster"]
COMMON = 12
"""Tags at the head of each vocabulary: known to all tenants."""
_COUNT = choice(_T["count_share"])
_SIZES = np.array([2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 90, 128, 150]) * CLUSTER
"""Vocabulary sizes for which there is a table; a tenant has the largest that fits."""
_BITS = 14


@lru_cache(maxsize=1)
def _pool() -> pa.Array:
    """All tags, quoted: every topic alone, then with each suffix."""
    names = [f"{topic}-{suffix}" if suffix else topic for suffix in _T["suffixes"] for topic in _T["topics"]]
    return texts([f'"{name}"' for name in names if name != _T["absent"]])


@lru_cache(maxsize=1)
def _ranks() -> NDArray[np.int64]:
    """[vocabulary, 14-bit draw]: rank, Zipf with exponent 1."""
    return np.stack([zipf(int(size), 1)[:: 2 ** (16 - _BITS)] for size in _SIZES])


@lru_cache(maxsize=4)
def _vocabularies(plan: Plan) -> NDArray[np.int64]:
    """Index of _SIZES by tenant."""
    sizes = [_T["vocabulary_factor"] * int(n) ** _T["vocabulary_exponent"] for n in plan.tenants.leads]
    return np.maximum(0, np.searchsorted(_SIZES, np.array([round(size) for size in sizes]), side="right") - 1)


def _tag(tenant: Ints, rank: Ints) -> NDArray[np.int64]:
    """Position in the pool of the tenant's tag of that rank."""
    rest = len(_pool()) - COMMON
    return np.where(rank < COMMON, (rank + tenant * 5) % COMMON, COMMON + (rank - COMMON + tenant * 37) % rest)


def tags(leads: LeadChunk) -> pa.Array:
    """A JSON array per lead: 0 to 6 different tags.

    The first is drawn, or follows from the source; the second and third stand near it (same cluster of six ranks), the
    others come from a second cluster.
    """
    counts = _COUNT[leads.u("tags.count")].astype(np.int64)
    vocabulary = _vocabularies(leads.plan)[leads.tenant]
    size = _SIZES[vocabulary]
    first = _ranks()[vocabulary, leads.u("tags.first") >> (16 - _BITS)].astype(np.int64)
    by_source = leads.u("tags.by_source") < below(_T["source_tag_share"])
    first = np.where(by_source, leads.source % np.int64(COMMON), first)
    second = _ranks()[vocabulary, leads.u("tags.second") >> (16 - _BITS)].astype(np.int64)
    second = np.where(second // CLUSTER == first // CLUSTER, (second + CLUSTER) % size, second)
    lead = np.repeat(np.arange(leads.count), counts)
    nth = np.arange(len(lead)) - np.repeat(np.cumsum(counts) - counts, counts)
    base = np.where(nth < 3, first[lead], second[lead])
    # ranks step through their cluster, so no tag comes twice
    rank = base - base % CLUSTER + (base + nth) % CLUSTER
    return join("[", gather(take(_pool(), _tag(leads.tenant[lead], rank)), counts, ", "), "]")


assert len(SOURCES) <= COMMON
