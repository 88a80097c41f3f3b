"""Tests: the tree is that of ``bench/``."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent
SHOP = ROOT / "examples" / "shop"
"""The small workload of the examples."""
