"""Maintenance: the churn, the procedures, all of it from end to end."""
