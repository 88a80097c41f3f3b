-- injection: A partial index dropped
-- kind: database
-- query: lead_assignment_queue
-- caught-by: counters
-- why: The queue in its own order is gone: the leads of the tenant are read and sorted.
DROP INDEX crm.leads_queue_idx;
