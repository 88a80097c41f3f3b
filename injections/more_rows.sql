-- injection: A fifth more rows
-- kind: query
-- query: audit_trail
-- rows: other
-- caught-by: counters
-- why: Both lists show 60 entries instead of 50: the plan stays as it is.
WITH newest AS MATERIALIZED (
    SELECT id, created_at, actor_id, entity_type, entity_id, action, changes
    FROM (
        SELECT id, created_at, actor_id, entity_type, entity_id, action, changes
        FROM crm.audit_log
        WHERE organization_id = (SELECT :organization_id)
        ORDER BY created_at DESC, id DESC
        LIMIT (SELECT 1000)
    ) AS walked
    WHERE changes ? (SELECT :field)
    ORDER BY created_at DESC, id DESC
    LIMIT 60
), whole AS MATERIALIZED (
    SELECT id, created_at, actor_id, entity_type, entity_id, action, changes
    FROM crm.audit_log
    WHERE (SELECT count(*) FROM newest) < 60
      AND organization_id = (SELECT :organization_id)
      AND changes ? (SELECT :field)
)
(
    SELECT 'record' AS part, id, created_at, actor_id, entity_type, entity_id, action, changes
    FROM crm.audit_log
    WHERE organization_id = (SELECT :organization_id)
      AND entity_type = :entity_type
      AND entity_id = :entity_id
    ORDER BY created_at DESC, id DESC
    LIMIT 60
)
UNION ALL
(
    SELECT 'field', id, created_at, actor_id, entity_type, entity_id, action, changes
    FROM (
        SELECT * FROM newest WHERE (SELECT count(*) FROM newest) = 60
        UNION ALL
        SELECT * FROM whole
    ) AS found
    ORDER BY created_at DESC, id DESC
    LIMIT 60
)
ORDER BY part DESC, created_at DESC, id DESC;
