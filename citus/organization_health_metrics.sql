-- rewrite: org_daily_rollup
-- Closed days come from the rollup, everything since then from the live tables. What is a state and not an event (users,
-- leads) cannot be rolled up by day and stays live. Up to when days are closed is asked once, here: in a cluster a shard
-- cannot call crm_agg.closed_until(), which says the same.
WITH live AS MATERIALIZED (
    SELECT least(closed_until, date_trunc('day', :now AT TIME ZONE 'UTC') AT TIME ZONE 'UTC') AS since
    FROM crm_agg.watermark
)
SELECT o.organization_id,
       (SELECT count(*)
        FROM crm.users
        WHERE organization_id = :organization_id AND is_active) AS active_users,
       (SELECT count(*)
        FROM crm.leads
        WHERE organization_id = :organization_id AND deleted_at IS NULL) AS live_leads,
       (SELECT count(*)
        FROM crm.leads
        WHERE organization_id = :organization_id AND deleted_at IS NULL AND lead_temperature = 'hot'
          AND (last_contacted_at IS NULL OR last_contacted_at < :now - interval '14 days')) AS hot_untouched_14d,
       closed.communications
         + (SELECT count(*)
            FROM crm.communications
            WHERE organization_id = :organization_id
              AND created_at >= greatest((SELECT since FROM live),
                  (date_trunc('day', :now AT TIME ZONE 'UTC') - interval '30 days') AT TIME ZONE 'UTC')
              AND created_at < :now) AS communications_30d,
       closed.activities
         + (SELECT count(*)
            FROM crm.activity_log
            WHERE organization_id = :organization_id
              AND created_at >= greatest((SELECT since FROM live),
                  (date_trunc('day', :now AT TIME ZONE 'UTC') - interval '30 days') AT TIME ZONE 'UTC')
              AND created_at < :now) AS activities_30d,
       closed.failed_runs
         + (SELECT count(*)
            FROM crm.automation_runs
            WHERE organization_id = :organization_id AND run_status IN ('failed', 'timed_out')
              AND finished_at >= greatest((SELECT since FROM live),
                  (date_trunc('day', :now AT TIME ZONE 'UTC') - interval '7 days') AT TIME ZONE 'UTC')
              AND finished_at < :now) AS failed_runs_7d,
       (SELECT max(created_at)
        FROM crm.activity_log
        WHERE organization_id = :organization_id AND created_at < :now) AS last_activity_at
FROM crm.organizations AS o
CROSS JOIN LATERAL (
    SELECT coalesce(sum(d.communications), 0)::bigint AS communications,
           coalesce(sum(d.activities), 0)::bigint AS activities,
           coalesce(sum(d.failed_runs) FILTER (
               WHERE d.day >= (:now AT TIME ZONE 'UTC')::date - 7), 0)::bigint AS failed_runs
    FROM crm_agg.org_daily_metrics AS d
    WHERE d.organization_id = :organization_id
      AND d.day >= (:now AT TIME ZONE 'UTC')::date - 30
      AND d.day < ((SELECT since FROM live) AT TIME ZONE 'UTC')::date
) AS closed
WHERE o.organization_id = :organization_id;
