"""Executions with emptied caches, for the column beside the warm one.

``pages``    the operating system's cache of a database's files
``buffers``  the server's own
``caches``   both together, and a connection that is ready for one cold execution
``loop``     the executions, before and after in turn
"""

from __future__ import annotations

from bench.measurement.cold.caches import Caches
from bench.measurement.cold.loop import measure_cold

__all__ = ["Caches", "measure_cold"]
