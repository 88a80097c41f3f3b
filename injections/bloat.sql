-- injection: A bloated table
-- kind: database
-- query: audit_trail
-- caught-by: counters
-- why: Every row was rewritten three times and nothing was vacuumed: dead rows and dead index entries lie in between.
UPDATE crm.audit_log SET created_at = created_at;
UPDATE crm.audit_log SET created_at = created_at;
UPDATE crm.audit_log SET created_at = created_at;
