"""The two consoles of the command line: results go to ``out``, complaints to ``err``."""

from __future__ import annotations

import json
import os
import sys

import click
from rich.console import Console, RenderableType

from bench.report.machine_readable import plain

WIDE = 130
"""Columns of a pipe or log, which has no width of its own, unless COLUMNS says one."""


class _Patient(Console):
    """A console that falls silent when its reader goes away (``pgproof gate | head``): the command still does its work
    and ends with its own exit code."""

    as_json = False
    """Only a summary for programs is wanted, which nothing here prints."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        # What is left in the buffer must go somewhere when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


out = _Patient(highlight=False, soft_wrap=False)
if not (out.is_terminal or os.environ.get("COLUMNS", "").isdigit()):
    out.width = WIDE
err = Console(stderr=True, highlight=False, soft_wrap=True)


def answer(document: object, *lines: RenderableType) -> None:
    """Print the lines, or ``document`` alone as JSON where a program asks."""
    if out.as_json:
        click.echo(json.dumps(plain(document), allow_nan=False))
        return
    for line in lines:
        out.print(line, soft_wrap=isinstance(line, str), markup=False)
