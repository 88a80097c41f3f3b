"""pytest's side of pgproof: the queries of a workload as benchmark items, and what people's own tests may use.

pytest_pgproof.py is the way in; it imports this package only where a workload is configured.

``items``    query files as pytest-benchmark items
``timing``   one item: timed, judged, described in ``extra_info``
``session``  server, dataset and databases of one pytest run, made when first used
``settings`` what the user chose
``seen``     what ``pgproof_cell`` returns
``checks``   the assertions
"""

from __future__ import annotations

from bench.pytest_plugin.checks import assert_meets_target, assert_same_rows, assert_uses_index
from bench.pytest_plugin.seen import CellSeen

__all__ = ["CellSeen", "assert_meets_target", "assert_same_rows", "assert_uses_index"]
