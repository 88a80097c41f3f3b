-- The tenant is stated in each branch: by u.organization_id alone it is not known that one shard has all of it.
SELECT u.id AS user_id,
       u.full_name,
       a.actions,
       a.calls_and_emails,
       a.active_days,
       a.last_action_at,
       (SELECT count(*)
        FROM crm.leads AS l
        WHERE l.organization_id = :organization_id AND l.assigned_to_id = u.id AND l.deleted_at IS NULL
          AND l.lead_status IN ('new', 'contacted', 'qualified', 'proposal', 'negotiation')) AS open_leads,
       (SELECT count(*)
        FROM crm.communications AS c
        WHERE c.organization_id = :organization_id AND c.user_id = u.id AND c.comm_status = 'scheduled'
          AND c.scheduled_at >= :now AND c.scheduled_at < :now + interval '7 days') AS planned
FROM (
    SELECT id, full_name
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
    WHERE organization_id = :organization_id AND user_id = u.id
      AND created_at >= :now - interval '30 days' AND created_at < :now
) AS a
ORDER BY u.full_name, u.id;

-- rewrite: org_daily_rollup
-- What crm_agg.user_activity() does, in one statement: in a cluster a shard cannot call what reads tables. A cluster has
-- no triggers, so no day is noted as late there.
WITH part AS MATERIALIZED (
    SELECT first_day, last_day, least(first_day::timestamp AT TIME ZONE 'UTC', tail) AS head_until,
           greatest(tail, :now - interval '30 days') AS tail_since
    FROM (
        SELECT greatest(((:now - interval '30 days') AT TIME ZONE 'UTC' + interval '1 day' - interval '1 microsecond')::date,
                        counted_from) AS first_day,
               CASE WHEN :now >= counted_until THEN (counted_until AT TIME ZONE 'UTC')::date
                    ELSE (:now AT TIME ZONE 'UTC')::date - 1 END AS last_day,
               least(counted_until, CASE WHEN :now < counted_until
                         THEN date_trunc('day', :now AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' END) AS tail
        FROM crm_agg.watermark
    ) AS w
), page AS MATERIALIZED (
    SELECT id, full_name
    FROM crm.users
    WHERE organization_id = :organization_id AND is_active AND user_role = 'sales_rep'
    ORDER BY full_name, id
    LIMIT 20
), acted AS (
    SELECT user_id,
           sum(actions)::bigint AS actions,
           sum(calls_and_emails)::bigint AS calls_and_emails,
           count(DISTINCT day) AS active_days,
           max(last_action_at) AS last_action_at
    FROM (
        SELECT d.user_id, d.day, d.actions, d.calls_and_emails, d.last_action_at
        FROM page
        JOIN crm_agg.user_daily AS d ON d.organization_id = :organization_id AND d.user_id = page.id
        WHERE d.day >= (SELECT first_day FROM part) AND d.day <= (SELECT last_day FROM part)
        UNION ALL
        SELECT a.user_id, (a.created_at AT TIME ZONE 'UTC')::date, count(*),
               count(*) FILTER (WHERE a.activity_type IN ('call', 'email')), max(a.created_at)
        FROM page
        JOIN crm.activity_log AS a ON a.organization_id = :organization_id AND a.user_id = page.id
        WHERE a.created_at >= :now - interval '30 days' AND a.created_at < :now
          AND (a.created_at < (SELECT head_until FROM part) OR a.created_at >= (SELECT tail_since FROM part))
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
