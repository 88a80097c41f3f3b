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
-- expects: user_activity_single_pass, activity_log_org_user_created_cov, leads_org_owner_status_idx,
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

-- rewrite: user_activity_single_pass
-- The page first; then each table is read once for the people on it and aggregated; then four small sets are joined.
-- Actions are grouped by user and day first: counting distinct days would sort every action.
WITH page AS MATERIALIZED (
    SELECT id, full_name
    FROM crm.users
    WHERE organization_id = :organization_id AND is_active AND user_role = 'sales_rep'
    ORDER BY full_name, id
    LIMIT 20
), acted AS (
    SELECT user_id,
           sum(actions)::bigint AS actions,
           sum(calls_and_emails)::bigint AS calls_and_emails,
           count(*) AS active_days,
           max(last_action_at) AS last_action_at
    FROM (
        SELECT a.user_id,
               count(*) AS actions,
               count(*) FILTER (WHERE a.activity_type IN ('call', 'email')) AS calls_and_emails,
               max(a.created_at) AS last_action_at
        FROM page
        JOIN crm.activity_log AS a ON a.organization_id = :organization_id AND a.user_id = page.id
        WHERE a.created_at >= :now - interval '30 days' AND a.created_at < :now
        GROUP BY a.user_id, (a.created_at AT TIME ZONE 'UTC')::date
    ) AS by_day
    GROUP BY user_id
), owned AS (
    SELECT l.assigned_to_id, count(*) AS open_leads
    FROM page
    JOIN crm.leads AS l ON l.organization_id = :organization_id AND l.assigned_to_id = page.id
    WHERE l.deleted_at IS NULL
      AND l.lead_status IN ('new', 'contacted', 'qualified', 'proposal', 'negotiation')
    GROUP BY l.assigned_to_id
), planned AS (
    SELECT user_id, count(*) AS planned
    FROM crm.communications
    WHERE organization_id = :organization_id AND comm_status = 'scheduled'
      AND scheduled_at >= :now AND scheduled_at < :now + interval '7 days'
    GROUP BY user_id
)
SELECT page.id AS user_id,
       page.full_name,
       coalesce(acted.actions, 0) AS actions,
       coalesce(acted.calls_and_emails, 0) AS calls_and_emails,
       coalesce(acted.active_days, 0) AS active_days,
       acted.last_action_at,
       coalesce(owned.open_leads, 0) AS open_leads,
       coalesce(planned.planned, 0) AS planned
FROM page
LEFT JOIN acted ON acted.user_id = page.id
LEFT JOIN owned ON owned.assigned_to_id = page.id
LEFT JOIN planned ON planned.user_id = page.id
ORDER BY page.full_name, page.id;
