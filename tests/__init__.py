"""Tests: the tree is that of ``bench/``."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "shop"
"""The workload of which everything is inferred that can be."""
SHOP = ROOT / "tests" / "shop"
"""The same shop with all that can be said by hand: headers, a script that makes rows, classes, checks, a new tenant."""
