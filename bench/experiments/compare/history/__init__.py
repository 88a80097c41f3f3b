"""Stored runs in the order of time, in groups of which the work may be compared."""
