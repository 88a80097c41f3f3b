-- title: Claim Next Lead
-- asks: Give this user the best lead of the queue, once and only once, and leave a trace of it.
-- tables: crm.leads, crm.lead_assignments, crm.audit_log
-- param organization_id bigint: class
-- param now timestamptz: clock
-- param user_id bigint: SELECT id FROM crm.users WHERE organization_id = :organization_id AND is_active
--   ORDER BY id LIMIT 1
-- param new_id bigint: 9000000000000001
-- class worst_long_queue: SELECT organization_id FROM crm.leads WHERE deleted_at IS NULL AND assigned_to_id IS NULL
--   AND lead_status IN ('new', 'contacted', 'qualified')
--   GROUP BY organization_id ORDER BY count(*) DESC, organization_id LIMIT 1
-- why worst_long_queue: the tenant with the most leads that nobody owns: the longest queue to sort for one lead
-- class worst_tie: SELECT organization_id FROM (SELECT organization_id, lead_score, count(*) AS leads,
--   row_number() OVER (PARTITION BY organization_id ORDER BY lead_score DESC) AS place FROM crm.leads
--   WHERE deleted_at IS NULL AND assigned_to_id IS NULL AND lead_status IN ('new', 'contacted', 'qualified')
--   GROUP BY organization_id, lead_score) AS scores
--   WHERE place = 1 ORDER BY leads DESC, organization_id LIMIT 1
-- why worst_tie: the tenant in which most leads share the best score: the oldest of them comes first
-- class worst_deleted: SELECT organization_id FROM (SELECT organization_id, deleted_at,
--   row_number() OVER (PARTITION BY organization_id ORDER BY lead_score DESC, created_at, id) AS place FROM crm.leads
--   WHERE assigned_to_id IS NULL AND lead_status IN ('new', 'contacted', 'qualified')) AS queue
--   ORDER BY deleted_at IS NULL, place, organization_id LIMIT 1
-- why worst_deleted: the tenant in which somebody deleted stands nearest to the head of the queue
-- writes: yes
-- unique: new_id
-- invariant no lead is claimed twice: SELECT organization_id, lead_id, count(*) FROM crm.lead_assignments
--   WHERE id >= 9000000000000001 GROUP BY organization_id, lead_id HAVING count(*) > 1
-- invariant leads that left the queue equal new assignments: SELECT
--   (SELECT count(*) FROM crm.leads WHERE assigned_to_id IS NULL)
--   + (SELECT count(*) FROM crm.lead_assignments WHERE id >= 9000000000000001)
-- invariant a new assignment names the owner that the lead has: SELECT a.id FROM crm.lead_assignments AS a
--   JOIN crm.leads AS l ON l.organization_id = a.organization_id AND l.id = a.lead_id
--   WHERE a.id >= 9000000000000001 AND l.assigned_to_id IS DISTINCT FROM a.assigned_to_id
-- invariant every new assignment is in the audit log once: SELECT
--   (SELECT count(*) FROM crm.lead_assignments WHERE id >= 9000000000000001)
--   - (SELECT count(*) FROM crm.audit_log WHERE id >= 9000000000000001)
-- expects: leads_queue_idx
--
-- SKIP LOCKED lets concurrent claims pass each other: nobody waits, nobody gets the same lead. The new ids come from
-- the caller, as an id service hands them out; max(id) + 1 would collide.
WITH next_lead AS (
    SELECT organization_id, id
    FROM crm.leads
    WHERE organization_id = :organization_id
      AND assigned_to_id IS NULL
      AND deleted_at IS NULL
      AND lead_status IN ('new', 'contacted', 'qualified')
    ORDER BY lead_score DESC, created_at, id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE crm.leads AS l
    SET assigned_to_id = :user_id, updated_at = :now
    FROM next_lead AS n
    WHERE l.organization_id = n.organization_id AND l.id = n.id
    RETURNING l.organization_id, l.id, l.lead_score, l.assigned_to_id
), assigned AS (
    INSERT INTO crm.lead_assignments
        (organization_id, id, lead_id, from_user_id, assigned_to_id, assigned_by_id, reason, assigned_at)
    SELECT organization_id, :new_id, id, NULL, assigned_to_id, assigned_to_id, 'claimed', :now
    FROM claimed
), audited AS (
    INSERT INTO crm.audit_log (organization_id, id, actor_id, entity_type, entity_id, action, changes, created_at)
    SELECT organization_id, :new_id, assigned_to_id, 'lead', id, 'claim',
           jsonb_build_object('assigned_to_id', jsonb_build_array(NULL, assigned_to_id)), :now
    FROM claimed
)
SELECT id AS lead_id, lead_score, assigned_to_id
FROM claimed;
