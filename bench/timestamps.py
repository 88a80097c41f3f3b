"""Moments as records hold them, and the names made from them."""

from __future__ import annotations

import datetime
import secrets


def now_text() -> str:
    """The present second in UTC, as ISO 8601."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def when(moment: str) -> str:
    """``moment`` (``now_text``) to the minute, as every output writes it: 2026-11-30 11:34 UTC."""
    return f"{moment[:16].replace('T', ' ')} UTC"


def id_of(moment: str) -> str:
    """The id of what began at ``moment`` (``now_text``), fit for the name of a database."""
    return moment.replace(":", "").replace("-", "").replace("+0000", "z").lower()


def stamp() -> str:
    """A short name for what one invocation makes, different from any other's."""
    return f"{datetime.datetime.now(datetime.UTC):%m%d%H%M%S}{secrets.token_hex(2)}"
