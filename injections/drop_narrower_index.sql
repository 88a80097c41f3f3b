-- injection: The narrower of two indexes dropped
-- kind: database
-- query: organization_health_metrics
-- caught-by: counters
-- why: A wider index of the same table still answers, with more pages and a look into the table.
DROP INDEX crm.leads_hot_untouched_idx;
