-- injection: A primary key dropped
-- kind: database
-- query: organization_health_metrics
-- caught-by: counters
-- why: The rollup was made again by CREATE TABLE AS and lost its key: every tenant's days are read.
ALTER TABLE crm_agg.org_daily_metrics DROP CONSTRAINT org_daily_metrics_pkey CASCADE;
