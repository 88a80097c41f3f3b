"""Servers: every kind, started for real."""
