-- injection: A LIMIT removed
-- kind: query
-- query: communication_history
-- caught-by: counters
-- why: The LIMIT of the page makes those of its two halves look redundant; without them the whole history is read.
(
    SELECT 'communication' AS kind, id, created_at, user_id,
           channel::text || ' ' || direction::text || ' ' || comm_status::text AS what, subject
    FROM crm.communications
    WHERE organization_id = :organization_id AND lead_id = :lead_id
)
UNION ALL
(
    SELECT 'activity', id, created_at, user_id, activity_type, NULL
    FROM crm.activity_log
    WHERE organization_id = :organization_id AND lead_id = :lead_id
)
ORDER BY created_at DESC, kind, id DESC
LIMIT 25;
