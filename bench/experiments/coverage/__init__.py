"""Which clauses of the queries their parameter classes exercise."""

from __future__ import annotations

FILE = "coverage.json"
COMMANDS = {"coverage": ("command:coverage", "Say which clauses of the queries no parameter class exercises.")}
