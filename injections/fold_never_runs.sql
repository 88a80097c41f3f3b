-- injection: A fold that never runs
-- kind: database
-- query: lead_scoring_analysis, pipeline_board, organization_health_metrics, user_activity_tracking
-- caught-by: counters
-- why: Every lead has changed and changed back, and the log of that was never added to the totals: each reader adds it.
INSERT INTO crm_totals.log
SELECT organization_id, sign, lead_id, source, lead_status, lead_temperature, lead_score, deal_value_cents,
       assigned_to_id, day
FROM crm_totals.live CROSS JOIN unnest(ARRAY[1, -1]) AS sign;
