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
