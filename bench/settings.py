"""The settings under which pgproof measures, with the reason for each: ``settings.conf``, read once. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

SMALL_MACHINE_BYTES = 4 * 1024**3
"""Below this much memory 1 GB of shared buffers crowds out the file cache and the Python side."""
SMALL_MACHINE_BUFFERS = "256MB"


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the file: ``value`` as in postgresql.conf, and why it is that."""

    name: str
    value: str
    reason: str


def parse(text: str) -> dict[str, tuple[Setting, ...]]:
    """Part name to settings, from the text of a settings file."""
    parts: dict[str, list[Setting]] = {}
    current: list[Setting] = []
    for line in text.splitlines():
        if line.startswith("# part: "):
            current = parts.setdefault(line.split()[2], [])
        given, _, reason = line.partition("#")
        name, equals, value = given.partition("=")
        if equals:
            current.append(Setting(name.strip(), value.strip().removeprefix("'").removesuffix("'"), reason.strip()))
    return {name: tuple(settings) for name, settings in parts.items()}


PARTS: Mapping[str, tuple[Setting, ...]] = parse(files("bench").joinpath("settings.conf").read_text(encoding="utf-8"))
"""``server``: given at start to servers that pgproof starts; ``embedded``: to the embedded one alone; ``session`` and
``results``: set by every connection, whatever the server."""
