"""From a dataset's tables to rows in a server: what a table is, how its rows are encoded and sent."""
