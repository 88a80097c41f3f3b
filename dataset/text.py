"""Pools of running text: subjects, bodies and payloads with a heavy tail of lengths.

Texts are drawn from pools of thousands, not made one by one: at 40 million messages that is what keeps the making of
rows as fast as the server's own COPY, while lengths (what pages and TOAST see) follow the distribution exactly.
"""

from __future__ import annotations

import json
import math
from functools import lru_cache

import pyarrow as pa

from .columns import pool_lines, texts
from .parameters import section
from .streams import draw, zipf

_C, _A = section("communications"), section("automations")
SUBJECTS = 2_048
_TEXT_SEED = 0
"""Pools are the same for every seed of the dataset: they are its vocabulary."""


def _quantiles(median: int, sigma: float, count: int, most: int) -> list[int]:
    """Evenly spaced quantiles of a lognormal length, smallest first."""
    from statistics import NormalDist

    normal = NormalDist()
    return [min(most, round(median * math.exp(sigma * normal.inv_cdf((i + 0.5) / count)))) for i in range(count)]


@lru_cache(maxsize=1)
def _running_text() -> str:
    """About 150,000 characters of Zipf-distributed words, in sentences."""
    pool = pool_lines("words")
    ranks = zipf(len(pool), 0.9)[draw(_TEXT_SEED, "text.words", 0, 28_000)]
    words = [pool[int(rank)] for rank in ranks]
    return " ".join(w.capitalize() if i % 11 == 0 else w + "." if i % 11 == 10 else w for i, w in enumerate(words))


def _passage(text: str, start: int, length: int) -> str:
    """``length`` characters of ``text`` from the next word after ``start``."""
    begin = text.index(" ", start) + 1
    return text[begin].upper() + text[begin + 1 : begin + length]


@lru_cache(maxsize=1)
def subjects() -> pa.Array:
    """Subjects of 4 to 9 words."""
    low, high = _C["subject_words"]
    pool = pool_lines("words")
    ranks = zipf(len(pool), 0.6)[draw(_TEXT_SEED, "text.subjects", 0, SUBJECTS * high)]
    lines = []
    for i in range(SUBJECTS):
        chosen = ranks[i * high : i * high + low + i % (high - low + 1)]
        lines.append(" ".join(pool[int(rank)] for rank in chosen).capitalize())
    return texts(lines)


@lru_cache(maxsize=1)
def bodies() -> pa.Array:
    """Message bodies, shortest first: lognormal lengths, each cut from another place of the running text."""
    text = _running_text()
    count = _C["body_variants"]
    lengths = _quantiles(_C["body_median_chars"], _C["body_sigma_log"], count, len(text) // 4)
    starts = draw(_TEXT_SEED, "text.bodies", 0, count)
    return texts([_passage(text, int(start), length) for start, length in zip(starts, lengths, strict=True)])


@lru_cache(maxsize=1)
def payloads() -> pa.Array:
    """What follows the first key of a run's input: lognormal lengths, shortest first, then one of the largest."""
    text = _running_text()
    count = _A["payload_variants"]
    lengths = _quantiles(_A["payload_median_bytes"], _A["payload_sigma_log"], count - 1, _A["payload_max_bytes"])
    pool = pool_lines("words")
    starts = draw(_TEXT_SEED, "text.payloads", 0, count)
    made = []
    for i, length in enumerate([*lengths, _A["payload_max_bytes"]]):
        start = int(starts[i])
        fields = {
            "event": pool[i % 97],
            "attempted": i % 3,
            "source": {"ip": f"192.0.2.{i % 256}", "page": f"/{pool[i % 89]}"},
        }
        rest = max(0, length - 130)
        fields["items"] = [text[start + n : start + n + 180] for n in range(0, rest, 190)]
        made.append(", " + json.dumps(fields)[1:])
    return texts(made)
