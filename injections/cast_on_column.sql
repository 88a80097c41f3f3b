-- injection: A cast on an indexed column
-- kind: query
-- query: communication_history
-- caught-by: counters
-- why: A client that binds the id as text makes somebody cast the column, and no index on lead_id fits any more.
(
    SELECT 'communication' AS kind, id, created_at, user_id,
           channel::text || ' ' || direction::text || ' ' || comm_status::text AS what, subject
    FROM crm.communications
    WHERE organization_id = :organization_id AND lead_id::text = :lead_id::text
    ORDER BY created_at DESC, id DESC
    LIMIT 25
)
UNION ALL
(
    SELECT 'activity', id, created_at, user_id, activity_type, NULL
    FROM crm.activity_log
    WHERE organization_id = :organization_id AND lead_id::text = :lead_id::text
    ORDER BY created_at DESC, id DESC
    LIMIT 25
)
ORDER BY created_at DESC, kind, id DESC
LIMIT 25;
