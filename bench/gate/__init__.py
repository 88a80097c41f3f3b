"""The gate from end to end: two arms of one workload, counted and timed in one job."""
