"""Names of people and companies, and the users of each tenant.

The words come from dataset/pools/ (made by Faker, benchmarks/make_pools.py); nobody real is meant. Domains end in
``.example``, telephone numbers begin with +999, which is no country.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import pyarrow as pa

from .calendar import DAY_S
from .columns import batch, digits, ints, join, pool_lines, schema, take, texts, times
from .parameters import NOW_S, section
from .streams import below, draw, labelled, lognormal, saves, zipf
from .tenants import Plan

_P = section("people")
COMPANY_VARIANTS = ("", " Europe", " Labs", " North", " Services", " Partners", " Digital", " Trading")
ROLES = ("admin", "manager", "sales_rep", "viewer")
NAME_EXPONENT = 0.6
ORGANIZATIONS_PER_CHUNK = 500
USERS = schema(
    organization_id="bigint",
    id="bigint",
    email="text",
    username="text",
    full_name="text",
    user_role="text",
    preferences="jsonb",
    is_active="boolean",
    last_login_at="time",
    created_at="time",
)


@dataclass(frozen=True)
class Names:
    """A pool of names as written, and in the ASCII of e-mail addresses: lower case first, then capitalised."""

    written: pa.Array
    ascii: pa.Array

    @property
    def size(self) -> int:
        """Names in the pool."""
        return len(self.written)


def slug(text: str) -> str:
    """``text`` as part of a domain: ASCII letters and digits."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "", folded.lower()) or "x"


@cache
def names(pool: str) -> Names:
    """The pool ``first_names`` or ``last_names``."""
    pairs = [line.split("\t") for line in pool_lines(pool)]
    plain = [p[1] for p in pairs]
    return Names(texts([p[0] for p in pairs]), texts(plain + [p.capitalize() for p in plain]))


@lru_cache(maxsize=1)
def companies() -> tuple[pa.Array, pa.Array]:
    """(names, their domains): one domain for each company."""
    lines = pool_lines("companies")
    written = [name + variant for variant in COMPANY_VARIANTS for name in lines]
    return texts(written), texts([f"{slug(name)}.example" for name in written])


@lru_cache(maxsize=1)
def _preferences() -> pa.Array:
    return texts(
        [
            f'{{"locale": "{locale}", "theme": "{theme}", "page_size": {size}, "digest": {digest}}}'
            for locale in ("en", "de", "fr", "pl", "pt", "ja")
            for theme in ("light", "dark")
            for size in (25, 50, 100)
            for digest in ("true", "false")
        ]
    )


def users(plan: Plan, chunk: int) -> pa.RecordBatch:
    """The users of the organizations of ``chunk``."""
    tenants, seed = plan.tenants, plan.seed
    low, high = chunk * ORGANIZATIONS_PER_CHUNK, min(tenants.count, (chunk + 1) * ORGANIZATIONS_PER_CHUNK)
    counts = tenants.users[low:high]
    of = np.repeat(np.arange(low, high), counts)
    place = np.arange(len(of)) - np.repeat(np.cumsum(counts) - counts, counts)
    count = len(of)
    first, last = names("first_names"), names("last_names")
    first_code = zipf(first.size, NAME_EXPONENT)[draw(seed, "users.first_name", chunk, count)]
    last_code = zipf(last.size, NAME_EXPONENT)[draw(seed, "users.last_name", chunk, count)]
    again = saves(of, draw(seed, "users.second_account", chunk, count) < below(_P["second_account_share"]))
    first_code, last_code = first_code[again], last_code[again]
    role = labelled({"manager": 0.12, "sales_rep": 0.76, "viewer": 0.12}, ROLES)[draw(seed, "users.role", chunk, count)]
    role = np.where(place == 0, 0, role)
    active = (draw(seed, "users.active", chunk, count) >= below(_P["inactive_share"])) | (place == 0)
    founded = tenants.founded_s[of]
    # the first quarter of the tenant's life, the founder at once
    created = founded + (NOW_S - founded) // 4 * place // np.maximum(tenants.users[of], 1)
    away = np.where(active, 1, 40) * lognormal(0.0, 1.2, DAY_S)[draw(seed, "users.last_login", chunk, count)]
    login = np.maximum(created, NOW_S - 1 - away)
    mark = digits(place + 1)
    low_first, low_last = take(first.ascii, first_code), take(last.ascii, last_code)
    return batch(
        USERS,
        organization_id=ints(of + 1),
        id=ints(tenants.first_user[of] + place + 1),
        email=join(low_first, ".", low_last, mark, "@org", digits(of + 1), ".example"),
        username=join(low_first, mark),
        full_name=join(take(first.written, first_code), " ", take(last.written, last_code)),
        user_role=take(texts(ROLES), role),
        preferences=take(_preferences(), draw(seed, "users.preferences", chunk, count) % len(_preferences())),
        is_active=pa.array(active),
        last_login_at=times(login * 1_000_000, draw(seed, "users.never", chunk, count) < below(0.04)),
        created_at=times(created * 1_000_000),
    )
