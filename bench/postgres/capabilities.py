"""What a server lets pgproof do: asked by whoever wants to do it, who need not know what kind of server it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.postgres.catalog import rows
from bench.postgres.connection import Connection

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def runs_here(connection: Connection) -> bool:
    """Whether the process that answers is one of this machine's, by its name under the number that the server gives."""
    try:
        return Path(f"/proc/{connection.info.backend_pid}/comm").read_text() == "postgres\n"
    except OSError:
        return False


def listens_here(connection: Connection) -> bool:
    """Whether the server answers at a port of this machine: for one whose processes have numbers of their own."""
    return connection.info.host in LOOPBACK


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What each kind of server states of itself.

    What a handle holds or lacks says the rest: programs (``bin_dir``), files (``data_dir``), a way to restart it.
    """

    ours: bool
    """pgproof started it, so it has the settings of settings.conf and works for nobody else."""
    clocks_readable: bool
    """The CPU time of its processes can be read: they are this machine's, under the numbers that it gives them."""
    files_out_of_reach: str
    """Why its files cannot be touched, where the handle has no ``data_dir``."""
    is_here: Callable[[Connection], bool] = runs_here
    """Whether the server behind a connection runs on this machine."""
    spreads_tables: bool = False
    """It is the coordinator of a Citus cluster: tables can be spread over its nodes."""


def is_superuser(connection: Connection) -> bool:
    """Whether this role may do everything."""
    return bool(rows(connection, "describe_role")[0]["is_superuser"])


def may_skip_triggers(connection: Connection) -> bool:
    """Whether this role may keep triggers, those of foreign keys included, out of a statement."""
    return bool(rows(connection, "describe_role")[0]["may_skip_triggers"])
