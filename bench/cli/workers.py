"""``--workers``: so many processes of this machine, or a Dask cluster."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import urlsplit

import click

from bench.errors import PgproofError

SCHEME = "dask"


@dataclass(frozen=True, slots=True)
class Workers:
    """Who makes and loads the rows."""

    connections: int
    """Over how many the server is kept busy: processes that load rows, and sessions that build indexes."""
    scheduler: str = ""
    """Of the Dask cluster (host:port) that makes and loads the rows instead of processes here."""


class WorkersParameter(click.ParamType[Workers]):
    """A whole number, or ``dask://HOST:PORT``."""

    name = "workers"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Workers:
        """What is meant; raises ``click.BadParameter`` where it is neither, ``PgproofError`` where Dask is missing."""
        if isinstance(value, Workers):
            return value
        text = str(value)
        if text.isascii() and text.isdigit() and int(text):
            return Workers(int(text))
        if not text.startswith(f"{SCHEME}:"):
            self.fail(f"{text}: give a whole number from 1 on, or dask://HOST:PORT of a Dask scheduler", param, ctx)
        scheduler = _scheduler(text)
        if not scheduler:
            self.fail(f"{text}: give host and port of a Dask scheduler: dask://scheduler:8786", param, ctx)
        if find_spec("distributed") is None:
            raise PgproofError(f"--workers {text}: Dask is not installed", hint="pip install 'pgproof[dask]'")
        return Workers(os.cpu_count() or 1, scheduler)


def _scheduler(text: str) -> str:
    """The host:port of an address, empty where it is none."""
    try:
        parts = urlsplit(text)
        whole = parts.hostname and parts.port and text == f"{SCHEME}://{parts.netloc}" and not parts.username
        return parts.netloc if whole else ""
    except ValueError:  # the port is no number, or too large
        return ""
