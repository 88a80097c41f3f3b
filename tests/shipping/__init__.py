"""The ship script, run by psql on real servers."""
