-- injection: Index-only scans switched off
-- kind: settings
-- query: organization_health_metrics, user_activity_tracking
-- caught-by: counters
-- why: Covering indexes cover nothing: each row is fetched from the table.
SET enable_indexonlyscan = off;
