-- injection: A pending list that nobody merges
-- kind: database
-- query: audit_trail
-- caught-by: counters
-- why: What writers left on the list of the GIN index, here in a transaction that was rolled back, every search reads.
BEGIN;
INSERT INTO crm.audit_log (organization_id, id, actor_id, entity_type, entity_id, action, changes, created_at)
SELECT organization_id, id + 1000000000, actor_id, entity_type, entity_id + 1000000000, action, changes,
       created_at - interval '20 years'
FROM crm.audit_log
ORDER BY organization_id, id
LIMIT 5000;
ROLLBACK;
