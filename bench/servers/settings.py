"""The server settings of ``settings.conf``, read once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

SMALL_MACHINE_BYTES = 4 * 1024**3
"""Below this much memory 1 GB of shared buffers crowds out the file cache and the Python side."""
SMALL_MACHINE_BUFFERS = "256MB"
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


def parse(text: str) -> dict[str, dict[str, str]]:
    """Part name to settings, from the text of a settings file."""
    parts: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("# part: "):
            current = parts.setdefault(line.split()[2], {})
        name, equals, value = line.partition("#")[0].partition("=")
        if equals:
            current[name.strip()] = value.strip().removeprefix("'").removesuffix("'")
    return parts


_PARTS = parse(files("bench.servers").joinpath("settings.conf").read_text(encoding="utf-8"))

SERVER_SETTINGS: Mapping[str, str] = _PARTS["server"]
"""Given at start to the servers that pgproof starts."""
EMBEDDED_SETTINGS: Mapping[str, str] = _PARTS["embedded"]
"""Given at start to the embedded server alone."""
SESSION_SETTINGS: Mapping[str, str] = _PARTS["session"]
"""Set by every connection that measures or builds, whatever the server."""


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
