-- class worst_foreign: WITH a AS MATERIALIZED (SELECT organization_id, entity_id FROM crm.audit_log
--   WHERE entity_type = 'lead' GROUP BY organization_id, entity_id
--   ORDER BY count(*) DESC, organization_id, entity_id LIMIT 1)
--   SELECT o.organization_id, a.entity_id FROM a CROSS JOIN crm.organizations AS o WHERE o.organization_id NOT IN (
--   SELECT organization_id FROM crm.audit_log WHERE entity_type = 'lead' AND entity_id = (SELECT entity_id FROM a))
--   ORDER BY o.organization_id LIMIT 1
-- rewrite: audit_trail_two_steps
-- In one step: a shard is asked as on one server before.
(
    SELECT 'record' AS part, id, created_at, actor_id, entity_type, entity_id, action, changes
    FROM crm.audit_log
    WHERE organization_id = :organization_id
      AND entity_type = :entity_type
      AND entity_id = :entity_id
    ORDER BY created_at DESC, id DESC
    LIMIT 50
)
UNION ALL
(
    SELECT 'field', id, created_at, actor_id, entity_type, entity_id, action, changes
    FROM crm.audit_log
    WHERE organization_id = :organization_id
      AND changes ? :field
    ORDER BY created_at DESC, id DESC
    LIMIT 50
)
ORDER BY part DESC, created_at DESC, id DESC;
