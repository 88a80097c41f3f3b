-- title: Audit Trail
-- asks: What was done to this record, and who in the tenant last changed a field that is being watched?
-- tables: crm.audit_log
-- param organization_id bigint: class
-- param entity_type text: 'lead'
-- param entity_id bigint: SELECT coalesce((SELECT entity_id FROM crm.audit_log
--   WHERE organization_id = :organization_id AND entity_type = 'lead'
--   GROUP BY entity_id ORDER BY count(*) DESC, entity_id LIMIT 1), 0)
-- param field text: 'lead_status'
-- class worst_rare_field: SELECT organization_id, 'tax_id' AS field FROM crm.audit_log
--   GROUP BY organization_id ORDER BY count(*) DESC, organization_id LIMIT 1
-- why worst_rare_field: a field that hardly ever changes, in the longest log: walking it newest first finds the 50
--   rows late or never
-- class worst_foreign: SELECT o.organization_id, a.entity_id FROM (
--   SELECT organization_id, entity_id FROM crm.audit_log WHERE entity_type = 'lead'
--   GROUP BY organization_id, entity_id ORDER BY count(*) DESC, organization_id, entity_id LIMIT 1) AS a
--   JOIN crm.organizations AS o ON NOT EXISTS (SELECT FROM crm.audit_log AS own
--   WHERE own.organization_id = o.organization_id AND own.entity_type = 'lead' AND own.entity_id = a.entity_id)
--   ORDER BY o.organization_id LIMIT 1
-- why worst_foreign: a record of another tenant: there is nothing to see
-- class worst_shared_number: SELECT organization_id, entity_id FROM crm.audit_log
--   GROUP BY organization_id, entity_id
--   ORDER BY bool_or(entity_type = 'lead') AND bool_or(entity_type <> 'lead') DESC, count(*) DESC, organization_id,
--   entity_id LIMIT 1
-- why worst_shared_number: a lead and something else under one number
-- class worst_same_save: SELECT organization_id, entity_type, entity_id FROM (
--   SELECT organization_id, entity_type, entity_id, created_at, lead(created_at) OVER w AS older,
--   row_number() OVER w AS place FROM crm.audit_log
--   WINDOW w AS (PARTITION BY organization_id, entity_type, entity_id ORDER BY created_at DESC, id DESC)) AS history
--   WHERE place <= 50 ORDER BY coalesce(place = 50 AND created_at = older, false) DESC, place DESC, organization_id,
--   entity_type, entity_id LIMIT 1
-- why worst_same_save: a history of which the newest 50 end between two rows that one statement wrote: only the id
--   orders them
-- class worst_same_moment: SELECT organization_id, field FROM (
--   SELECT a.organization_id, f.field, a.created_at, lead(a.created_at) OVER w AS older, row_number() OVER w AS place
--   FROM crm.audit_log AS a CROSS JOIN LATERAL jsonb_object_keys(a.changes) AS f(field)
--   WINDOW w AS (PARTITION BY a.organization_id, f.field ORDER BY a.created_at DESC, a.id DESC)) AS changes
--   WHERE place <= 50 ORDER BY coalesce(place = 50 AND created_at = older, false) DESC, place DESC, organization_id,
--   field LIMIT 1
-- why worst_same_moment: a field of which the newest 50 changes end between two of one moment
-- expects: audit_log_org_entity_idx, audit_log_org_created_idx, audit_log_changes_gin, audit_trail_two_steps
--
-- The tenant classes watch a field that changes every day, where the newest 50 are soon found by time; the rare field
-- is one that a GIN index has to find.
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

-- rewrite: audit_trail_two_steps
-- Of the watched field, the newest thousand of the tenant first, in the order of the index, until fifty changed it;
-- only if they did not, the GIN index, for all of the tenant. (SELECT ...) around a value hides it from the planner, as
-- in lead_search.
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
    LIMIT 50
), whole AS MATERIALIZED (
    SELECT id, created_at, actor_id, entity_type, entity_id, action, changes
    FROM crm.audit_log
    WHERE (SELECT count(*) FROM newest) < 50
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
    LIMIT 50
)
UNION ALL
(
    SELECT 'field', id, created_at, actor_id, entity_type, entity_id, action, changes
    FROM (
        SELECT * FROM newest WHERE (SELECT count(*) FROM newest) = 50
        UNION ALL
        SELECT * FROM whole
    ) AS found
    ORDER BY created_at DESC, id DESC
    LIMIT 50
)
ORDER BY part DESC, created_at DESC, id DESC;
