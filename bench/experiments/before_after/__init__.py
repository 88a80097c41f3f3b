"""Queries before and after the optimizations: the experiment that pgproof is named for."""
