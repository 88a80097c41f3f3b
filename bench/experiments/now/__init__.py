"""Queries on a schema as it is now, with nothing to compare it with: ``pgproof run`` without optimizations."""

from __future__ import annotations

FILE = "now.json"
"""What a result is kept as."""
