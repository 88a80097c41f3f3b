-- title: Organization Health Metrics
-- asks: Is this tenant healthy: who is active, which hot leads lie untouched, how much was communicated in 30 days,
--   what failed in 7 days, and when did anybody last do anything?
-- tables: crm.organizations, crm.users, crm.leads, crm.communications, crm.automation_runs, crm.activity_log
-- param organization_id bigint: class
-- param now timestamptz: clock
-- class worst_month_ago: SELECT organization_id, :now - interval '30 days' AS now FROM crm.activity_log
--   WHERE created_at >= :now - interval '30 days' GROUP BY organization_id
--   ORDER BY count(*) DESC, organization_id LIMIT 1
-- why worst_month_ago: as of a month ago, where most was done since: what came later does not count
-- expects: org_daily_rollup, crm_open, crm_totals, leads_hot_untouched_idx, communications_org_created_idx,
--   automation_runs_failed_finished_idx, activity_log_org_created_idx
--
-- Windows are whole UTC days plus the day that is still open, so that a rollup by day can answer exactly.
-- A failed run counts on the day it ended.
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
       (SELECT count(*)
        FROM crm.communications
        WHERE organization_id = :organization_id
          AND created_at >= (date_trunc('day', :now AT TIME ZONE 'UTC') - interval '30 days') AT TIME ZONE 'UTC'
          AND created_at < :now) AS communications_30d,
       (SELECT count(*)
        FROM crm.activity_log
        WHERE organization_id = :organization_id
          AND created_at >= (date_trunc('day', :now AT TIME ZONE 'UTC') - interval '30 days') AT TIME ZONE 'UTC'
          AND created_at < :now) AS activities_30d,
       (SELECT count(*)
        FROM crm.automation_runs
        WHERE organization_id = :organization_id AND run_status IN ('failed', 'timed_out')
          AND finished_at >= (date_trunc('day', :now AT TIME ZONE 'UTC') - interval '7 days') AT TIME ZONE 'UTC'
          AND finished_at < :now) AS failed_runs_7d,
       (SELECT max(created_at)
        FROM crm.activity_log
        WHERE organization_id = :organization_id AND created_at < :now) AS last_activity_at
FROM crm.organizations AS o
WHERE o.organization_id = :organization_id;

-- rewrite: org_daily_rollup
-- What happened comes from the rollup, and live from the moment up to which it is counted. What is a state and not an
-- event cannot be rolled up by day: leads are those that crm_totals keeps, hot ones those of crm_open; users are read live.
SELECT * FROM crm_agg.organization_health(:organization_id, :now);
