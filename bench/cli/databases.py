"""``pgproof cache``: what is on the server already."""

from __future__ import annotations

from typing import Any

import click

from bench.cli.options import GIB, json_option, server, server_options
from bench.cli.streams import answer, err, out
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import SESSION_SETTINGS, ServerHandle
from bench.progress_bars import Lines


@click.group()
def cache() -> None:
    """Filled databases that later runs start from."""


@cache.command("list")
@server_options
@json_option
def cache_list(**chosen: Any) -> int:  # noqa: ANN401
    """List the cached datasets with size and last use."""
    with Lines(err) as shown, server(chosen, shown) as handle, _admin(handle) as admin:
        found = [d for d in databases.own_databases(admin) if d.complete]
    answer(found, *(map(_line, found) if found else ("the cache is empty",)))
    return 0


@cache.command("clear")
@server_options
def cache_clear(**chosen: Any) -> int:  # noqa: ANN401
    """Drop every database that pgproof made and no run is using."""
    dropped = 0
    with Lines(err) as shown, server(chosen, shown) as handle, _admin(handle) as admin:
        for item in databases.own_databases(admin):
            if not item.connections and databases.claim(admin, item.name):
                databases.drop(admin, item.name)
                dropped += 1
    out.print(f"dropped {dropped} databases")
    return 0


def _line(item: databases.OwnDatabase) -> str:
    about = ", ".join(f"{key} {value}" for key, value in sorted(item.about.items()))
    return f"{item.name}  {item.kind}  {item.size_bytes / GIB:.2f} GiB  used {item.used_at}  {about}"


def _admin(handle: ServerHandle) -> Connection:
    return Target(handle.dsn, SESSION_SETTINGS).connect()
