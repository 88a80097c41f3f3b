-- injection: A watermark that does not advance
-- kind: database
-- query: organization_health_metrics, user_activity_tracking
-- caught-by: counters
-- why: Nobody has refreshed the daily rollups for twenty days: what came since is read live. Answers stay exact.
UPDATE crm_agg.watermark
SET counted_until = counted_until - interval '20 days', next_until = next_until - interval '20 days';
CALL crm_agg.rebuild();
