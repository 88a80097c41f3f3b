"""Rows, queries and classes for a schema that nobody wrote anything for."""
