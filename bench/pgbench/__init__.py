"""A mixed load by pgbench on a database of ours, and what each of its transactions felt.

Two kinds: one that runs beside something else until it is stopped (``mix``, ``background``), and the queries of a
workload for a given time (``scripts``, ``stepping``).

``programs``  which pgbench: the server's own, one in PATH, or the wheel's
``mix``       point reads and updates by primary key, for any schema
``background``  pgbench started, watched and stopped
``scripts``   the queries of a workload, their bindings drawn at random
``stepping``  so many clients for so long, and what they wait for
``log``       its log, a record for each transaction
``counting``  the log as the record of a step
"""

from __future__ import annotations

from bench.pgbench.background import CLIENTS, RATE_TPS, Running, running
from bench.pgbench.log import Transaction
from bench.pgbench.mix import Mix, make_mix
from bench.pgbench.programs import Pgbench, find_pgbench

__all__ = ["CLIENTS", "RATE_TPS", "Mix", "Pgbench", "Running", "Transaction", "find_pgbench", "make_mix", "running"]
