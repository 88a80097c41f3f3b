"""How long a server's process was on a processor: what a statement takes, whatever else the machine does meanwhile.

Linux, and a server on this machine that is reached by its socket; elsewhere there is no such figure.
"""

from __future__ import annotations

import time
from pathlib import Path

from bench.postgres.connection import Connection

SETTLED_S = 0.0005
"""After an answer, until the process that gave it has left the processor and is accounted for."""


def processor_ms(connection: Connection) -> float | None:
    """Milliseconds that the process of this session was on a processor so far; None where nobody can tell.

    Source: sum_exec_runtime, the first figure of /proc/PID/schedstat (Documentation/scheduler/sched-stats.rst).
    """
    info = connection.info
    if not info.host.startswith("/"):
        return None
    process = Path("/proc") / str(info.backend_pid)
    try:
        if f" {info.dbname} ".encode() not in (process / "cmdline").read_bytes():  # its own number, in a container
            return None
        time.sleep(SETTLED_S)
        return int((process / "schedstat").read_text().split()[0]) / 1e6
    except (OSError, ValueError, IndexError):
        return None
