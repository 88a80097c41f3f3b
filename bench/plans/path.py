"""The access path of one statement's plans: finer than ``fingerprint``, and for $1 as for a value."""

from __future__ import annotations

import hashlib
import json
import re

from bench.model import Json
from bench.plans.parse import FINGERPRINT_DIGITS, KEYS, LITERAL, SHAPE

CONDITIONS = ("Index Cond", "Hash Cond", "Merge Cond", "TID Cond")
"""By what rows are reached and joined. One index read by one column or by two is 75,000 blocks or 200."""

CAST = re.compile(r"::[a-z_\"][\w.\"]*(?:\ varying|\ precision|\ with(?:out)?\ time\ zone)?(?:\(\d+\))?(?:\[\])?")
CALLED = re.compile(r"[\w.]+(?=\()")
COLUMN = re.compile(r'"(?:[^"]|"")+"|[a-z_]\w*')
"""Keywords are written in capitals."""


def access_path(plan: Json) -> str:
    """Name the way in which ``plan`` reaches its rows; compare only plans of one statement on one server.

    With the aliases of the statement and the columns of conditions, without sort and group keys and without what the
    columns are held against: a generic plan has ``lower($1)`` where a plan made for one value has the value.
    """
    text = json.dumps(_shape(plan), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:FINGERPRINT_DIGITS]


def _shape(node: Json) -> Json:
    shape: dict[str, Json] = {key: node[key] for key in (*SHAPE, "Alias") if key in node and key not in KEYS}
    shape |= {key: _columns(str(node[key])) for key in CONDITIONS if key in node}
    if node.get("Plans"):
        shape["Plans"] = [_shape(child) for child in node["Plans"]]
    return shape


def _columns(condition: str) -> list[str]:
    bare = LITERAL.sub(lambda found: found.group() if found.lastgroup == "quoted" else "?", condition)
    return sorted(set(COLUMN.findall(CALLED.sub("", CAST.sub("", bare)))))
