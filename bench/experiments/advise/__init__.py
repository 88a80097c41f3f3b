"""What would help a workload, by execution: candidates built on a copy, executed, priced, and chosen from."""

from __future__ import annotations

FILE = "advise.json"
"""What a result is kept as."""

ABOUT = "Find the indexes that a workload lacks, and prove by execution what each brings and costs."
COMMANDS = {"advise": ("command:advise", ABOUT)}
