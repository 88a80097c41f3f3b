"""The same queries under two named groups of settings."""

from __future__ import annotations

FILE = "settings.json"
COMMANDS = {"settings": ("command:settings", "Time the same queries under two named groups of settings, interleaved.")}
