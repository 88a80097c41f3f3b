"""A mixed load by pgbench on a database of ours, and what each of its transactions felt.

``programs``  which pgbench: the server's own, one in PATH, or the wheel's
``mix``       point reads and updates by primary key, for any schema
``running``   pgbench started, watched and stopped
``log``       its log, a record for each transaction
"""

from __future__ import annotations

from bench.load.log import Transaction
from bench.load.mix import Mix, make_mix
from bench.load.programs import Pgbench, find_pgbench
from bench.load.running import CLIENTS, RATE_TPS, Running, running

__all__ = ["CLIENTS", "RATE_TPS", "Mix", "Pgbench", "Running", "Transaction", "find_pgbench", "make_mix", "running"]
