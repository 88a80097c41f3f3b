-- injection: A composite index dropped
-- kind: database
-- query: communication_history
-- caught-by: counters
-- why: The lead with the longest history is read whole, or everybody's rows are walked newest first.
DROP INDEX crm.communications_org_lead_created_idx;
