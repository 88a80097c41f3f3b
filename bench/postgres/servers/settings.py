"""The settings of ``settings.conf`` as a server takes them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from bench.settings import PARTS, SMALL_MACHINE_BUFFERS, SMALL_MACHINE_BYTES

CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")

SERVER_SETTINGS: Mapping[str, str] = {setting.name: setting.value for setting in PARTS["server"]}
"""Given at start to the servers that pgproof starts."""
EMBEDDED_SETTINGS: Mapping[str, str] = {setting.name: setting.value for setting in PARTS["embedded"]}
"""Given at start to the servers that run here alone."""
SESSION_SETTINGS: Mapping[str, str] = {
    setting.name: setting.value for part in ("session", "results") for setting in PARTS[part]
}
"""Set by every connection that measures or builds, whatever the server."""
TIMED_SETTINGS: Mapping[str, str] = {
    **SESSION_SETTINGS, "plan_cache_mode": "force_custom_plan", "synchronous_commit": "on",
}  # fmt: skip
"""What a connection has on which queries are timed: the plan that is timed has to be the plan that is shown."""


def machine_memory_bytes() -> int:
    """Memory that this process may use: the machine's, or less where a container is given less."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        return min(memory, int(CGROUP_LIMIT.read_text()))
    except (OSError, ValueError):  # no such controller, or "max"
        return memory


def start_settings(memory_bytes: int) -> dict[str, str]:
    """The settings for a server that pgproof starts on a machine of this size.

    The session settings are among them, so that a connection made by hand plans as the measured ones did.
    """
    settings = {**SERVER_SETTINGS, **SESSION_SETTINGS}
    if memory_bytes < SMALL_MACHINE_BYTES:
        settings["shared_buffers"] = SMALL_MACHINE_BUFFERS
    return settings


def small_machine_note(memory_bytes: int) -> str:
    """What to tell the reader when the buffers were lowered; empty when they were not."""
    if memory_bytes >= SMALL_MACHINE_BYTES:
        return ""
    return (
        f"this machine has {memory_bytes / 1024**3:.1f} GB: shared_buffers is {SMALL_MACHINE_BUFFERS} instead of "
        f"{SERVER_SETTINGS['shared_buffers']}, so plans and times do not compare with a larger machine's"
    )


def as_arguments(settings: Mapping[str, str]) -> list[str]:
    """The settings as arguments of ``postgres``."""
    return [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]


def as_config(settings: Mapping[str, str]) -> str:
    """The settings as a configuration file."""
    quoted = {name: value.replace("'", "''") for name, value in settings.items()}
    return "".join(f"{name} = '{value}'\n" for name, value in quoted.items())
