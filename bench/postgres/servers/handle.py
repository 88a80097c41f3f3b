"""What is asked of a server, and what is known of one that answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from bench.postgres.capabilities import Capabilities


def quiet(_: str) -> None:
    """Progress that nobody listens to."""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """How to get a server; every kind reads what concerns it.

    ``dsn`` is the existing server; ``image`` the one that docker runs; ``home`` the folder for the data of a server of
    our own on this machine, kept between runs (default: the user's cache folder). ``progress`` is told, a line at a
    time, what takes long and what is not as asked for.
    """

    dsn: str | None = field(default=None, repr=False)
    image: str = "postgres:18"
    home: Path | None = None
    progress: Callable[[str], None] = quiet
    cluster_sql: bool = False
    """Whether a workload's SQL runs as the DSN's role on a server of pgproof's own too, hence as superuser."""
    pg_bin: Path | None = None
    """The folder of the installed programs that ``local`` runs (default: the newest in the usual places)."""


@dataclass(frozen=True, slots=True)
class ServerHandle:
    """A server that answers.

    ``kind`` is shown to people; what can be done with the server is in ``capabilities`` and in what is not None here.
    ``dsn`` leads to its maintenance database and may hold a password, hence is not shown. ``bin_dir`` holds the
    server's own programs (pgbench, psql) and ``data_dir`` its files, where they are known and can be reached.
    ``bulk()`` is a block in which rows are made and indexes built: where the server is pgproof's own, nothing
    waits for the disk meanwhile, because the data can be made again.
    """

    kind: str
    dsn: str = field(repr=False)
    version_num: int
    capabilities: Capabilities
    bin_dir: Path | None
    data_dir: Path | None
    bulk: Callable[[], AbstractContextManager[None]] = field(repr=False)
    restart: Callable[[], str] | None = field(default=None, repr=False)
    """Restart the server, which ends every connection, and return its DSN, which may be another; None where the server
    is not pgproof's own."""
    login: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Who a workload's SQL logs in as (libpq's words), where that is not the DSN's role."""
    superuser: bool = False
    """Whether a workload's SQL runs as a superuser on a server that is not pgproof's own."""
