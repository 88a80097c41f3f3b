"""Queries for a schema: bare statements described by the server, classes chosen by the rows, probes."""
