"""The two consoles of the command line: results go to ``out``, complaints to ``err``."""

from __future__ import annotations

import os
import sys

from rich.console import Console

WIDE = 130
"""Columns of a pipe or log, which has no width of its own."""


class _Patient(Console):
    """A console that falls silent when its reader goes away (``pgproof gate | head``): the command still does its work
    and ends with its own exit code."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        # What is left in the buffer must go somewhere when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


out = _Patient(highlight=False, soft_wrap=False)
if not out.is_terminal:
    out.width = WIDE
err = Console(stderr=True, highlight=False, soft_wrap=True)
