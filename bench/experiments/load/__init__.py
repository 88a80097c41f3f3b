"""The mix of queries from many clients at once, before and after the optimizations."""
