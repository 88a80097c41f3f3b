-- title: User Activity Tracking
-- asks: The first 20 sales reps by name, as the team screen shows them: what did each do in the last 30 days, how many
--   open leads do they own, and what is planned for their next 7 days?
-- tables: crm.users, crm.activity_log, crm.leads, crm.communications
-- param organization_id bigint: class
-- param now timestamptz: clock
-- class worst_month_ago: SELECT organization_id, :now - interval '30 days' AS now FROM crm.activity_log
--   WHERE created_at >= :now - interval '30 days' GROUP BY organization_id
--   ORDER BY count(*) DESC, organization_id LIMIT 1
-- why worst_month_ago: as of a month ago, where most was done since: what came later does not count
-- class worst_afternoon: SELECT organization_id, :now - interval '29 days 8 hours 23 minutes' AS now
--   FROM crm.activity_log WHERE created_at >= :now - interval '30 days' GROUP BY organization_id
--   ORDER BY count(*) DESC, organization_id LIMIT 1
-- why worst_afternoon: the same as of an afternoon: both ends of the window lie within a day, which no rollup by day has
-- expects: org_daily_rollup, crm_open, crm_totals, users_reps_idx, activity_log_org_user_created_cov,
--   communications_planned_idx
--
-- As it grew: one correlated subquery for every table, each run once per user.
SELECT u.id AS user_id,
       u.full_name,
       a.actions,
       a.calls_and_emails,
       a.active_days,
       a.last_action_at,
       (SELECT count(*)
        FROM crm.leads AS l
        WHERE l.organization_id = u.organization_id AND l.assigned_to_id = u.id AND l.deleted_at IS NULL
          AND l.lead_status IN ('new', 'contacted', 'qualified', 'proposal', 'negotiation')) AS open_leads,
       (SELECT count(*)
        FROM crm.communications AS c
        WHERE c.organization_id = u.organization_id AND c.user_id = u.id AND c.comm_status = 'scheduled'
          AND c.scheduled_at >= :now AND c.scheduled_at < :now + interval '7 days') AS planned
FROM (
    SELECT organization_id, id, full_name
    FROM crm.users
    WHERE organization_id = :organization_id AND is_active AND user_role = 'sales_rep'
    ORDER BY full_name, id
    LIMIT 20
) AS u
CROSS JOIN LATERAL (
    SELECT count(*) AS actions,
           count(*) FILTER (WHERE activity_type IN ('call', 'email')) AS calls_and_emails,
           count(DISTINCT (created_at AT TIME ZONE 'UTC')::date) AS active_days,
           max(created_at) AS last_action_at
    FROM crm.activity_log
    WHERE organization_id = u.organization_id AND user_id = u.id
      AND created_at >= :now - interval '30 days' AND created_at < :now
) AS a
ORDER BY u.full_name, u.id;

-- rewrite: org_daily_rollup
-- The page first; then what each person on it did by day, from the rollup but for the ends of the window.
SELECT * FROM crm_agg.user_activity(:organization_id, :now);
