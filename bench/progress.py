"""How the stages tell what they are doing: a callback, so that nothing below the command line prints."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called often, from the main thread only; ``done`` of ``total`` in ``unit``; done == total ends the phase."""

    def __call__(self, phase: str, done: float, total: float, unit: str = "") -> None:
        """Take notice."""


def silent(phase: str, done: float, total: float, unit: str = "") -> None:
    """Take no notice."""
