"""The two consoles of the command line: results go to ``out``, complaints to ``err``."""

from __future__ import annotations

from rich.console import Console

WIDE = 130
"""Columns of a pipe or log, which has no width of its own."""

out = Console(highlight=False, soft_wrap=False)
if not out.is_terminal:
    out.width = WIDE
err = Console(stderr=True, highlight=False, soft_wrap=True)
