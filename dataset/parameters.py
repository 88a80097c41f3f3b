"""The figures of parameters.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

PARAMETERS: Mapping[str, Any] = tomllib.loads((Path(__file__).parent / "parameters.toml").read_text(encoding="utf-8"))

CLOCK = datetime.fromisoformat(PARAMETERS["clock"])
"""The frozen present: nothing happened later."""
START = CLOCK.replace(year=CLOCK.year - PARAMETERS["time"]["months"] // 12)
"""Where recorded time begins; midnight UTC. Times inside the dataset are seconds since then."""
START_US = int(START.timestamp()) * 1_000_000
START_DAY = (START.date() - date(1970, 1, 1)).days
DAYS = (CLOCK - START).days
NOW_S = DAYS * 86_400
"""The clock, in seconds since START."""
CHUNK = int(PARAMETERS["chunk_leads"])
"""Leads per chunk."""

SOURCES = ("website", "referral", "paid_ads", "social", "event", "webinar", "outbound", "import")
STATUSES = ("new", "contacted", "qualified", "proposal", "negotiation", "won", "lost", "recycled")
IMPORT = SOURCES.index("import")
WON = STATUSES.index("won")
"""Labels of crm.lead_source and crm.lead_status; a code is a position here."""


def section(name: str) -> Mapping[str, Any]:
    """One table of parameters.toml."""
    found: Mapping[str, Any] = PARAMETERS[name]
    return found
