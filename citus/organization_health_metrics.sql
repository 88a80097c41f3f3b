-- rewrite: org_daily_rollup
-- What crm_agg.organization_health() does, in one statement: in a cluster a shard cannot call what reads tables. What is
-- counted is asked once, here. A cluster has no triggers, so no day is noted as late there.
WITH part AS MATERIALIZED (
    SELECT greatest((:now AT TIME ZONE 'UTC')::date - 30, counted_from) AS first_day,
           CASE WHEN :now >= counted_until THEN (counted_until AT TIME ZONE 'UTC')::date
                ELSE (:now AT TIME ZONE 'UTC')::date - 1 END AS last_day,
           least(greatest((:now AT TIME ZONE 'UTC')::date - 30, counted_from)::timestamp AT TIME ZONE 'UTC',
                 tail) AS head_until,
           greatest(tail, (date_trunc('day', :now AT TIME ZONE 'UTC') - interval '30 days') AT TIME ZONE 'UTC')
               AS tail_since
    FROM (
        SELECT *, least(counted_until, CASE WHEN :now < counted_until
                            THEN date_trunc('day', :now AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' END) AS tail
        FROM crm_agg.watermark
    ) AS w
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
       counted.communications
         + (SELECT count(*)
            FROM crm.communications
            WHERE organization_id = :organization_id
              AND created_at >= (date_trunc('day', :now AT TIME ZONE 'UTC') - interval '30 days') AT TIME ZONE 'UTC'
              AND created_at < :now
              AND (created_at < (SELECT head_until FROM part) OR created_at >= (SELECT tail_since FROM part)))
           AS communications_30d,
       counted.activities
         + (SELECT count(*)
            FROM crm.activity_log
            WHERE organization_id = :organization_id
              AND created_at >= (date_trunc('day', :now AT TIME ZONE 'UTC') - interval '30 days') AT TIME ZONE 'UTC'
              AND created_at < :now
              AND (created_at < (SELECT head_until FROM part) OR created_at >= (SELECT tail_since FROM part)))
           AS activities_30d,
       counted.failed_runs
         + (SELECT count(*)
            FROM crm.automation_runs
            WHERE organization_id = :organization_id AND run_status IN ('failed', 'timed_out')
              AND finished_at >= (date_trunc('day', :now AT TIME ZONE 'UTC') - interval '7 days') AT TIME ZONE 'UTC'
              AND finished_at < :now
              AND (finished_at < (SELECT head_until FROM part) OR finished_at >= (SELECT tail_since FROM part)))
           AS failed_runs_7d,
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
      AND d.day >= (SELECT first_day FROM part)
      AND d.day <= (SELECT last_day FROM part)
) AS counted
WHERE o.organization_id = :organization_id;
