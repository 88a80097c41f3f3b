"""Executions looped inside the server, for times that are compared between two databases.

A client that times one short execution times mostly its own wake-up: two copies of one 10 µs query differed by 44 % in
the spread of their ratios when looped at the client, by 1.8 % when looped in PL/pgSQL (docs/gate.md). Planning is part
of every execution, as in all times of pgproof.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import psycopg
from psycopg import sql

from bench.measurement.execution import Cell, Timeout, undone
from bench.model import State
from bench.postgres.connection import Connection
from bench.postgres.failures import translated

SAMPLE_MS = 5.0
"""CPU time of one sample at least: short enough that a pair of them falls into the same burst of noise, long enough
that the tick of the clock and the call of the function do not matter."""

LOOPS_MAX = 5_000
LEAST_NS = 1_000
"""A process clock read from another processor can stand still for one short execution: no time is zero."""

UNDO = "PGPRF"
"""SQLSTATE of our own making: raised after each execution that writes, to take it back."""

_READ = """
        FOR pgproof_row IN
{statement}
        LOOP END LOOP;
        FOR pgproof_step IN 1 .. {burn} LOOP pgproof_sum := pgproof_sum * 1.0000001; END LOOP;
"""
_WRITE = f"""
        BEGIN
            {_READ}
            RAISE EXCEPTION USING ERRCODE = '{UNDO}';
        EXCEPTION WHEN SQLSTATE '{UNDO}' THEN
            NULL;
        END;
"""
_BODY = """
#variable_conflict use_column
DECLARE
    pgproof_row record;
    pgproof_sum float8 := 1;
BEGIN
    FOR pgproof_turn IN 1 .. {loops} LOOP
    %s
    END LOOP;
END
"""
_READS, _WRITES = _BODY % _READ, _BODY % _WRITE


@dataclass(frozen=True, slots=True)
class Loop:
    """One cell on one connection, as a function that executes it again and again."""

    connection: Connection
    call: str
    values: tuple[str | None, ...]
    writes: bool
    where: str
    clock_id: int | None

    def run(self, loops: int, burn: int = 0) -> float:
        """Execute it ``loops`` times, with ``burn`` turns of pure computing after each; return ms for each.

        CPU time of the server process where it can be read, else wall time at the client.

        Raises:
            Timeout: the statement timeout struck.
        """
        cursor: psycopg.RawCursor[object] = psycopg.RawCursor(self.connection)
        with undone(self.connection, writes=self.writes):
            begin, wall = self._now(), time.perf_counter_ns()
            try:
                cursor.execute(self.call, [*self.values, loops, burn], prepare=True)
            except psycopg.errors.QueryCanceled:
                raise Timeout((time.perf_counter_ns() - wall) / 1e6) from None
            except psycopg.Error as error:
                raise translated(error, f"{self.where} (in a loop)") from error
            return max(self._now() - begin, LEAST_NS) / 1e6 / loops

    def _now(self) -> int:
        return time.perf_counter_ns() if self.clock_id is None else time.clock_gettime_ns(self.clock_id)


def prepare(connection: Connection, number: int, cell: Cell, state: State, clock_id: int | None) -> Loop:
    """Make the function for ``cell`` in the session's temporary schema; ``number`` tells it from the others.

    The text is the query's own; unnamed arguments and variables of our prefix cannot clash with its columns.
    """
    text, values = cell.statement(state, 0)
    types = [*cell.types(state), "int", "int"]
    name, n = f"pgproof_loop_{number}", len(values)
    body = (_WRITES if cell.query.writes else _READS).format(
        statement=text.rstrip().rstrip(";"), loops=f"${n + 1}", burn=f"${n + 2}"
    )
    where = f"{cell.query.file}:{cell.query.line}"
    try:
        connection.execute(
            sql.SQL("CREATE FUNCTION pg_temp.{}({}) RETURNS void LANGUAGE plpgsql AS {}").format(
                sql.Identifier(name), sql.SQL(", ".join(types)), sql.Literal(body)
            )
        )
    except psycopg.Error as error:
        raise translated(error, f"{where} (in a loop)") from error
    places = ", ".join(f"${i}" for i in range(1, n + 3))
    return Loop(connection, f"SELECT pg_temp.{name}({places})", tuple(values), cell.query.writes, where, clock_id)


def process_clock(connection: Connection, *, readable: bool) -> int | None:
    """The clock that counts the CPU time of the connection's server process; None where it cannot be read.

    ``readable`` says that the process is this machine's under the number that the server gives. The clock's
    number is the kernel's encoding of a process (clock_getcpuclockid(3)); reading it needs no privilege.
    """
    if not readable:
        return None
    clock_id = (~connection.info.backend_pid << 3) | _CPUCLOCK_SCHED
    try:
        time.clock_gettime_ns(clock_id)
    except OSError:
        return None
    return clock_id


_CPUCLOCK_SCHED = 2
