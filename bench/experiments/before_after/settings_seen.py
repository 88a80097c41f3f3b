"""The server's settings as a reader needs them: the value in plain units, who chose it, and why. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bench.model import Server
from bench.settings import PARTS, SMALL_MACHINE_BUFFERS, Setting

PGPROOF, CONNECTION, SERVER = "pgproof", "pgproof, each connection", "the server's own"

WHILE_TIMING = "off only while rows are made: what is timed pays for it, as in production"
SWITCHED = {"fsync": WHILE_TIMING, "full_page_writes": WHILE_TIMING}
"""On servers of its own pgproof turns these off for a load and on again (bench/postgres/servers/bulk.py)."""

ASIDE = {
    "synchronous_commit": (CONNECTION, "rows of a commit that is not on disk cannot be marked visible to all"),
    "default_statistics_target": (SERVER, "but the template was analyzed with 100 to 2,000, by the size of the table"),
    "lc_collate": (SERVER, "of the maintenance database; those measured have C: the same order on every machine"),
    "server_encoding": (SERVER, "of the maintenance database; those measured have UTF8"),
}
"""What pgproof does about settings that are not in settings.conf, on any server."""

BYTES = {"B": 1, "kB": 1024, "8kB": 8192, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}
MILLISECONDS = {"us": 0.001, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_QUANTITY = re.compile(r"^(-?\d+(?:\.\d+)?)\s*(8kB|[kMGT]?B|us|ms|s|min|h|d)$")


@dataclass(frozen=True, slots=True)
class SettingSeen:
    """One setting of the run: ``value`` with the largest unit that leaves a whole number."""

    name: str
    value: str
    chosen_by: str
    why: str
    own: str = ""
    """What the server has by itself, where another value was forced."""


def settings_seen(server: Server) -> tuple[SettingSeen, ...]:
    """Explain the settings that the run recorded, in its order.

    A reason is given only where the recorded value is the one that settings.conf gives it for: a run of another
    version may have been made with others.
    """
    forced = {one.name: one for one in server.forced}
    recorded = {name: forced[name].value if name in forced else value for name, value in server.settings.items()}
    found = (_seen(server, *one) for one in ({one.name: one.value for one in server.forced} | recorded).items())
    own = {one.name: plain(one.own) for one in server.differing}
    return tuple(sorted((replace(one, own=own.get(one.name, "")) for one in found), key=lambda one: one.name))


def _seen(server: Server, name: str, value: str) -> SettingSeen:
    given = {PGPROOF: (*PARTS["server"], *PARTS["embedded"]), CONNECTION: (*PARTS["session"], *PARTS["results"])}
    for chosen_by, settings in given.items():
        known = next((setting for setting in settings if setting.name == name), None)
        ours = chosen_by == CONNECTION or server.ours
        if known and ours and _agrees(known, value):
            return SettingSeen(name, plain(value), chosen_by, known.reason)
    if name in SWITCHED and server.ours and value == "on":
        return SettingSeen(name, value, PGPROOF, SWITCHED[name])
    return SettingSeen(name, plain(value), *ASIDE.get(name, (SERVER, "")))


def _agrees(known: Setting, value: str) -> bool:
    wanted = {known.value, SMALL_MACHINE_BUFFERS} if known.name == "shared_buffers" else {known.value}
    return plain(value) in {plain(one) for one in wanted}


def plain(value: str) -> str:
    """Write a quantity with the largest unit that leaves it whole: 131072 8kB is 1 GB; other text stays."""
    match = _QUANTITY.match(value)
    if not match:
        return value
    units = BYTES if match[2] in BYTES else MILLISECONDS
    amount = float(match[1]) * units[match[2]]
    fitting = [unit for unit, size in units.items() if unit != "8kB" and amount % size == 0]
    unit = max(fitting, key=lambda one: units[one], default=match[2]) if amount > 0 else match[2]
    return f"{amount / units[unit]:g} {unit}"
