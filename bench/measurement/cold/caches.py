"""Both caches emptied, and a connection that is ready for one cold execution.

The connection is warm, as one from a pool is: what it knows of the catalog and the plan of the statement are not what
is asked about. A restart takes that away, so there the statement is planned again before the execution that counts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.measurement import Cell, Sides, execute
from bench.measurement.cold import pages
from bench.measurement.cold.buffers import drop_evictor, evict, open_evictor
from bench.measurement.execution import shape_of
from bench.model import STATES, ColdCaches, State
from bench.postgres.connection import Connection, Target, checkpoint
from bench.postgres.servers import ServerHandle

LEFT_MOST = 0.05
"""Share of a database's pages that may stay in the system's cache after it was dropped; with more it counts as kept. On
ext4 not one of 119,662 stayed, on tmpfs all do: there the file system is memory."""


@dataclass(slots=True)
class Caches:
    """The caches of one server, for the databases of ``sides``. ``sides`` leads to the server after a restart, too."""

    server: ServerHandle
    sides: Sides
    whole_machine: bool = False
    """Where the files cannot be reached, drop the cache of the whole machine instead."""
    seen: ColdCaches = field(default_factory=lambda: ColdCaches(0, "kept"))
    _evictor: Connection | None = field(default=None, repr=False)
    _files: dict[State, tuple[Path, ...]] = field(default_factory=dict, repr=False)
    _connections: dict[State, Connection] = field(default_factory=dict, repr=False)

    @contextmanager
    def opened(self, executions: int, name: str) -> Iterator[None]:
        """Find out how the caches can be emptied, which ``seen`` then says; a database ``name`` helps until the end."""
        self.seen = ColdCaches(executions, "kept")
        try:
            with self.sides.target.connect() as admin:
                # What is not on the disk would stay in the system's cache, or be written while somebody measures.
                checkpoint(admin)
                self._evictor, why = open_evictor(admin, self.sides.target, name)
            if self._evictor:
                self.seen = replace(self.seen, buffers="evicted")
            elif self.server.restart:
                self.seen = replace(self.seen, buffers="restarted")
            else:
                kept = f"{why}, and a server that pgproof did not start is never restarted"
                self.seen = replace(self.seen, buffers_why=kept, system_why="nothing was executed cold")
            if self.seen.buffers != "kept":
                self._find_files()
            yield
        finally:
            self._close()
            drop_evictor(self.sides.target, name)

    def warm(self, cell: Cell, state: State) -> None:
        """Execute the statement once on the connection that will be used, so that it knows it.

        Raises:
            Timeout: the statement timeout struck.
        """
        if self.seen.buffers == "evicted":  # a restart would take it away again
            execute(self._connection(state), cell, state, 0)

    def ready(self, cell: Cell, state: State, binding: int, *, look: bool = False) -> Connection:
        """Empty the caches, and give the connection on which the next execution is a cold one.

        With ``look``, count what stayed in the system's cache.
        """
        seen = replace(self.seen, times=self.seen.times + 1)
        flushed = 0
        if self._evictor:
            connection = self._connection(state)
            flushed, skipped = evict(self._evictor)
            most = max(skipped, seen.skipped_blocks_most)
            seen = replace(seen, flushed_blocks=seen.flushed_blocks + flushed, skipped_blocks_most=most)
        else:
            self._restart()
            connection = self._connection(state)
            shape_of(connection, cell, state, binding)
        self.seen = seen
        if seen.system == "machine":
            pages.drop_machine(write_back=flushed > 0)
        elif seen.system == "files":
            pages.drop(self._files[state], write_back=flushed > 0)
            if look:
                self._look(state)
        return connection

    # --------------------------------------------------------------------------------------------- connections
    def _connection(self, state: State) -> Connection:
        if state not in self._connections:
            opened = self._connections[state] = self.sides.connect(state, writes=False)
            opened.prepared_max = None
        return self._connections[state]

    def _restart(self) -> None:
        assert self.server.restart is not None
        self._close()
        dsn = self.server.restart()
        self.sides = replace(self.sides, target=replace(self.sides.target, dsn=dsn))

    def _close(self) -> None:
        for connection in (*self._connections.values(), *([self._evictor] if self._evictor else [])):
            connection.close()
        self._connections, self._evictor = {}, None

    # --------------------------------------------------------------------------------------------------- files
    def _find_files(self) -> None:
        """Try it once: drop what the system has of the files, and see whether it is gone."""
        if why := self._why_not_files():
            if self.whole_machine:
                why = self._why_not_machine(why)
            self.seen = replace(self.seen, system="kept" if why else "machine", system_why=why)
            return
        self.seen = replace(self.seen, system="files")
        for state in self._files:
            self._look(state)
        left, total = self.seen.left_pages_most, self.seen.file_pages
        if left is not None and total and left > LEFT_MOST * total:
            why = (
                f"{left:,} of {total:,} pages of the files stay in memory when they are to be dropped, as on tmpfs, "
                "which is memory"
            )
            self.seen = replace(self.seen, system="kept", system_why=why)

    def _why_not_files(self) -> str:
        if self.server.data_dir is None:
            return self.server.capabilities.files_out_of_reach
        if not hasattr(os, "posix_fadvise"):
            return "this system has no posix_fadvise"
        try:
            self._files = {
                state: pages.files_of(self.server.data_dir, _oid(self.sides.target, self.sides.databases[state]))
                for state in STATES
                if state in self.sides.databases
            }
            for files in self._files.values():
                pages.drop(files, write_back=True)
        except OSError as error:
            return f"the files cannot be reached ({error.strerror})"
        return ""

    def _why_not_machine(self, why: str) -> str:
        """Try it once; empty where it went. ``why`` says why the files cannot be reached."""
        with self.sides.target.connect() as connection:
            if not self.server.capabilities.is_here(connection):
                return f"{why}, and the server is not on this machine"
        try:
            pages.drop_machine(write_back=True)
        except OSError as error:
            return f"{why}, and {pages.DROP_CACHES} cannot be written ({error.strerror})"
        return ""

    def _look(self, state: State) -> None:
        if found := pages.resident(self._files[state]):
            left, total = found
            self.seen = replace(
                self.seen,
                left_pages_most=max(left, self.seen.left_pages_most or 0),
                file_pages=max(total, self.seen.file_pages or 0),
            )


def _oid(target: Target, name: str) -> int:
    with target.connect() as connection:
        return int(connection.execute("SELECT oid FROM pg_database WHERE datname = %s", [name]).fetchall()[0][0])
