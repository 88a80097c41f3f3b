"""The structure of rows: how many each table gets, and how keys and references hold together."""
