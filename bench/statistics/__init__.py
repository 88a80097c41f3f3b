"""Arithmetic on samples: percentiles, intervals, verdicts. No driver, no files."""
