"""Optimizations brought to a live database: in steps that hinder nobody for long, and as a script for psql.

Pure text: nothing here talks to a server.
"""

from __future__ import annotations

from bench.shipping.pieces import retrying
from bench.shipping.script import ship_script
from bench.shipping.step import Step, Waiting
from bench.shipping.steps import concurrent_steps, refuses_transaction, undo_steps

__all__ = ["Step", "Waiting", "concurrent_steps", "refuses_transaction", "retrying", "ship_script", "undo_steps"]
