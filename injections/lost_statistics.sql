-- injection: Statistics lost
-- kind: database
-- query: json_tag_search, lead_search
-- caught-by: counters
-- why: Without them the planner expects a handful of leads of each tenant, and sorts what it could read in order.
DELETE FROM pg_statistic WHERE starelid = 'crm.leads'::regclass;
